--- `POST /key?x-oss-process` with trigger/callback: calls the service for an object that is stored already.
--
-- The mobile SDKs send it; the live service has not been tried.

local body = require "oss.emulator.body"
local arguments = require "oss.emulator.callback.arguments"
local buckets = require "oss.emulator.store.buckets"
local callbacks = require "oss.emulator.callback.run"
local errors = require "oss.emulator.errors"
local headers = require "oss.emulator.operations.headers"
local objects = require "oss.emulator.store.objects"

local M = {}

-- x-oss-process=trigger/callback,callback_<base64>,callback-var_<base64>
local function read(text)
  local rest = text:match("^x%-oss%-process=trigger/callback,(.*)$")
  if not rest then
    errors.raise("NotImplemented", { status = 501, message = "The local OSS knows no other process than"
      .. " trigger/callback." })
  end
  local callback, vars
  for item in rest:gmatch("[^,]+") do
    callback = item:match("^callback_(.*)$") or callback
    vars = item:match("^callback%-var_(.*)$") or vars
  end
  local function standard(base64)
    return base64 and base64 ~= "" and base64:gsub("-", "+"):gsub("_", "/") or nil
  end
  return standard(callback), standard(vars)
end

function M.ProcessObject(request)
  local callback, vars = read(body.text(body.receive(request), 64 * 1024):gsub("%s+$", ""))
  callback = arguments.read({ header = callback or "", header_var = vars }, buckets.find(request.bucket))
  local object = objects.find(request.bucket, request.key)
  if not object then
    errors.raise("NoSuchKey", { Key = request.key })
  end
  return callbacks.finish(request, callback, object, { status = 200, headers = headers.stored(object), body = "" })
end

return M
