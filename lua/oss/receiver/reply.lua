--- The answer to a callback, in the only form that OSS takes for a success.

local cjson = require "cjson.safe"
local core = require "oss.core"
local json = require "oss.receiver.json"

local M = {}

local most_bytes = 1024 * 1024

local function encode(value)
  if value == nil then
    return '{"Status":"OK"}'
  elseif type(value) == "string" then
    local ok, message = json.parse(value)
    return ok and value, message
  elseif type(value) ~= "table" then
    return nil, "a table, or a text that is JSON already, is expected, got " .. type(value)
  end
  local text, message = cjson.encode(value)
  if text and not core.json_string(text) then
    return nil, "it holds text that is not UTF-8"
  end
  return text, message
end

--- Makes the answer.
-- @param value table, or a JSON object or array as text
-- @treturn table|nil status, headers, body
-- @treturn string what is wrong
function M.make(value)
  local body, message = encode(value)
  if not body then
    return nil, message
  elseif #body >= most_bytes then
    return nil, ("the answer must be below 1 MiB, got %d bytes"):format(#body)
  end
  return { status = 200, body = body,
    headers = { ["Content-Type"] = "application/json", ["Content-Length"] = tostring(#body) } }
end

return M
