-- What the locations of nginx.conf do.

local oss = require "resty.oss"
local callback = require "resty.oss.callback"

local M = {}

local client = oss.client {} -- OSS_ENDPOINT or OSS_REGION; credentials from the environment
local bucket = "examplebucket"

-- OSS's own key is known; a local OSS has one of its own.
local keys = {}
if os.getenv "CALLBACK_KEY_URL" then
  local file = assert(io.open(os.getenv "CALLBACK_KEY_FILE", "rb"))
  keys[os.getenv "CALLBACK_KEY_URL"] = file:read("*a")
  file:close()
end

-- OSS signs callbacks of anybody; the token tells ours. `run` makes a secret.
local secret = os.getenv "CALLBACK_SECRET"

local on_stored = {
  url = os.getenv "CALLBACK_URL" or "http://127.0.0.1:8080/oss-callback",
  body = { object = "${object}", size = "${size}", etag = "${etag}", reqId = "${reqId}" },
  token = { secret = secret },
}

-- The request's body goes to OSS while it comes in. When that fails, its rest is dropped before `put` returns.
function M.upload(key)
  local reader, length = oss.request_body()
  local res, err = client:put { bucket = bucket, key = key, reader = reader, length = length, callback = on_stored }
  if not res then
    ngx.status = err.kind == "callback" and 202 or 502
    ngx.log(ngx.ERR, err)
    return ngx.say(err.kind == "callback" and "stored, but nobody was told" or "not stored")
  end
  ngx.say("stored ", key, ", ETag ", res.etag, "; the callback said ", res.callback.body)
end

-- The same by nginx's proxy, which needs a signature alone.
function M.sign(key)
  local method = ngx.req.get_method()
  oss.sign_proxy { client = client, bucket = bucket, key = key, method = method,
    callback = method == "PUT" and on_stored or nil }
end

function M.guard()
  callback.guard { keys = keys, dict = "callbacks", replay = true, secrets = { secret },
    content_type = "application/json" }
end

function M.stored()
  local fields = callback.fields()
  ngx.shared.stored:set(fields.object, fields.size)
  callback.reply { Status = "OK", object = fields.object }
end

function M.list()
  for _, object in ipairs(ngx.shared.stored:get_keys(1000)) do
    ngx.say(object, "\t", ngx.shared.stored:get(object))
  end
end

return M
