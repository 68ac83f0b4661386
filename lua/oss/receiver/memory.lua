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
  return setmetatable({ limit = limit, clock = clock or os.time, entries = {}, order = {}, first = 1,
    last = 0 }, memory_mt)
end

--- The value of a name.
-- @tparam string name
-- @return the value, nil when it is not there or too old
function memory_methods:get(name)
  local entry = self.entries[name]
  return entry and self.clock() < entry.ends and entry.value or nil
end

--- Keeps a value.
-- @tparam string name
-- @param value anything but nil and false
-- @tparam number seconds how long
function memory_methods:set(name, value, seconds)
  if not self.entries[name] then
    if self.last - self.first + 1 >= self.limit then
      self.entries[self.order[self.first]] = nil
      self.order[self.first] = nil
      self.first = self.first + 1
    end
    self.last = self.last + 1
    self.order[self.last] = name
  end
  self.entries[name] = { value = value, ends = self.clock() + seconds }
end

--- Lets one at a time do something that may yield. This store cannot wait: who comes second is told.
-- @treturn function|nil unlocks
-- @treturn string why it is not locked
function memory_methods:lock()
  if self.locked then
    return nil, "another one is being fetched"
  end
  self.locked = true
  return function()
    self.locked = nil
  end
end

return M
