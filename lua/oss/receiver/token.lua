--- Tokens: an HMAC over bucket, key and expiry that travels with a callback.
--
-- OSS signs callbacks with a 512-bit RSA key, which can be broken. Only who has the secret can make a
-- token, and it fits only one object (or, of a form for a prefix, the objects under that prefix):
--
--     1.<expiry, unix seconds>.<"key", or the prefix's length in bytes>.<HMAC-SHA256, hex>

local core = require "oss.core"
local refusal = require "oss.receiver.refusal"

local M = {}

--- Bytes that a secret has at the least.
M.shortest_secret = 16

local function mac(secret, expires, scope, bucket, name)
  return core.hex(core.hmac_sha256(secret,
    table.concat({ "oss callback token 1", expires, scope, bucket, name }, "\n")))
end

--- Makes a token.
-- @tparam string secret
-- @tparam number expires unix seconds
-- @tparam string bucket
-- @tparam string|nil key
-- @tparam[opt] string prefix of the key, when the key is not known yet
-- @treturn string
function M.make(secret, expires, bucket, key, prefix)
  expires = ("%.0f"):format(expires)
  local scope = key and "key" or tostring(#prefix)
  return "1." .. expires .. "." .. scope .. "." .. mac(secret, expires, scope, bucket, key or prefix)
end

--- Checks the token of a callback.
-- @tparam table fields of the callback's body: bucket, object, token
-- @tparam {string,...} secrets any of them may have made it
-- @tparam number now unix seconds
-- @treturn number|nil seconds that the token will still be valid
-- @treturn table a refusal
function M.check(fields, secrets, now)
  local bucket, object, token = fields.bucket, fields.object, fields.token
  if type(bucket) ~= "string" or type(object) ~= "string" or type(token) ~= "string" then
    return nil, refusal.new("TokenMissing", "the body has no text fields 'bucket', 'object' and 'token'")
  end
  local expires, scope, given = token:match("^1%.(%d+)%.(%w+)%.(%x+)$")
  local length = scope and scope:match("^%d%d?%d?%d?$")
  -- A bucket of two lines would shift the border between bucket and key.
  if not expires or #expires > 15 or not (length or scope == "key") or bucket:find("\n", 1, true) then
    return nil, refusal.new("TokenInvalid", "the token is not of the form that the callback builder makes")
  end
  local name = length and object:sub(1, tonumber(length)) or object
  local valid = false
  for _, secret in ipairs(secrets) do
    valid = core.equal(mac(secret, expires, scope, bucket, name), given) or valid
  end
  if not valid then
    return nil, refusal.new("TokenInvalid",
      "the token was made for another object, or with a secret that is not among these")
  elseif now > tonumber(expires) then
    return nil, refusal.new("TokenExpired", "the token has expired")
  end
  return tonumber(expires) - now
end

return M
