-- The peak of a process's memory while a reader goes up in parts.
--
--   lua peak.lua PORT SIZE CHUNK LIMIT    PORT of bench/sink, the others in bytes. Prints MiB

local oss = require "oss"

local port, size, chunk, limit = arg[1], tonumber(arg[2]), tonumber(arg[3]), tonumber(arg[4])

local function resident(name)
  local file = assert(io.open("/proc/self/status"))
  local text = file:read("*a")
  file:close()
  return tonumber(text:match(name .. ":%s*(%d+)")) / 1024
end

local client = oss.client { endpoint = "http://127.0.0.1:" .. port, region = "cn-hangzhou", access_key_id = "a",
  access_key_secret = "b", path_style = true, engine = os.getenv("ENGINE") }
-- One put, so that everything is loaded.
oss.assert(client:put { bucket = "examplebucket", key = "one", body = "", crc = false })
collectgarbage()
local before = resident("VmRSS")

local block, given, n = ("x"):rep(chunk - 8), 0, 0
local res, err = client:upload { bucket = "examplebucket", key = "memory", crc = false, memory_limit = limit,
  reader = function()
    if given < size then
      n, given = n + 1, given + chunk
      return ("%08d"):format(n) .. block -- no string is the same as another
    end
  end }
oss.assert(res, err)
client:close()
print(("%.1f"):format(resident("VmHWM") - before))
