--- The request's body: taken in by nginx (large ones into a file under the root), read in slices.
--
-- A body is `{ size =, data = bytes }` or `{ size =, path = file }`. Long work over one yields between
-- slices, so that a worker goes on serving others.

local core = require "oss.core"
local errors = require "oss.emulator.errors"
local files = require "oss.emulator.store.files"

local M = {}

local slice_size = 256 * 1024

local function file_size(path)
  local file = assert(io.open(path, "rb"))
  local size = file:seek("end")
  file:close()
  return size
end

--- A body that is a file.
-- @tparam string path
-- @treturn table
function M.of_file(path)
  return { path = path, size = file_size(path) }
end

-- Takes the body in at a given pace, or only its beginning; nginx's own reading can do neither.
local function receive_by_hand(length, rate)
  local socket = assert(ngx.req.socket())
  local path = files.temporary()
  local file = assert(io.open(path, "wb"))
  local left = length
  while left > 0 do
    local data, message = socket:receive(math.min(left, math.max(1, math.floor(rate / 10))))
    if not data then
      file:close()
      os.remove(path)
      errors.raise("BadRequest", { message = "The request body ended early: " .. tostring(message) })
    end
    file:write(data)
    left = left - #data
    ngx.sleep(0.1)
  end
  file:close()
  return { path = path, size = length }
end

-- Reads up to so many bytes of the body and leaves the rest where it is.
local function receive_some(request, bytes)
  if request.headers["transfer-encoding"] then
    ngx.sleep(0.05)
    return
  end
  local length = tonumber(request.headers["content-length"] or "0")
  if length > 0 then
    local socket = ngx.req.socket()
    if socket then
      socket:receive(math.min(bytes, length))
    end
  end
end

--- Takes the whole body in.
-- @tparam table request
-- @treturn table a body
function M.receive(request)
  if request.body then
    return request.body
  end
  local faults = request.faults
  if faults.stall then
    ngx.sleep(faults.stall)
  end
  if faults.reset and faults.reset.where == "body" then
    receive_some(request, faults.reset.bytes or 16384)
    error({ is_cut = true }, 0)
  end
  local length = tonumber(request.headers["content-length"])
  if faults.read_rate and length and length > 0 then
    request.body = receive_by_hand(length, faults.read_rate)
    request.temporary[#request.temporary + 1] = request.body.path
    return request.body
  end
  ngx.req.read_body()
  local data = ngx.req.get_body_data()
  if data then
    request.body = { data = data, size = #data }
  else
    local path = ngx.req.get_body_file()
    request.body = path and M.of_file(path) or { data = "", size = 0 }
  end
  return request.body
end

--- Goes over a body (or a part of it) slice by slice.
-- @tparam table body
-- @tparam number|nil from first byte, counted from 0
-- @tparam number|nil length
-- @treturn function an iterator over slices; must run to its end
function M.slices(body, from, length)
  from, length = from or 0, length or body.size - (from or 0)
  if body.data then
    local whole = body.data
    if from > 0 or length < #whole then
      whole = whole:sub(from + 1, from + length)
    end
    return function()
      local slice = whole
      whole = nil
      return slice ~= "" and slice or nil
    end
  end
  local file = assert(io.open(body.path, "rb"))
  file:seek("set", from)
  local left = length
  return function()
    local slice = left > 0 and file:read(math.min(left, slice_size))
    if not slice then
      file:close()
      return nil
    end
    if left < length then
      ngx.sleep(0)
    end
    left = left - #slice
    return slice
  end
end

--- MD5 and CRC-64 of a body.
-- @tparam table body
-- @treturn table `{ md5 = raw bytes, crc64 = decimal }`
function M.digest(body)
  local md5, crc64 = core.md5_new(), core.crc64_new()
  for slice in M.slices(body) do
    md5:update(slice)
    crc64:update(slice)
  end
  return { md5 = md5:final(), crc64 = crc64:value() }
end

--- A small body as a string.
-- @tparam table body
-- @tparam number limit in bytes; more is refused
-- @treturn string
function M.text(body, limit)
  if body.size > limit then
    errors.raise("EntityTooLarge", { ec = "" })
  end
  local out = {}
  for slice in M.slices(body) do
    out[#out + 1] = slice
  end
  return table.concat(out)
end

--- Turns a body into a temporary file that can be moved away.
-- @tparam table body
-- @treturn string path
function M.keep(body)
  if body.data then
    return files.write(body.data)
  end
  local path = files.temporary()
  assert(os.rename(body.path, path))
  return path
end

return M
