-- The local OSS: buckets, pages of other origins, large bodies, several workers, logs.

local core = require "oss.core"
local client = require "spec.nginx.emulator_client"
local socket = require "socket"

describe("the local OSS", function()
  local oss

  setup(function()
    oss = client.start()
  end)

  teardown(function()
    oss:stop()
  end)

  describe("has buckets", function()
    it("that are made, described and removed", function()
      local function bucket(method, t)
        t = t or {}
        t.bucket = "mybucket"
        return oss:request(method, nil, method == "PUT" and "" or nil, t)
      end
      assert.equal(200, bucket("PUT", { headers = { "x-oss-acl", "public-read" } }).status)
      local text = bucket("GET", { query = { "bucketInfo", "" } }).body
      assert.is_truthy(text:find("<Name>mybucket</Name>", 1, true))
      assert.is_truthy(text:find("<Grant>public-read</Grant>", 1, true))
      assert.is_truthy(text:find("<Location>oss-cn-hangzhou</Location>", 1, true))
      assert.equal(200, bucket("HEAD").status)
      assert.equal(400, bucket("PUT", { headers = { "x-oss-acl", "mine" } }).status)
      oss:put("k", "x", { bucket = "mybucket" })
      assert.equal("BucketNotEmpty", client.xml(bucket("DELETE")).Code)
      oss:request("DELETE", "k", nil, { bucket = "mybucket" })
      assert.equal(204, bucket("DELETE").status)
    end)

    it("made by their first use, unless that is not wanted", function()
      assert.equal(200, oss:put("k", "x", { bucket = "fresh-bucket" }).status)
      local strict = client.start { create_buckets = false }
      local answer = strict:put("k", "x")
      assert.equal(404, answer.status)
      assert.equal("NoSuchBucket", client.xml(answer).Code)
      assert.equal(200, strict:request("PUT", nil, "").status)
      assert.equal(200, strict:put("k", "x").status)
      strict:stop()
    end)
  end)

  describe("lets pages of other origins", function()
    local origin = "Origin: https://example.com\r\n"

    it("ask first", function()
      local answer = oss:exchange("OPTIONS /k HTTP/1.1\r\nHost: examplebucket.oss.test\r\n" .. origin
        .. "Access-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: x-oss-callback,content-type\r\n\r\n",
        "OPTIONS")
      assert.equal(200, answer.status)
      assert.equal("*", answer.headers["access-control-allow-origin"])
      assert.is_truthy(answer.headers["access-control-allow-methods"]:find("PUT", 1, true))
      assert.equal("x-oss-callback,content-type", answer.headers["access-control-allow-headers"])
      answer = oss:exchange("OPTIONS /k HTTP/1.1\r\nHost: examplebucket.oss.test\r\n\r\n", "OPTIONS")
      assert.equal(400, answer.status)
    end)

    it("read the answers, errors too", function()
      local answer = oss:put("k", "x", { extra = origin })
      assert.equal("*", answer.headers["access-control-allow-origin"])
      assert.is_truthy(answer.headers["access-control-expose-headers"]:find("ETag", 1, true))
      assert.equal("*", oss:get("nosuch", { extra = origin }).headers["access-control-allow-origin"])
      assert.is_nil(oss:get("k").headers["access-control-allow-origin"])
    end)

    it("or not", function()
      local closed = client.start { cors = false }
      local answer = closed:exchange("OPTIONS /k HTTP/1.1\r\nHost: examplebucket.oss.test\r\n" .. origin
        .. "Access-Control-Request-Method: PUT\r\n\r\n", "OPTIONS")
      assert.equal(403, answer.status)
      assert.equal("AccessForbidden", client.xml(answer).Code)
      assert.is_nil(closed:put("k", "x", { extra = origin }).headers["access-control-allow-origin"])
      closed:stop()
    end)
  end)

  it("lets everybody in when told so", function()
    local open = client.start { anonymous = true }
    assert.equal(200, open:put("k", "x", { sign = "none" }).status)
    assert.equal("x", open:get("k", { sign = "none" }).body)
    assert.equal(403, open:get("k", { signer = open:signer { secret = "wrong" } }).status)
    open:stop()
  end)

  it("answers OSS's way also to what is no request for nginx", function()
    for _, bytes in ipairs { "GET /../x HTTP/1.1\r\nHost: a\r\n\r\n", "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" } do
      local answer = oss:exchange(bytes, "GET")
      assert.equal(400, answer.status)
      assert.equal("BadRequest", client.xml(answer).Code)
    end
  end)

  it("takes headers as long as callbacks make them", function()
    local answer = oss:put("k", "x", { headers = { "x-oss-meta-a", ("a"):rep(8000) },
      query = { "callback", core.base64(("x"):rep(3800)), "callback-var", core.base64(("x"):rep(3800)) } })
    assert.equal("InvalidArgument", client.xml(answer).Code)
  end)

  describe("with a large object", function()
    local size = 96 * 1024 * 1024
    local block = ("0123456789abcdef"):rep(65536)

    local function workers()
      local master = oss:file("nginx.pid"):match("%d+")
      return client.output("pgrep -P " .. master)
    end

    local function peak()
      local most = 0
      for pid in workers():gmatch("%d+") do
        local kib = tonumber(client.output("grep VmHWM /proc/" .. pid .. "/status"):match("%d+"))
        most = math.max(most, kib)
      end
      return most
    end

    it("needs no more memory, and serves others meanwhile", function()
      local head = oss:render("PUT", "large", nil, { headers = { "Content-Length", tostring(size) } })
      local before = peak()
      local connection = assert(socket.connect("127.0.0.1", oss.server.port))
      connection:settimeout(60)
      connection:send(head)
      for _ = 1, size / #block do
        assert(connection:send(block))
      end
      repeat
        assert.equal(200, oss:get("k").status)
      until socket.select({ connection }, nil, 0)[connection]
      local answer = connection:receive("*l")
      connection:close()
      assert.equal("HTTP/1.1 200 OK", answer)
      assert.is_true(peak() - before < 24 * 1024, (peak() - before) .. " KiB more")
      local crc64 = "0"
      local one = core.crc64(block)
      for _ = 1, size / #block do
        crc64 = core.crc64_combine(crc64, one, #block)
      end
      local stored = oss:head("large")
      assert.equal(crc64, stored.headers["x-oss-hash-crc64ecma"])
      assert.equal(tostring(size), stored.headers["content-length"])
      assert.equal(block:sub(-16), oss:get("large", { headers = { "Range", "bytes=-16" } }).body)
      oss:request("DELETE", "large")
    end)

    it("leaves nothing behind", function()
      assert.equal("0", client.output("find '" .. oss.server.root .. "/tmp' -type f | wc -l"))
    end)
  end)

  it("keeps an object whole while it is being replaced", function()
    local other = {}
    for i = 1, 2 do
      local body = tostring(i):rep(200000)
      other[i] = oss:render("PUT", "torn", body, { headers = { "x-oss-meta-i", tostring(i) } })
    end
    oss:exchange(other[1], "PUT")
    for round = 1, 20 do
      local writers = {}
      for i = 1, 2 do
        writers[i] = assert(socket.connect("127.0.0.1", oss.server.port))
        writers[i]:settimeout(20)
        writers[i]:send(other[i])
      end
      local answer = oss:get("torn")
      assert.equal(200, answer.status)
      assert.equal(200000, #answer.body, "round " .. round)
      assert.equal(core.crc64(answer.body), answer.headers["x-oss-hash-crc64ecma"])
      assert.equal(answer.headers["x-oss-meta-i"], answer.body:sub(1, 1))
      for i = 1, 2 do
        assert.equal("HTTP/1.1 200 OK", writers[i]:receive("*l"))
        writers[i]:close()
      end
    end
  end)

  it("logs no secrets", function()
    oss:put("k", "x", { sign = "url4" })
    oss:put("k", "x", { sign = "url1" })
    oss:put("k", "x", { signer = oss:signer { token = "secret-token" } })
    oss:get("k", { extra = "x-emulator-fault: reset=before\r\n" })
    socket.sleep(0.1)
    local text = (oss:file("logs/access.log") or "") .. (oss:file("logs/error.log") or "")
      .. (oss:file("logs/emulator.log") or "") .. (oss:file("logs/start.txt") or "")
    assert.is_truthy(text:find("/examplebucket/k", 1, true))
    for _, secret in ipairs { "Signature", "signature", "emulator-secret", "secret-token", "Authorization" } do
      assert.is_nil(text:find(secret, 1, true), secret)
    end
    assert.equal("600", client.output("stat -c %a '" .. oss.server.root .. "/emulator.json'"))
    assert.equal("600", client.output("stat -c %a '" .. oss.server.root .. "/callback_key.pem'"))
  end)
end)
