-- The server that misbehaves on purpose, as a process of its own:
--   lua5.4 spec/wire/server/main.lua [DIRECTORY with ca.pem, server.pem, server.key]
-- Prints its ports on one line, "http=1234 ...", and serves until it is killed, or longer than any
-- spec takes: then its spec was.

local http = require "spec.wire.server.http"
local net = require "spec.wire.server.net"
local proxy = require "spec.wire.server.proxy"

local LIFETIME = 240 -- seconds

local dir = arg[1]

local ports = {
  http = net.listen(http.serve),
  proxy = net.listen(proxy.http),
  socks = net.listen(proxy.socks),
}

local function listen_tls(serve, extra)
  local params = { mode = "server", protocol = "any", key = dir .. "/server.key",
    certificate = dir .. "/server.pem", cafile = dir .. "/ca.pem", options = "all" }
  for name, value in pairs(extra or {}) do
    params[name] = value
  end
  local context = assert(require("ssl").newcontext(params))
  return net.listen(function(conn)
    conn:start_tls(context)
    serve(conn)
  end)
end

if dir then
  ports.https = listen_tls(http.serve)
  ports.https12 = listen_tls(http.serve, { protocol = "tlsv1_2" })
  ports.mutual = listen_tls(http.serve, { verify = { "peer", "fail_if_no_peer_cert" } })
  ports.tls_proxy = listen_tls(proxy.http)
end

local list = {}
for name, port in pairs(ports) do
  list[#list + 1] = name .. "=" .. port
end
io.stdout:write(table.concat(list, " "), "\n")
io.stdout:flush()
net.run(LIFETIME)
