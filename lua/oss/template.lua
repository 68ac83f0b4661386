--- Callback bodies from Lua tables.
--
-- A string that is one placeholder, such as `"${size}"`, becomes that placeholder; OSS fills it in
-- when it calls. In JSON it stands without quotes, because OSS puts them itself; sizes of images
-- are quoted, because they are nothing at all for other files. Everything else is a constant.
-- Keys come out sorted, so that one table always gives one text.
-- @module oss.template

local core = require "oss.core"
local null = require("cjson").null

local M = {}

local max_depth = 32

local function problem(path, text, cure, rule)
  return nil, path .. ": " .. text .. "; " .. cure .. " [" .. rule .. "]"
end

local function member(path, key)
  return type(key) == "number" and path .. "[" .. key .. "]" or path .. "." .. key
end

--- A number as text: shortest that reads back the same, no `.0` behind integers.
-- @tparam number value
-- @treturn string|nil nil for NaN and infinities
function M.number(value)
  if value ~= value or value == math.huge or value == -math.huge then
    return nil
  end
  if value == math.floor(value) and value > -2 ^ 53 and value < 2 ^ 53 then
    return (string.format("%.0f", value):gsub("^%-0$", "0"))
  end
  if math.type and math.type(value) == "integer" then
    return string.format("%d", value)
  end
  local text
  for digits = 14, 17 do
    text = string.format("%." .. digits .. "g", value)
    if tonumber(text) == value then
      break
    end
  end
  return (text:gsub(",", ".")) -- some locales
end

--- The keys in order, and whether they are 1..n; nil when they are neither that nor strings.
local function sorted_keys(t)
  local keys, strings = {}, true
  for key in pairs(t) do
    keys[#keys + 1] = key
    strings = strings and type(key) == "string"
  end
  if strings then
    table.sort(keys)
    return keys, false
  end
  for i = 1, #keys do
    if t[i] == nil then
      return nil
    end
    keys[i] = i
  end
  return keys, true
end

local function json_text(path, text)
  local quoted = core.json_string(text)
  if quoted then
    return quoted
  end
  return problem(path, "not UTF-8", "send binary data base64-encoded", "body.utf8")
end

--- Text with placeholders in it, inside the quotes of a JSON string.
local function mixed_json(path, parts)
  local out = {}
  for i, part in ipairs(parts) do
    if part.kind == "string" then
      return problem(path, "in JSON ${" .. part.name .. "} comes with quotes of its own and cannot stand "
        .. "inside a text", "send it as a value of its own, or use the body type form", "body.mixed")
    end
    local quoted, err = json_text(path, part.text)
    if not quoted then
      return nil, err
    end
    out[i] = part.name and part.text or quoted:sub(2, -2)
  end
  return '"' .. table.concat(out) .. '"'
end

local function string_json(path, text)
  local parts = core.callback_parts(text)
  if #parts == 1 and parts[1].name then
    return parts[1].kind == "image_size" and '"' .. text .. '"' or text
  end
  return mixed_json(path, parts)
end

local function scalar(path, value)
  if type(value) == "boolean" then
    return tostring(value)
  elseif type(value) == "number" then
    local text = M.number(value)
    if text then
      return text
    end
    return problem(path, "not a finite number", "leave it out or send a string", "body.number")
  end
  return problem(path, "a " .. type(value) .. " cannot be sent",
    "use strings, numbers, booleans and tables", "body.value")
end

local encode_json

local function table_json(path, t, depth)
  if depth == max_depth then
    return problem(path, "tables are nested too deep", "flatten them, or break the cycle", "body.depth")
  end
  local keys, is_list = sorted_keys(t)
  if not keys then
    return problem(path, "neither a list 1..n nor a table with string keys",
      "fill the holes, or use strings as keys", "body.keys")
  end
  local out = {}
  for i, key in ipairs(keys) do
    local text, err = encode_json(member(path, key), t[key], depth + 1)
    if not text then
      return nil, err
    end
    if is_list then
      out[i] = text
    else
      local name
      if key:find("${", 1, true) then
        return problem(member(path, key), "a placeholder cannot be a key", "use it as a value", "body.key")
      end
      name, err = json_text(path, key)
      if not name then
        return nil, err
      end
      out[i] = name .. ":" .. text
    end
  end
  return (is_list and "[" or "{") .. table.concat(out, ",") .. (is_list and "]" or "}")
end

function encode_json(path, value, depth)
  if value == null then
    return "null"
  elseif type(value) == "table" then
    return table_json(path, value, depth)
  elseif type(value) == "string" then
    return string_json(path, value)
  end
  return scalar(path, value)
end

--- A JSON body.
-- @param value table, string, number, boolean or `cjson.null`
-- @tparam[opt="callback.body"] string path what messages call the value
-- @treturn[1] string the template
-- @return[2] nil, message that names path, rule and cure
-- @usage template.json{ object = "${object}", size = "${size}", tags = { "a", "b" } }
--   --> {"object":${object},"size":${size},"tags":["a","b"]}
function M.json(value, path)
  return encode_json(path or "callback.body", value, 0)
end

--- A text with placeholders, its constants percent-encoded.
local function string_form(text)
  local out = {}
  for i, part in ipairs(core.callback_parts(text)) do
    out[i] = part.name and part.text or core.percent(part.text)
  end
  return table.concat(out)
end

--- A form body: `key=value` pairs, sorted, constants percent-encoded.
-- @tparam table t strings, numbers and booleans by name
-- @tparam[opt="callback.body"] string path what messages call the table
-- @treturn[1] string the template
-- @return[2] nil, message that names path, rule and cure
-- @usage template.form{ object = "${object}", note = "a&b" } --> note=a%26b&object=${object}
function M.form(t, path)
  path = path or "callback.body"
  local keys, is_list = sorted_keys(t)
  if not keys or is_list then
    return problem(path, "a form is a table with string keys", "name each value", "body.keys")
  end
  local out = {}
  for i, key in ipairs(keys) do
    local value, text, err = t[key]
    if type(value) == "table" then
      return problem(member(path, key), "a form has no nested tables",
        "use the body type json, or flatten it", "body.nested")
    elseif key:find("${", 1, true) then
      return problem(member(path, key), "a placeholder cannot be a key", "use it as a value", "body.key")
    elseif type(value) == "string" then
      text = string_form(value)
    else
      text, err = scalar(member(path, key), value)
      if not text then
        return nil, err
      end
    end
    out[i] = core.percent(key) .. "=" .. text
  end
  return table.concat(out, "&")
end

return M
