--- The service that receives a callback: is it from OSS?
--
-- OSS signs each callback with an RSA key whose public half lies under a URL that the callback
-- names. The signature covers path, query and body; it does not cover the method, the host or any
-- header: trust only what stands in the body.
-- @module oss.receiver

local core = require "oss.core"

local M = {}

local v1_key = [[
-----BEGIN PUBLIC KEY-----
MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKs/JBGzwUB2aVht4crBx3oIPBLNsjGs
C0fTXv+nvlmklvkcolvpvXLTjaxUHR3W9LXxQ2EHXAJfCB+6H2YF1k8CAwEAAQ==
-----END PUBLIC KEY-----
]]

--- OSS's own public key by its URLs, so that the usual case needs no network.
M.keys = {
  ["http://gosspublic.alicdn.com/callback_pub_key_v1.pem"] = v1_key,
  ["https://gosspublic.alicdn.com/callback_pub_key_v1.pem"] = v1_key,
}

local function lower_names(headers)
  local lower = {}
  for name, value in pairs(headers) do
    lower[tostring(name):lower()] = value
  end
  return lower
end

--- Checks that a request is a callback of OSS.
-- @tparam table t uri (the raw request target, with its query), headers (table, names in any
-- case), body (raw bytes), method (optional; must be POST then), and keys (optional): further
-- public keys (PEM) by their URL, such as the emulator's
-- @treturn boolean|nil true
-- @treturn string why the request is refused
-- @usage
-- local ok, reason = oss.receiver.verify{ uri = target, headers = headers, body = body }
function M.verify(t)
  if type(t.uri) ~= "string" or type(t.body) ~= "string" or type(t.headers) ~= "table" then
    error("verify: 'uri' and 'body' must be strings, 'headers' a table", 2)
  end
  if t.method and t.method ~= "POST" then
    return nil, "OSS sends callbacks with POST, not " .. t.method
  end
  local headers = lower_names(t.headers)
  local authorization, key_url = headers["authorization"], headers["x-oss-pub-key-url"]
  if type(authorization) ~= "string" or type(key_url) ~= "string" then
    return nil, "the request has no Authorization or no x-oss-pub-key-url: OSS did not send it"
  end
  local version = headers["x-oss-signature-version"]
  if version and version ~= "1.0" then
    return nil, "unknown x-oss-signature-version '" .. tostring(version) .. "'"
  end
  local url = core.unbase64(key_url)
  local key = url and ((t.keys or {})[url] or M.keys[url])
  if not key then
    return nil, "x-oss-pub-key-url names a key that is not known here"
  end
  local signature = core.unbase64(authorization)
  local text, message = core.callback_string_to_verify(t.uri, t.body)
  if not signature or not text then
    return nil, message or "Authorization is not base64"
  end
  local valid
  valid, message = core.rsa_verify_md5(key, text, signature)
  if not valid then
    return nil, message or "the signature does not belong to this path, query and body"
  end
  return true
end

return M
