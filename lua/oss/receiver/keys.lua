--- The public keys that callbacks are signed with, by the URL that a callback names.

local core = require "oss.core"
local memory = require "oss.receiver.memory"
local protect = require "oss.common.protect"
local refusal = require "oss.receiver.refusal"

local M = {}

local v1_key = [[
-----BEGIN PUBLIC KEY-----
MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKs/JBGzwUB2aVht4crBx3oIPBLNsjGs
C0fTXv+nvlmklvkcolvpvXLTjaxUHR3W9LXxQ2EHXAJfCB+6H2YF1k8CAwEAAQ==
-----END PUBLIC KEY-----
]]

--- OSS's own public key by its URLs, so that the usual case needs no network.
M.known = {
  ["http://gosspublic.alicdn.com/callback_pub_key_v1.pem"] = v1_key,
  ["https://gosspublic.alicdn.com/callback_pub_key_v1.pem"] = v1_key,
}

local kept_for, failed_for, longest_url, longest_key = 24 * 3600, 60, 256, 8192
local found, failed = "+", "-" -- what a cached text begins with

local shared = memory.new(32)

-- What OSS publishes its keys under, spelt in no other way: whoever sends a request chooses this URL,
-- and it must not make us fetch from, or trust, any other place.
local function path_of(url)
  local path = #url <= longest_url and url:match("^https?://gosspublic%.alicdn%.com(/[%w._/-]+)$")
  return path and not path:find("..", 1, true) and not path:find("//", 1, true) and path or nil
end

local function unavailable(message)
  return refusal.new("KeyUnavailable", "the public key could not be had: " .. message, 503)
end

local function read(text)
  if text:sub(1, 1) == found then
    return text:sub(2)
  end
  return nil, unavailable(text:sub(2))
end

local function try(fetch, url)
  local ok, key, message = protect(fetch, url)
  if not ok then
    return nil, "the fetch function raised: " .. tostring(key)
  elseif type(key) ~= "string" then
    return nil, tostring(message or "the fetch function returned no text")
  elseif #key > longest_key or core.rsa_verify_md5(key, "", "") == nil then
    return nil, "what was fetched is no RSA public key in PEM"
  end
  return key
end

local function fetch_into(cache, name, fetch, url)
  local unlock, message
  if cache.lock then
    unlock, message = cache:lock("oss-callback-keys")
    if not unlock then
      return nil, unavailable(tostring(message))
    end
  end
  local text = cache:get(name) -- somebody else may have fetched it while we waited
  if not text then
    local key
    key, message = try(fetch, url)
    text = key and found .. key or failed .. message
    cache:set(name, text, key and kept_for or failed_for)
  end
  if unlock then
    unlock()
  end
  return read(text)
end

--- Finds a key.
-- @tparam string url as the callback names it
-- @tparam table t `keys` (PEM by URL, any URL), `fetch(url)` (returns PEM, or nil and a message), `cache`
-- @treturn string|nil PEM
-- @treturn table a refusal
function M.find(url, t)
  local key = t.keys and t.keys[url] or M.known[url]
  if key then
    return key
  end
  local path = path_of(url)
  if not path then
    return nil, refusal.new("KeyUrlForbidden",
      "x-oss-pub-key-url names a place that is neither http(s)://gosspublic.alicdn.com/ nor in 'keys'")
  elseif not t.fetch then
    return nil, refusal.new("KeyUnknown",
      "the public key of OSS at " .. path .. " is not known here: give it in 'keys', or a 'fetch' function")
  end
  local cache, name = t.cache or shared, "oss-callback-key:" .. path
  local text = cache:get(name)
  if text then
    return read(text)
  end
  return fetch_into(cache, name, t.fetch, "https://gosspublic.alicdn.com" .. path)
end

return M
