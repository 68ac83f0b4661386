-- Sockets that wait in coroutines, so that one process serves many connections at a time.

local socket = require "socket"

local M = {}

local conn_methods = {}
local conn_mt = { __index = conn_methods }

local CLOSED = {} -- raised when the peer is gone

local readers, writers, sleepers = {}, {}, {}

--- Runs a function in a coroutine of its own; a peer that goes away just ends it.
function M.spawn(fn, ...)
  local thread = coroutine.create(function(...)
    local ok, err = pcall(fn, ...)
    if not ok and err ~= CLOSED then
      io.stderr:write("server: ", tostring(err), "\n")
    end
  end)
  assert(coroutine.resume(thread, ...))
end

function M.sleep(seconds)
  sleepers[coroutine.running()] = socket.gettime() + seconds
  coroutine.yield()
end

local function wait(set, sock)
  set[sock] = coroutine.running()
  coroutine.yield()
end

--- Serves for some seconds.
function M.run(lifetime)
  local ends = socket.gettime() + lifetime
  while socket.gettime() < ends do
    local r, w, limit = {}, {}, 1
    for sock in pairs(readers) do
      r[#r + 1] = sock
    end
    for sock in pairs(writers) do
      w[#w + 1] = sock
    end
    local now = socket.gettime()
    for _, at in pairs(sleepers) do
      limit = math.min(limit, math.max(at - now, 0))
    end
    r, w = socket.select(r, w, limit)
    local ready = {}
    for set, list in pairs { [readers] = r, [writers] = w } do
      for _, sock in ipairs(list) do
        ready[#ready + 1] = set[sock]
        set[sock] = nil
      end
    end
    now = socket.gettime()
    for thread, at in pairs(sleepers) do
      if at <= now then
        sleepers[thread] = nil
        ready[#ready + 1] = thread
      end
    end
    for _, thread in ipairs(ready) do
      assert(coroutine.resume(thread))
    end
  end
end

--- Accepts on a free port of loopback and runs `serve(conn)` for each connection.
-- @treturn integer port
function M.listen(serve)
  local server = assert(socket.bind("127.0.0.1", 0, 512))
  server:settimeout(0)
  M.spawn(function()
    while true do
      wait(readers, server)
      local sock = server:accept()
      if sock then
        M.spawn(function()
          local conn = M.wrap(sock)
          local ok, err = pcall(serve, conn)
          conn:close()
          assert(ok or err == CLOSED, err)
        end)
      end
    end
  end)
  return (select(2, server:getsockname()))
end

function M.wrap(sock)
  sock:settimeout(0)
  sock:setoption("tcp-nodelay", true)
  return setmetatable({ sock = sock, buffer = "" }, conn_mt)
end

function M.connect(port)
  return M.wrap(assert(socket.connect("127.0.0.1", port)))
end

--- Puts TLS on top; the handshake may fail, that is the peer's business.
function conn_methods:start_tls(context)
  local ssl = require "ssl"
  local sock = assert(ssl.wrap(self.sock, context))
  self.sock = sock
  sock:settimeout(0)
  while true do
    local ok, err = sock:dohandshake()
    if ok then
      return
    elseif err == "wantread" then
      wait(readers, sock)
    elseif err == "wantwrite" then
      wait(writers, sock)
    else
      error(CLOSED, 0)
    end
  end
end

--- Whatever comes next, at least one byte; nil at the end of the stream.
function conn_methods:some()
  if self.buffer ~= "" then
    local data = self.buffer
    self.buffer = ""
    return data
  end
  while true do
    local data, err, partial = self.sock:receive(65536)
    data = data or partial
    if data and data ~= "" then
      return data
    elseif err == "timeout" or err == "wantread" then
      wait(readers, self.sock)
    elseif err == "wantwrite" then
      wait(writers, self.sock)
    else
      return nil
    end
  end
end

local function more(self)
  return self:some() or error(CLOSED, 0)
end

--- One line without its end.
function conn_methods:line()
  local data = self.buffer
  self.buffer = ""
  while not data:find("\n", 1, true) do
    data = data .. more(self)
  end
  local line, rest = data:match("^(.-)\r?\n(.*)$")
  self.buffer = rest
  return line
end

--- Exactly n bytes.
function conn_methods:bytes(n)
  local parts, have = {}, 0
  while have < n do
    local data = more(self)
    if have + #data > n then
      self.buffer = data:sub(n - have + 1)
      data = data:sub(1, n - have)
    end
    parts[#parts + 1] = data
    have = have + #data
  end
  return table.concat(parts)
end

--- Reads and forgets until the peer closes.
function conn_methods:drain()
  while self:some() do end -- luacheck: ignore 542
end

function conn_methods:write(data)
  local sent = 0
  while sent < #data do
    local last, err, partial = self.sock:send(data, sent + 1)
    sent = last or partial or sent
    if not last then
      if err == "timeout" or err == "wantwrite" then
        wait(writers, self.sock)
      elseif err == "wantread" then
        wait(readers, self.sock)
      else
        error(CLOSED, 0)
      end
    end
  end
end

--- Closes with a RST instead of a FIN.
function conn_methods:reset()
  local sock = self.sock
  if not sock.setoption then -- with TLS on top
    sock = assert(socket.tcp4())
    sock:close()
    sock:setfd(self.sock:getfd())
  end
  sock:setoption("linger", { on = true, timeout = 0 })
  if sock ~= self.sock then
    sock:setfd(-1)
  end
  self.sock:close()
  error(CLOSED, 0)
end

function conn_methods:close()
  self.sock:close()
end

--- Ends a connection from anywhere inside what serves it.
function M.close()
  error(CLOSED, 0)
end

return M
