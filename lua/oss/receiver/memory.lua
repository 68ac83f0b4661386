--- A small store in this process's memory: names to values, for a time, the oldest forgotten first.
--
-- It is what `oss.receiver` keeps keys in when it is given no `cache`, and shows what a cache is:
-- `cache:get(name)`, `cache:set(name, value, seconds)` and, when it can, `cache:lock(name)`.

local M = {}

local memory_methods = {}
local memory_mt = { __name = "oss.memory", __index = memory_methods }

--- Makes a store.
-- @tparam number limit names kept at the most
-- @tparam[opt=os.time] function clock returns seconds
-- @treturn table
function M.new(limit, clock)
  local ring = {} -- of entries: ring.newer is the oldest one, ring.older the newest
  ring.newer, ring.older = ring, ring
  return setmetatable({ limit = limit, clock = clock or os.time, entries = {}, count = 0, ring = ring,
    locked = {} }, memory_mt)
end

--- The value of a name.
-- @tparam string name
-- @return the value, nil when it is not there or too old
function memory_methods:get(name)
  local entry = self.entries[name]
  return entry and self.clock() < entry.ends and entry.value or nil
end

local function forget(self, entry)
  entry.newer.older, entry.older.newer = entry.older, entry.newer
  self.entries[entry.name] = nil
  self.count = self.count - 1
end

--- Keeps a value, as the newest one also when it was there before.
-- @tparam string name
-- @param value anything but nil and false
-- @tparam number seconds how long
function memory_methods:set(name, value, seconds)
  local ring, known = self.ring, self.entries[name]
  if known then
    forget(self, known)
  elseif self.count >= self.limit then
    forget(self, ring.newer)
  end
  local entry = { name = name, value = value, ends = self.clock() + seconds, newer = ring, older = ring.older }
  entry.older.newer, ring.older = entry, entry
  self.entries[name] = entry
  self.count = self.count + 1
end

local longest_lock = 10

--- Lets one at a time do something that may yield, for ten seconds at the most: its thread may have been
-- killed. This store cannot wait: who comes second is told.
-- @tparam string name of what is done
-- @treturn function|nil unlocks
-- @treturn string why it is not locked
function memory_methods:lock(name)
  local now = self.clock()
  if now < (self.locked[name] or 0) then
    return nil, "another one is being fetched"
  end
  self.locked[name] = now + longest_lock
  return function()
    self.locked[name] = nil
  end
end

return M
