--- What is due without an event of a transport: who goes on with the next poll, who sleeps until
-- when, whose time is up.

local M = {}

local agenda_methods = {}
local agenda_mt = { __name = "oss.agenda", __index = agenda_methods }

--- Makes an agenda.
-- @tparam function now gives the seconds of a clock that only goes forward
-- @treturn table; `entries` is their number; its `ring`, when set, is told of each in how many seconds it
-- is due
function M.new(now)
  return setmetatable({ now = now, ready = {}, sleeping = {}, limited = {}, entries = 0, ring = nil }, agenda_mt)
end

local function added(agenda, seconds)
  agenda.entries = agenda.entries + 1
  if agenda.ring then
    agenda.ring(seconds)
  end
end

--- An operation goes on with the next poll.
-- @tparam table op
-- @param answer to what it asked
function agenda_methods:add(op, answer)
  self.ready[#self.ready + 1] = { op, answer }
  added(self, 0)
end

--- An operation goes on after so many seconds.
function agenda_methods:sleep(op, seconds)
  self.sleeping[op] = self.now() + seconds
  added(self, seconds)
end

--- An operation has only so many seconds.
function agenda_methods:limit(op, seconds)
  self.limited[op] = self.now() + seconds
  added(self, seconds)
end

--- An operation has ended in time.
function agenda_methods:unlimit(op)
  if self.limited[op] then
    self.limited[op], self.entries = nil, self.entries - 1
  end
end

--- Takes an operation off that was to go on.
-- @treturn boolean whether it was
function agenda_methods:remove(op)
  if self.sleeping[op] then
    self.sleeping[op], self.entries = nil, self.entries - 1
    return true
  end
  for i, item in ipairs(self.ready) do
    if item[1] == op then
      table.remove(self.ready, i)
      self.entries = self.entries - 1
      return true
    end
  end
  return false
end

-- Those of a table whose time has come.
local function take_due(times, now, limit, ready)
  for op, at in pairs(times) do
    if at <= now then
      times[op] = nil
      ready[#ready + 1] = { op, limit = limit }
    end
  end
end

--- Takes off all that are due now.
-- @treturn {table,...} `{ op, answer }`, or `{ op, limit = true }` when its time is up
function agenda_methods:due()
  local ready = self.ready
  if self.entries > #ready then
    local now = self.now()
    take_due(self.sleeping, now, nil, ready)
    take_due(self.limited, now, true, ready)
  end
  if #ready > 0 then
    self.ready, self.entries = {}, self.entries - #ready
  end
  return ready
end

--- How long there is nothing to do.
-- @tparam number most seconds
-- @treturn number seconds, at most that many
function agenda_methods:free(most)
  if #self.ready > 0 then
    return 0
  end
  local now = self.now()
  for _, at in pairs(self.sleeping) do
    most = math.max(0, math.min(most, at - now))
  end
  for _, at in pairs(self.limited) do
    most = math.max(0, math.min(most, at - now))
  end
  return most
end

--- Adds everyone who sleeps or is ready to a list.
function agenda_methods:collect(ops)
  for op in pairs(self.sleeping) do
    ops[#ops + 1] = op
  end
  for _, item in ipairs(self.ready) do
    ops[#ops + 1] = item[1]
  end
end

return M
