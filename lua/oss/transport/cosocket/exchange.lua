--- One request and its answer.
--
-- A talker connects, sends the head (with a small body), and reads the answer. A longer body is sent
-- by a writer meanwhile, so that an early answer is heard while it goes out. When somebody may
-- interrupt the operation, or there is a writer, both are threads of their own: who waits for them
-- can then end them at any moment, which is the only way to stop a thread that waits for a socket.

local bodies = require "oss.transport.cosocket.body"
local failure = require "oss.transport.cosocket.failure"
local receive = require "oss.transport.cosocket.receive"
local send = require "oss.transport.cosocket.send"

local M = {}

local tcp = ngx.socket.tcp
local exchange_methods = { more = receive.more, sink = receive.sink }
local exchange_mt = { __index = exchange_methods }

local look_ms = 1000               -- how often the talker looks at the writer
local rest_after = 2 * 1024 * 1024 -- bytes moved without nginx having served others
local kept_ms = 60000              -- how long a connection is kept for the next request

-- The few limits there are, in nginx's milliseconds.
local limits, limits_count = {}, 0

local function ms(seconds)
  local limit = limits[seconds]
  if not limit then
    limit = math.min(2147483647, math.max(1, math.floor(seconds * 1000 + 0.5)))
    if limits_count < 100 then
      limits[seconds], limits_count = limit, limits_count + 1
    end
  end
  return limit
end

--- Notes why there is no answer; the first reason stays.
-- @treturn nil
function exchange_methods:fail(code, detail)
  if not self.error then
    self.error, self.message = code, failure.text(code, detail)
  end
  return nil
end

--- Lets nginx serve others when bytes come or go too fast for any wait: its clock stands still then.
-- @tparam integer bytes moved
function exchange_methods:breathe(bytes)
  local tick = self.now()
  if tick ~= self.tick then
    self.tick, self.moved = tick, 0
  end
  self.moved = self.moved + bytes
  if self.moved >= rest_after then
    ngx.sleep(0.001)
  end
end

--- Lets reads wait for the first byte of an answer.
-- @tparam[opt] number seconds
function exchange_methods:wait_for_answer(seconds)
  local request, limit = self.request, ms(seconds or self.request.answer_timeout)
  self.socket:settimeouts(ms(request.connect_timeout), ms(request.idle_timeout),
    self.source.whole and limit or math.min(limit, look_ms))
end

--- Lets reads wait for further bytes of an answer.
function exchange_methods:wait_for_bytes()
  self.socket:settimeouts(ms(self.request.connect_timeout), ms(self.request.idle_timeout),
    ms(self.request.idle_timeout))
end

-- ---- the talker

-- Where a handshake ends without a wait, some versions of nginx's Lua library raise an assertion
-- instead of telling that the certificate was refused.
local function handshake(socket, place)
  local fine, ok, err = pcall(socket.sslhandshake, socket, nil, place.name, place.verify)
  if fine then
    return ok, err
  end
  return nil, tostring(ok):find("assertion failed", 1, true) and "0: refused" or ok
end

local function connect(x)
  local place, began = x.place, x.place.tls and x.now()
  x.socket = tcp()
  x:wait_for_answer()
  local ok, err = x.socket:connect(place.address, place.port, place.options)
  if not ok then
    return x:fail(failure.of_connect(err), err ~= "timeout" and err or nil)
  end
  x.reused = x.socket:getreusedtimes() > 0
  if place.tls and not x.reused then
    x.socket:settimeout(ms(x.request.connect_timeout - (x.now() - began)))
    ok, err = handshake(x.socket, place)
    if not ok then
      return x:fail(failure.of_handshake(err))
    end
    x:wait_for_answer()
  end
  return true
end

local function converse(x)
  if not connect(x) or not send.head(x) then
    return
  end
  if x.asks and not receive.go(x) then
    return
  elseif not x.source.whole and not x.early then
    x.may_write = true
    x.op.driver:ring(x.op)
  end
  receive.answer(x)
end

local broken = { EmptyAnswer = true, ReceiveFailed = true, SendFailed = true }

local function begin_again(x)
  x.socket:close()
  x.status, x.sent, x.sent_all, x.received, x.buffer = 0, 0, false, 0, ""
  x.crc64, x.received_crc64 = "0", "0"
  x.error, x.message, x.heard, x.early, x.headers, x.parts = nil, nil, false, false, false, false
end

-- Whether to try once more at once, on a connection of its own: the server does not want to be asked
-- for a 100, or a kept connection was dead and nothing can have been done.
local function wants_again(x)
  if x.may_write then
    return false
  elseif x.asks and x.status == 417 then
    x.asks = false
    return true
  end
  local method = x.request.method
  return x.reused and broken[x.error] and not x.heard
    and (not x.sent_all or method == "GET" or method == "HEAD")
end

local function talk(x)
  converse(x)
  if wants_again(x) then
    begin_again(x)
    converse(x)
  end
  if x.keep and not x.error then
    x.socket:setkeepalive(kept_ms)
  elseif x.socket then
    x.socket:close()
  end
end

-- ---- the one who waits

local function talk_beside(x)
  talk(x)
  x.done = true
  x.op.driver:ring(x.op)
end

local function supervise(x, kill)
  local op = x.op
  local driver = op.driver
  local talker, writer = driver:beside(op, talk_beside, x), nil
  -- A writer that has sent everything may still be in a handler of the user's.
  while not op.interruption and not (x.done and not (x.writing and x.sent_all)) do
    if x.may_write and not writer then
      x.writing = true
      writer = driver:beside(op, send.body, x)
    else
      driver:rest(op)
    end
  end
  x.over = true
  if writer then
    kill(writer)
  end
  if kill(talker) then
    x.socket:close()
  end
end

local function answer_of(x)
  local parts = x.parts
  return { status = x.status, headers = x.headers or {}, crc64 = x.crc64, received_crc64 = x.received_crc64,
    body = parts and (parts[2] and table.concat(parts) or parts[1]) or "", sent = x.sent, received = x.received,
    sent_all = x.sent_all, reused = x.reused, error = x.error, message = x.message }
end

local function no_answer(code, message)
  return { status = 0, headers = {}, body = "", crc64 = "0", sent = 0, received = 0, sent_all = false,
    reused = false, error = code, message = message }
end

--- Sends a request and receives its answer.
-- @tparam table transport places, agent, now, kill
-- @tparam table request method, url, head, body fields, answer_max, answer_file, limits in seconds
-- @tparam table op the operation
-- @treturn table answer, as of the other transport
function M.run(transport, request, op)
  local place, target = transport.places:find(request.url)
  if not place then
    return no_answer("InvalidArgument", "the URL is neither http:// nor https://")
  end
  local source, code, message = bodies.open(request)
  if not source then
    return no_answer(code, message)
  end
  -- All fields at once: a table that grows costs more than all that is in it.
  local x = setmetatable({ request = request, op = op, place = place, target = target, source = source,
    agent = transport.agent, now = transport.now, asks = request.expect and not source.whole or false,
    socket = false, buffer = "", at = 1, status = 0, headers = false, parts = false, received = 0, received_crc64 = "0",
    sent = 0, sent_all = false, sent_at = 0, crc64 = "0", heard = false, early = false, reused = false,
    keep = false, done = false, tick = 0, moved = 0, total = -1, file = false }, exchange_mt)
  if source.whole and not op.supervised then
    talk(x)
  else
    supervise(x, transport.kill)
  end
  if source.close then
    source.close()
  end
  return answer_of(x)
end

return M
