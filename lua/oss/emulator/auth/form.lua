--- Who made a form: V4 or V1 signature over its policy, or nobody.

local core = require "oss.core"
local check = require "oss.emulator.auth.check"
local common = require "oss.emulator.auth.common"
local errors = require "oss.emulator.errors"
local policy = require "oss.emulator.form.policy"
local v4 = require "oss.emulator.auth.v4"

local M = {}

local function missing(name, ec)
  errors.argument("Bucket POST must contain the field named '" .. name
    .. "'.  If it is specified, please check the order of the fields.", name, nil, ec)
end

local function check_v1(field, now)
  for _, name in ipairs { "OSSAccessKeyId", "policy", "Signature" } do
    if not field(name:lower()) then
      missing(name, name == "policy" and "0002-00000702" or "0002-00000703")
    end
  end
  local id = field("ossaccesskeyid")
  local credential = common.credential(id, field("x-oss-security-token"), now)
  local signer = core.signer { version = "v1", id = id, secret = credential.secret }
  if not core.equal(signer:policy(field("policy"), now), field("signature")) then
    errors.raise("SignatureDoesNotMatch", { OSSAccessKeyId = id, SignatureProvided = field("signature"),
      StringToSign = field("policy") })
  end
end

local function check_v4(field, now)
  for _, name in ipairs { "policy", "x-oss-signature", "x-oss-credential", "x-oss-date" } do
    if not field(name) then
      missing(name, name == "policy" and "0002-00000702" or "0002-00000703")
    end
  end
  if field("x-oss-signature-version") ~= "OSS4-HMAC-SHA256" then
    errors.argument("Invalid signature version.", "x-oss-signature-version", field("x-oss-signature-version"))
  end
  v4.form(field, now)
  local named = policy.names(field("policy"))
  for _, name in ipairs { "x-oss-signature-version", "x-oss-credential", "x-oss-date" } do
    if not named[name] then
      errors.raise("InvalidPolicyDocument", { ec = "", message = "Invalid Policy: the condition of " .. name
        .. " is missing." })
    end
  end
end

--- Checks the signature of a form.
-- @tparam table request
-- @tparam function field value of a form field by lower-case name
function M.check(request, field)
  if field("x-oss-signature-version") or field("x-oss-signature") or field("x-oss-credential") then
    check_v4(field, request.time)
  elseif field("ossaccesskeyid") or field("signature") or field("policy") then
    check_v1(field, request.time)
  else
    check.anonymous(request)
  end
end

return M
