--- An operation: one call on its way.
--
-- Its work never does I/O itself: it asks, and whoever drives it answers. Over a transport with events the
-- work is a coroutine that sleeps until its answer is there (`oss.driver`); over one that answers directly, as
-- nginx's sockets do, an ask is a call that returns the answer (`oss.direct_driver`). The asks:
--
-- * `exchange(request)`: send a signed request, have the answer
-- * `sleep(seconds)`
-- * `await()`: one of the operations that this one has spawned has ended
-- * `call(handler, ...)`: run a user's handler, outside of this coroutine, so that it may yield
-- @module oss.operation

local errors = require "oss.errors"
local inside = require "oss.inside"
local protect = require "oss.common.protect"

local unpack = table.unpack or unpack -- luacheck: ignore 143

local M = {}

local operation_methods = {}
local operation_mt = { __name = "oss.operation", __index = operation_methods }

function operation_mt:__tostring()
  local o = self.options
  return ("oss.operation(%s %s/%s, %s)"):format(self.verb, o.bucket or "", o.key or "", self.state)
end

-- Makes an operation; it starts when it is first advanced.
-- @tparam table client its owner and driver
-- @tparam string verb
-- @tparam table options checked options
-- @tparam function work `work(operation)` returns the result or nil and an error
-- @treturn table
function M.new(client, verb, options, work)
  return setmetatable({
    client = client, driver = client.driver, verb = verb, options = options, state = "waiting", started = false,
    sent = 0, attempts = 0, busy = false, calling = false, transfer = false,
    thread = work, -- a coroutine once it has begun, nil when it has ended
  }, operation_mt)
end

-- ---- asks, called inside the work

local function ask(op, kind, what)
  if op.driver.closed then -- by a handler of its own
    op:cancel()
  end
  if op.interruption then
    return op.interruption
  elseif op.driver.ask then
    return op.driver:ask(op, kind, what)
  end
  return coroutine.yield(kind, what)
end

-- Sends a request and waits for its answer.
-- @tparam table request for the transport
-- @treturn table answer; its `error` is set when there was none
function operation_methods:exchange(request)
  return ask(self, "exchange", request)
end

-- Waits.
-- @tparam number seconds; 0 lets others go on for a moment
-- @treturn table|nil an answer with `error` when the operation was ended meanwhile
function operation_methods:sleep(seconds)
  return ask(self, "sleep", seconds)
end

-- Runs a user's handler.
-- @tparam function handler
-- @param ... its arguments
-- @treturn boolean whether it returned (false: it raised)
-- @return what it returned, or the error
function operation_methods:call(handler, ...)
  if self.driver.ask then
    return protect(handler, ...)
  end
  return coroutine.yield("call", { handler, n = select("#", ...), ... })
end

-- Starts a part of this operation's work as an operation of its own.
-- @tparam string verb
-- @tparam table options
-- @tparam function work
-- @treturn table the child; it ends with its parent at the latest
function operation_methods:spawn(verb, options, work)
  local child = M.new(self.client, verb, options, work)
  child.parent = self
  self.children, self.ended = self.children or {}, self.ended or {}
  self.children[child] = true
  self.driver:spawn(child)
  return child
end

-- Waits for a child.
-- @treturn table|nil a child that has ended
-- @treturn table an answer with `error` when this operation was ended meanwhile
function operation_methods:await()
  local stop = #self.ended == 0 and ask(self, "await")
  if stop then
    return nil, stop
  end
  return table.remove(self.ended, 1)
end

-- Runs one child to its end.
-- @tparam string verb
-- @tparam table options
-- @tparam function work
-- @treturn table|nil the child's result
-- @treturn table the child's error
function operation_methods:run(verb, options, work)
  local child = self:spawn(verb, options, work)
  local ended, stop
  repeat
    ended, stop = self:await() -- perhaps one that was interrupted before and ends only now
  until ended == child or not ended
  if not ended then
    return nil, errors.new { kind = "cancelled", code = stop.error, message = stop.message }
  end
  return child.result, child.err
end

-- ---- driving, called by a client

local function finish(op, res, err)
  op.state = err and (err.kind == "cancelled" and "cancelled" or "failed") or "done"
  op.result, op.err, op.thread = res, err, nil
  if op.children then
    for child in pairs(op.children) do
      child:interrupt("Cancelled", "the operation it belongs to has ended")
    end
  end
  op.driver:finished(op)
  local collector, on_done = op.collector, op.options.on_done
  if collector then -- a list of those that have ended
    collector[#collector + 1] = op
  end
  if on_done then
    local ok, message = protect(on_done, res, err)
    if not ok then
      op.driver:raise(message, op)
    end
  end
end

-- The work itself must not raise; when it does all the same, nobody may miss it.
local function crash(op, message)
  local trace = type(op.thread) == "thread" and debug.traceback(op.thread, tostring(message)) or tostring(message)
  finish(op, nil, errors.new { kind = "local", code = "InternalError", message = trace, stored = nil })
end

local function react(op, ok, kind, what)
  op.calling = kind == "call"
  if not ok then
    return crash(op, kind)
  elseif kind == "end" then
    op.driver.threads:give(op.thread)
    return finish(op, op.result, op.err)
  elseif kind == "call" then
    return react(op, coroutine.resume(op.thread, protect(unpack(what, 1, what.n + 1))))
  end
  op.driver:asked(op, kind, what)
end

-- Goes on with the work, its last ask answered, until its next ask for the world or its end.
function operation_methods:advance(answer)
  local thread = self.thread
  if self.state == "waiting" then
    self.thread, self.state = self.driver.threads:take(), "sending"
    react(self, coroutine.resume(self.thread, self, thread))
  elseif thread then
    react(self, coroutine.resume(thread, answer))
  end
end

-- Does the whole work in the caller's coroutine, for a driver that answers asks at once.
function operation_methods:perform()
  local ok, res, err = protect(self.thread, self)
  if ok then
    finish(self, res, err)
  else
    crash(self, res)
  end
end

-- Ends the work early: the ask under way, and every later one, is answered with this error.
-- @tparam string code
-- @tparam string message
-- @param cause the value a handler raised, if any
function operation_methods:interrupt(code, message, cause)
  if not self.thread or self.interruption then
    return
  end
  local was_waiting, sent_all = self.driver:forget(self)
  self.interruption = { error = code, message = message, cause = cause, headers = {}, status = 0,
    sent_all = sent_all or false }
  if was_waiting then
    self:advance(self.interruption)
  end
end

-- Runs a handler for an event; when it raises, the operation fails with it. Whether it returned, and what.
function operation_methods:handle(name, handler, ...)
  return self:handled(name, protect(handler, ...))
end

function operation_methods:handled(name, ok, ...)
  if not ok then
    local cause = ...
    self:interrupt("HandlerFailed", ("%s raised: %s"):format(name, tostring(cause)), cause)
    return false
  end
  return true, ...
end

-- Notes how far the transfer is, and tells the user.
-- @tparam integer sent bytes
-- @tparam integer total bytes, -1 when unknown
-- @tparam integer received bytes
function operation_methods:progress(sent, total, received)
  if self.aside then
    return
  end
  self.sent = self.verb == "get" and received or sent
  if total >= 0 then
    self.total = total
  end
  if self.parent and self.parent.observe then
    self.parent:observe()
  end
  local on_progress = self.options.on_progress
  if on_progress and self.reported ~= self.sent then
    self.reported = self.sent
    self:handle("on_progress", on_progress, self.sent, self.total)
  end
end

-- Tells the last of the progress, for an answer of the transport that means that all has arrived.
function operation_methods:arrived(answer)
  if not answer.error and answer.status < 300 then
    self:progress(answer.sent, answer.sent, answer.received)
  end
end

-- Has the user's reader give its next chunk; when it fails, so does the operation.
-- @treturn boolean whether there is one
-- @treturn string|nil the chunk, nil at the end
function operation_methods:read()
  local ok, chunk, message = self:handle("reader", self.options.reader)
  if not ok then
    return false
  elseif chunk == nil and message ~= nil then
    self:interrupt("ReaderFailed", "the reader returned: " .. tostring(message), message)
    return false
  elseif chunk ~= nil and type(chunk) ~= "string" then
    self:interrupt("ReaderFailed", "the reader must return a string or nil, got " .. type(chunk))
    return false
  end
  return true, chunk
end

-- ---- for users

--- Waits until the operation has ended. In nginx it yields, elsewhere it blocks.
-- @function op:wait
-- @treturn table|nil the result
-- @treturn table an error of `oss.errors`
-- @usage local res, err = op:wait()
function operation_methods:wait()
  if inside.of(self) then
    error("op:wait() inside a handler of the same operation would wait forever", 2)
  end
  self.driver:wait(self)
  return self.result, self.err
end

--- Ends the operation now. Its result is an error of kind `cancelled`.
-- @function op:cancel
-- @treturn boolean false when it had ended already
function operation_methods:cancel()
  if not self.thread then
    return false
  end
  self:interrupt("Cancelled", "the operation was cancelled")
  return true
end

--- Where the operation stands.
-- @function op:status
-- @treturn table state ("waiting", "sending", "sleeping", "done", "failed", "cancelled"), sent
-- and total (bytes; total nil when unknown), attempts, and when ended result or err
function operation_methods:status()
  return { state = self.state, sent = self.sent, total = self.total, attempts = self.attempts,
    result = self.result, err = self.err }
end

return M
