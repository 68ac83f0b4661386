--- Permits: what lets others use OSS for a while, without credentials of their own.
--
-- They are made at once, without a request: there is no operation to wait for.

local core = require "oss.core"
local credentials = require "oss.credentials"
local errors = require "oss.errors"
local options = require "oss.options"
local protect = require "oss.common.protect"

local makers = { presign = require "oss.permits.presign", form = require "oss.permits.form" }

local M = {}

local default_expires = 900
local longest_v4 = 604800

local function check(client, verb, t)
  local message = options.check(verb, t)
  if message then
    return message
  elseif client.driver.closed then
    return "client: it is closed"
  elseif not client.provider then
    return verb .. ": the client is anonymous: it has nothing to sign with"
  elseif client.options.signature ~= "v1" and (t.expires or 0) > longest_v4 then
    return ("%s: option 'expires' must be at most %d (7 days) with V4 signatures, got %.0f"):format(verb,
      longest_v4, t.expires)
  end
end

--- Makes a permit.
-- @tparam table client
-- @tparam string verb "presign" or "form"
-- @tparam table t its options
-- @treturn table|nil the permit
-- @treturn table|nil an error of `oss.errors`
-- @treturn string|nil what is wrong with the options, naming them
function M.issue(client, verb, t)
  local message = check(client, verb, t)
  if message then
    return nil, nil, message
  end
  local maker, now, expires = makers[verb], t.now or client:time(), t.expires or default_expires
  local prepared
  -- A token of the callback must last as long as the permit, and then through the upload.
  prepared, message = maker.prepare(client, t, now, now + expires)
  if not prepared then
    return nil, nil, verb .. ": " .. message
  end
  local keys
  keys, message = credentials.ask(protect, client.provider)
  if not keys then
    return nil, errors.here("CredentialsFailed", message)
  end
  local signer, permit
  signer, message = client:signer(keys)
  if not signer then
    return nil, errors.here("CredentialsFailed", message)
  end
  permit, message = maker.sign(signer, prepared, { now = now, expires = expires, keys = keys,
    version = client.options.signature or "v4", date = core.date_iso(now) })
  if not permit then
    return nil, errors.here("SigningFailed", message)
  end
  permit.expires_at = now + expires
  return permit
end

return M
