--- A roll of objects under way that does not keep them alive: who is given up without a word strikes
-- itself off. A list, because a table by object would be built anew for each that comes and goes.

local M = {}

local roll_methods = {}
local roll_mt = { __index = roll_methods }
local weak = { __mode = "v" }

--- Makes a roll.
-- @treturn table
function M.new()
  return setmetatable({ list = setmetatable({}, weak), last = 0 }, roll_mt)
end

--- Adds an object.
-- @tparam table object
-- @treturn integer its place
function roll_methods:add(object)
  local list, last = self.list, self.last
  while last > 0 and not list[last] do
    last = last - 1
  end
  last = last + 1
  list[last], self.last = object, last
  return last
end

--- Takes the object at a place away.
-- @tparam integer place
function roll_methods:strike(place)
  self.list[place] = nil
end

--- All that are on it.
-- @treturn {table,...}
function roll_methods:all()
  local all = {}
  for place = 1, self.last do
    all[#all + 1] = self.list[place]
  end
  return all
end

return M
