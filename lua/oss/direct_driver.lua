--- Drives operations over a transport whose calls return their answers, as nginx's sockets do: while
-- one waits, the host runs others.
--
-- An operation that is waited for at once runs in the caller's own coroutine. One that is started in
-- the background, and each part of an upload, runs beside it, in a thread of the transport's making.
-- Only its own thread ever goes on with an operation: who interrupts it leaves a note and rings.
--
-- What a transport gives:
--
-- * `exchange(request, op)`: the answer, as of a transport with events. It calls `op:progress` and
--   `op:read`, and gives up when `op.interruption` is set. Where `op.supervised` is set it must notice
--   that at once: it works in threads of `driver:beside(op, f)` and waits in `driver:rest(op)`.
-- * `now()`, `sleep(seconds)`
-- * `spawn(f, ...)`: runs f beside the caller; begins at once
-- * `bell()`: a new one; `bell:ring()` wakes all who are in `bell:wait(seconds)`, or the next one
-- * `place()`: a table that stands for the present request; background operations belong to it
-- * `reading(work)`: the work of an operation with a reader, to be done instead of it
-- * `obstacle()`: nil, or code and message where nothing of this can be done at present

local rolls = require "oss.common.roll"

local M = {}

local driver_methods = {}
local driver_mt = { __name = "oss.direct_driver" }
local long = 3600

local function weak()
  return setmetatable({}, { __mode = "k" })
end

--- Makes a driver.
-- @tparam table transport
-- @treturn table
function M.new(transport)
  return setmetatable({ transport = transport, live = rolls.new(), groups = weak(), closed = false }, driver_mt)
end

function driver_mt.__index(self, name)
  return name == "running" and #self.live:all() or driver_methods[name]
end

--- Seconds of a clock that only goes forward.
function driver_methods:now()
  return self.transport.now()
end

-- ---- starting

local function register(driver, op)
  op.started = true
  op.place = driver.live:add(op)
  if op.options.reader then
    op.thread = driver.transport.reading(op.thread)
  end
  local limit = op.options.timeout
  if limit then
    op.limit, op.supervised = driver:now() + limit, true
  end
end

-- Where there are no sockets each ask is answered with the reason.
local function is_possible(driver, op)
  local code, message = driver.transport.obstacle()
  if code then
    op:interrupt(code, message)
  end
  return not code
end

local function perform(op)
  op.runner = coroutine.running()
  op:perform()
end

-- The background operations of the present request.
local function group_of(driver)
  local place = driver.transport.place()
  local group = driver.groups[place]
  if not group then
    group = { running = 0, bell = driver.transport.bell() }
    driver.groups[place] = group
  end
  return group
end

local function start(driver, op, work)
  register(driver, op)
  op.supervised = true
  if not is_possible(driver, op) then
    return perform(op)
  end
  op.group = group_of(driver)
  op.group.running = op.group.running + 1
  driver.transport.spawn(work, op)
end

--- Starts an operation in the background.
-- @tparam table op
function driver_methods:start(op)
  start(self, op, perform)
end

--- Starts an operation in the background that nobody waits for.
-- @tparam table op
function driver_methods:detach(op)
  start(self, op, function()
    self.transport.sleep(0.001) -- what was interrupted ends first
    perform(op)
  end)
end

--- Starts a child of an operation.
-- @tparam table child
function driver_methods:spawn(child)
  child.started, child.supervised = true, true
  child.interruption = child.parent.interruption
  if child.interruption then
    perform(child)
  else
    self.transport.spawn(perform, child)
  end
end

-- ---- asks

local asks = {}

function asks.exchange(driver, op, request)
  op.state = "sending"
  local answer = driver.transport:exchange(request, op)
  if op.interruption then
    op.interruption.sent_all = answer.sent_all
    return op.interruption
  end
  op:arrived(answer)
  return answer
end

-- Without seconds others go on for a moment.
function asks.sleep(driver, op, seconds)
  op.state = seconds > 0 and "sleeping" or op.state
  local ends = driver:now() + math.max(seconds, 0.001)
  while not op.interruption and driver:now() < ends do
    driver:rest(op, ends - driver:now())
  end
  return op.interruption
end

function asks.await(driver, op)
  while #op.ended == 0 and not op.interruption do
    driver:rest(op)
  end
  return op.interruption
end

--- Answers an operation's ask.
function driver_methods:ask(op, kind, what)
  return asks[kind](self, op, what)
end

-- ---- waiting and waking

local function listen(driver, op, seconds)
  op.bell = op.bell or driver.transport.bell()
  op.bell:wait(seconds)
end

--- Wakes who rests in an operation.
-- @tparam table op
function driver_methods:ring(op) -- luacheck: ignore 212
  if op.bell then
    op.bell:ring()
  end
end

--- Rests until the operation's bell rings or the time is over, and interrupts the operation when its
-- own limit has passed. May return early.
-- @tparam table op
-- @tparam[opt] number seconds
function driver_methods:rest(op, seconds)
  seconds = seconds or long
  if op.limit then
    seconds = math.min(seconds, op.limit - self:now())
  end
  if seconds > 0 then
    listen(self, op, math.max(seconds, 0.001))
  end
  if op.limit and self:now() >= op.limit then
    op:interrupt("TotalTimeout", ("not done within %g seconds (option 'timeout')"):format(op.options.timeout))
  end
end

--- Runs a function for an operation in a thread of its own.
-- @tparam table op
-- @tparam function f
-- @param ... its arguments
-- @return the transport's thread
function driver_methods:beside(op, f, ...)
  op.helpers = op.helpers or weak()
  return self.transport.spawn(function(...)
    op.helpers[coroutine.running()] = true
    return f(...)
  end, ...)
end

local function raise(holder)
  local raised = holder.raised
  if raised and not raised.told then
    raised.told = true
    error(raised[1], 0)
  end
end

--- Waits until an operation has ended; runs it here when nobody has started it.
-- @tparam table op
-- @raise what its handler `on_done` raised
function driver_methods:wait(op)
  if not op.started then
    register(self, op)
    is_possible(self, op)
    perform(op)
  end
  while op.thread do
    listen(self, op, long)
  end
  raise(op)
  raise(self)
end

--- An operation is to end early; its own thread does the rest.
-- @treturn boolean false
function driver_methods:forget(op)
  self:ring(op)
  return false
end

--- Takes note of an ended operation.
function driver_methods:finished(op)
  if op.place then
    self.live:strike(op.place)
  end
  op.runner, op.helpers = nil, nil
  self:ring(op)
  local parent, group = op.parent, op.group
  if parent then
    parent.children[op] = nil
    table.insert(parent.ended, op)
    self:ring(parent)
  end
  if group then
    group.running = group.running - 1
    group.bell:ring()
  end
end

--- Keeps what a handler raised, for who waits or polls; without an operation, for the next who does.
function driver_methods:raise(message, op)
  local raised = { message }
  local holder = op or self
  holder.raised = raised
  if holder.group then
    holder.group.raised = raised
  end
end

--- Lets others go on until an operation that the present request has started has ended.
-- @tparam number timeout seconds to wait for that at the most; with 0 others go on for a moment
-- @treturn integer operations of this request that still run in the background
-- @raise what a handler `on_done` raised
function driver_methods:poll(timeout)
  local transport = self.transport
  local group = not transport.obstacle() and self.groups[transport.place()]
  if not group then
    return 0
  end
  if group.running > 0 then
    if timeout > 0 then
      group.bell:wait(math.max(timeout, 0.001))
    else
      transport.sleep(0.001)
    end
  end
  raise(group)
  return group.running
end

--- Interrupts every operation; each ends as soon as its thread runs.
function driver_methods:close()
  self.closed = true
  for _, op in ipairs(self.live:all()) do
    op:cancel()
  end
  self.transport:close()
end

return M
