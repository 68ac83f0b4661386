--- The body of a request as one kind of source: memory (a string, or a block of `oss.core`), a file, or a
-- part of one of these; or a reader.
--
-- A source has `length` (nil: unknown), `whole` (a body that goes out with the head) or
-- `next(op)`: a chunk, nil at the end, or false with code and detail.

local failure = require "oss.transport.cosocket.failure"

local M = {}

local slice_size = 64 * 1024

-- Small pieces make an even flow.
local function slice_of(request)
  local rate = request.rate
  return rate and math.max(256, math.min(slice_size, math.floor(rate / 8))) or slice_size
end

local function slices_of(body, at, last, size)
  return function()
    local slice = body:sub(at, math.min(at + size - 1, last))
    at = at + size
    return slice ~= "" and slice or nil
  end
end

-- Without a closure of its own: LuaJIT compiles nothing that would have to close one.
local function of_memory(request)
  local body, first = request.body or "", (request.offset or 0) + 1
  local length = request.length or #body - first + 1
  if length == 0 or length <= slice_size and not request.rate and not request.expect then
    local is_whole = length == #body and type(body) == "string"
    return { length = length, whole = is_whole and body or body:sub(first, first + length - 1) }
  end
  return { length = length, next = slices_of(body, first, first + length - 1, slice_of(request)) }
end

local function refuse(request, code, message)
  -- io's messages begin with the path already.
  return nil, code, failure.text(code, message or request.file)
end

local function of_file(request)
  local file, message = io.open(request.file, "rb")
  if not file then
    return refuse(request, "FileRead", message)
  end
  local size = file:seek("end")
  local offset = request.offset or 0
  local length = request.length or size and math.max(0, size - offset)
  -- A folder opens, too, and has no size that makes sense.
  if not size or size >= 2 ^ 53 or not file:seek("set", offset) then
    file:close()
    return refuse(request, "FileRead", request.file .. ": its size cannot be read")
  elseif offset + length > size then
    file:close()
    return refuse(request, "BodyShort", request.file)
  end
  local left, step = length, slice_of(request)
  return { length = length,
    next = function()
      if left == 0 then
        return nil
      end
      local slice, reason = file:read(math.min(left, step))
      if not slice then
        return false, reason and "FileRead" or "BodyShort", request.file
      end
      left = left - #slice
      return slice
    end,
    close = function()
      file:close()
    end }
end

local function of_reader(request)
  local length, taken = request.length, 0
  return { length = length, next = function(op)
    local chunk
    repeat -- an empty chunk would end a chunked body
      local ok
      ok, chunk = op:read()
      if not ok then
        return false
      end
    until chunk ~= ""
    taken = taken + #(chunk or "")
    if length and taken > length then
      return false, "BodyLong"
    elseif length and not chunk and taken < length then
      return false, "BodyShort"
    end
    return chunk
  end }
end

--- Opens the body of a request.
-- @tparam table request for the transport
-- @treturn table|nil source
-- @treturn string code
-- @treturn string text
function M.open(request)
  if request.file then
    return of_file(request)
  elseif request.feed then
    return of_reader(request)
  end
  return of_memory(request)
end

return M
