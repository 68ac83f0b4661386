-- A transport that answers directly, without a network: threads are coroutines, taking turns; the
-- clock moves only when all of them wait.
--
-- Each item of the script answers one request: an answer table, a function of the request, or "never".
-- `run(f)` runs f as the first thread, and everything that it starts, to the end.

local answer = require("spec.support.fake_transport").answer
local core = require "oss.core"

local M = {}

local methods = {}
methods.__index = methods

local current -- the transport under test: the driver calls some of its functions without a self

function M.new(script)
  current = setmetatable({ script = script, requests = {}, clock = 1000, waiting = {}, killed = 0,
    ctx = {}, blocked = false }, methods)
  return current
end

-- The running thread; on PUC Lua 5.1 handlers run in coroutines of their own inside of it.
local active

local function resume(thread, ...)
  local before = active
  active = thread
  assert(coroutine.resume(thread, ...))
  active = before
end

function M.active()
  return active
end

-- Runs threads that may go on until none may; then the clock jumps to the next alarm.
local function turn(transport)
  local soonest
  for thread, wait in pairs(transport.waiting) do
    if wait.woken or wait.at <= transport.clock then
      transport.waiting[thread] = nil
      resume(thread, wait.woken)
      return true
    end
    soonest = math.min(soonest or wait.at, wait.at)
  end
  if soonest then
    transport.clock = soonest
  end
  return soonest ~= nil
end

local function pause(seconds, bell)
  current.waiting[active] = { at = current.clock + seconds, bell = bell }
  return coroutine.yield()
end

function methods.reading(work)
  return work
end

function methods.spawn(f, ...)
  local thread = coroutine.create(f)
  resume(thread, ...)
  return thread
end

function methods.kill(thread)
  local was_there = current.waiting[thread] ~= nil
  current.waiting[thread] = nil
  current.killed = current.killed + (was_there and 1 or 0)
  return was_there
end

function methods:run(f, ...)
  local results
  self.spawn(function(...)
    results = { f(...) }
  end, ...)
  while turn(self) do end -- luacheck: ignore 542
  return (table.unpack or unpack)(results or {}, 1, 8) -- luacheck: ignore 113
end

function methods.sleep(seconds)
  pause(seconds)
end

function methods.now()
  return current.clock
end

function methods.place()
  return current.ctx
end

function methods.obstacle()
  if current.blocked then
    return "NoSockets", "not here"
  end
end

local bell_methods = {}
bell_methods.__index = bell_methods

function bell_methods:ring()
  local woken = false
  for _, wait in pairs(current.waiting) do
    if wait.bell == self then
      wait.woken, woken = true, true
    end
  end
  self.rung = not woken
end

function bell_methods:wait(seconds)
  if self.rung then
    self.rung = false
    return true
  end
  return pause(seconds, self)
end

function methods.bell()
  return setmetatable({}, bell_methods)
end

local function read_all(request, op)
  if not request.feed then
    local body, first = request.body or "", (request.offset or 0) + 1
    return body:sub(first, request.length and first + request.length - 1 or #body)
  end
  local parts = {}
  while true do
    local ok, chunk = op:read()
    if not ok then
      return nil
    elseif chunk == nil then
      return table.concat(parts)
    end
    parts[#parts + 1] = chunk
    op:progress(#table.concat(parts), request.length or -1, 0)
  end
end

function methods:exchange(request, op)
  self.requests[#self.requests + 1] = request
  local item = table.remove(self.script, 1)
  if type(item) == "function" then
    item = item(request, self)
  end
  assert(item, "the script has no answer for request " .. #self.requests)
  local reply
  local thread = op.driver:beside(op, function()
    local body = read_all(request, op)
    if body then
      request.body = body
      pause(item == "never" and 1e6 or item.takes or 0.1)
      reply = answer(item)
      reply.sent, reply.crc64 = #body, reply.crc64 or core.crc64(body)
    end
    op.driver:ring(op)
  end)
  while not reply and not op.interruption do
    op.driver:rest(op)
  end
  self.kill(thread)
  return reply or { sent_all = request.body ~= nil and not request.feed }
end

function methods:close()
  self.closed = true
end

return M
