--- PutObject, GetObject, HeadObject, DeleteObject.

local core = require "oss.core"
local body = require "oss.emulator.body"
local callbacks = require "oss.emulator.callback.run"
local checks = require "oss.emulator.operations.checks"
local conditions = require "oss.emulator.operations.conditions"
local errors = require "oss.emulator.errors"
local headers = require "oss.emulator.operations.headers"
local objects = require "oss.emulator.store.objects"

local M = {}

function M.PutObject(request)
  checks.head(request)
  local object = headers.object(request.headers)
  local forbid = headers.forbids_overwrite(request.headers)
  if forbid and objects.find(request.bucket, request.key) then
    errors.raise("FileAlreadyExists")
  end
  local callback = callbacks.of_request(request)
  local content = body.receive(request)
  local digest = body.digest(content)
  checks.md5(request.headers["content-md5"], digest.md5)
  object.etag, object.crc64, object.md5 = objects.hex_upper(digest.md5), digest.crc64, core.base64(digest.md5)
  objects.put(request.bucket, request.key, body.keep(content), object, forbid)
  return callbacks.finish(request, callback, object, { status = 200, headers = headers.stored(object), body = "" })
end

-- The answer's headers that a reader may choose, when the request is signed.
local overrides = { "content-type", "content-language", "expires", "cache-control", "content-disposition",
  "content-encoding" }

local function describe(request, object)
  local answer = headers.of(object)
  for _, name in ipairs(overrides) do
    local value = request.args["response-" .. name]
    if value then
      answer[name:gsub("%f[%w]%w", string.upper)] = value
    end
  end
  return answer
end

function M.GetObject(request)
  local object, file = objects.open(request.bucket, request.key)
  if not object then
    errors.raise("NoSuchKey", { Key = request.key })
  end
  local answer = describe(request, object)
  conditions.check(request.headers, object, answer)
  local first, last = conditions.range(request.headers, object.size)
  local status = first and 206 or 200
  if first then
    answer["Content-Range"] = ("bytes %d-%d/%d"):format(first, last, object.size)
  else
    first, last = 0, object.size - 1
  end
  local left = last - first + 1
  file:seek("set", first)
  return { status = status, headers = answer, length = left, slices = function()
    local slice = left > 0 and file:read(math.min(left, 65536))
    if not slice then
      file:close()
      return nil
    end
    left = left - #slice
    return slice
  end }
end

function M.HeadObject(request)
  local object = objects.find(request.bucket, request.key)
  if not object then
    errors.raise("NoSuchKey", { Key = request.key })
  end
  local answer = describe(request, object)
  conditions.check(request.headers, object, answer)
  return { status = 200, headers = answer, length = object.size }
end

function M.DeleteObject(request)
  objects.delete(request.bucket, request.key)
  return { status = 204, headers = {}, body = "" }
end

return M
