--- The service that receives a callback: is it from OSS, what does it say, and how to answer.
--
-- OSS signs each callback with an RSA key whose public half lies under a URL that the callback
-- names. The signature covers path, query and body; it does not cover the method, the host or any
-- header, Content-Type included: `content_type` pins that. The key has 512 bits, which can be broken.
--
-- The signature names no account: any user of OSS can have OSS sign any body for any URL. Without
-- `secrets` a callback proves nothing about your bucket. The token proves that your service permitted an
-- upload to this bucket and key. Everything else in the body (size, etag, variables, reqId) can be forged by
-- whoever held the permit, and may be old: ask OSS (`client:head`) for what matters. `replay` refuses a
-- request id that came before, which keeps out recorded callbacks, not those who can have new ones signed.
--
--     local ok, refusal = oss.receiver.verify{ method = method, uri = target, headers = headers,
--       body = body, secrets = { secret }, content_type = "application/json" }
--     local fields = ok and oss.receiver.parse{ headers = headers, body = body,
--       content_type = "application/json" }
--     local answer = oss.receiver.reply{ Status = "OK" }
--
-- A refusal is a table with `code`, `message` and `status` (of HTTP, to answer with); `..` and
-- `tostring` make one line of it. Its codes:
--
-- * `MethodNotAllowed`, `SignatureMissing`, `SignatureVersion`, `SignatureInvalid` (not base64),
--   `TargetInvalid`, `TargetAmbiguous` (%0A or %3F in its path), `SignatureMismatch`;
-- * `KeyUrlInvalid` (not base64), `KeyUrlForbidden`, `KeyUnknown`, `KeyUnavailable`, `KeyInvalid`;
-- * `ContentTypeUnsupported`, `BodyTooLarge`, `BodyInvalid`, `LengthRequired` (of `resty.oss.callback`);
-- * `TokenMissing`, `TokenInvalid`, `TokenExpired`;
-- * `RequestIdMissing`, `Replayed`, `TokenSpent` (429), `ReplayUnknown` (the store failed).
--
-- @module oss.receiver

local core = require "oss.core"
local keys = require "oss.receiver.keys"
local memory = require "oss.receiver.memory"
local options = require "oss.options"
local parse = require "oss.receiver.parse"
local refusal = require "oss.receiver.refusal"
local replies = require "oss.receiver.reply"
local tokens = require "oss.receiver.token"

local M = {}

--- OSS's own public key by its URLs, so that the usual case needs no network.
M.keys = keys.known

local function refuse(...)
  return nil, refusal.new(...)
end

-- A header that comes twice is as good as none: nobody knows which of them others read.
local function lower_names(headers)
  local lower = {}
  for name, value in pairs(headers) do
    local folded = tostring(name):lower()
    lower[folded] = lower[folded] == nil and type(value) == "string" and value
  end
  return lower
end

-- What is signed is the decoded path, "?", the query, LF and the body in one text. A LF or a "?" that is
-- not a border of theirs would leave open where one ends: the same signature would fit other requests.
local function ambiguous(uri)
  local path = uri:match("^[^?]*"):lower()
  return uri:find("\n", 1, true) or path:find("%0a", 1, true) or path:find("%3f", 1, true)
end

local function check_signature(t, headers)
  local authorization, named = headers["authorization"], headers["x-oss-pub-key-url"]
  if not authorization or not named then
    return refuse("SignatureMissing", "not one Authorization and one x-oss-pub-key-url: OSS did not send this")
  elseif headers["x-oss-signature-version"] ~= nil and headers["x-oss-signature-version"] ~= "1.0" then
    return refuse("SignatureVersion", "x-oss-signature-version is not 1.0, the only one that is known")
  end
  local signature, url = core.unbase64(authorization), core.unbase64(named)
  if not signature then
    return refuse("SignatureInvalid", "Authorization is not base64")
  elseif not url then
    return refuse("KeyUrlInvalid", "x-oss-pub-key-url is not base64")
  end
  local text = core.callback_string_to_verify(t.uri, t.body)
  if not text then
    return refuse("TargetInvalid", "the request target must begin with '/': give it raw, as it came")
  elseif ambiguous(t.uri) then
    return refuse("TargetAmbiguous", "the path holds a line feed or a '?' (%0A, %3F): where it ends is not signed")
  end
  local key, err = keys.find(url, t)
  if not key then
    return nil, err
  end
  local valid = core.rsa_verify_md5(key, text, signature)
  if valid == nil then
    return refuse("KeyInvalid", "the public key in 'keys' is no RSA key in PEM", 500)
  elseif not valid then
    return refuse("SignatureMismatch", "the signature does not belong to this path, query and body")
  end
  return true
end

local default_window = 24 * 3600

-- Remembers an id as long as its token could be used again: after that the token refuses it. Without a
-- token only the window keeps a recorded callback out.
local function check_replay(t, fields, token_left)
  local id = fields[t.replay.field or "reqId"]
  if type(id) ~= "string" or id == "" then
    return refuse("RequestIdMissing", ("the body has no text field '%s', which ${reqId} of the callback fills")
      :format(t.replay.field or "reqId"))
  end
  local least = t.window or (token_left and 0 or default_window)
  local seen, message = t.replay.seen(id, math.max(least, (token_left or 0) + 1))
  if seen then
    return refuse("Replayed", "a callback with this request id came before")
  elseif message then
    return refuse("ReplayUnknown", "whether it came before could not be found out: " .. tostring(message), 503)
  end
  return true
end

local default_uses = 1000

-- OSS signs for anybody, so who holds a permit can send its token with new request ids without end: all of
-- them would have to be remembered.
local function check_uses(t, token, token_left)
  local count = t.replay.count
  if not count then
    return true
  end
  local uses, message = count(token, token_left + 1)
  if not uses then
    return refuse("ReplayUnknown", "how often its token came could not be found out: " .. tostring(message), 503)
  elseif uses > (t.token_uses or default_uses) then
    return refuse("TokenSpent", "more callbacks came with its token than option 'token_uses' allows", 429)
  end
  return true
end

local function check_fields(t, headers)
  local fields, err = parse.body(headers["content-type"], t.body, t)
  if not fields then
    return nil, err
  end
  local token_left
  if t.secrets then
    token_left, err = tokens.check(fields, t.secrets, t.now or os.time())
    if not token_left then
      return nil, err
    end
  end
  local fresh = true
  if t.replay and token_left then
    fresh, err = check_uses(t, fields.token, token_left)
  end
  if t.replay and fresh then
    return check_replay(t, fields, token_left)
  end
  return fresh, err
end

local function wrong_argument(t, verb)
  local message = options.check(verb, t)
  if message then
    return message
  end
  for _, name in ipairs(verb == "verify" and { "uri", "headers", "body" } or { "headers", "body" }) do
    if t[name] == nil then
      return verb .. ": option '" .. name .. "' is missing"
    end
  end
  if verb ~= "verify" then
    return nil
  end
  for i, secret in ipairs(t.secrets or {}) do
    if type(secret) ~= "string" or #secret < tokens.shortest_secret then
      return ("verify: option 'secrets': [%d] must be a string of at least %d bytes"):format(i,
        tokens.shortest_secret)
    end
  end
  if t.secrets and #t.secrets == 0 then
    return "verify: option 'secrets' must be a list of at least one secret"
  elseif t.replay and type(t.replay.seen) ~= "function" then
    return "verify: option 'replay' must have a function 'seen'"
  elseif t.replay and t.replay.count ~= nil and type(t.replay.count) ~= "function" then
    return "verify: option 'replay': 'count' must be a function"
  end
end

--- Checks that a request is a callback of OSS.
--
-- `replay.seen(id, seconds)` remembers an id for so long and says whether it was there already; on
-- failure it returns nil and a message. `replay.count(token, seconds)`, when there is one, says how often
-- a token has come, this time included; on failure nil and a message. `fetch(url)` returns the PEM text at
-- a https URL, or nil and a message. `cache` keeps what was fetched: `cache:get(name)`,
-- `cache:set(name, text, seconds)` and, so that one at a time fetches, `cache:lock(name)`, which returns a
-- function that unlocks or nil and a message; without it a small one in memory is used.
-- @tparam table t options, see README
-- @treturn boolean|nil true
-- @treturn table why the request is refused: code, message, status
-- @raise on wrong options, at the caller's line
-- @usage
-- local ok, refusal = oss.receiver.verify{ uri = target, headers = headers, body = body }
function M.verify(t)
  local message = wrong_argument(t, "verify")
  if message then
    error(message, 2)
  elseif t.method and t.method ~= "POST" then
    return refuse("MethodNotAllowed", "OSS sends callbacks with POST", 405)
  end
  local headers = lower_names(t.headers)
  local ok, err = check_signature(t, headers)
  if ok and (t.secrets or t.replay) then
    ok, err = check_fields(t, headers)
  end
  return ok, err
end

--- Reads the body of a callback by its Content-Type, strictly: a name twice, a bad escape, text that is
-- not UTF-8, too much depth or size is refused. Whole numbers of 2^53 and more stay text.
-- @tparam table t headers, body, content_type, max_bytes, max_depth
-- @treturn table|nil a form's strings by name, or the JSON value
-- @treturn table why it cannot be read: code, message, status
-- @raise on wrong options, at the caller's line
-- @usage local fields, refusal = oss.receiver.parse{ headers = headers, body = body }
function M.parse(t)
  local message = wrong_argument(t, "parse")
  if message then
    error(message, 2)
  end
  return parse.body(lower_names(t.headers)["content-type"], t.body, t)
end

--- Makes the answer to a callback in the form that OSS takes: status 200, JSON, a length, below 1 MiB.
-- @param[opt] value a table, or a JSON object or array as text; `{"Status":"OK"}` when left out
-- @treturn table status, headers (by name) and body
-- @raise at the caller's line when the value cannot be sent
-- @usage local answer = oss.receiver.reply{ Status = "OK" }
function M.reply(value)
  local answer, message = replies.make(value)
  if not answer then
    error("reply: " .. message, 2)
  end
  return answer
end

--- A replay store in this process's memory, for a service of one process.
-- @tparam[opt=65536] number limit ids remembered at the most; beyond it the oldest is forgotten, and would
-- pass again: more callbacks than this within the time that ids are kept want a store of another kind
-- @tparam[opt=os.time] function clock returns seconds
-- @treturn table for option `replay` of `verify`
-- @usage local replay = oss.receiver.memory_replay()
function M.memory_replay(limit, clock)
  local store = memory.new(limit or 65536, clock)
  return { seen = function(id, seconds)
    if store:get(id) then
      return true
    end
    store:set(id, true, seconds)
    return false
  end, count = function(token, seconds)
    local name = "token " .. token
    local uses = (store:get(name) or 0) + 1
    store:set(name, uses, seconds)
    return uses
  end }
end

return M
