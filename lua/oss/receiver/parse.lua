--- The body of a callback, read strictly by its content type.

local core = require "oss.core"
local json = require "oss.receiver.json"
local refusal = require "oss.receiver.refusal"

local M = {}

--- Bytes of a body at the most, unless more are allowed.
M.most_bytes = 64 * 1024

local function decode(text)
  return core.unpercent((text:gsub("%+", " ")))
end

local function parse_form(body)
  local fields, at = {}, 0
  for pair in (body .. "&"):gmatch("([^&]*)&") do
    local raw_name, raw_value = pair:match("^([^=]*)=?(.*)$")
    local name, value = decode(raw_name), decode(raw_value)
    local wrong
    if not name or not value then
      wrong = "a '%' that is no escape"
    elseif name == "" then
      wrong = "a field without a name"
    elseif fields[name] then
      wrong = "a field for the second time"
    elseif not core.json_string(name) or not core.json_string(value) then
      wrong = "text that is not UTF-8"
    end
    if wrong then
      return nil, ("%s, in the field at byte %d"):format(wrong, at + 1)
    end
    fields[name] = value
    at = at + #pair + 1
  end
  return fields
end

local parsers = { ["application/json"] = json.parse, ["application/x-www-form-urlencoded"] = parse_form }

local longest_type = 100 -- nobody sends longer ones, and the time for a pattern grows with the square

local function parser_of(content_type, wanted)
  if #content_type > longest_type then
    return nil
  end
  local mime, rest = content_type:lower():match("^%s*([%w.+-]+/[%w.+-]+)%s*(.-)%s*$")
  local charset = rest and rest:match('^;%s*charset="?([%w-]+)"?$')
  if not mime or (rest ~= "" and charset ~= "utf-8") or (wanted and mime ~= wanted) then
    return nil
  end
  return parsers[mime]
end

--- Reads a body.
-- @tparam string|nil content_type
-- @tparam string body
-- @tparam[opt] table limits max_bytes, max_depth, and content_type: no other one is taken
-- @treturn table|nil strings by name (form), or the JSON value
-- @treturn table a refusal
function M.body(content_type, body, limits)
  local wanted = limits and limits.content_type
  local parser = type(content_type) == "string" and parser_of(content_type, wanted)
  if not parser then
    return nil, refusal.new("ContentTypeUnsupported", ("Content-Type must be %s, in UTF-8"):format(
      wanted or "application/json or application/x-www-form-urlencoded"), 415)
  end
  local most = limits and limits.max_bytes or M.most_bytes
  if #body > most then
    return nil, refusal.new("BodyTooLarge", ("the body has %d bytes, at most %.0f are taken"):format(#body, most), 413)
  end
  local fields, message = parser(body, limits and limits.max_depth)
  if not fields then
    return nil, refusal.new("BodyInvalid", "the body cannot be read: " .. message)
  end
  return fields
end

return M
