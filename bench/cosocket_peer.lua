--- A put with lua-resty-http, V4 signed in Lua: what one would write without this library.

local ffi = require "ffi"
local http = require "resty.http"

ffi.cdef [[
const void *EVP_sha256(void);
unsigned char *SHA256(const unsigned char *, size_t, unsigned char *);
unsigned char *HMAC(const void *, const void *, int, const unsigned char *, size_t, unsigned char *, unsigned *);
]]

local digest, digest_size = ffi.new "unsigned char[32]", ffi.new "unsigned[1]"

local function sha256(text)
  ffi.C.SHA256(text, #text, digest)
  return ffi.string(digest, 32)
end

local function hmac(key, text)
  ffi.C.HMAC(ffi.C.EVP_sha256(), key, #key, text, #text, digest, digest_size)
  return ffi.string(digest, 32)
end

local function hex(bytes)
  return (bytes:gsub(".", function(char)
    return ("%02x"):format(char:byte())
  end))
end

local signing_key, key_day

local function key_of(secret, day)
  if key_day ~= day then
    signing_key, key_day = "aliyun_v4" .. secret, day
    for _, part in ipairs { day, "cn-hangzhou", "oss", "aliyun_v4_request" } do
      signing_key = hmac(signing_key, part)
    end
  end
  return signing_key
end

-- Adds date and signature to the headers of a put.
local function sign(path, headers, id, secret)
  local now = ngx.time()
  local stamp = os.date("!%Y%m%dT%H%M%SZ", now)
  local day = stamp:sub(1, 8)
  headers["x-oss-date"], headers["x-oss-content-sha256"] = stamp, "UNSIGNED-PAYLOAD"
  local names, lines = {}, {}
  for name in pairs(headers) do
    if name == "content-type" or name:find("^x%-oss%-") then
      names[#names + 1] = name
    end
  end
  table.sort(names)
  for i, name in ipairs(names) do
    lines[i] = name .. ":" .. headers[name] .. "\n"
  end
  local request = ("PUT\n%s\n\n%s\n\nUNSIGNED-PAYLOAD"):format(path, table.concat(lines))
  local scope = day .. "/cn-hangzhou/oss/aliyun_v4_request"
  local text = ("OSS4-HMAC-SHA256\n%s\n%s\n%s"):format(stamp, scope, hex(sha256(request)))
  headers.authorization = ("OSS4-HMAC-SHA256 Credential=%s/%s,Signature=%s"):format(id, scope,
    hex(hmac(key_of(secret, day), text)))
end

--- Makes a put of one object.
-- @tparam string url of the endpoint
-- @tparam string path of the object
-- @tparam string body
-- @tparam table t id, secret, callback and vars (encoded)
-- @treturn function puts it
return function(url, path, body, t)
  return function()
    local client = http.new()
    client:set_timeouts(10000, 60000, 60000)
    local headers = { ["content-type"] = "text/plain", ["x-oss-callback"] = t.callback, ["x-oss-callback-var"] = t.vars }
    sign(path, headers, t.id, t.secret)
    local answer = assert(client:request_uri(url .. path, { method = "PUT", body = body, headers = headers,
      keepalive_timeout = 60000, keepalive_pool = 64 }))
    assert(answer.status == 200 and answer.body)
  end
end
