-- The misbehaving server for a spec of oss.curl, and a new loop for each of its tests.
--
--   local server, loop
--   curl_server.around({ setup, teardown, before_each, after_each }, function(...) server, loop = ... end)
--
-- busted's hooks belong to the environment of the spec, so it hands them over. Tests must not leave
-- transfers behind, unless the third argument is "busy".

local curl = require "oss.curl"
local wire = require "spec.wire.server"

local M = {}

function M.around(hooks, set, busy)
  local setup, teardown, before_each, after_each = hooks[1], hooks[2], hooks[3], hooks[4]
  local server, loop

  setup(function()
    server = wire.start()
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    loop = assert(curl.loop())
    set(server, loop)
  end)

  after_each(function()
    local left = busy == "busy" and 0 or loop:active()
    loop:close()
    assert(left == 0, "transfers were left behind")
  end)
end

return M
