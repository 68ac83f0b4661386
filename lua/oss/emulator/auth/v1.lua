--- V1 signatures: HMAC-SHA1, in the header or in the URL.

local core = require "oss.core"
local common = require "oss.emulator.auth.common"
local errors = require "oss.emulator.errors"

local M = {}

local function signer(credential)
  return core.signer { version = "v1", id = credential.id, secret = credential.secret, token = credential.token }
end

--- Checks an Authorization header.
-- @tparam table request
-- @tparam string text what follows `OSS `
function M.header(request, text)
  local id, provided = text:match("^([^:%s]+):(%S+)%s*$")
  if not id then
    errors.argument("Authorization header is invalid.", "Authorization", nil, "0002-00000101")
  end
  local credential = common.credential(id, request.headers["x-oss-security-token"], request.time)
  local date = request.headers["x-oss-date"] or request.headers.date
  local time = date and core.parse_date(date)
  if not time then
    errors.raise("AccessDenied", { message = "OSS authentication requires a valid Date.",
      ec = date and "0002-00000502" or "0002-00000503" })
  end
  common.check_skew(time, request.time)
  common.compare(signer(credential), common.signed_request(request, {}), id, provided, time)
end

local in_url = { OSSAccessKeyId = true, Expires = true, Signature = true, ["security-token"] = true }

--- Checks a signed URL.
-- @tparam table request
function M.query(request)
  local args = request.args
  local id, provided, expires = args.OSSAccessKeyId, args.Signature, tonumber(args.Expires)
  if not id or id == "" or not provided or provided == "" or not args.Expires then
    errors.raise("AccessDenied", { message = "Query-string authentication requires the Signature, Expires and"
      .. " OSSAccessKeyId parameters.", ec = "0002-00000067" })
  elseif not expires or expires % 1 ~= 0 then
    errors.raise("AccessDenied", { message = "Invalid date (should be seconds since epoch): " .. args.Expires,
      ec = "0002-00000070" })
  end
  local credential = common.credential(id, args["security-token"], request.time)
  if request.time > expires then
    errors.raise("AccessDenied", { message = "Request has expired.", ec = "0002-00000069",
      Expires = common.iso(expires), ServerTime = common.iso(request.time) })
  end
  -- The signer adds a validity to a time; together they are the Expires of the URL.
  common.compare(signer(credential), common.signed_request(request, in_url), id, provided, expires - 1, 1)
end

return M
