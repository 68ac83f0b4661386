--- Drives operations over a transport with events: answers their asks, runs their handlers.
--
-- One operation knows nothing of others; a driver knows all of one client's: which transfer belongs
-- to whom, and what is due (`oss.agenda`).

local agendas = require "oss.agenda"
local lines = require "oss.line"
local threads = require "oss.common.threads"

local M = {}

local driver_methods = {}
local driver_mt = { __name = "oss.driver", __index = driver_methods }

--- Makes a driver.
-- @param transport its methods are submit, poll, event, feed, cancel, close and now, as a loop of `oss.curl`
-- has them; and perhaps fd with alarm, and usable
-- @tparam[opt=64] integer connections transfers at the same time
-- @treturn table
function M.new(transport, connections)
  local self = setmetatable({ transport = transport, running = 0, transfers = {}, sending = 0,
    threads = threads.new(), agenda = nil, line = nil }, driver_mt)
  self.agenda = agendas.new(function()
    return transport:now()
  end)
  self.line = lines.new(function()
    return self.sending < (connections or 64)
  end)
  return self
end

--- Seconds of a clock that only goes forward.
function driver_methods:now()
  return self.transport:now()
end

--- Starts an operation in the background.
-- @tparam table op
function driver_methods:start(op)
  local limit = op.options.timeout
  op.started, self.running = true, self.running + 1
  if limit then
    self.agenda:limit(op, limit)
  end
  self.line:enter(op)
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
  self.agenda:add(child)
end

--- Starts an operation with the next poll, without an owner.
function driver_methods:detach(op)
  self.running = self.running + 1
  self:spawn(op)
end

--- Answers an operation's ask: starts the transfer, or the sleep.
function driver_methods:asked(op, kind, what)
  if kind == "sleep" then
    op.state = what > 0 and "sleeping" or op.state
    return self.agenda:sleep(op, what)
  elseif kind == "await" then
    op.awaiting = true
    return
  end
  local ok, id, code, message = pcall(self.transport.submit, self.transport, what)
  op.state = "sending"
  if ok and id then
    op.transfer = id
    self.transfers[id], self.sending = op, self.sending + 1
  else
    self.agenda:add(op, { error = ok and code or "InternalError", message = tostring(message or id), headers = {},
      status = 0, sent_all = false })
  end
end

-- An operation has no transfer any more.
local function release(driver, op)
  driver.transfers[op.transfer], driver.sending = nil, driver.sending - 1
  op.transfer = false
end

--- Gives up what an operation is waiting for.
-- @treturn boolean whether it was waiting
-- @treturn boolean|nil whether the whole body had gone out
function driver_methods:forget(op)
  if op.transfer then
    local _, sent_all = self.transport:cancel(op.transfer)
    release(self, op)
    return true, sent_all
  elseif op.awaiting then
    op.awaiting = false
    return true
  end
  return self.line:remove(op) or self.agenda:remove(op)
end

--- Takes note of an ended operation.
function driver_methods:finished(op)
  if op.options.timeout then
    self.agenda:unlimit(op)
  end
  local parent = op.parent
  if not parent then
    self.running = self.closed and 0 or self.running - 1
    return
  end
  parent.children[op] = nil
  table.insert(parent.ended, op)
  if parent.awaiting then
    parent.awaiting = false
    self.agenda:add(parent)
  end
end

--- Keeps what a handler raised with nobody to hand it to; the next poll raises it.
function driver_methods:raise(message)
  self.raised = self.raised or { message }
  if self.watched then
    self.transport:alarm(0)
  end
end

-- ---- events of transfers

local handlers = {}

function handlers.progress(_, op, sent, total, received)
  op:progress(sent, total, received)
end

function handlers.need(driver, op)
  local ok, chunk = op:read()
  if ok and op.transfer then
    driver.transport:feed(op.transfer, chunk)
  end
end

function handlers.done(driver, op, answer)
  release(driver, op)
  op:arrived(answer)
  op:advance(answer)
end

-- A handler may await other operations; events for one whose handler is still running wait in its inbox.
local function dispatch(driver, kind, id, a, b, c)
  local op = driver.transfers[id] -- none, and no id, when a handler has taken the rest
  if not op then
    return
  end
  if op.busy then
    if kind ~= "progress" then
      op.inbox = op.inbox or {}
      op.inbox[#op.inbox + 1] = { kind, id, a, b, c }
    end
    return
  end
  op.busy = true
  handlers[kind](driver, op, a, b, c)
  op.busy = false
  local held = op.inbox and table.remove(op.inbox, 1)
  if held then
    dispatch(driver, held[1], held[2], held[3], held[4], held[5])
  end
end

-- Goes on with what is due; whether there was anything.
local function wake(driver)
  local due = driver.agenda:due()
  for _, item in ipairs(due) do
    local op = item[1]
    if item.limit then
      op:interrupt("TotalTimeout", ("not done within %g seconds (option 'timeout')"):format(op.options.timeout))
    else
      op:advance(item[2])
    end
  end
  return #due > 0
end

-- Every operation that waits for something of its own, and each that waits for one of these.
local function waiting(driver)
  local ops = {}
  for _, op in pairs(driver.transfers) do
    ops[#ops + 1] = op
  end
  driver.agenda:collect(ops)
  driver.line:collect(ops)
  for i = 1, #ops do
    ops[#ops + 1] = ops[i].parent
  end
  return ops
end

local function move(driver, timeout)
  local transport, agenda, line = driver.transport, driver.agenda, driver.line
  local woken = agenda.entries > 0 and wake(driver)
  if line.first <= line.last then
    line:move()
  end
  if woken or driver.running == 0 then
    timeout = 0
  elseif agenda.entries > 0 then
    timeout = agenda:free(timeout)
  end
  local events, code, message = transport:poll(timeout)
  if code then
    for _, op in ipairs(waiting(driver)) do
      op:interrupt(code, message)
    end
  end
  for _ = 1, events or 0 do
    if not driver.closed then
      dispatch(driver, transport:event())
    end
  end
  if agenda.entries > 0 and not driver.closed then
    wake(driver)
  end
  if line.first <= line.last and not driver.closed then
    line:move()
  end
  if driver.watched and not driver.closed then
    local seconds = agenda:free(math.huge)
    if seconds < math.huge then
      transport:alarm(seconds)
    end
  end
end

--- Lets the operations go on, and runs the handlers that are due.
-- @tparam number timeout seconds to wait for something to happen; 0 never sleeps
-- @treturn integer operations still running
-- @raise what a handler `on_done` raised
-- @usage while client:poll(1) > 0 do end
function driver_methods:poll(timeout)
  if not self.closed and (self.running > 0 or self.watched) then
    move(self, timeout)
  end
  if self.raised then
    local message = self.raised[1]
    self.raised = nil
    error(message, 0)
  end
  return self.running
end

--- A descriptor that is readable whenever `poll(0)` has something to do.
-- @treturn integer|nil
-- @treturn string why there is none
function driver_methods:fd()
  if not self:usable() then
    return nil, "the client is closed, or belongs to the process that forked this one"
  end
  local fd = self.transport.fd and self.transport:fd()
  if not fd then
    return nil, "a client has a descriptor only with the option engine = \"thread\""
  end
  if not self.watched then
    self.watched = true
    self.agenda.ring = function(seconds)
      self.transport:alarm(seconds)
    end
    self.transport:alarm(0)
  end
  return fd
end

--- Whether it can be used: it is open, and this process is no child of the one that opened it.
function driver_methods:usable()
  return not self.closed and (not self.transport.usable or self.transport:usable())
end

--- Ends every operation and frees everything.
function driver_methods:close()
  if self.closed then
    return
  end
  self.closed = true
  for _, op in ipairs(waiting(self)) do
    op:cancel()
  end
  self.running = 0
  self.transport:close()
end

return M
