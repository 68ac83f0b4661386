--- multipart/form-data, read from a body of any size: the fields into a table, the file to where it lies.
--
-- Nothing is held in memory but the fields before the file; the file's end is found by going over the body once.

local errors = require "oss.emulator.errors"
local reader = require "oss.emulator.form.reader"

local M = {}

local most_names = 8 * 1024
local most_values = 2 * 1024 * 1024
local most_before_file = 8 * 1024 * 1024

local function malformed()
  errors.raise("MalformedPOSTRequest")
end

--- The boundary of a Content-Type.
-- @tparam string|nil content_type
-- @treturn string
function M.boundary(content_type)
  local kind, rest = (content_type or ""):match("^%s*([^;%s]+)%s*(.*)$")
  if not kind or kind:lower() ~= "multipart/form-data" then
    errors.raise("RequestIsNotMultiPartContent")
  end
  local boundary = rest:match(';%s*[Bb][Oo][Uu][Nn][Dd][Aa][Rr][Yy]="([^"]+)"')
    or rest:match(";%s*[Bb][Oo][Uu][Nn][Dd][Aa][Rr][Yy]=([^;%s]+)")
  if not boundary or #boundary > 200 then
    malformed()
  end
  return boundary
end

local function unquote(text)
  return text and (text:gsub('\\(["\\])', "%1"))
end

local function part_head(text)
  local headers = {}
  for name, value in (text .. "\r\n"):gmatch("([^:\r\n]+):[ \t]*([^\r\n]*)\r\n") do
    headers[name:lower()] = value
  end
  local disposition = headers["content-disposition"] or ""
  local attributes = ";" .. disposition
  return unquote(attributes:match('[;%s]name="(.-[^\\])"') or attributes:match('[;%s]name=([^;%s"]+)')
    or attributes:match('[;%s]name=("")')), unquote(attributes:match('[;%s]filename="(.-)"%s*;?')
    or attributes:match("[;%s]filename=([^;%s]+)")), headers["content-type"]
end

-- Reads one part that is a plain field.
local function read_field(input, delimiter, form, name)
  local value = input:upto(delimiter, most_before_file)
  if not value then
    if input:place() + most_values < form.size then
      errors.raise("MaxPOSTPreDataLengthExceededError")
    end
    malformed()
  end
  form.names, form.values = form.names + #name, form.values + #value
  if form.names > most_names or form.values > most_values then
    errors.raise("FieldItemTooLong")
  end
  local folded = name:lower()
  if form.fields[folded] == nil then
    form.fields[folded] = value
  end
end

--- Reads a form up to its file and finds the file's end; what comes behind the file is ignored.
-- @tparam table content a body
-- @tparam string boundary
-- @treturn table `{ fields = by lower-case name, file = { from =, length =, name =, content_type = } }`
function M.read(content, boundary)
  local input = reader.open(content)
  local form = { fields = {}, names = 0, values = 0, size = content.size }
  local delimiter = "\r\n--" .. boundary
  if not input:upto("--" .. boundary, #boundary + 1024) then
    malformed()
  end
  while true do
    local rest = input:upto("\r\n", 128)
    if not rest or rest:sub(1, 2) == "--" then
      break
    end
    local name, filename, content_type = part_head(input:upto("\r\n\r\n", 16 * 1024) or malformed())
    if not name then
      malformed()
    elseif name:lower() == "file" then
      local from = input:place()
      local finish = input:skip_to(delimiter)
      if not finish then
        malformed()
      end
      form.file = { from = from, length = finish - from, name = filename or "", content_type = content_type }
      break
    end
    read_field(input, delimiter, form, name)
  end
  input:drain()
  if not form.file then
    errors.raise("IncorrectNumberOfFilesInPOSTRequest")
  end
  return form
end

return M
