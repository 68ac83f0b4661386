--- Ends the emulator when the process that started it is gone: a script or a test that dies leaves nothing behind.

local ffi = require "ffi"
local settings = require "oss.emulator.settings"

local M = {}

ffi.cdef "int kill(int pid, int sig); int getppid(void);"

local term = 15

local function is_alive(pid)
  -- Signal 0 only asks. Another user's process (EPERM) is alive too; a pid is ours until it is gone.
  return ffi.C.kill(pid, 0) == 0 or ffi.errno() == 1
end

--- Begins to watch, in the first worker.
function M.start()
  if not settings.owner or ngx.worker.id() ~= 0 then
    return
  end
  ngx.timer.every(1, function(premature)
    if not premature and not is_alive(settings.owner) then
      ffi.C.kill(ffi.C.getppid(), term)
    end
  end)
end

return M
