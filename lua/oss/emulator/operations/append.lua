--- AppendObject.

local body = require "oss.emulator.body"
local checks = require "oss.emulator.operations.checks"
local errors = require "oss.emulator.errors"
local headers = require "oss.emulator.operations.headers"
local objects = require "oss.emulator.store.objects"

local M = {}

function M.AppendObject(request)
  checks.head(request)
  local position = tonumber(request.args.position)
  if not position or position < 0 or position % 1 ~= 0 then
    errors.argument("Invalid position.", "position", request.args.position)
  end
  local fresh = headers.object(request.headers)
  fresh.type = "Appendable"
  local content = body.receive(request)
  local digest = body.digest(content)
  checks.md5(request.headers["content-md5"], digest.md5)
  local object = objects.append(request.bucket, request.key, position, content, fresh)
  local answer = headers.stored(object)
  answer["x-oss-next-append-position"] = ("%d"):format(object.size)
  return { status = 200, headers = answer, body = "" }
end

return M
