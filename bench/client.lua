--- This library, measured through its public interface.
--
--     lua bench/client.lua put URL COUNT BYTES IN_FLIGHT
--         puts with a callback; IN_FLIGHT 0: one after the other
--     lua bench/client.lua file|upload URL COUNT PATH     a file with one put, or in parts
--     lua bench/client.lua sign|idle URL COUNT            signatures; polls with nothing to do
--     lua bench/client.lua queue URL COUNT BYTES          COUNT puts started at once
--     lua bench/client.lua head URL                       what such a put sends as its head
--
-- Prints one line: operations, CPU and wall seconds, largest size of the process in KiB.

local core = require "oss.core"
local curl = require "oss.curl"
local oss = require "oss"

local case, url, count, what, in_flight = arg[1], arg[2], tonumber(arg[3]), arg[4], tonumber(arg[5])

local key_id, key_secret = "LTAI5tExampleExampleExam", "ExampleSecretExampleSecretExam"

local callback = {
  url = "https://example.com:23450/uploads/oss-callback",
  host = "example.com",
  body = { bucket = "${bucket}", object = "${object}", etag = "${etag}", size = "${size}",
    mimeType = "${mimeType}", uid = "${x:uid}", album = "${x:album}" },
  vars = { uid = 4711, album = "holidays in the mountains" },
  sni = true,
}

local function new_client()
  return oss.client { endpoint = url, region = "cn-hangzhou", access_key_id = key_id, access_key_secret = key_secret }
end

local function kib(name)
  local file = io.open("/proc/self/status")
  local text = file and file:read("*a") or ""
  if file then
    file:close()
  end
  return tonumber(text:match(name .. ":%s*(%d+)")) or 0
end

local function measure(run, operations)
  local wall, cpu = curl.now(), os.clock()
  run(operations)
  cpu, wall = os.clock() - cpu, curl.now() - wall
  print(("operations=%d cpu=%.9f wall=%.9f kib=%d"):format(operations, cpu, wall, kib("VmHWM")))
end

local cases = {}

function cases.head()
  local encoded, vars = oss.callback.encode(callback)
  local signer = core.signer { version = "v4", id = key_id, secret = key_secret, region = "cn-hangzhou" }
  local _, head = signer:sign({ method = "PUT", scheme = "http", host = url:match("//(.+)$"), path_style = true,
    bucket = "examplebucket", key = "exampledir/exampleobject.txt",
    headers = { "Content-Type", "text/plain", "x-oss-callback", encoded, "x-oss-callback-var", vars },
  }, os.time())
  io.write(head, "User-Agent: bench\r\n")
end

local function options(body)
  return { bucket = "examplebucket", key = "exampledir/exampleobject.txt", body = body, callback = callback }
end

function cases.put()
  local client, body = new_client(), ("\0"):rep(tonumber(what))
  local function one_by_one(n)
    for _ = 1, n do
      oss.assert(client:put(options(body)))
    end
  end
  local function side_by_side(n)
    local left = n
    local _, summary = client:map(function()
      left = left - 1
      return left >= 0 and options(body) or nil
    end, { concurrency = in_flight })
    assert(summary.done == n, "not all were stored")
  end
  local run = in_flight == 0 and one_by_one or side_by_side
  run(100 + 4 * in_flight)
  measure(run, count)
end

function cases.file()
  local client = new_client()
  measure(function()
    for _ = 1, count do
      oss.assert(client:put { bucket = "examplebucket", key = "big.bin", file = what })
    end
  end, 1)
end

function cases.upload()
  local client = new_client()
  measure(function()
    for _ = 1, count do
      oss.assert(client:upload { bucket = "examplebucket", key = "big.bin", file = what })
    end
  end, 1)
end

function cases.idle()
  local client = new_client()
  oss.assert(client:put(options("")))
  measure(function(n)
    for _ = 1, n do
      client:poll(0)
    end
  end, count)
end

-- A signature with the request's table made anew each time.
function cases.sign()
  local encoded, vars = oss.callback.encode(callback)
  local signer = core.signer { version = "v4", id = key_id, secret = key_secret, region = "cn-hangzhou" }
  local function run(n)
    for _ = 1, n do
      signer:sign({ method = "PUT", scheme = "https", host = "examplebucket.oss-cn-hangzhou.aliyuncs.com",
        bucket = "examplebucket", key = "exampledir/exampleobject.txt",
        headers = { "Content-Type", "text/plain", "x-oss-callback", encoded, "x-oss-callback-var", vars },
      }, 1702743657)
    end
  end
  run(1000)
  measure(run, count)
end

-- What queued uploads weigh, and what each costs until all are stored.
function cases.queue()
  local client, body, ops = new_client(), ("\0"):rep(tonumber(what)), {}
  oss.assert(client:put(options(body)))
  collectgarbage()
  collectgarbage()
  local before, weight = kib("VmRSS"), nil
  measure(function(n)
    for i = 1, n do
      ops[i] = client:start("put", options(body))
    end
    collectgarbage()
    collectgarbage()
    weight = kib("VmRSS") - before
    while client:poll(60) > 0 do end -- luacheck: ignore 542
    for i = 1, n do
      oss.assert(ops[i]:wait())
    end
  end, count)
  print("weight=" .. weight * 1024 / count)
end

cases[case]()
