--- What a multipart upload sends: slices of a file or string, or what a reader gives.

local core = require "oss.core"

local M = {}

local edge = 64 * 1024
local stretch = 4 * 1024 * 1024 -- read without a pause

local function slice_crc(file, offset, length, pause)
  local crc, since = core.crc64_new(), 0
  file:seek("set", offset)
  while length > 0 do
    local data = file:read(math.min(length, 1024 * 1024))
    if not data then
      return nil
    end
    crc:update(data)
    length, since = length - #data, since + #data
    if pause and since >= stretch then
      since = 0
      pause()
    end
  end
  return crc:value()
end

-- A file is told from another by size, time of change, and the CRC of its two ends.
local function identify(path, stat)
  local file, message = io.open(path, "rb")
  if not file then
    return nil, message
  end
  local size, mtime = file:seek("end"), nil
  if stat then
    size, mtime = stat(path)
  end
  if not size then
    file:close()
    return nil, path .. ": its size cannot be read"
  end
  local head = slice_crc(file, 0, math.min(size, edge))
  local tail = slice_crc(file, math.max(0, size - edge), math.min(size, edge))
  file:close()
  return { size = size, mtime = mtime, fingerprint = tostring(head) .. "-" .. tostring(tail) }
end

local function open_file(path, stat, pause)
  local identity, message = identify(path, stat)
  if not identity then
    return nil, message
  end
  return {
    size = identity.size, identity = identity,
    -- Whether it is still what it was when the upload began.
    is_same = function()
      local now = identify(path, stat)
      return now and now.size == identity.size and now.mtime == identity.mtime
        and now.fingerprint == identity.fingerprint
    end,
    attach = function(request, part)
      request.file, request.offset, request.length = path, part.offset, part.size
    end,
    crc64 = function(part)
      local again = io.open(path, "rb")
      local crc = again and slice_crc(again, part.offset, part.size, pause)
      if again then
        again:close()
      end
      return crc
    end,
  }
end

local function attach_body(request, part)
  request.body = part.body
end

local function open_string(body)
  return {
    size = #body, identity = { size = #body, fingerprint = core.crc64(body) },
    is_same = function() return true end,
    attach = function(request, part)
      request.body = body:sub(part.offset + 1, part.offset + part.size)
    end,
    crc64 = function(part)
      return core.crc64(body:sub(part.offset + 1, part.offset + part.size))
    end,
  }
end

-- Collects chunks of a reader into pieces of a wanted size.
local function open_reader(reader, length)
  local held, held_size, ended, taken = {}, 0, false, 0
  return {
    size = length, is_reader = true, attach = attach_body,
    is_same = function() return true end,
    -- The next `wanted` bytes, fewer at the end, nil behind it; or nil and a message.
    take = function(op, wanted)
      while not ended and held_size < wanted do
        local ok, chunk, message = op:call(reader)
        if not ok then
          return nil, "the reader raised: " .. tostring(chunk)
        elseif chunk == nil and message ~= nil then
          return nil, "the reader returned: " .. tostring(message)
        elseif chunk == nil then
          ended = true
        elseif type(chunk) ~= "string" then
          return nil, "the reader must return a string or nil, got " .. type(chunk)
        else
          held[#held + 1] = chunk
          held_size, taken = held_size + #chunk, taken + #chunk
        end
        if length and (taken > length or ended and taken < length) then
          return nil, ("the reader gave %s than option 'length' says, %.0f bytes"):format(
            taken > length and "more" or "less", length)
        end
      end
      if held_size == 0 then
        return nil
      end
      local all = table.concat(held)
      local piece, rest = all:sub(1, wanted), all:sub(wanted + 1)
      held, held_size = { rest }, #rest
      return piece
    end,
    -- Puts a piece back in front.
    give_back = function(piece)
      table.insert(held, 1, piece)
      held_size = held_size + #piece
    end,
    is_done = function()
      return ended and held_size == 0
    end,
  }
end

--- Opens the source of an upload.
-- @tparam table o options with body, file or reader
-- @tparam function|nil stat gives size and time of change of a path
-- @tparam function|nil pause lets others go on during a long read
-- @treturn table|nil size, identity, attach(request, part), and take for readers
-- @treturn string why it cannot be read
function M.open(o, stat, pause)
  if o.file then
    return open_file(o.file, stat, pause)
  elseif o.body then
    return open_string(o.body)
  end
  return open_reader(o.reader, o.length)
end

return M
