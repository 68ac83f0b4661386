--- Checks the option tables of users against the declarations of `oss.schema`.
-- @module oss.options

local nearest = require "oss.common.nearest"
local schema = require "oss.schema"

local M = {}

local by_name, names, with_header = {}, {}, {}
for verb, groups in pairs(schema.verbs) do
  by_name[verb], names[verb], with_header[verb] = {}, {}, { names = {} }
  for _, group in ipairs(groups) do
    for _, option in ipairs(group) do
      by_name[verb][option[1]] = option
      table.insert(names[verb], option[1])
      if option.header then
        table.insert(with_header[verb], option)
        table.insert(with_header[verb].names, option[1])
      end
    end
  end
end

local type_texts = {
  seconds = "a number of seconds above 0",
  bytes = "a whole number of bytes, 0 or more",
  integer = "a whole number above 0",
}

local function is_type(wanted, value)
  local actual = type(value)
  if wanted == "seconds" then
    return actual == "number" and value > 0 and value < math.huge
  elseif wanted == "integer" then
    return actual == "number" and value > 0 and value % 1 == 0
  elseif wanted == "bytes" then
    return actual == "number" and value >= 0 and value % 1 == 0 and value <= 2 ^ 53
  end
  return actual == wanted
end

local function has_type(option, value)
  for one in option[2]:gmatch("[^|]+") do
    if is_type(one, value) then
      return true
    end
  end
  return false
end

local function show_types(option)
  local texts = {}
  for one in option[2]:gmatch("[^|]+") do
    texts[#texts + 1] = type_texts[one] or ("a " .. one)
  end
  return table.concat(texts, " or ")
end

local secret = { access_key_id = true, access_key_secret = true, security_token = true, proxy_password = true,
  client_key_password = true }

-- A value of the wrong type, for a message. Where a table is expected a string may be anything, also secret.
local function show(option, value)
  local kind = type(value)
  if secret[option[1]] or option[2]:find("table", 1, true) then
    return kind
  elseif kind == "string" then
    local shown = value:sub(1, 40):gsub("[%c\128-\255]", "?")
    return ("the string '%s'%s"):format(shown, #value > 40 and "..." or "")
  end
  return (kind == "number" or kind == "boolean") and tostring(value) or kind
end

local function contains(list, value)
  for _, one in ipairs(list) do
    if one == value then
      return true
    end
  end
  return false
end

local function unknown(verb, name)
  if type(name) ~= "string" then
    return ("%s: options are named, got %s as a name"):format(verb, tostring(name))
  end
  if verb ~= "client" and by_name.client[name] then
    return ("%s: option '%s' belongs to oss.client{}, not to a single operation"):format(verb, name)
  end
  for _, other in ipairs { "put", "upload", "append", "get", "head", "delete", "request", "retry_callback" } do
    if by_name[other][name] then
      return ("%s: option '%s' belongs to client:%s{}"):format(verb, name, other)
    end
  end
  return ("%s: unknown option '%s'%s"):format(verb, name, nearest.clause(name, names[verb]))
end

--- Whether a verb knows an option.
-- @tparam string verb put, get, ... or client
-- @tparam string name
-- @treturn boolean
function M.has(verb, name)
  return by_name[verb][name] ~= nil
end

--- Checks an option table.
-- @tparam string verb put, get, ... or client
-- @tparam table options as the user wrote them
-- @treturn nil|string what is wrong, nil when all is well
function M.check(verb, options)
  if type(options) ~= "table" then
    return ("%s: a table of options is expected, got %s"):format(verb, type(options))
  end
  local known = by_name[verb]
  for name, value in pairs(options) do
    local option = known[name]
    if not option then
      return unknown(verb, name)
    end
    if type(value) ~= option[2] and not has_type(option, value) then
      return ("%s: option '%s' must be %s, got %s"):format(verb, name, show_types(option), show(option, value))
    end
    if option.values and not contains(option.values, value) then
      return ("%s: option '%s' must be one of %s, got '%s'"):format(verb, name,
        table.concat(option.values, ", "), tostring(value))
    end
  end
  return nil
end

--- The options of a verb that become request headers as they are.
-- @tparam string verb
-- @treturn {table,...} the options' declarations, and in the field `names` their names
function M.header_options(verb)
  return with_header[verb]
end

--- Splits one table into the client's options and the operation's (for `oss.put`).
-- @tparam table options
-- @treturn table the client's
-- @treturn table the operation's
function M.split(options)
  local mine, rest = {}, {}
  for name, value in pairs(options) do
    local target = by_name.client[name] and mine or rest
    target[name] = value
  end
  return mine, rest
end

return M
