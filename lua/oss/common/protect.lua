--- Calls a user's handler: it may raise and it may yield, on every Lua.

local yields_across_pcall = _VERSION ~= "Lua 5.1" or type(rawget(_G, "jit")) == "table"

if yields_across_pcall then
  return pcall
end

local unpack = table.unpack or unpack -- luacheck: ignore 143

-- PUC Lua 5.1 cannot yield across pcall: the handler runs in a coroutine of its own and what it
-- yields is handed on.
local function hand_on(thread, ok, ...)
  if not ok or coroutine.status(thread) == "dead" then
    return ok, ...
  end
  return hand_on(thread, coroutine.resume(thread, coroutine.yield(...)))
end

return function(handler, ...)
  if not coroutine.running() then
    return pcall(handler, ...)
  end
  local arguments, n = { ... }, select("#", ...)
  local thread = coroutine.create(function()
    return handler(unpack(arguments, 1, n))
  end)
  return hand_on(thread, coroutine.resume(thread))
end
