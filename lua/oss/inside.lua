--- Whether a wait for an operation would come from inside of it, and never end.

local M = {}

local function is_awake(thread)
  return type(thread) == "thread" and coroutine.status(thread) ~= "suspended"
end

--- Whether it is not only the world that an operation waits for: its work runs at present, or one of its
-- handlers does, or one of its children's.
-- @tparam table op
-- @treturn boolean
function M.of(op)
  if not op.thread then
    return false
  end
  local here = coroutine.running()
  local is_here = here and (op.runner == here or op.helpers and op.helpers[here])
  if is_here or op.busy or op.calling or is_awake(op.thread) then
    return true
  end
  for child in pairs(op.children or {}) do
    if M.of(child) then
      return true
    end
  end
  return false
end

return M
