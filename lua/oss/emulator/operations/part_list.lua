--- Reads the body of CompleteMultipartUpload.

local errors = require "oss.emulator.errors"
local xml = require "oss.sending.xml"

local M = {}

--- The parts it names.
-- @tparam string text
-- @treturn table list of `{ number =, etag = without quotes }`
function M.read(text)
  local root = xml.parse(text)
  if not root or root.name ~= "CompleteMultipartUpload" then
    errors.raise("MalformedXML")
  end
  local parts = {}
  for _, element in ipairs(root) do
    local fields = xml.fields(element)
    local number = (fields.PartNumber or ""):match("^%d+$")
    if element.name ~= "Part" or not number or not fields.ETag then
      errors.raise("MalformedXML")
    end
    parts[#parts + 1] = { number = tonumber(number), etag = fields.ETag:match('^"?(.-)"?$') }
  end
  if #parts == 0 or #parts > 10000 then
    errors.raise("MalformedXML")
  end
  return parts
end

return M
