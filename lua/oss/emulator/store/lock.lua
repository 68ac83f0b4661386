--- One at a time, over all workers.

local M = {}

-- A worker that dies takes its locks with it after this long.
local longest = 900

--- Runs a function while no other request holds the name.
-- @tparam string name
-- @tparam function work
-- @return what work returns; what it raises is raised again
function M.with(name, work)
  local dict = ngx.shared.oss_emulator
  local key = "lock:" .. name
  local wait = 0.001
  while not dict:add(key, true, longest) do
    ngx.sleep(wait)
    wait = math.min(wait * 2, 0.05)
  end
  local ok, a, b, c = pcall(work)
  dict:delete(key)
  if not ok then
    error(a, 0)
  end
  return a, b, c
end

return M
