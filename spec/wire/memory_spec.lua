-- What the parts of a reader cost in memory, by the system's own account.

local errors = require "oss.errors"
local local_oss = require "spec.support.local_oss"

local mib = 1024 * 1024

local function resident(name)
  local text = local_oss.read("/proc/self/status") or ""
  return tonumber(text:match(name .. ":%s*(%d+)") or 0) * 1024
end

-- From now on the peak is counted anew.
local function forget_peak()
  local file = io.open("/proc/self/clear_refs", "w")
  local written = file and file:write("5")
  if file then
    file:close()
  end
  return written and resident("VmHWM") - resident("VmRSS") < mib
end

describe("the memory of a reader's parts", function()
  local place, client
  setup(function()
    place = local_oss.start()
    client = place:client()
  end)
  teardown(function()
    client:close()
    place:stop()
  end)

  for _, chunk in ipairs { 65536, mib } do
    it("stays near its limit, chunks of " .. chunk .. " bytes", function()
      if (os.getenv("LD_PRELOAD") or ""):find("asan", 1, true) or not forget_peak() then
        return -- nothing can be measured
      end
      local function upload(size, limit)
        local given, block = 0, ("x"):rep(chunk - 8)
        errors.assert(client:upload { bucket = "examplebucket", key = "memory", memory_limit = limit,
          part_size = mib, parallel = 8, threshold = limit, reader = function()
            given = given + chunk
            return given <= size and ("%08d"):format(given / chunk) .. block or nil
          end })
      end
      upload(4 * mib, 4 * mib) -- everything is loaded, connections are there
      collectgarbage()
      local before = resident("VmRSS")
      assert.is_true(forget_peak())
      upload(80 * mib, 4 * mib)
      local peak = resident("VmHWM") - before
      assert.is_true(peak < 20 * mib, peak / mib)
    end)
  end
end)
