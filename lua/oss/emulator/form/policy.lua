--- The policy of a form: what its maker allows the sender to send.

local core = require "oss.core"
local errors = require "oss.emulator.errors"
local json = require "cjson.safe"

local M = {}

local function invalid(message, ec)
  errors.raise("InvalidPolicyDocument", { message = "Invalid Policy: " .. message, ec = ec })
end

-- The failed condition as it is written in the policy.
local function failed(operator, name, value)
  local shown = type(value) == "table" and "[" .. table.concat(value, ", ") .. "]" or '"' .. tostring(value) .. '"'
  errors.raise("AccessDenied", { ec = "0006-00000227", message = ('Invalid according to Policy: Policy Condition'
    .. ' failed: ["%s", "$%s", %s]'):format(operator, name, shown) })
end

local function contains(list, value)
  for _, item in ipairs(list) do
    if item == value then
      return true
    end
  end
  return false
end

local matchers = {
  ["eq"] = function(field, value) return field == value end,
  ["starts-with"] = function(field, value) return field:sub(1, #value) == value end,
  ["in"] = function(field, value) return contains(value, field) end,
  ["not-in"] = function(field, value) return not contains(value, field) end,
}

local function check_list(operator, name, value)
  local wants_table = operator == "in" or operator == "not-in"
  if type(name) ~= "string" or type(value) ~= (wants_table and "table" or "string") then
    invalid("Invalid Simple-Condition: value is invalid.", "0006-00000218")
  end
  for _, item in ipairs(wants_table and value or {}) do
    if type(item) ~= "string" then
      invalid("Invalid Simple-Condition: value is invalid.", "0006-00000218")
    end
  end
end

local function match(operator, name, value, field)
  check_list(operator, name, value)
  name = name:gsub("^%$", "")
  if not matchers[operator](field(name:lower()) or "", value) then
    failed(operator, name, value)
  end
end

local function check_range(condition, size)
  local least, most = condition[2], condition[3]
  if #condition ~= 3 or type(least) ~= "number" or type(most) ~= "number" or least < 0 or most < least then
    invalid("Invalid content-length-range.", "0006-00000221")
  elseif size < least then
    errors.raise("EntityTooSmall", { ec = "0006-00000004", MinSizeAllowed = ("%d"):format(least),
      ProposedSize = ("%d"):format(size) })
  elseif size > most then
    errors.raise("EntityTooLarge", { MaxSizeAllowed = ("%d"):format(most), ProposedSize = ("%d"):format(size) })
  end
end

local function check_condition(condition, field, size)
  if type(condition) ~= "table" then
    invalid("Condition must be a map or a list.", "0006-00000222")
  elseif #condition == 0 then
    for name, value in pairs(condition) do
      match("eq", name, value, field)
    end
  elseif condition[1] == "content-length-range" then
    check_range(condition, size)
  elseif not matchers[condition[1]] then
    invalid("Invalid conditions.", "0006-00000216")
  elseif #condition ~= 3 then
    invalid("Invalid Simple-Condition: value is invalid.", "0006-00000218")
  else
    match(condition[1], condition[2], condition[3], field)
  end
end

local function read(text)
  local raw = core.unbase64(text)
  local policy = raw and json.decode(raw)
  if type(policy) ~= "table" then
    invalid("Invalid JSON.", "0006-00000206")
  elseif policy.expiration == nil and policy.conditions == nil then
    invalid("expiration and conditions are missing.", "0006-00000209")
  elseif policy.expiration == nil then
    invalid("Policy missing expiration.", "0006-00000208")
  elseif policy.conditions == nil then
    invalid("Policy missing conditions.", "0006-00000207")
  elseif type(policy.expiration) ~= "string" then
    invalid("Invalid expiration.", "0006-00000210")
  elseif type(policy.conditions) ~= "table" or not policy.conditions[1] then
    invalid("Invalid conditions.", "0006-00000214")
  end
  return policy
end

--- Checks a form against its policy.
-- @tparam string text the field, base64
-- @tparam function field value of a form field by lower-case name; `bucket` is the bucket posted to
-- @tparam number size of the file
-- @tparam number now
function M.check(text, field, size, now)
  local policy = read(text)
  local expires = policy.expiration:find("^%d%d%d%d%-%d%d%-%d%dT") and core.parse_date(policy.expiration)
  if not expires then
    invalid("Invalid expiration.", policy.expiration == "" and "0006-00000211" or "0006-00000212")
  elseif now > expires then
    errors.raise("AccessDenied", { message = "Invalid according to Policy: Policy expired.", ec = "0006-00000213" })
  end
  for _, condition in ipairs(policy.conditions) do
    check_condition(condition, field, size)
  end
end

--- The names that a policy has conditions for.
-- @tparam string text the field, base64
-- @treturn table set of lower-case names
function M.names(text)
  local names = {}
  for _, condition in ipairs(read(text).conditions) do
    if type(condition) == "table" and condition[1] == nil then
      for name in pairs(condition) do
        names[name:lower()] = true
      end
    elseif type(condition) == "table" and type(condition[2]) == "string" then
      names[condition[2]:gsub("^%$", ""):lower()] = true
    end
  end
  return names
end

return M
