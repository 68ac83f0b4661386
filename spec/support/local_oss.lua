-- A local OSS and a callback service for one spec file.
--
--   local place = require("spec.support.local_oss").start()
--   place.client{...}   a client of it        place:folder()   a new empty folder
--   place:stop()

local emulator = require "oss.emulator"
local oss = require "oss"

local M = {}

local methods = {}
methods.__index = methods

local function run(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read("*a")
  pipe:close()
  return (text:gsub("%s+$", ""))
end

function M.start(options)
  local root = run("mktemp -d")
  local here = run("pwd")
  local t = { root = root .. "/oss", nginx = here .. "/spec/support/nginx",
    lua_cpath = here .. "/build/release/5.1/?.so;;" }
  for name, value in pairs(options or {}) do
    t[name] = value
  end
  local server = assert(emulator.start(t))
  return setmetatable({ root = root, server = server, folders = 0 }, methods)
end

function methods:client(options)
  local t = { endpoint = self.server.url, region = "cn-hangzhou", access_key_id = "emulator",
    access_key_secret = "emulator-secret" }
  for name, value in pairs(options or {}) do
    t[name] = value
  end
  return oss.client(t)
end

function methods:path(name)
  return self.root .. "/" .. name
end

-- A file of pseudo-random bytes, the same for the same size.
function methods:file(name, size)
  local path = self:path(name)
  local file = assert(io.open(path, "wb"))
  local state, block = 42, {}
  for i = 1, 65536 do
    state = (state * 1103515245 + 12345) % 2147483648
    block[i] = string.char(math.floor(state / 65536) % 256)
  end
  block = table.concat(block)
  local left, n = size, 0
  while left > 0 do
    n = n + 1
    local piece = (("%08d"):format(n) .. block):sub(1, math.min(left, 65536))
    file:write(piece)
    left = left - #piece
  end
  file:close()
  return path
end

function M.read(path)
  local file = io.open(path, "rb")
  local text = file and file:read("*a")
  if file then
    file:close()
  end
  return text
end

function M.write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

-- What the access log of the local OSS says of requests since the last call; nginx writes a line when
-- the request is over, so it may come a moment later: waits for as many as are wanted.
function methods:requests(wanted)
  local list
  for _ = 1, 40 do
    list = {}
    local text = M.read(self.root .. "/oss/logs/access.log") or ""
    for line in text:sub((self.log_read or 0) + 1):gmatch("[^\n]+") do
      list[#list + 1] = line
    end
    if #list >= (wanted or 0) then
      self.log_read = #text
      break
    end
    os.execute("sleep 0.05")
  end
  return list
end

-- The callback service of the examples, which checks signatures. Its port is chosen by the system.
function methods:service()
  local log = self:path("service.log")
  local interpreter = os.getenv("LUA_FOR_SERVICE") or "lua5.4"
  local path = run("pwd")
  os.execute(("LD_PRELOAD= LUA_PATH='%s/lua/?.lua;%s/lua/?/init.lua;;' LUA_CPATH='%s/build/release/5.4/?.so;;' "
    .. "%s examples/callback_service.lua 0 %s %s/oss/callback_pub_key_v1.pem >%s 2>&1 & echo $! >%s.pid")
    :format(path, path, path, interpreter, self.server.key_url, self.root, log, log))
  for _ = 1, 100 do
    local text = M.read(log) or ""
    local url = text:match("listening on (%S+)")
    if url then
      self.service_log = log
      return url
    end
    os.execute("sleep 0.05")
  end
  error("the callback service did not start: " .. (M.read(log) or ""))
end

function methods:stop()
  if self.service_log then
    os.execute("kill $(cat " .. self.service_log .. ".pid) 2>/dev/null")
  end
  self.server:stop()
  os.execute("rm -rf '" .. self.root .. "'")
end

return M
