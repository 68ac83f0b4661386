--- `callback = { retry = ... }`: how often an upload's callback is tried again when it failed.
--
-- Nothing of it goes to OSS; the client that uploads acts on it.

local nearest = require "oss.common.nearest"

local M = {}

local names = { "attempts", "delay", "max_delay" }
local known = { attempts = true, delay = true, max_delay = true }

--- Checks the settings.
-- @tparam boolean|table|nil retry true, or numbers by name
-- @treturn nil|string field, what is wrong and rule
function M.check(retry)
  for name, value in pairs(type(retry) == "table" and retry or {}) do
    local field = "callback.retry." .. tostring(name) .. ": "
    if not known[name] then
      return field .. "no such field" .. nearest.clause(tostring(name), names) .. " [retry.field]"
    elseif type(value) ~= "number" or value <= 0 or value ~= value then
      return field .. "not a number above 0 [retry.value]"
    end
  end
end

return M
