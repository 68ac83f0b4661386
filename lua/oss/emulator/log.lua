--- The emulator's own log. nginx's error log adds the request line to every entry, signatures included; this
-- one names only the request id and the path.

local settings = require "oss.emulator.settings"

local M = {}

--- Writes an entry to logs/emulator.log.
-- @tparam table request
-- @tparam string text
function M.write(request, text)
  local file = io.open(settings.root .. "/logs/emulator.log", "ab")
  if file then
    file:write(("%s %s %s %s\n%s\n"):format(os.date("!%Y-%m-%dT%H:%M:%SZ"), request.id, request.method,
      request.path, text))
    file:close()
  end
end

return M
