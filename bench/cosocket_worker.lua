--- The worker's side of bench/cosocket.lua.

local core = require "oss.core"
local oss = require "resty.oss"

local M = {}

local key_id, key_secret = "LTAI5tExampleExampleExam", "ExampleSecretExampleSecretExam"

local callback = {
  url = "https://example.com:23450/uploads/oss-callback",
  host = "example.com",
  body = { bucket = "${bucket}", object = "${object}", etag = "${etag}", size = "${size}",
    mimeType = "${mimeType}", uid = "${x:uid}", album = "${x:album}" },
  vars = { uid = 4711, album = "holidays in the mountains" },
  sni = true,
}

local puts = {}

-- A put whose request is made once, as one would write it by hand.
function puts.plain(url, body)
  local host, port = url:match("//([^:/]+):(%d+)")
  local encoded, vars = require("oss.callback").encode(callback)
  local signer = core.signer { version = "v4", id = key_id, secret = key_secret, region = "cn-hangzhou" }
  local _, head = signer:sign({ method = "PUT", scheme = "http", host = host .. ":" .. port, path_style = true,
    bucket = "examplebucket", key = "exampledir/exampleobject.txt",
    headers = { "Content-Type", "text/plain", "x-oss-callback", encoded, "x-oss-callback-var", vars },
  }, os.time())
  local request = "PUT /examplebucket/exampledir/exampleobject.txt HTTP/1.1\r\nHost: " .. host .. ":" .. port
    .. "\r\n" .. head .. "User-Agent: bench\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
  return function()
    local connection = ngx.socket.tcp()
    connection:settimeouts(10000, 60000, 60000)
    assert(connection:connect(host, port))
    assert(connection:send(request))
    local status = assert(connection:receive("*l")):match("^HTTP/1%.1 (%d+)")
    local length = 0
    repeat
      local line = assert(connection:receive("*l"))
      length = tonumber(line:match("^Content%-Length: (%d+)")) or length
    until line == ""
    assert(status == "200" and connection:receive(length))
    connection:setkeepalive(60000, 64)
  end
end

local function client_of(url)
  return oss.client { endpoint = url, region = "cn-hangzhou", access_key_id = key_id, access_key_secret = key_secret }
end

function puts.put(url, body)
  local client = client_of(url)
  return function()
    oss.assert(client:put { bucket = "examplebucket", key = "exampledir/exampleobject.txt", callback = callback,
      body = body })
  end
end

function puts.peer(url, body)
  local encoded, vars = require("oss.callback").encode(callback)
  return require("bench.cosocket_peer")(url, "/examplebucket/exampledir/exampleobject.txt", body,
    { id = key_id, secret = key_secret, callback = encoded, vars = vars })
end

local function in_a_row(put, count)
  for _ = 1, count do
    put()
  end
end

local function beside_each_other(put, count, in_flight)
  local threads = {}
  for i = 1, in_flight do
    threads[i] = ngx.thread.spawn(in_a_row, put, math.floor(count / in_flight))
  end
  for i = 1, in_flight do
    assert(ngx.thread.wait(threads[i]))
  end
end

local function measure(count, run)
  ngx.update_time()
  local wall, cpu = ngx.now(), os.clock()
  run()
  cpu = os.clock() - cpu
  ngx.update_time()
  return ("operations=%d cpu=%.9f wall=%.9f kib=%s\n"):format(count, cpu, ngx.now() - wall,
    io.open("/proc/self/status"):read("*a"):match("VmHWM:%s*(%d+)"))
end

--- Puts, in a row or beside each other.
function M.run()
  local t = ngx.req.get_uri_args()
  local put = puts[t.case](t.url, ("\0"):rep(tonumber(t.bytes)))
  local count, in_flight = tonumber(t.count), tonumber(t.in_flight)
  local way = in_flight > 1 and beside_each_other or in_a_row
  way(put, 1000, in_flight)
  ngx.print(measure(count, function()
    way(put, count, in_flight)
  end))
end

--- The request's body on its way to OSS.
function M.stream()
  local client = client_of(ngx.var.endpoint)
  ngx.print(measure(1, function()
    local reader, length = oss.request_body()
    oss.assert(client:put { bucket = "examplebucket", key = "big.bin", reader = reader, length = length })
  end))
  ngx.shared.spec:set("done", true)
end

return M
