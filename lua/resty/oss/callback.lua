--- The service that receives callbacks, in nginx: one line protects a location.
--
--     env CALLBACK_SECRET;               # at the top; the uploading side has it in callback.token
--     lua_shared_dict oss_callbacks 10m; # in http
--     location = /oss-callback {
--       client_max_body_size 64k; client_body_buffer_size 64k;
--       access_by_lua_block {
--         require("resty.oss.callback").guard { dict = "oss_callbacks", replay = true,
--           secrets = { os.getenv "CALLBACK_SECRET" }, content_type = "application/json" }
--       }
--       content_by_lua_block {
--         local callback = require "resty.oss.callback"
--         ngx.log(ngx.NOTICE, "stored: ", callback.fields().object)
--         callback.reply { Status = "OK" }
--       }
--     }
--
-- The location may as well `proxy_pass` to a service of any kind. OSS's signature alone proves nothing
-- about your bucket: any user of OSS can have OSS sign any body for any URL. With `secrets` only callbacks
-- of uploads that you permitted pass, and still only their `bucket` and `object` are proved; the rest of
-- the body can be forged by whoever held the permit. More of this is in `oss.receiver`.
--
-- The dict should serve nothing else: others' entries push request ids out, which then pass again. It
-- holds about 4000 ids per MiB, each as long as its token is valid, without `secrets` for a day; when it is
-- full, callbacks are refused with 503 (`ReplayUnknown`), and OSS tells the uploader so. Since OSS signs any
-- number of callbacks for who holds a permit, a token is good for `token_uses` of them.
-- @module resty.oss.callback

local core = require "oss.core"
local memory = require "oss.receiver.memory"
local operation = require "oss.operation"
local receiver = require "oss.receiver"
local parse = require "oss.receiver.parse"
local refusals = require "oss.receiver.refusal"

local M = {}

-- ---- keys and request ids, for all workers

local cache_methods = {}
local cache_mt = { __index = cache_methods }

function cache_methods:get(name)
  return (self.dict:get(name))
end

-- Keys, failures and locks never push out a request id, which set() and add() would do without room.
function cache_methods:set(name, text, seconds)
  self.dict:safe_set(name, text, seconds)
end

local lock_seconds, patience = 5, 4 -- OSS waits five seconds in all
local busy = "another one is being fetched"

function cache_methods:try_lock(name)
  name = "oss-callback-lock:" .. name
  local locked, message = self.dict:safe_add(name, true, lock_seconds)
  if not locked then
    return nil, message == "exists" and busy or "the dict: " .. message
  end
  return function()
    self.dict:delete(name)
  end
end

-- One of all fetches; the others look again and again.
function cache_methods:lock(name)
  local waited = 0
  local unlock, message = self:try_lock(name)
  while not unlock and message == busy and waited < patience do
    ngx.sleep(0.05)
    waited = waited + 0.05
    unlock, message = self:try_lock(name)
  end
  return unlock, message
end

-- Without a dict each worker keeps keys for itself.
local worker_cache = memory.new(256)
worker_cache.try_lock, worker_cache.lock = worker_cache.lock, cache_methods.lock

local function replay_in(dict, field)
  return { field = field, seen = function(id, seconds)
    -- As above: what is pushed out would pass again.
    local added, message = dict:safe_add("oss-callback-seen:" .. core.hex(core.sha256(id)), true, seconds)
    if added then
      return false
    elseif message == "exists" then
      return true
    end
    return false, message
  end, count = function(token, seconds)
    local name = "oss-callback-token:" .. token
    local added, message = dict:safe_add(name, 1, seconds)
    if added then
      return 1
    elseif message == "exists" then
      return dict:incr(name, 1)
    end
    return nil, message
  end }
end

-- ---- keys that are not known yet

local function get(op, url)
  local answer = op:exchange { method = "GET", url = url, head = "", answer_max = 8192,
    connect_timeout = 2, idle_timeout = 2, answer_timeout = 2 }
  if answer.error then
    return nil, answer.message
  elseif answer.status ~= 200 then
    return nil, "status " .. answer.status
  end
  return answer.body
end

--- Makes a function that fetches keys, within the five seconds that OSS gives a callback.
-- @tparam[opt] table options of `resty.oss.client`
-- @treturn function for option `fetch` of `guard`, which has one by itself
function M.fetcher(options)
  local t = { endpoint = "https://gosspublic.alicdn.com", anonymous = true }
  for name, value in pairs(options or {}) do
    t[name] = value
  end
  local client
  return function(url)
    client = client or require("resty.oss").client(t)
    return operation.new(client, "get", { timeout = 3 }, function(op)
      return get(op, url)
    end):wait()
  end
end

local fetch = M.fetcher()

-- ---- one request

-- OSS always sends a length. nginx would take in a whole body without one before it is looked at.
local function read_body(most)
  local announced = not ngx.var.http_transfer_encoding and tonumber(ngx.var.http_content_length)
  if not announced then
    return nil, refusals.new("LengthRequired", "the request has no Content-Length: OSS did not send this", 411)
  elseif announced <= most then
    ngx.req.read_body()
    local body, path = ngx.req.get_body_data(), ngx.req.get_body_file()
    if path then
      local file = assert(io.open(path, "rb"))
      body = file:read(most + 1)
      file:close()
    end
    body = body or ""
    if #body <= most then
      return body
    end
  end
  return nil, refusals.new("BodyTooLarge", ("the body has more than %.0f bytes"):format(most), 413)
end

local function check(t)
  if type(t) ~= "table" then
    return "guard: a table of options is expected, got " .. type(t)
  end
  local rest = {}
  for name, value in pairs(t) do
    rest[name] = value
  end
  local dict = t.dict and ngx.shared[t.dict]
  rest.dict = nil
  if t.dict and not dict then
    return ("guard: option 'dict': nginx.conf has no lua_shared_dict %s"):format(tostring(t.dict))
  elseif t.replay == true and not dict then
    return "guard: option 'replay' = true needs option 'dict'"
  end
  rest.cache = t.cache or dict and setmetatable({ dict = dict }, cache_mt) or worker_cache
  rest.fetch = t.fetch or fetch
  if t.replay == true then
    rest.replay = replay_in(dict)
  end
  return nil, rest
end

local function examine(t)
  if ngx.req.get_method() ~= "POST" then
    return nil, refusals.new("MethodNotAllowed", "OSS sends callbacks with POST", 405)
  end
  local body, refusal = read_body(t.max_bytes or parse.most_bytes)
  if not body then
    return nil, refusal
  end
  t.method, t.uri, t.headers, t.body = "POST", ngx.var.request_uri, ngx.req.get_headers(0), body
  local ok
  ok, refusal = receiver.verify(t)
  if not ok then
    return nil, refusal
  end
  return receiver.parse { headers = t.headers, body = body, content_type = t.content_type,
    max_bytes = t.max_bytes, max_depth = t.max_depth }
end

--- Lets only callbacks pass that OSS has signed, and with `secrets` only those of uploads that you
-- permitted; for access_by_lua. Others are answered and logged, with the code of the refusal (see
-- `oss.receiver`) and nothing secret. A request without Content-Length is refused before its body is read.
--
-- Keys that are not known yet are fetched from OSS (`resolver` and `lua_ssl_trusted_certificate` are
-- needed then), once for all workers, or without a dict once for each.
-- @tparam table t options of `oss.receiver.verify` but method, uri, headers and body; and dict, the
-- name of a lua_shared_dict for keys and request ids; replay may be true to use it
-- @treturn table the fields of the callback's body, also from `fields`
-- @raise on wrong options
-- @usage require("resty.oss.callback").guard { dict = "oss_callbacks", secrets = { secret } }
function M.guard(t)
  local message, rest = check(t)
  if message then
    error(message, 2)
  end
  local fine, fields, refusal = pcall(examine, rest)
  if not fine then
    error((tostring(fields):gsub("^.-: verify: ", "guard: ")), 2)
  elseif not fields then
    ngx.log(ngx.WARN, "callback refused: ", tostring(refusal))
    ngx.status = refusal.status
    ngx.header["Content-Type"] = "application/json"
    ngx.say('{"Status":"refused","Code":"', refusal.code, '"}')
    return ngx.exit(refusal.status)
  end
  ngx.ctx.oss_callback = fields
  return fields
end

--- The fields of the callback that `guard` has let in.
-- @treturn table
function M.fields()
  return ngx.ctx.oss_callback
end

--- Answers the callback as OSS wants it.
-- @param[opt] value as of `oss.receiver.reply`
-- @raise at the caller's line when the value cannot be sent
function M.reply(value)
  local fine, answer = pcall(receiver.reply, value)
  if not fine then
    error((tostring(answer):gsub("^.-: reply: ", "reply: ")), 2)
  end
  ngx.status = answer.status
  for name, text in pairs(answer.headers) do
    ngx.header[name] = text
  end
  ngx.print(answer.body)
end

return M
