--- The policy of a form: what the sender of the form must send, as JSON text.

local core = require "oss.core"

local M = {}

local with_text = { eq = true, ["starts-with"] = true }
local with_list = { ["in"] = true, ["not-in"] = true }

-- OSS wants `$` in a value escaped; this is the one way that is JSON too.
local function quote(text)
  local quoted = core.json_string(text)
  return quoted and (quoted:gsub("%$", "\\u0024"))
end

local function quote_name(name)
  return core.json_string((name:gsub("^%$", "")))
end

--- The condition that a field has one value.
-- @tparam string name
-- @tparam string value
-- @treturn string|nil JSON; nil when the name or value is not UTF-8
function M.equals(name, value)
  local quoted_name, quoted = quote_name(name), quote(value)
  return quoted_name and quoted and "{" .. quoted_name .. ":" .. quoted .. "}"
end

--- A condition with an operator.
-- @tparam string operator eq, starts-with, in or not-in
-- @tparam string name of the field
-- @param value string, or a list of strings
-- @treturn string|nil JSON; nil when it is none of these
function M.matches(operator, name, value)
  local quoted_name, quoted = type(name) == "string" and quote_name(name), nil
  if with_text[operator] and type(value) == "string" then
    quoted = quote(value)
  elseif with_list[operator] and type(value) == "table" and #value > 0 then
    local items = {}
    for i, item in ipairs(value) do
      items[i] = type(item) == "string" and quote(item) or nil
    end
    quoted = #items == #value and "[" .. table.concat(items, ",") .. "]"
  end
  return quoted_name and quoted and ('["%s","$%s,%s]'):format(operator, quoted_name:sub(2), quoted)
end

--- The condition on the file's size.
-- @tparam number least bytes
-- @tparam number most bytes
-- @treturn string|nil JSON; nil when that is no range
function M.length(least, most)
  local function is_size(n)
    return type(n) == "number" and n >= 0 and n % 1 == 0 and n <= 5 * 2 ^ 30
  end
  return is_size(least) and is_size(most) and least <= most
    and ('["content-length-range",%.0f,%.0f]'):format(least, most) or nil
end

local function of_map(condition, add)
  local names = {}
  for name, value in pairs(condition) do
    if type(name) ~= "string" or type(value) ~= "string" then
      return false
    end
    names[#names + 1] = name
  end
  table.sort(names)
  for _, name in ipairs(names) do
    local text = M.equals(name, condition[name])
    if not text then
      return false
    end
    add(text, (name:gsub("^%$", "")))
  end
  return #names > 0
end

local function of_list(condition, add)
  local operator, name, value = condition[1], condition[2], condition[3]
  local is_length, text = operator == "content-length-range", nil
  if #condition == 3 and is_length then
    text = M.length(name, value)
  elseif #condition == 3 then
    text = M.matches(operator, name, value)
  end
  if text then
    add(text, not is_length and (name:gsub("^%$", "")) or nil)
  end
  return text
end

--- Conditions as users write them.
-- @tparam table conditions list
-- @tparam function add called with each condition's JSON and its field's name, if it has one
-- @treturn nil|string what is wrong
function M.read(conditions, add)
  if conditions[1] == nil and next(conditions) ~= nil then
    return "option 'conditions' must be a list of conditions"
  end
  for i, condition in ipairs(conditions) do
    local ok = type(condition) == "table" and (condition[1] == nil and of_map or of_list)(condition, add)
    if not ok then
      return ("option 'conditions': [%d] must be like { field = \"value\" }, { \"starts-with\", \"$field\", "
        .. "\"prefix\" }, { \"in\", \"$field\", { \"a\", \"b\" } } or { \"content-length-range\", 0, 1024 }"):format(i)
    end
  end
end

--- The policy.
-- @tparam number ends unix seconds
-- @tparam {string,...} conditions JSON texts
-- @treturn string JSON
function M.write(ends, conditions)
  local y, mo, d, h, mi, s = core.date_iso(ends):match("^(%d%d%d%d)(%d%d)(%d%d)T(%d%d)(%d%d)(%d%d)Z$")
  return ('{"expiration":"%s-%s-%sT%s:%s:%s.000Z","conditions":[%s]}'):format(y, mo, d, h, mi, s,
    table.concat(conditions, ","))
end

return M
