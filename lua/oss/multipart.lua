--- The plan of a multipart upload and its resume token. Pure: operations do the I/O.
--
-- A token is plain data that serialises to JSON:
--
--     { version = 1, state = "open" or "completed", bucket =, key =, upload_id =, part_size =,
--       source = { size =, mtime =, fingerprint = },
--       parts = { { number =, size =, etag =, crc64 = }, ... },
--       result = { etag =, crc64 =, ... } when completed }
--
-- @module oss.multipart

local core = require "oss.core"

local M = {}

M.max_parts = 10000
M.min_part = 100 * 1024
M.max_part = 5 * 1024 * 1024 * 1024
M.default_part = 8 * 1024 * 1024
M.max_object = M.max_parts * M.max_part -- 48.8 TiB

local step = 1024 * 1024

-- More make a token long, which is saved after each.
local few_parts = 1000

--- Chooses a part size. A wanted one is taken unless more than 10,000 parts would be needed.
-- @tparam integer|nil size bytes in all, nil when unknown
-- @tparam[opt] integer wanted bytes of a part
-- @tparam[opt] boolean is_small to be as small as possible, since it needs memory
-- @treturn integer bytes of a part
function M.part_size(size, wanted, is_small)
  local part = wanted or M.default_part
  local most = (wanted or is_small) and M.max_parts or few_parts
  if size and size > part * most then
    part = math.min(M.max_part, math.ceil(size / most / step) * step)
  end
  return part
end

--- A part of a source of known size. An empty source has one, which is empty.
-- @tparam integer number from 1
-- @tparam integer size bytes in all
-- @tparam integer part_size
-- @treturn table|nil number, offset, size; nil behind the last
function M.part(number, size, part_size)
  local offset = (number - 1) * part_size
  if number == 1 or number > 1 and offset < size then
    return { number = number, offset = offset, size = math.min(part_size, size - offset) }
  end
end

-- So many parts of a source of unknown size are equally long; then all are twice as long.
local generation = 1000

--- The size of a part of a source of unknown size: small at first, so that little memory is needed, and
-- larger later, so that 10,000 parts carry far.
-- @tparam integer number
-- @tparam integer part_size of the first
-- @tparam integer largest
-- @treturn integer bytes
function M.growing(number, part_size, largest)
  return math.floor(math.min(part_size * 2 ^ math.floor((number - 1) / generation), largest))
end

--- How far parts may grow: two always have room in memory, when the first two had.
-- @tparam integer part_size of the first
-- @tparam integer memory bytes for all that are under way
-- @treturn integer bytes
function M.largest_growing(part_size, memory)
  return math.min(M.max_part, math.max(part_size, math.floor(memory / 2)))
end

--- A new token.
-- @tparam table t bucket, key, upload_id, part_size, source
-- @treturn table
function M.token(t)
  return { version = 1, state = "open", bucket = t.bucket, key = t.key, upload_id = t.upload_id,
    part_size = t.part_size, source = t.source, parts = {} }
end

--- Whether a value is a token of this library, of whatever version and upload.
-- @param value what was decoded
-- @treturn boolean
function M.is_token(value)
  return type(value) == "table" and type(value.version) == "number" and type(value.state) == "string"
    and type(value.bucket) == "string" and type(value.key) == "string" and type(value.upload_id) == "string"
end

local function same_source(a, b)
  return type(a) == "table" and a.size == b.size and a.fingerprint == b.fingerprint
end

--- The plan of a part that is said to have been sent.
-- @tparam table part number, size
-- @tparam integer size bytes in all
-- @tparam integer part_size
-- @treturn table|nil number, offset, size; nil when no part has this number and this size
function M.planned(part, size, part_size)
  local number = part.number
  if type(number) == "number" and number == math.floor(number) then
    local planned = M.part(number, size, part_size)
    return planned and planned.size == part.size and planned or nil
  end
end

local function is_part_size(n)
  return type(n) == "number" and n >= M.min_part and n <= M.max_part and n == math.floor(n)
end

local function is_of_this_version(token)
  return M.is_token(token) and token.version == 1 and (token.state == "open" or token.state == "completed")
    and type(token.parts) == "table" and is_part_size(token.part_size)
end

local function is_crc64(text)
  return type(text) == "string" and pcall(core.crc64_combine, "0", text, 0)
end

-- All others are strings.
local field_types = { status = "number", attempts = "number", failed = "boolean", retryable = "boolean",
  callback = "table" }

-- What a closed token remembers; a failure has what every error has.
local function is_result(result)
  if type(result) ~= "table" or result.failed and not (result.kind and result.code) then
    return false
  end
  for name, value in pairs(result) do
    if type(value) ~= (field_types[name] or "string") then
      return false
    end
  end
  return true
end

-- A list without gaps, of parts of the plan, each once.
local function are_parts(parts, size, part_size)
  local seen, left = {}, 0
  for _ in pairs(parts) do
    left = left + 1
  end
  for _, part in ipairs(parts) do
    if type(part) ~= "table" or not M.planned(part, size, part_size) or seen[part.number]
      or type(part.etag) ~= "string" or not is_crc64(part.crc64) then
      return false
    end
    seen[part.number], left = true, left - 1
  end
  return left == 0
end

--- Whether a stored token belongs to this upload.
-- @param token what the store gave
-- @tparam string bucket
-- @tparam string key
-- @tparam table source size, mtime, fingerprint of what is to be sent now
-- @treturn boolean
-- @treturn string|boolean why not; or true when the time of change is another: a copy on another machine,
-- or a change that the fingerprint does not see
function M.fits(token, bucket, key, source)
  if not is_of_this_version(token) then
    return false, "it is no token of this version"
  elseif token.bucket ~= bucket or token.key ~= key then
    return false, "it belongs to " .. tostring(token.bucket) .. "/" .. tostring(token.key)
  elseif not same_source(token.source, source) then
    return false, "what is to be sent has changed"
  elseif token.state == "completed" and not is_result(token.result) then
    return false, "it is completed, but holds no result"
  elseif source.size > token.part_size * M.max_parts then
    return false, "its parts are too small"
  elseif not are_parts(token.parts, source.size, token.part_size) then
    return false, "its list of parts is damaged"
  end
  M.whole(token)
  return true, token.source.mtime ~= source.mtime
end

--- Numbers that went through JSON are whole again.
-- @tparam table token
function M.whole(token)
  token.part_size = math.floor(token.part_size)
  for _, part in ipairs(token.parts) do
    part.number, part.size = math.floor(part.number), math.floor(part.size)
  end
  local result = type(token.result) == "table" and token.result or {}
  local function whole(t, name)
    t[name] = type(t[name]) == "number" and math.floor(t[name]) or nil
  end
  whole(result, "status")
  whole(result, "attempts")
  if type(result.callback) == "table" then
    whole(result.callback, "status")
  end
end

-- As many parts as take a fraction of a millisecond.
local few = 25

-- Calls a function for each part, in order of their numbers, which are small and whole. There may be
-- thousands: `pause`, when given, is called after each few.
local function each(parts, pause, fn)
  local by_number, highest = {}, 0
  for _, part in ipairs(parts) do
    by_number[part.number] = part
    highest = math.max(highest, part.number)
  end
  for number = 1, highest do
    if by_number[number] then
      fn(by_number[number])
    end
    if pause and number % few == 0 then
      pause()
    end
  end
end

--- The CRC-64 of the whole from its parts'.
-- @tparam {table,...} parts with number, size, crc64
-- @tparam[opt] function pause lets others go on meanwhile
-- @treturn string decimal
function M.crc64(parts, pause)
  local crc = "0"
  each(parts, pause, function(part)
    crc = core.crc64_combine(crc, part.crc64, part.size)
  end)
  return crc
end

--- The body of CompleteMultipartUpload.
-- @tparam {table,...} parts with number and etag
-- @tparam[opt] function pause lets others go on meanwhile
-- @treturn string XML
function M.complete_body(parts, pause)
  local lines = { "<CompleteMultipartUpload>" }
  each(parts, pause, function(part)
    lines[#lines + 1] = ('<Part><PartNumber>%d</PartNumber><ETag>"%s"</ETag></Part>')
      :format(part.number, (part.etag:gsub("[<>&\"]", "")))
  end)
  lines[#lines + 1] = "</CompleteMultipartUpload>"
  return table.concat(lines)
end

return M
