--- `resty.oss` in one nginx worker, beside a put by hand over the same sockets and lua-resty-http.
--
--     lua bench/cosocket.lua CASE URL COUNT BYTES IN_FLIGHT
--
-- Cases: `put`; `plain`, whose request was made beforehand: what nginx's sockets cost by themselves;
-- `peer`: lua-resty-http; `stream`, COUNT times BYTES from a request's body to OSS. Prints one line:
-- operations, CPU and wall seconds of the worker, its largest size in KiB; `stream` also the median and
-- the worst milliseconds that another location took meanwhile. PIN is what nginx is started with.

local nginxes = require "spec.support.nginx"
local socket = require "socket"

local case, url, count, bytes, in_flight = arg[1], arg[2], tonumber(arg[3]), tonumber(arg[4]), tonumber(arg[5])

local nginx = nginxes.start { env = os.getenv "PIN", values = { endpoint = url }, server = [[
  location = /bench { content_by_lua_block { require("bench.cosocket_worker").run() } }
  location = /stream {
    lua_socket_buffer_size 64k;
    content_by_lua_block { require("bench.cosocket_worker").stream() }
  }
]] }

local sender = [[exec lua5.4 -e '
  local socket = require "socket"
  local connection = assert(socket.connect("127.0.0.1", %d))
  local block = ("\0"):rep(262144)
  connection:send("PUT /stream HTTP/1.0\r\nContent-Length: %d\r\n\r\n")
  for _ = 1, %d do
    connection:send(block)
  end
  print((connection:receive("*a"):gsub("^.*\r\n\r\n", "")))']]

-- Sends bodies of zeros, and meanwhile asks another location again and again.
local function stream()
  local waits, line = {}, nil
  for _ = 1, count do
    local pipe = assert(io.popen(sender:format(nginx.port, bytes, bytes / 262144)))
    repeat
      local began = socket.gettime()
      nginx:get("/alive")
      waits[#waits + 1] = (socket.gettime() - began) * 1000
    until nginx:run "local done = ngx.shared.spec:get 'done' ngx.shared.spec:delete 'done' return done"
    line = pipe:read("*l")
    pipe:close()
  end
  table.sort(waits)
  return ("%s median=%.2f worst=%.2f"):format(line, waits[math.ceil(#waits / 2)], waits[#waits])
end

if case == "stream" then
  print(stream())
else
  local _, line = nginx:get(("/bench?case=%s&url=%s&count=%d&bytes=%d&in_flight=%d"):format(case, url, count, bytes,
    in_flight), { timeout = 300 })
  print(line)
end
nginx:stop()
