--- A waiting line. An operation that could not send yet does not begin either: ten thousand of them
-- need little memory, and what they sign is fresh.

local M = {}

local line_methods = {}
local line_mt = { __name = "oss.line", __index = line_methods }

--- Makes a line.
-- @tparam function has_room tells whether another one may begin
-- @treturn table
function M.new(has_room)
  return setmetatable({ first = 1, last = 0, has_room = has_room }, line_mt)
end

--- An operation begins; where there is no room it joins at the end.
function line_methods:enter(op)
  if self.first > self.last then
    if self.has_room() then
      return op:advance()
    end
    self.first, self.last = 1, 0 -- an empty line begins anew: its places are used again
  end
  self.last = self.last + 1
  self[self.last], op.place = op, self.last
end

--- Lets those begin for whom there is room.
function line_methods:move()
  while self.first <= self.last and self.has_room() do
    local op = self[self.first]
    self[self.first] = nil
    self.first = self.first + 1
    if op then
      op.place = nil
      op:advance()
    end
  end
end

--- An operation leaves, wherever it stands.
-- @treturn boolean whether it was in the line
function line_methods:remove(op)
  local place = op.place
  if place then
    self[place], op.place = false, nil
  end
  return place ~= nil
end

--- Adds everyone in the line to a list.
function line_methods:collect(ops)
  for i = self.first, self.last do
    ops[#ops + 1] = self[i] or nil
  end
end

return M
