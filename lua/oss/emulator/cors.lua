--- Cross-origin rules: as permissive as a bucket whose rule allows everything, or none at all.

local errors = require "oss.emulator.errors"
local settings = require "oss.emulator.settings"

local M = {}

local exposed = "ETag, x-oss-request-id, x-oss-hash-crc64ecma, x-oss-version-id, x-oss-next-append-position,"
  .. " x-oss-ec, x-oss-err, x-oss-server-time, Content-MD5, Date"

--- Answers a preflight.
-- @tparam table request
-- @treturn table reply
function M.preflight(request)
  local origin, method = request.headers.origin, request.headers["access-control-request-method"]
  if not origin or not method then
    errors.raise("BadRequest", { message = "Insufficient information. Origin request header needed." })
  end
  if not settings.cors then
    errors.raise("AccessForbidden")
  end
  return { status = 200, body = "", headers = {
    ["Access-Control-Allow-Origin"] = "*",
    ["Access-Control-Allow-Methods"] = "GET, PUT, POST, DELETE, HEAD",
    ["Access-Control-Allow-Headers"] = request.headers["access-control-request-headers"],
    ["Access-Control-Expose-Headers"] = exposed,
    ["Access-Control-Max-Age"] = "600",
  } }
end

--- Adds the headers that let a page read the answer.
-- @tparam table request
-- @tparam table reply
function M.decorate(request, reply)
  if settings.cors and request.headers.origin and request.operation ~= "Options" then
    reply.headers["Access-Control-Allow-Origin"] = "*"
    reply.headers["Access-Control-Allow-Methods"] = "GET, PUT, POST, DELETE, HEAD"
    reply.headers["Access-Control-Expose-Headers"] = exposed
  end
end

return M
