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

local shared = memory.new(256)

-- What OSS publishes its keys under, spelt in no other way: whoever sends a request chooses this URL,
-- and it must not make us fetch from, or trust, any other place.
local function path_of(url)
  local path = #url <= longest_url and url:match("^https?://gosspublic%.alicdn%.com(/[%w._/-]+)$")
  return path and not path:find("..", 1, true) and not path:find("//", 1, true) and path or nil
end

local function unavailable(message)
  return refusal.new("KeyUnavailable", "the public key could not be had: " .. message, 503)
end

-- Where a failure is remembered, and what one at a time is fetched for. Names like that of OSS's present
-- key are few; all others share some places, so that made-up ones neither fill the cache nor delay those.
local places = 16

local function place_of(path)
  return path:find("^/callback_pub_key_v%d%d?%.pem$") and path or "/" .. core.md5(path):byte() % places
end

local function recall(cache, path)
  local key = cache:get("oss-callback-key:" .. path)
  if key then
    return key
  end
  local of, message = (cache:get("oss-callback-no-key:" .. place_of(path)) or ""):match("^(%S+) (.*)$")
  return nil, of == path and unavailable(message) or nil
end

local function remember(cache, path, key, message)
  if key then
    cache:set("oss-callback-key:" .. path, key, kept_for)
    return key
  end
  cache:set("oss-callback-no-key:" .. place_of(path), path .. " " .. message:sub(1, 200), failed_for)
  return nil, unavailable(message)
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

local function fetch_into(cache, path, fetch)
  local unlock, message
  if cache.lock then
    unlock, message = cache:lock("oss-callback-fetch:" .. place_of(path))
    if not unlock then
      return nil, unavailable(tostring(message))
    end
  end
  local key, err = recall(cache, path) -- somebody else may have fetched it while we waited
  if not key and not err then
    key, err = remember(cache, path, try(fetch, "https://gosspublic.alicdn.com" .. path))
  end
  if unlock then
    unlock()
  end
  return key, err
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
    local shown = url:gsub("[^!-~]", "?"):sub(1, 200) -- anybody may have written it
    return nil, refusal.new("KeyUrlForbidden", "x-oss-pub-key-url is '" .. shown
      .. "', which is neither under http(s)://gosspublic.alicdn.com/ nor in 'keys'")
  elseif not t.fetch then
    return nil, refusal.new("KeyUnknown",
      "the public key of OSS at " .. path .. " is not known here: give it in 'keys', or a 'fetch' function")
  end
  local cache, err = t.cache or shared
  key, err = recall(cache, path)
  if key or err then
    return key, err
  end
  return fetch_into(cache, path, t.fetch)
end

return M
