--- JSON, read strictly: what two readers could understand in two ways is refused.
--
-- No key twice, no lone surrogates, no text that is not UTF-8, no depth without end. Whole numbers that
-- Lua's doubles cannot hold stay text, so that a CRC-64 keeps its digits; null is `cjson.null`.

local core = require "oss.core"
local null = require("cjson").null

local M = {}

local escapes = { ['"'] = '"', ["\\"] = "\\", ["/"] = "/", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }
local literals = { ["true"] = true, ["false"] = false, null = null }

local function fail(at, message)
  error({ message = ("%s at byte %d"):format(message, at) }, 0)
end

local function skip(text, at)
  return text:match("^[ \t\r\n]*()", at)
end

local function utf8_of(code)
  if code < 0x80 then
    return string.char(code)
  elseif code < 0x800 then
    return string.char(0xC0 + math.floor(code / 64), 0x80 + code % 64)
  elseif code < 0x10000 then
    return string.char(0xE0 + math.floor(code / 4096), 0x80 + math.floor(code / 64) % 64, 0x80 + code % 64)
  end
  return string.char(0xF0 + math.floor(code / 262144), 0x80 + math.floor(code / 4096) % 64,
    0x80 + math.floor(code / 64) % 64, 0x80 + code % 64)
end

local function unicode(text, at)
  local high = tonumber(text:match("^u(%x%x%x%x)", at) or fail(at, "\\u wants four hex digits"), 16)
  if high < 0xD800 or high > 0xDFFF then
    return utf8_of(high), at + 5
  end
  local low = tonumber(text:match("^\\u(%x%x%x%x)", at + 5) or "0", 16)
  if high > 0xDBFF or low < 0xDC00 or low > 0xDFFF then
    fail(at, "half a surrogate pair")
  end
  return utf8_of(0x10000 + (high - 0xD800) * 1024 + low - 0xDC00), at + 11
end

-- The string whose quote is before `at`, and the place behind it.
local function read_string(text, at)
  local parts, from = {}, at
  while true do
    local stop = text:find('["\\%c]', at) or fail(from, "a string has no end")
    local char = text:sub(stop, stop)
    at = stop + 1
    if char == '"' then
      parts[#parts + 1] = text:sub(from, stop - 1)
      return table.concat(parts), at
    elseif char == "\\" then
      parts[#parts + 1] = text:sub(from, stop - 1)
      local name = text:sub(at, at)
      if name == "u" then
        parts[#parts + 1], at = unicode(text, at)
      else
        parts[#parts + 1], at = escapes[name] or fail(stop, "unknown escape"), at + 1
      end
      from = at
    elseif char:byte() < 32 then
      fail(stop, "a control character in a string")
    end
  end
end

local function read_number(text, at)
  local whole, behind = text:match("^(%-?%d+)()", at)
  if not whole or whole:find("^%-?0%d") then
    fail(at, "no JSON value")
  end
  local fraction, exponent
  fraction, behind = text:match("^(%.%d+)()", behind)
  behind = behind or at + #whole
  exponent = text:match("^[eE][+-]?%d+", behind)
  behind = behind + #(exponent or "")
  local number = tonumber(text:sub(at, behind - 1))
  if not fraction and not exponent and (number >= 2 ^ 53 or number <= -2 ^ 53) then
    return whole, behind
  elseif number ~= number or number == math.huge or number == -math.huge then
    fail(at, "a number out of range")
  end
  return number, behind
end

local read_value

local function read_object(text, at, depth)
  local object, seen = {}, {}
  at = skip(text, at)
  if text:sub(at, at) == "}" then
    return object, at + 1
  end
  while true do
    local name
    if text:sub(at, at) ~= '"' then
      fail(at, "a name in quotes is expected")
    end
    local from = at
    name, at = read_string(text, at + 1)
    if seen[name] then
      fail(from, "a name for the second time")
    end
    seen[name] = true
    at = skip(text, at)
    if text:sub(at, at) ~= ":" then
      fail(at, "':' is expected")
    end
    object[name], at = read_value(text, at + 1, depth)
    at = skip(text, at)
    local mark = text:sub(at, at)
    if mark == "}" then
      return object, at + 1
    elseif mark ~= "," then
      fail(at, "',' or '}' is expected")
    end
    at = skip(text, at + 1)
  end
end

local function read_array(text, at, depth)
  local array, n = {}, 0
  at = skip(text, at)
  if text:sub(at, at) == "]" then
    return array, at + 1
  end
  while true do
    n = n + 1
    array[n], at = read_value(text, at, depth)
    at = skip(text, at)
    local mark = text:sub(at, at)
    if mark == "]" then
      return array, at + 1
    elseif mark ~= "," then
      fail(at, "',' or ']' is expected")
    end
    at = at + 1
  end
end

function read_value(text, at, depth)
  at = skip(text, at)
  local char = text:sub(at, at)
  if char == "{" or char == "[" then
    if depth == 0 then
      fail(at, "nested too deep")
    end
    return (char == "{" and read_object or read_array)(text, at + 1, depth - 1)
  elseif char == '"' then
    return read_string(text, at + 1)
  end
  local word = text:match("^%l+", at)
  if word and literals[word] ~= nil then
    return literals[word], at + #word
  end
  return read_number(text, at)
end

--- Reads a JSON object or array.
-- @tparam string text
-- @tparam[opt=32] number depth objects and arrays inside one another at the most
-- @treturn table|nil the value
-- @treturn string what is wrong
function M.parse(text, depth)
  if not core.json_string(text) then
    return nil, "the text is not UTF-8"
  elseif not text:find("^[ \t\r\n]*[{%[]") then
    return nil, "neither a JSON object nor an array"
  end
  local ok, value, at = pcall(read_value, text, 1, depth or 32)
  if not ok then
    if type(value) ~= "table" then
      error(value, 0)
    end
    return nil, value.message
  end
  at = skip(text, at)
  if at <= #text then
    return nil, ("something behind the value at byte %d"):format(at)
  end
  return value
end

return M
