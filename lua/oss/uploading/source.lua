--- What a multipart upload sends: slices of a file or string, or what a reader gives.
--
-- A source has `size` (nil: unknown), `identity` (to tell it from another), `attach(request, part)` and
-- `is_same()`: whether it is still what it was. That of a file or string has `crc64(part)`; about that of
-- a reader see `oss.uploading.reading`.

local core = require "oss.core"
local reading = require "oss.uploading.reading"

local M = {}

local edge = 64 * 1024
-- Between two pauses, a fraction of a millisecond: from files, which costs copies, and from memory.
local stretch, long_stretch = 256 * 1024, 1024 * 1024

-- The CRC-64 of what `read(crc, offset, n)` adds to it; nil when that fails or the operation is ended.
local function checksum(op, offset, length, most, read)
  local crc = core.crc64_new()
  while length > 0 do
    local n = math.min(length, most)
    if not read(crc, offset, n) then
      return nil
    end
    offset, length = offset + n, length - n
    if length > 0 and op:sleep(0) then
      return nil
    end
  end
  return crc:value()
end

local function file_checksum(op, file, offset, length)
  file:seek("set", offset)
  return checksum(op, offset, length, stretch, function(crc, _, n)
    local data = file:read(n)
    return data and #data == n and crc:update(data)
  end)
end

-- A file is told from another by size, time of change, and the CRC of its two ends.
local function identify(op, path)
  local file, message = io.open(path, "rb")
  if not file then
    return nil, message
  end
  local stat = op.client.stat
  local size, mtime = file:seek("end"), nil
  if stat then
    size, mtime = stat(path)
  end
  if not size then
    file:close()
    return nil, path .. ": its size cannot be read"
  end
  local head = file_checksum(op, file, 0, math.min(size, edge))
  local tail = file_checksum(op, file, math.max(0, size - edge), math.min(size, edge))
  file:close()
  return { size = size, mtime = mtime, fingerprint = tostring(head) .. "-" .. tostring(tail) }
end

local function open_file(op, path)
  local identity, message = identify(op, path)
  if not identity then
    return nil, message
  end
  return {
    size = identity.size, identity = identity,
    is_same = function()
      local now = identify(op, path)
      return now and now.size == identity.size and now.mtime == identity.mtime
        and now.fingerprint == identity.fingerprint
    end,
    attach = function(request, part)
      request.file, request.offset, request.length = path, part.offset, part.size
    end,
    crc64 = function(part)
      local file = io.open(path, "rb")
      local crc = file and file_checksum(op, file, part.offset, part.size)
      if file then
        file:close()
      end
      return crc
    end,
  }
end

local function open_string(op, body)
  local function crc64(part)
    return checksum(op, part.offset, part.size, long_stretch, function(crc, offset, n)
      return crc:update(body, offset + 1, offset + n)
    end)
  end
  -- All of its bytes are looked at only when a token is to be compared.
  local fingerprint = op.options.resume and crc64 { offset = 0, size = #body } or nil
  return {
    size = #body, identity = { size = #body, fingerprint = fingerprint },
    is_same = function() return true end,
    attach = function(request, part)
      request.body, request.offset, request.length = body, part.offset, part.size
    end,
    crc64 = crc64,
  }
end

--- Opens the source of an upload.
-- @tparam table op
-- @treturn table|nil
-- @treturn string why it cannot be read
function M.open(op)
  local o = op.options
  if o.file then
    return open_file(op, o.file)
  elseif o.body then
    return open_string(op, o.body)
  end
  return reading.open(op)
end

return M
