-- An HTTP server with manners as bad as the path asks for: /NAME?option=value runs behaviours.NAME.

local behaviours = require "spec.wire.server.behaviours"
local net = require "spec.wire.server.net"

local M = {}

M.stats = { connections = 0, requests = 0, open = 0, most_open = 0, busy = 0, most_busy = 0,
  tunnels = 0, proxied = 0 }

local request_methods = {}
local request_mt = { __index = request_methods }

local function unescape(s)
  return (s:gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

--- Reads the head of a request; nil when the peer has closed instead.
function M.read_head(conn)
  local first = conn:some()
  if not first then
    return nil
  end
  conn.buffer = first
  local line = conn:line()
  local request = { conn = conn, lines = { line }, headers = {}, query = {} }
  request.method, request.target = line:match("^(%S+) (%S+) HTTP/1%.1$")
  if not request.method then
    net.close()
  end
  while true do
    line = conn:line()
    if line == "" then
      break
    end
    request.lines[#request.lines + 1] = line
    local name, value = line:match("^([^:]+):%s*(.-)%s*$")
    request.headers[(name or net.close()):lower()] = value
  end
  local path, query = request.target:match("^([^?]*)%??(.*)$")
  request.path = path
  for name, value in query:gmatch("([^&=]+)=([^&]*)") do
    request.query[name] = unescape(value)
  end
  return setmetatable(request, request_mt)
end

--- A number of the query.
function request_methods:number(name, default)
  return tonumber(self.query[name]) or default
end

local function read_chunked(conn)
  local parts = {}
  while true do
    local size = tonumber(conn:line(), 16)
    if size == 0 then
      conn:line()
      return table.concat(parts)
    end
    parts[#parts + 1] = conn:bytes(size)
    conn:line()
  end
end

--- The body, in whatever form it comes.
function request_methods:body()
  if (self.headers["transfer-encoding"] or ""):lower() == "chunked" then
    return read_chunked(self.conn)
  end
  return self.conn:bytes(tonumber(self.headers["content-length"] or 0))
end

--- Sends an answer with a length.
function request_methods:answer(status, body, head)
  self.conn:write(("HTTP/1.1 %d Whatever\r\nContent-Length: %d\r\nX-Connection: %d\r\n%s\r\n%s"):format(
    status, #body, self.conn.number, head or "", self.method == "HEAD" and "" or body))
end

--- Serves one connection, already past TLS.
function M.serve(conn)
  local stats = M.stats
  stats.connections = stats.connections + 1
  stats.open = stats.open + 1
  stats.most_open = math.max(stats.most_open, stats.open)
  conn.number = stats.connections
  local ok, err = pcall(function()
    while true do
      local request = M.read_head(conn)
      if not request then
        return
      end
      stats.requests = stats.requests + 1
      stats.busy = stats.busy + 1
      stats.most_busy = math.max(stats.most_busy, stats.busy)
      request.stats = stats
      local behave = behaviours[request.path:match("^/([%w_]+)")] or behaviours.echo
      local fine, why = pcall(behave, request, conn)
      stats.busy = stats.busy - 1
      if not fine then
        error(why, 0)
      end
    end
  end)
  stats.open = stats.open - 1
  if not ok then
    error(err, 0)
  end
end

return M
