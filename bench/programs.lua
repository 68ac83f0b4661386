--- The programs of each case, and how they are run.

local M = {}

local target = "/examplebucket/exampledir/exampleobject.txt"
local folder = "build/bench"
local size = (tonumber(os.getenv("SIZE")) or 256) * 1024 * 1024
local url, port, peer

local function read(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read("*a")
  local ok = pipe:close()
  return ok and text or nil, text
end

local can_pin = read("nproc 2>/dev/null") and tonumber((read("nproc"))) > 1 and read("command -v taskset")

local function pinned(cpu, command)
  return can_pin and ("taskset -c %d %s"):format(cpu, command) or command
end

-- ---- the server

local server_methods = {}

--- Starts the server; it ends when its standard input does, so with this program at the latest.
function M.start()
  local file = folder .. "/port"
  os.remove(file)
  local pipe = assert(io.popen(pinned(1, ("%s/sink >%s"):format(folder, file)), "w"))
  for _ = 1, 100 do
    local handle = io.open(file)
    port = handle and handle:read("*n")
    if handle then
      handle:close()
    end
    if port then
      break
    end
    os.execute("sleep 0.05")
  end
  url = "http://127.0.0.1:" .. assert(port, "the server did not start")
  return setmetatable({ pipe = pipe }, { __index = server_methods })
end

function server_methods:stop()
  os.remove(folder .. "/body")
  self.pipe:close()
end

-- ---- programs

--- Runs a program once.
-- @tparam table program command
-- @treturn table operations, cpu, wall, kib, and what else it printed
function M.run(program)
  local text = read(pinned(0, program.command))
  local result = {}
  for name, value in (text or ""):gmatch("(%l+)=(%S+)") do
    result[name] = tonumber(value)
  end
  return assert(result.cpu and result, "failed: " .. program.command)
end

local function program(name, command, more)
  local p = more or {}
  p.name, p.command, p.runs = name, command, {}
  return p
end

local function format(command, ...)
  return (command:format(...))
end

local function c(name, ...)
  local words = { ... }
  for i, word in ipairs(words) do
    words[i] = tostring(word)
  end
  return format("%s/%s %s", folder, name, table.concat(words, " "))
end

local abi = { ["lua5.4"] = "5.4", luajit = "5.1" }

local function lua(interpreter, ...)
  return ("env 'LUA_PATH=lua/?.lua;lua/?/init.lua;;' 'LUA_CPATH=build/release/%s/?.so;;' "
    .. "%s bench/client.lua %s"):format(abi[interpreter], interpreter, table.concat({ ... }, " "))
end

-- The folder that has resty/http.lua, when it shall be compared with.
local resty_http = os.getenv "RESTY_HTTP"

-- In an nginx worker, whose Lua module must be installed; who asks it has either CPU.
local function cosocket(...)
  local command = ("env 'LUA_PATH=lua/?.lua;lua/?/init.lua;?.lua;%s;;' 'LUA_CPATH=build/release/5.4/?.so;;' "
    .. "'PIN=%s' lua5.4 bench/cosocket.lua %s"):format(resty_http and resty_http .. "/?.lua" or "", pinned(0, ""),
    table.concat({ ... }, " "))
  return can_pin and "taskset -c 0,1 " .. command or command
end

-- ali-oss, or nil where it cannot be had.
local function ali_oss(...)
  if peer == nil then
    local installed = read("command -v node") and read("spec/peers/install npm ali-oss@6.23.0 2>/dev/null")
    peer = installed and installed:gsub("%s+$", "") or false
  end
  return peer and ("env NODE_PATH=%s/node_modules node bench/ali_oss.js %s"):format(peer,
    table.concat({ ... }, " "))
end

local function head()
  local file = folder .. "/head"
  assert(os.execute(lua("lua5.4", "head", url) .. " >" .. file))
  return file
end

local function add(list, ...)
  for _, one in ipairs { ... } do
    if one.command then
      list[#list + 1] = one
    end
  end
end

local function puts(bytes, in_flight, count)
  local kib, list, h = bytes / 1024, {}, head()
  local kind = in_flight == 0 and "easy" or "multi"
  for _, mode in ipairs { "fields", "upload" } do
    add(list, program(("libcurl %s, %s"):format(kind, mode == "fields" and "POSTFIELDS" or "UPLOAD"),
      c("limit", mode, url .. target, h, count, bytes, in_flight), { limit = true }))
  end
  if in_flight == 0 then
    add(list, program("a socket, request made before", c("raw", "put", port, target, h, count, bytes)))
  end
  for _, interpreter in ipairs { "lua5.4", "luajit" } do
    local name = interpreter == "luajit" and "LuaJIT" or "Lua 5.4"
    add(list, program(name, lua(interpreter, "put", url, count, bytes, in_flight)))
  end
  add(list, program("ali-oss", ali_oss("put", url, count // 4, bytes, in_flight)))
  return { title = ("Puts of %g KiB with a callback, %s"):format(kib,
    in_flight == 0 and "one after the other" or in_flight .. " in flight"),
    programs = list, columns = { "ratio", "us", "rate", "memory" } }
end

local function in_worker(in_flight, count)
  local list = {}
  add(list, program("a put by hand, request made before", cosocket("plain", url, count, 1024, in_flight),
    { limit = true }), program("resty.oss", cosocket("put", url, count, 1024, in_flight)),
    program("lua-resty-http, signed in Lua", resty_http and cosocket("peer", url, count, 1024, in_flight)))
  return { title = ("Puts of 1 KiB with a callback from an nginx worker, %s"):format(
    in_flight == 1 and "one after the other" or in_flight .. " in flight"),
    programs = list, columns = { "ratio", "us", "rate", "memory" } }
end

local function body()
  local path = folder .. "/body"
  assert(os.execute(("head -c %d /dev/zero >%s"):format(size, path)))
  return path
end

local cases = {}

function cases.small()
  return puts(1024, 0, 4000)
end

function cases.medium()
  return puts(65536, 0, 2000)
end

function cases.many16()
  return puts(1024, 16, 6000)
end

function cases.many64()
  return puts(1024, 64, 6000)
end

function cases.worker()
  return in_worker(1, 10000)
end

function cases.worker64()
  return in_worker(64, 20000)
end

function cases.stream()
  local list = {}
  add(list, program("resty.oss", cosocket("stream", url, 1, size, 1), { gib = size / 2 ^ 30 }))
  return { title = ("%d MiB from a request to OSS through one nginx worker; another location meanwhile")
    :format(size / 2 ^ 20), programs = list, columns = { "per_gib", "mib", "memory", "wait", "worst" } }
end

function cases.file()
  local list, path, h = {}, body(), head()
  local to, gib = "/examplebucket/big.bin", size / 2 ^ 30
  add(list, program("sendfile, no CRC", c("raw", "sendfile", port, to, h, 1, path)))
  for _, buffer in ipairs { 65536, 262144, 2097152 } do
    add(list, program(("libcurl, %d KiB buffer, no CRC"):format(buffer / 1024),
      c("limit", "file", url .. to, h, 1, path, buffer), { limit = true }))
  end
  for _, interpreter in ipairs { "lua5.4", "luajit" } do
    local name = interpreter == "luajit" and "LuaJIT" or "Lua 5.4"
    add(list, program(name .. ", put", lua(interpreter, "file", url, 1, path)),
      program(name .. ", in parts", lua(interpreter, "upload", url, 1, path)))
  end
  add(list, program("ali-oss, put, no CRC", ali_oss("file", url, 1, path)),
    program("ali-oss, in parts, no CRC", ali_oss("upload", url, 1, path)))
  for _, one in ipairs(list) do
    one.gib = gib
  end
  return { title = ("A file of %d MiB"):format(size / 2 ^ 20), programs = list,
    columns = { "ratio", "per_gib", "mib", "memory" } }
end

function cases.sign()
  local list, h = {}, head()
  add(list, program("the digests alone, in C", c("sign", "bare", h, 200000)),
    program("C", c("sign", "whole", h, 200000), { limit = true }),
    program("Lua 5.4, the request's table included", lua("lua5.4", "sign", url, 100000)),
    program("LuaJIT, the request's table included", lua("luajit", "sign", url, 100000)))
  return { title = "A V4 signature of a put with a callback", programs = list, columns = { "ratio", "us" } }
end

function cases.crc()
  local list = {}
  for _, way in ipairs { { 0, "tables, 8 bytes a step" }, { 128, "128-bit multiplication" },
    { 512, "512-bit multiplication" } } do
    add(list, program(way[2], c("crc", way[1], 65536, 1 << 30), { limit = way[1] == 0, bytes = 65536 }))
  end
  return { title = "CRC-64 of 64 KiB", programs = list, columns = { "ratio", "gb" } }
end

function cases.idle()
  local list = {}
  add(list, program("Lua 5.4", lua("lua5.4", "idle", url, 100000), { limit = true }),
    program("LuaJIT", lua("luajit", "idle", url, 100000)))
  return { title = "poll(0) of a client with nothing to do", programs = list, columns = { "us" } }
end

function cases.queue()
  local list = {}
  for _, interpreter in ipairs { "lua5.4", "luajit" } do
    for _, count in ipairs { 1000, 10000 } do
      add(list, program(("%s, %d"):format(interpreter == "luajit" and "LuaJIT" or "Lua 5.4", count),
        lua(interpreter, "queue", url, count, 1024), { limit = interpreter == "lua5.4" and count == 1000 }))
    end
  end
  return { title = "Puts of 1 KiB with a callback, all started at once", programs = list,
    columns = { "weight", "us", "memory" } }
end

--- Makes a case.
-- @tparam string name
-- @treturn table title, programs, columns
function M.case(name)
  return assert(cases[name], "no such case: " .. name)()
end

return M
