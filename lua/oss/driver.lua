--- Drives operations over a transport with events: answers their asks, runs their handlers.
--
-- One operation knows nothing of others; a driver knows all of one client's: which transfer belongs
-- to whom, who sleeps until when, whose time is up.

local M = {}

local unpack = table.unpack or unpack -- luacheck: ignore 143

local driver_methods = {}
local driver_mt = { __name = "oss.driver", __index = driver_methods }

--- Makes a driver.
-- @tparam table transport submit, poll, event, feed, cancel, close, now
-- @treturn table
function M.new(transport)
  return setmetatable({ transport = transport, running = 0, transfers = {}, sleeping = {}, limited = {},
    ready = {} }, driver_mt)
end

--- Seconds of a clock that only goes forward.
function driver_methods:now()
  return self.transport:now()
end

--- Starts an operation in the background.
-- @tparam table op
function driver_methods:start(op)
  local limit = op.options.timeout
  op.started = true
  self.running = self.running + 1
  if limit then
    self.limited[op] = self:now() + limit
  end
  op:advance()
end

--- Waits until an operation has ended; starts it first when nobody has.
-- @tparam table op
function driver_methods:wait(op)
  if not op.started then
    self:start(op)
  end
  while op.thread do
    self:poll(60)
  end
end

--- Starts a child with the next poll, outside of its parent's coroutine.
function driver_methods:spawn(child)
  self.ready[#self.ready + 1] = { child }
end

--- Starts an operation with the next poll, without an owner.
function driver_methods:detach(op)
  self.running = self.running + 1
  self:spawn(op)
end

--- Answers an operation's ask: starts the transfer, or the sleep.
function driver_methods:asked(op, kind, what)
  if kind == "sleep" then
    op.state = "sleeping"
    self.sleeping[op] = self:now() + what
    return
  elseif kind == "await" then
    op.awaiting = true
    return
  end
  local id, code, message = self.transport:submit(what)
  op.state = "sending"
  if id then
    op.transfer = id
    self.transfers[id] = op
  else
    self.ready[#self.ready + 1] = { op, { error = code, message = message, headers = {}, status = 0,
      sent_all = false } }
  end
end

--- Gives up what an operation is waiting for.
-- @treturn boolean whether it was waiting
-- @treturn boolean|nil whether the whole body had gone out
function driver_methods:forget(op)
  if op.transfer then
    local _, sent_all = self.transport:cancel(op.transfer)
    self.transfers[op.transfer] = nil
    op.transfer = nil
    return true, sent_all
  elseif self.sleeping[op] or op.awaiting then
    self.sleeping[op] = nil
    op.awaiting = false
    return true
  end
  for i, item in ipairs(self.ready) do
    if item[1] == op then
      table.remove(self.ready, i)
      return true
    end
  end
  return false
end

--- Takes note of an ended operation.
function driver_methods:finished(op)
  self.limited[op] = nil
  local parent = op.parent
  if not parent then
    self.running = self.running - 1
    return
  end
  parent.children[op] = nil
  table.insert(parent.ended, op)
  if parent.awaiting then
    parent.awaiting = false
    self.ready[#self.ready + 1] = { parent }
  end
end

--- Keeps what a handler raised with nobody to hand it to; the next poll raises it.
function driver_methods:raise(message)
  self.raised = self.raised or { message }
end

-- ---- events of transfers

local handlers = {}

function handlers.progress(_, op, ...)
  op:progress(...)
end

function handlers.need(driver, op)
  local ok, chunk = op:read()
  if ok and op.transfer then
    driver.transport:feed(op.transfer, chunk)
  end
end

function handlers.done(driver, op, answer)
  driver.transfers[op.transfer] = nil
  op.transfer = nil
  if not answer.error then
    op:progress(answer.sent, answer.sent, answer.received)
  end
  op:advance(answer)
end

-- A handler may start and await other operations, so events for an operation whose handler is
-- still running wait in its inbox.
local function dispatch(driver, kind, id, ...)
  local op = driver.transfers[id]
  if not op then
    return
  end
  if op.busy then
    if kind ~= "progress" then
      op.inbox[#op.inbox + 1] = { kind, id, n = select("#", ...), ... }
    end
    return
  end
  op.busy = true
  handlers[kind](driver, op, ...)
  op.busy = false
  local held = table.remove(op.inbox, 1)
  if held then
    dispatch(driver, held[1], held[2], unpack(held, 3, 2 + held.n))
  end
end

local function wake(driver)
  local now
  for op, at in pairs(driver.sleeping) do
    now = now or driver:now()
    if at <= now then
      driver.sleeping[op] = nil
      driver.ready[#driver.ready + 1] = { op }
    end
  end
  for op, at in pairs(driver.limited) do
    now = now or driver:now()
    if at <= now then
      driver.ready[#driver.ready + 1] = { op, limit = true }
    end
  end
  local ready = driver.ready
  driver.ready = {}
  for _, item in ipairs(ready) do
    local op = item[1]
    if item.limit then
      driver.limited[op] = nil
      op:interrupt("TotalTimeout",
        ("not done within %g seconds (option 'timeout')"):format(op.options.timeout))
    else
      op:advance(item[2])
    end
  end
end

local function until_next(driver, timeout)
  local now
  for _, list in ipairs { driver.sleeping, driver.limited } do
    for _, at in pairs(list) do
      now = now or driver:now()
      timeout = math.max(0, math.min(timeout, at - now))
    end
  end
  return timeout
end

local function take(driver, kind, ...)
  if kind then
    dispatch(driver, kind, ...)
    return not driver.closed
  end
end

--- Lets the operations go on, and runs the handlers that are due.
-- @tparam number timeout seconds to wait for something to happen; 0 never sleeps
-- @treturn integer operations still running
-- @raise what a handler `on_done` raised
-- @usage while client:poll(1) > 0 do end
function driver_methods:poll(timeout)
  local transport = self.transport
  if not self.closed then
    wake(self)
    transport:poll(self.running > 0 and #self.ready == 0 and until_next(self, timeout) or 0)
    while take(self, transport:event()) do end -- luacheck: ignore 542
    if not self.closed then
      wake(self)
    end
  end
  if self.raised then
    local message = self.raised[1]
    self.raised = nil
    error(message, 0)
  end
  return self.running
end

--- Ends every operation and frees everything.
function driver_methods:close()
  if self.closed then
    return
  end
  local ops = {}
  for _, op in pairs(self.transfers) do
    ops[#ops + 1] = op
  end
  for op in pairs(self.sleeping) do
    ops[#ops + 1] = op
  end
  for _, item in ipairs(self.ready) do
    ops[#ops + 1] = item[1]
  end
  for _, op in ipairs(ops) do
    op:cancel()
  end
  self.closed = true
  self.transport:close()
end

return M
