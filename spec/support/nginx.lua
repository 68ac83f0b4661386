-- A real nginx for one spec file.
--
--   local nginx = require("spec.support.nginx").start { http = "...", server = "...", place = place }
--   nginx:run([[ return client:put{ bucket = "examplebucket", key = "k", body = "x" } ]])
--                         code for the worker (see worker.lua), what it returns
--   nginx:get("/path")    status, body, headers
--   nginx:open("/path")   sends a request now, `:finish()` reads its answer later
--   nginx:stop()

local json = require "cjson.safe"
local locate = require "oss.emulator.host.locate"
local socket = require "socket"

local M = {}

local methods = {}
methods.__index = methods

local config = [[
${modules}
${user}
daemon on; master_process on; worker_processes ${workers}; worker_rlimit_nofile 4096;
pid nginx.pid;
error_log logs/error.log ${level};
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path tmp/body; proxy_temp_path tmp/proxy; fastcgi_temp_path tmp/fastcgi;
  uwsgi_temp_path tmp/uwsgi; scgi_temp_path tmp/scgi;
  client_max_body_size 0;
  lua_package_path '${lua_path}';
  lua_package_cpath '${lua_cpath}';
  lua_socket_log_errors off;
  lua_shared_dict spec 1m;
  ${http}
  server {
    listen 127.0.0.1:${port};
    set $endpoint '${endpoint}';
    location = /run {
      client_body_buffer_size 1m;
      lua_socket_buffer_size 64k;
      content_by_lua_block { require("spec.support.worker").run() }
    }
    location = /alive { return 200 alive; }
    ${server}
  }
}
]]

local function output(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read("*a")
  pipe:close()
  return (text:gsub("%s+$", ""))
end

local function free_port()
  local listener = assert(socket.bind("127.0.0.1", 0))
  local port = select(2, listener:getsockname())
  listener:close()
  return port
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

function M.start(t)
  local self = setmetatable({ root = output("mktemp -d"), port = free_port(), place = t.place }, methods)
  output(("mkdir %s/logs %s/tmp; chmod 755 %s"):format(self.root, self.root, self.root))
  local nginx = assert(locate.nginx())
  local base, modules = output("pwd"), {}
  for i, path in ipairs(assert(locate.modules(nginx))) do
    modules[i] = "load_module " .. path .. ";"
  end
  local values = { modules = table.concat(modules, "\n"), lua_path = locate.lua_path(base),
    lua_cpath = assert(locate.lua_cpath(base)), http = t.http or "", server = t.server or "", port = self.port,
    endpoint = t.place and t.place.server.url or "", level = t.level or "warn", workers = t.workers or 1,
    user = output("id -u") == "0" and "user root;" or "", root = self.root, base = base }
  for name, value in pairs(t.values or {}) do
    values[name] = value
  end
  local function fill(text)
    return (text:gsub("%${(%w+_?%w*)}", function(name)
      return values[name] and tostring(values[name])
    end))
  end
  write(self.root .. "/nginx.conf", fill(fill(t.config or config)))
  -- Sanitizers of the build under test stay out of it.
  local said = output(("cd %s && LD_PRELOAD= %s %s -p %s/ -c nginx.conf -e logs/error.log 2>&1"):format(
    self.root, t.env or "", nginx, self.root))
  for _ = 1, 100 do
    if io.open(self.root .. "/nginx.pid") then
      return self
    end
    socket.sleep(0.02)
  end
  error("nginx did not start: " .. said)
end

function methods:log()
  local file = io.open(self.root .. "/logs/error.log", "rb")
  local text = file:read("*a")
  file:close()
  return text
end

function methods:stop()
  output(("kill $(cat %s/nginx.pid) 2>/dev/null; while [ -e %s/nginx.pid ]; do sleep 0.02; done; rm -rf %s")
    :format(self.root, self.root, self.root))
end

-- ---- requests

local request_methods = {}
request_methods.__index = request_methods

-- t: method, headers, body, raw (a body sent as it is, without a length), timeout
function methods:open(path, t)
  t = t or {}
  local connection = assert(socket.connect("127.0.0.1", self.port))
  connection:settimeout(t.timeout or 20)
  local lines = { (t.method or (t.body and "POST" or "GET")) .. " " .. path .. " HTTP/1.1",
    "Host: spec.test", "Connection: close" }
  for name, value in pairs(t.headers or {}) do
    lines[#lines + 1] = name .. ": " .. value
  end
  if t.body then
    lines[#lines + 1] = "Content-Length: " .. #t.body
  end
  assert(connection:send(table.concat(lines, "\r\n") .. "\r\n\r\n" .. (t.body or t.raw or "")))
  return setmetatable({ connection = connection }, request_methods)
end

-- Status, body, headers (the last of each name).
function request_methods:finish()
  local connection = self.connection
  local status
  local headers = {}
  repeat
    local line, message = connection:receive("*l")
    assert(line, "no answer: " .. tostring(message))
    status = tonumber(line:match("^HTTP/1%.1 (%d%d%d)"))
    repeat
      line = assert(connection:receive("*l"))
      local name, value = line:match("^([^:]+):%s*(.-)%s*$")
      if name then
        headers[name:lower()] = value
      end
    until line == ""
  until status >= 200
  local body
  if headers["transfer-encoding"] == "chunked" then
    local parts = {}
    repeat
      local size = tonumber(connection:receive("*l"), 16)
      parts[#parts + 1] = connection:receive(size)
      connection:receive("*l")
    until size == 0
    body = table.concat(parts)
  else
    body = connection:receive(tonumber(headers["content-length"]) or "*a")
  end
  connection:close()
  return status, body, headers
end

function methods:get(path, t)
  return self:open(path, t):finish()
end

-- ---- code for the worker

function methods:begin(code, arguments, t)
  t = t or {}
  t.body = json.encode { code = code, arguments = arguments or {} }
  return self:open("/run", t)
end

function M.result(request)
  local status, body = request:finish()
  local answer = status == 200 and json.decode(body)
  assert(answer, "status " .. status .. ": " .. tostring(body))
  if not answer.ok then
    error(answer.message, 0)
  end
  local values = {}
  for i = 1, answer.n do
    values[i] = answer.values[i]
    if values[i] == json.null then
      values[i] = nil
    end
  end
  return (table.unpack or unpack)(values, 1, answer.n) -- luacheck: ignore 113
end

-- Runs code in the worker; `...` are the arguments. Returns what it returns; raises what it raises.
function methods:run(code, ...)
  return M.result(self:begin(code, { ... }))
end

-- Highest and present resident memory of the worker, in MiB.
function methods:memory()
  local pid = self:run "return ngx.worker.pid()"
  local file = assert(io.open(("/proc/%d/status"):format(pid)))
  local text = file:read("*a")
  file:close()
  return tonumber(text:match("VmHWM:%s*(%d+)")) / 1024, tonumber(text:match("VmRSS:%s*(%d+)")) / 1024
end

return M
