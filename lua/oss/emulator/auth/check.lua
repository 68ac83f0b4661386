--- Who sent a request: the signature in its header or in its URL, or nobody.

local errors = require "oss.emulator.errors"
local settings = require "oss.emulator.settings"
local buckets = require "oss.emulator.store.buckets"
local objects = require "oss.emulator.store.objects"
local v1 = require "oss.emulator.auth.v1"
local v4 = require "oss.emulator.auth.v4"

local M = {}

local reads = { GET = true, HEAD = true }

-- What the public may do, from the object's or the bucket's ACL.
local function public_acl(request)
  local object = request.key and objects.find(request.bucket, request.key)
  local acl = object and object.acl
  if not acl or acl == "default" then
    local bucket = request.bucket and buckets.find(request.bucket)
    acl = bucket and bucket.acl
  end
  return acl
end

--- Lets a request without a signature pass, or refuses it.
-- @tparam table request
function M.anonymous(request)
  if settings.anonymous then
    return
  end
  local acl = public_acl(request)
  if acl == "public-read-write" or acl == "public-read" and reads[request.method] then
    return
  end
  errors.raise("AccessDenied")
end

--- Checks the signature of a request that is no form.
-- @tparam table request
function M.request(request)
  local header, args = request.headers.authorization, request.args
  local in_query = args["x-oss-signature-version"] or args["x-oss-signature"]
  local in_query_v1 = args.OSSAccessKeyId or args.Signature
  if header and (in_query or in_query_v1) then
    errors.argument("Only one auth mechanism allowed; only the URL signature or the Authorization header should be"
      .. " specified.", "Authorization", nil, "")
  elseif in_query then
    return v4.query(request)
  elseif in_query_v1 then
    return v1.query(request)
  elseif not header then
    return M.anonymous(request)
  end
  local scheme, rest = header:match("^(%S+)%s+(.+)$")
  if scheme == "OSS4-HMAC-SHA256" then
    return v4.header(request, rest)
  elseif scheme == "OSS" then
    return v1.header(request, rest)
  end
  errors.argument("Unsupported authorization type: only OSS and OSS4-HMAC-SHA256 are known here.", "Authorization",
    scheme, "0002-00000201")
end

return M
