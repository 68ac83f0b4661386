--- Keeps the last callback that was prepared, since the next upload often has the same table.

local M = {}

-- A copy of a table: its values, those that are tables copied too, and how many there are.
local function copy(t)
  local kept = { values = {}, n = 0 }
  for name, value in pairs(t) do
    kept.values[name] = type(value) == "table" and copy(value) or value
    kept.n = kept.n + 1
  end
  return kept
end

-- Whether a table still has what its copy has.
local function same(kept, t)
  local values, n = kept.values, 0
  for name, value in pairs(t) do
    local other = values[name]
    if other ~= value and not (type(value) == "table" and type(other) == "table" and same(other, value)) then
      return false
    end
    n = n + 1
  end
  return n == kept.n
end

-- What it becomes depends on nothing but its own fields.
local function can_be_kept(t)
  return type(t) == "table" and not getmetatable(t) and t.token == nil
end

--- Wraps `oss.callback.prepare`. A callback that comes the second time in a row is copied; as long as
-- it stays as it was, its preparation is used again.
-- @tparam function prepare
-- @treturn function the same, but faster
function M.keep(prepare)
  local last = {}
  return function(t, place)
    local open = place and place.open_vars
    if last.t == t and last.copy and not open and not getmetatable(t) and same(last.copy, t) then
      return last.prepared
    elseif open or not can_be_kept(t) then
      return prepare(t, place)
    end
    local prepared, message = prepare(t, place)
    last = { t = t, prepared = prepared, copy = prepared and last.t == t and copy(t) or nil }
    return prepared, message
  end
end

return M
