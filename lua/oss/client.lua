--- A client: one endpoint, one set of credentials, kept connections, and its operations.
--
--     local client = oss.client{ region = "cn-hangzhou" }
--     local res, err = client:put{ bucket = "b", key = "k", body = "text" }
--     local op = client:start("put", { bucket = "b", key = "k", file = "big.bin" })
--     client:poll(0)              -- once a frame; never sleeps
--     local res, err = op:wait()  -- or wait for it
--
-- Its operations are in `oss.verbs`, what `start` returns in `oss.operation`.
--
-- @module oss.client

local core = require "oss.core"
local body = require "oss.sending.body"
local callback_retry = require "oss.sending.callback_retry"
local credentials = require "oss.credentials"
local drivers = { direct = require "oss.direct_driver", events = require "oss.driver" }
local endpoints = require "oss.sending.endpoint"
local logs = require "oss.common.log"
local map = require "oss.sending.map"
local nearest = require "oss.common.nearest"
local operation = require "oss.operation"
local options = require "oss.options"
local permits = require "oss.permits.issue"
local settings = require "oss.settings"
local verbs = require "oss.verbs"
local version = require "oss.version"

local M = {}

local client_methods = {}
local client_mt = { __name = "oss.client", __index = client_methods }

function client_mt:__tostring()
  return ("oss.client(%s, %d running)"):format(self.endpoint.host, self.driver.running)
end

-- What to say about a name that no operation has, nil when one has it.
function client_methods.unknown(verb)
  if type(verb) ~= "string" then
    return "the operation's name is expected first, such as \"put\", got " .. type(verb)
  elseif not verbs[verb] then
    local names = {}
    for name in pairs(verbs) do
      names[#names + 1] = name
    end
    return ("no operation '%s'%s"):format(verb, nearest.clause(verb, names))
  end
end

local function user_agent(suffix)
  local engine = rawget(_G, "jit") and rawget(_G, "jit").version or _VERSION
  return ("lua-oss/%s (%s)%s"):format(version, engine, suffix and " " .. suffix or "")
end

--- Makes a client.
-- @tparam table t options, see `oss.options`
-- @tparam[opt] function open makes the transport: `open(options, user_agent)`
-- @treturn table|nil client
-- @treturn string what is wrong, naming the option
function M.new(t, open)
  local message = options.check("client", t)
  if message then
    return nil, message
  end
  local endpoint, provider, transport
  message = settings.check(t)
  if not message then
    endpoint, message = endpoints.resolve(settings.with_environment(t, endpoints.region_of))
  end
  if endpoint then
    provider, message = credentials.choose(t)
  end
  if message then
    return nil, "client: " .. message
  end
  open = open or require("oss.transport.curl").new
  transport, message = open(t, user_agent(t.user_agent))
  if not transport then
    return nil, "client: " .. message
  end
  local driver = drivers[transport.exchange and "direct" or "events"].new(transport, t.connections)
  local log, wants = logs.new(t.log, t.log_level, function(fault)
    driver:raise(fault)
  end)
  return setmetatable({
    options = t, endpoint = endpoint, provider = provider,
    log = log, logs_requests = wants("debug"), clock = t.clock or os.time, skew = 0,
    random = t.random or transport.random or math.random, stat = transport.stat,
    driver = driver,
  }, client_mt)
end

-- ---- what operations need

-- Unix seconds by the server's clock, as far as it is known.
function client_methods:time()
  return math.floor(self.clock() + self.skew)
end

-- Seconds of a clock that only goes forward.
function client_methods:now()
  return self.driver:now()
end

-- The signer for some credentials; kept while they stay the same, for its key of the day.
-- @treturn userdata|nil signer
-- @treturn string why there is none
function client_methods:signer(keys)
  local kept = self.kept
  if not kept or kept.id ~= keys.access_key_id or kept.secret ~= keys.access_key_secret
    or kept.token ~= keys.security_token then
    local t = self.options
    kept = { id = keys.access_key_id, secret = keys.access_key_secret, token = keys.security_token }
    local message
    kept.signer, message = core.signer { version = t.signature or "v4", id = kept.id, secret = kept.secret,
      token = kept.token, region = self.endpoint.region, product = t.product,
      additional_headers = t.additional_headers }
    if not kept.signer then
      return nil, message
    end
    self.kept = kept
  end
  return kept.signer
end

-- ---- for users

--- Lets the operations go on, and runs the handlers that are due.
-- @function client:poll
-- @tparam[opt=0] number timeout seconds to wait for something to happen; 0 never sleeps
-- @treturn integer operations still running
-- @raise what a handler `on_done` raised
-- @usage while client:poll(1) > 0 do end
function client_methods:poll(timeout)
  return self.driver:poll(timeout or 0)
end

--- One descriptor for an event loop to watch: it is readable whenever `client:poll(0)` has something
-- to do. Only with `engine = "thread"`.
-- @function client:fd
-- @treturn integer|nil descriptor; never read from it, and do not close it
-- @treturn string why there is none
-- @usage local fd = client:fd()
function client_methods:fd()
  if not self.driver.fd then
    return nil, "in nginx there is no descriptor to watch"
  end
  return self.driver:fd()
end

-- Whether the client can be used: it is open, and this process is no child of the one that made it.
function client_methods:usable()
  return not self.driver.usable or self.driver:usable()
end

local function run(op)
  return callback_retry.after(op, verbs[op.verb].work(op, op.value))
end

-- Checks the options of an operation.
-- @tparam string verb
-- @tparam table t options
-- @return what the verb's work needs, nil when something is wrong
-- @treturn string what is wrong
function client_methods:prepare(verb, t)
  local message = options.check(verb, t)
  if message then
    return nil, message
  end
  local value
  value, message = verbs[verb].prepare(self, t)
  return value, message and verb .. ": " .. message
end

-- Checks options and makes an operation, which starts when it is waited for.
-- @tparam string verb
-- @tparam table t options
-- @tparam integer level the user's line, counted as in `error`
-- @param value from `prepare`, when the options were checked before
function client_methods:make(verb, t, level, value)
  local message = client_methods.unknown(verb)
  if message then
    error("client: " .. message, level)
  elseif self.driver.closed then
    error("client: it is closed", level)
  end
  if value == nil then
    value, message = self:prepare(verb, t)
  end
  if message then
    error(message, level)
  end
  local op = operation.new(self, verb, t, run)
  op.value, op.total = value, body.length(t)
  return op
end

-- Starts work that nobody waits for; it counts as running until it has ended.
function client_methods:detach(verb, t, work)
  self.driver:detach(operation.new(self, verb, t, work))
end

--- Starts an operation in the background.
-- @function client:start
-- @tparam string verb "put", "upload", "append", "retry_callback", "get", "head", "delete" or "request"
-- @tparam table t its options
-- @treturn table the operation, see `oss.operation`
-- @raise on wrong options, at the caller's line
-- @usage local op = client:start("put", { bucket = "b", key = "k", file = "big.bin" })
function client_methods:start(verb, t)
  local op = self:make(verb, t, 3)
  self.driver:start(op)
  return op
end

for verb in pairs(verbs) do
  client_methods[verb] = function(self, t)
    if getmetatable(self) ~= client_mt then
      error(("client.%s: call it with a colon, client:%s{ ... }"):format(verb, verb), 2)
    end
    local op = self:make(verb, t, 3)
    return op:wait()
  end
end

for _, verb in ipairs { "presign", "form" } do
  client_methods[verb] = function(self, t)
    local permit, err, message = permits.issue(self, verb, t)
    if message then
      error(message, 2)
    end
    return permit, err
  end
end

--- Runs an operation for each of many option tables.
-- @function client:map
-- @tparam table|function list of option tables, or a function that returns one after the other
-- @tparam[opt] table wanted verb (default "put"), concurrency (default 16), on_each (handler
-- `function(index, res, err)`)
-- @treturn {table,...} `{ result =, err = }` for each, in the order of the list
-- @treturn table summary: total, done, failed, callbacks_failed, bytes, seconds
-- @raise on wrong options, at the caller's line
-- @usage
-- local results, summary = client:map({ { bucket = "b", key = "1", body = "1" },
--   { bucket = "b", key = "2", file = "2.bin" } }, { concurrency = 8 })
function client_methods:map(list, wanted)
  local message = map.check(self, list, wanted or {})
  if message then
    error(message, 2)
  end
  local results, summary = map.run(self, list, wanted or {})
  return results, summary
end

--- Ends every operation (their errors are of kind `cancelled`) and frees everything.
-- @function client:close
function client_methods:close()
  self.kept = nil
  self.driver:close()
end

client_mt.__close = client_methods.close

return M
