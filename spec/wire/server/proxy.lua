-- Proxies: HTTP with CONNECT and forwarding, and SOCKS5. Both want the credentials "pu", "pp".
-- Every host name leads to loopback.

local http = require "spec.wire.server.http"
local mime = require "mime"
local net = require "spec.wire.server.net"

local M = {}

local function pipe(from, to)
  net.spawn(function()
    while true do
      local data = from:some()
      if not data then
        break
      end
      to:write(data)
    end
    to:close()
    from:close()
  end)
end

local function tunnel(conn, port)
  local far = net.connect(port)
  pipe(far, conn)
  while true do
    local data = conn:some()
    if not data then
      break
    end
    far:write(data)
  end
  far:close()
end

--- An HTTP proxy on a connection.
function M.http(conn)
  local expected = "Basic " .. mime.b64("pu:pp")
  local request = http.read_head(conn)
  if not request then
    return
  end
  conn.number = 0
  if request.headers["proxy-authorization"] ~= expected then
    request:answer(407, "who are you?", "Proxy-Authenticate: Basic realm=\"x\"\r\n")
    return
  end
  if request.method == "CONNECT" then
    http.stats.tunnels = http.stats.tunnels + 1
    conn:write("HTTP/1.1 200 Established\r\nX-Proxy: 1\r\n\r\n")
    return tunnel(conn, tonumber(request.target:match(":(%d+)$")))
  end
  http.stats.proxied = http.stats.proxied + 1
  local port, path = request.target:match("^http://[^/]-:(%d+)(.*)$")
  local far = net.connect(tonumber(port))
  request.lines[1] = ("%s %s HTTP/1.1"):format(request.method, path)
  request.lines[#request.lines + 1] = "Connection: close"
  far:write(table.concat(request.lines, "\r\n") .. "\r\n\r\n")
  far:write(request:body())
  pipe(far, conn)
  conn:drain()
end

--- SOCKS5 with user name and password (RFC 1928, 1929).
function M.socks(conn)
  conn:bytes(1)
  conn:bytes(conn:bytes(1):byte()) -- the methods offered
  conn:write("\5\2")
  conn:bytes(1)
  local user = conn:bytes(conn:bytes(1):byte())
  local password = conn:bytes(conn:bytes(1):byte())
  if user ~= "pu" or password ~= "pp" then
    conn:write("\1\1")
    return
  end
  conn:write("\1\0")
  local kind = conn:bytes(4):byte(4)
  conn:bytes(kind == 1 and 4 or kind == 4 and 16 or conn:bytes(1):byte())
  local high, low = conn:bytes(2):byte(1, 2)
  http.stats.tunnels = http.stats.tunnels + 1
  conn:write("\5\0\0\1\127\0\0\1\0\0")
  tunnel(conn, high * 256 + low)
end

return M
