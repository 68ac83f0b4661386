-- Large things through one worker: request bodies streamed to OSS, parts in light threads.

local core = require "oss.core"
local local_oss = require "spec.support.local_oss"
local nginxes = require "spec.support.nginx"
local socket = require "socket"
local wire = require "spec.wire.server"

local mib = 1024 * 1024

local function crc_of(path)
  local file, crc = assert(io.open(path, "rb")), nil
  for block in function() return file:read(mib) end do
    crc = core.crc64(block, crc)
  end
  file:close()
  return crc
end

describe("resty.oss", function()
  local place, nginx, server, http2_port
  setup(function()
    place = local_oss.start()
    server = wire.start()
    local listener = assert(socket.bind("127.0.0.1", 0))
    http2_port = select(2, listener:getsockname())
    listener:close()
    nginx = nginxes.start { place = place, values = { http2_port = http2_port, other = server.url }, server = [[
      listen 127.0.0.1:${http2_port} http2;
      location = /limited {
        client_max_body_size 100k;
        content_by_lua_block {
          local reader, length = require("resty.oss").request_body()
          local res, err = require("spec.support.worker").client():put { bucket = "examplebucket", key = "limited",
            reader = reader, length = length }
          ngx.say(tostring(res or err))
        }
      }
      location = /refused {
        content_by_lua_block {
          local oss = require "resty.oss"
          local client = require("spec.support.worker").client { endpoint = "${other}" }
          local reader, length = oss.request_body()
          -- That server goes by the first name, and answers 403 before it has read anything.
          local res, err = client:put { bucket = "early", key = "k", reader = reader, length = length,
            expect = false }
          ngx.say(tostring(err))
        }
      }
      location /stream/ {
        lua_socket_buffer_size 64k;
        content_by_lua_block {
          local oss = require "resty.oss"
          local verb, key = ngx.var.uri:match("^/stream/(%w+)/(.+)$")
          local client = require("spec.support.worker").client()
          local reader, length = oss.request_body()
          local t = { bucket = "examplebucket", key = key, reader = reader, length = length,
            attempts = ngx.var.arg_attempts and tonumber(ngx.var.arg_attempts) }
          if verb == "upload" then
            t.part_size, t.threshold, t.memory_limit = 4 * 1024 * 1024, 1024 * 1024, 20 * 1024 * 1024
          end
          ngx.shared.spec:incr("streaming", 1, 0)
          local res, err = client[verb](client, t)
          ngx.shared.spec:incr("streaming", -1)
          ngx.say(res and res.crc64 or tostring(err))
        }
      }
    ]] }
  end)
  teardown(function()
    nginx:stop()
    place:stop()
    server:stop()
  end)
  before_each(function()
    assert(place.server:clear())
  end)

  -- Sends a file as the body of a request from a process of its own; returns a function that waits for
  -- the answer's body.
  local function send_file(target, path, headers)
    local script = [[
      local socket = require "socket"
      local port, target, path, headers = table.unpack(arg)
      local file = assert(io.open(path, "rb"))
      local size = file:seek("end")
      file:seek("set", 0)
      local connection = assert(socket.connect("127.0.0.1", port))
      connection:settimeout(30)
      local chunked = headers:find("chunked")
      connection:send("PUT " .. target .. " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" .. headers ..
        (chunked and "" or "Content-Length: " .. size .. "\r\n") .. "\r\n")
      while true do
        local block = file:read(262144)
        if chunked then
          assert(connection:send(("%x\r\n"):format(#(block or "")) .. (block or "") .. "\r\n"))
        end
        if not block or not chunked and not connection:send(block) then
          break
        end
      end
      print(connection:receive("*a"))
    ]]
    local pipe = assert(io.popen(("LD_PRELOAD= timeout 200 lua5.4 -e '%s' - %d %s %s '%s' </dev/null"):format(
      script, nginx.port, target, path, headers or "")))
    return function()
      local text = pipe:read("*a")
      pipe:close()
      return text:match("\r\n\r\n.-(%d+)\n") or text
    end
  end

  it("streams a request of 1 GiB to OSS in constant memory, and serves others meanwhile", function()
    local path = place:file("large", 1024 * mib)
    local crc = crc_of(path)
    nginx:run "oss.assert(client:put(put()))"
    local _, before = nginx:memory()
    local finish = send_file("/stream/put/large", path)
    local n = 0
    for _ = 1, 10000 do
      assert.equal("alive", select(2, nginx:get("/alive")))
      local streaming = nginx:run "return ngx.shared.spec:get 'streaming'"
      if streaming == 0 then
        break
      end
      n = n + (streaming or 0)
      socket.sleep(0.01)
    end
    assert.equal(crc, finish())
    local highest = nginx:memory()
    assert.is_true(highest - before < 16, ("%.1f MiB before, %.1f at the most"):format(before, highest))
    assert.is_true(n > 10, n .. " answers while it was on its way")
    local head = nginx:run "return client:head { bucket = 'examplebucket', key = 'large' }"
    assert.equal(1024 * mib, head.content_length)
    assert.equal(crc, head.crc64)
  end)

  it("streams a request in parts, several at once, within its memory", function()
    local path = place:file("parts", 200 * mib)
    local crc = crc_of(path)
    place:requests()
    nginx:run "collectgarbage()"
    local _, before = nginx:memory()
    assert.equal(crc, send_file("/stream/upload/parts", path)())
    local highest = nginx:memory()
    assert.is_true(highest - before < 48, ("%.1f MiB before, %.1f at the most"):format(before, highest))
    os.execute("sleep 0.1")
    local puts = 0
    for _, line in ipairs(place:requests()) do
      puts = puts + (line:find(" PUT ", 1, true) and 1 or 0)
    end
    assert.equal(50, puts)
  end)

  it("takes chunked requests and empty ones", function()
    local path = place:file("chunked", 3 * mib)
    assert.equal(core.crc64(local_oss.read(path)),
      send_file("/stream/put/chunked", path, "Transfer-Encoding: chunked\r\n")())
    path = place:file("small", 5)
    assert.equal(core.crc64(local_oss.read(path)),
      send_file("/stream/put/small", path, "Transfer-Encoding: chunked\r\n")())
    path = place:file("empty", 0)
    assert.equal("0", send_file("/stream/put/empty", path)())
  end)

  it("takes chunked requests with more headers than Lua is shown", function()
    local path = place:file("headers", 5)
    local many = {}
    for i = 1, 120 do
      many[i] = ("X-%d: 1\r\n"):format(i)
    end
    assert.equal(core.crc64(local_oss.read(path)), send_file("/stream/put/headers", path,
      table.concat(many) .. "Transfer-Encoding: chunked\r\n")())
  end)

  it("takes HTTP/2, with a length and without", function()
    for _, size in ipairs { 0, 5, 3 * mib } do
      local path = place:file("h2", size)
      local crc = core.crc64(local_oss.read(path))
      for i, source in ipairs { "-T " .. path, "-T - <" .. path } do
        local pipe = io.popen(("LD_PRELOAD= timeout 20 curl -sS --http2-prior-knowledge http://127.0.0.1:%d"
          .. "/stream/put/h2-%d %s 2>&1"):format(http2_port, i, source))
        local text = pipe:read("*a")
        pipe:close()
        assert.equal(crc .. "\n", text)
      end
    end
  end)

  it("keeps to nginx's limit, with a length and without, and stores nothing of what is too long", function()
    local body = ("x"):rep(200000)
    assert.equal(413, (nginx:get("/limited", { method = "PUT", body = body })))
    assert.equal(413, (nginx:get("/limited", { method = "PUT", headers = { ["Transfer-Encoding"] = "chunked" },
      raw = ("%x\r\n%s\r\n0\r\n\r\n"):format(#body, body) })))
    assert.equal("NoSuchKey", nginx:run [[
      return select(2, client:head { bucket = "examplebucket", key = "limited" }).code
    ]])
    assert.truthy(nginx:log():find("client intended to send too large chunked body", 1, true))
    assert.equal(200, (nginx:get("/limited", { method = "PUT", body = body:sub(1, 90000) })))
  end)

  it("answers its client when OSS refuses in the middle", function()
    local path = place:file("refused", 20 * mib)
    assert(place.server:fault { fault = "status=403", method = "PUT" })
    local text = send_file("/stream/put/refused", path)()
    assert.truthy(text:find("AccessDenied", 1, true), text)
    assert(place.server:fault { fault = "reset=body:100000", method = "PUT" })
    text = send_file("/stream/put/refused", path)()
    assert.truthy(text:find("the reader cannot be rewound", 1, true), text)
  end)

  it("answers its client, who is still sending slowly", function()
    nginx:run [[ require("oss.transport.cosocket.left_over").idle = 0.2 ]]
    for _ = 1, 3 do
      local connection = assert(socket.connect("127.0.0.1", nginx.port))
      connection:send("PUT /refused HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" .. ("x"):rep(100000))
      connection:settimeout(10)
      -- The rest of the body does not come: the answer is nginx's own, and closes the connection.
      assert.equal("HTTP/1.1 500 Internal Server Error", (connection:receive("*l")))
      connection:close()
    end
    assert.equal("alive", select(2, nginx:get("/alive")))
  end)

  it("tells when the request ends early", function()
    local connection = assert(socket.connect("127.0.0.1", nginx.port))
    connection:send("PUT /stream/put/cut HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" .. ("x"):rep(300000))
    connection:shutdown("send")
    connection:settimeout(10)
    local text = connection:receive("*a") or ""
    connection:close()
    assert.truthy(text == "" or text:find("ReaderFailed", 1, true), text)
    assert.is_nil((nginx:run "return client:head { bucket = 'examplebucket', key = 'cut' }"))
  end)

  describe("uploads in parts", function()
    local path, content
    setup(function()
      path = place:file("source", 102400 * 5 + 77)
      content = local_oss.read(path)
    end)

    local function upload(t)
      t.path = path
      return nginx:run([[
        local t = ...
        local options = put { body = false, key = "big", file = t.path, part_size = 102400, threshold = 102400,
          parallel = t.parallel, resume = t.resume, timeout = t.timeout }
        local retries, most = 0, 0
        options.on_retry = function() retries = retries + 1 end
        local mine = new_client()
        local running = 0
        local transport = mine.driver.transport
        local original = transport.exchange
        rawset(transport, "exchange", function(...)
          running = running + 1
          most = math.max(most, running)
          local answer = original(...)
          running = running - 1
          return answer
        end)
        local res, err = mine:upload(options)
        mine:poll(5)
        return res, err, retries, most
      ]], t)
    end
    local function fetch()
      return nginx:run "return oss.assert(client:get { bucket = 'examplebucket', key = 'big' }).body"
    end

    it("in parallel light threads", function()
      for _, parallel in ipairs { 1, 3, 6 } do
        local res, _, _, most = upload { parallel = parallel }
        assert.equal(core.crc64(content), res.crc64)
        assert.equal(parallel, most)
        assert.is_true(content == fetch())
      end
    end)

    it("trying each part alone again", function()
      for _, fault in ipairs { "status=503", "reset=after", "reset=body:9", "crc" } do
        assert(place.server:fault { fault = fault, operation = "UploadPart", count = 2 })
        local res, err, retries = upload {}
        assert.truthy(res, err and err.text)
        assert.equal(2, retries, fault)
        assert.is_true(content == fetch())
      end
    end)

    it("removing the parts when it fails", function()
      assert(place.server:fault { fault = "status=403", operation = "UploadPart", count = 9 })
      place:requests()
      local _, err = upload {}
      assert.equal("AccessDenied", err.code)
      assert.is_false(err.stored)
      assert.is_nil(err.upload_id)
      os.execute("sleep 0.1")
      local log = table.concat(place:requests(), "\n")
      assert.truthy(log:find("DELETE", 1, true), log)
    end)

    it("within a limit of time", function()
      assert(place.server:fault { fault = "wait=5", operation = "UploadPart", count = 9 })
      local began = socket.gettime()
      local _, err = upload { timeout = 0.3 }
      assert.equal("TotalTimeout", err.code)
      assert.is_true(socket.gettime() - began < 4)
    end)

    it("going on with a token", function()
      local token = place:path("token")
      assert(place.server:fault { fault = "status=403", operation = "UploadPart", key = "big", count = 1 })
      local _, err = upload { resume = token, parallel = 1 }
      assert.equal("AccessDenied", err.code)
      local res = upload { resume = token }
      assert.equal(core.crc64(content), res.crc64)
      local saved = local_oss.read(token)
      assert.truthy(saved:find('"completed"', 1, true))
      assert.truthy(saved:find('"mtime":"%d+%.%d%d%d%d%d%d%d%d%d"'), saved)
      res = upload { resume = token }
      assert.is_true(res.resumed)
    end)
  end)

  it("uploads a reader of unknown length in parts, each tried again alone", function()
    assert(place.server:fault { fault = "status=503", operation = "UploadPart", count = 2 })
    local found, attempts, seen = nginx:run [[
      local n, crc, seen = 0, core.crc64_new(), {}
      local res = oss.assert(new_client():upload { bucket = "examplebucket", key = "unknown", part_size = 102400,
        threshold = 102400, memory_limit = 204800, retry_delay = 0.01,
        on_retry = function(err) seen[#seen + 1] = err.part_number end,
        reader = function()
          n = n + 1
          local chunk = n <= 100 and noise(10000 + n) or nil
          if chunk then
            crc:update(chunk)
          end
          return chunk
        end })
      return res.crc64 == crc:value() and client:head({ bucket = "examplebucket", key = "unknown" }).crc64
        == crc:value(), res.attempts, #seen
    ]]
    assert.is_true(found)
    assert.equal(3, attempts)
    assert.equal(2, seen)
  end)

  it("ends with its memory when a reader's upload fails", function()
    for _, t in ipairs { { fault = "status=403" }, { timeout = 0.3, fault = "wait=3" } } do
      assert(place.server:fault { fault = t.fault, operation = "UploadPart", count = 9 })
      local code = nginx:run([[
        local timeout = ...
        local n = 0
        local _, err = new_client():upload { bucket = "examplebucket", key = "failed", part_size = 102400,
          threshold = 102400, timeout = timeout, reader = function()
            n = n + 1
            return n <= 100 and noise(10000) or nil
          end }
        return err.code
      ]], t.timeout)
      assert.equal(t.timeout and "TotalTimeout" or "AccessDenied", code)
      assert(place.server:clear())
    end
    assert.equal("alive", select(2, nginx:get("/alive")))
  end)

  it("lets others go on while it reads a file again", function()
    local path = place:file("again", 40 * mib)
    local pauses, found = nginx:run([[
      local mine = new_client()
      local key = { bucket = "examplebucket", key = "again" }
      local res = oss.assert(mine:request { method = "POST", bucket = key.bucket, key = key.key,
        query = { uploads = "" } })
      local id = res.body:match("<UploadId>([^<]+)")
      local file = io.open(..., "rb")
      local part = file:read(20 * 1024 * 1024)
      file:close()
      oss.assert(mine:request { method = "PUT", bucket = key.bucket, key = key.key, body = part,
        query = { partNumber = "1", uploadId = id } })
      local pauses, rest = 0, mine.driver.rest
      function mine.driver:rest(op, seconds)
        pauses = pauses + (seconds and seconds < 0.002 and 1 or 0)
        rest(self, op, seconds)
      end
      oss.assert(mine:upload { bucket = key.bucket, key = key.key, file = ..., upload_id = id,
        part_size = 20 * 1024 * 1024 })
      return pauses, mine:head(key).crc64
    ]], path)
    assert.is_true(pauses >= 79, pauses) -- one for each 256 KiB but the last
    assert.equal(core.crc64(local_oss.read(path)), found)
  end)

  it("leaves nothing bad in the log", function()
    for line in nginx:log():gmatch("[^\n]+") do
      -- A client, or an OSS told to reset, that went away; which of both calls notices is chance. And limits.
      local ours = not line:find("recv() failed", 1, true) and not line:find("send() failed", 1, true)
        and not line:find("client intended to send too large", 1, true)
        and not line:find("body cannot be dropped: timeout", 1, true)
      assert.is_nil(ours and (line:find("%[alert%]") or line:find("%[crit%]") or line:find("%[error%]")) or nil, line)
    end
  end)
end)
