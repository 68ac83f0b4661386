-- The local OSS: objects.

local core = require "oss.core"
local client = require "spec.nginx.emulator_client"

describe("the local OSS", function()
  local oss

  setup(function()
    oss = client.start { create_buckets = true }
  end)

  teardown(function()
    oss:stop()
  end)

  describe("stores an object", function()
    it("and says what OSS says of it", function()
      local answer = oss:put("exampledir/exampleobject.txt", "123456789",
        { headers = { "Content-Type", "text/plain" } })
      assert.equal(200, answer.status)
      assert.equal("", answer.body)
      assert.equal('"25F9E794323B453885F5181F1B624D0B"', answer.headers.etag)
      assert.equal("11051210869376104954", answer.headers["x-oss-hash-crc64ecma"])
      assert.equal("JfnnlDI7RTiF9RgfG2JNCw==", answer.headers["content-md5"])
      assert.is_truthy(answer.headers["x-oss-request-id"]:find("^[0-9A-F]+$"))
      assert.equal(24, #answer.headers["x-oss-request-id"])
      assert.is_truthy(answer.headers["x-oss-server-time"]:find("^%d+$"))
      assert.is_truthy(core.parse_date(answer.headers.date))
      assert.equal("AliyunOSS", answer.headers.server)
    end)

    it("as a file that can be read", function()
      oss:put("exampledir/exampleobject.txt", "as a file")
      assert.equal("as a file", oss:file("objects/examplebucket/exampledir%/exampleobject.txt"))
    end)

    it("of no bytes", function()
      local answer = oss:put("empty", "")
      assert.equal(200, answer.status)
      assert.equal("0", answer.headers["x-oss-hash-crc64ecma"])
      assert.equal("1B2M2Y8AsgTpgAmY7PhCfg==", answer.headers["content-md5"])
      assert.equal("0", oss:get("empty").headers["content-length"])
    end)

    it("sent in chunks", function()
      assert.equal(200, oss:put("chunked", "in chunks", { chunked = true }).status)
      assert.equal("in chunks", oss:get("chunked").body)
    end)

    it("of bytes of every value", function()
      local bytes = {}
      for i = 0, 255 do
        bytes[i + 1] = string.char(i)
      end
      local body = table.concat(bytes):rep(1000)
      assert.equal(200, oss:put("bytes", body).status)
      assert.is_true(oss:get("bytes").body == body)
    end)

    it("only with a length", function()
      local answer = oss:put("no-length", nil)
      assert.equal(411, answer.status)
      assert.equal("MissingContentLength", client.xml(answer).Code)
    end)

    it("only when its MD5 is right", function()
      local answer = oss:put("md5", "abc", { headers = { "Content-MD5", core.base64(core.md5("abd")) } })
      assert.equal(400, answer.status)
      assert.equal("InvalidDigest", client.xml(answer).Code)
      assert.equal(404, oss:get("md5").status)
      assert.equal(400, oss:put("md5", "abc", { headers = { "Content-MD5", "no base64" } }).status)
      assert.equal(200, oss:put("md5", "abc", { headers = { "Content-MD5", core.base64(core.md5("abc")) } }).status)
    end)

    it("and keeps the headers that belong to it", function()
      local given = { "Content-Type", "image/png", "Cache-Control", "no-cache", "Content-Disposition", "attachment",
        "Content-Encoding", "identity", "Content-Language", "de", "Expires", "Fri, 28 Feb 2031 05:38:42 GMT",
        "x-oss-meta-author", "alice", "x-oss-storage-class", "IA", "x-oss-tagging", "a=1&b=%20", "x-oss-object-acl",
        "private", "x-oss-server-side-encryption", "AES256", "x-oss-traffic-limit", "819200",
        "x-oss-persistent-headers", "X-Kept:" .. core.base64("for ever") }
      assert.equal(200, oss:put("headers", "x", { headers = given }).status)
      local headers = oss:head("headers").headers
      for _, i in ipairs { 1, 3, 5, 7, 9, 11, 13, 15, 21 } do
        assert.equal(given[i + 1], headers[given[i]:lower()])
      end
      assert.equal("2", headers["x-oss-tagging-count"])
      assert.equal("for ever", headers["x-kept"])
      assert.equal("Normal", headers["x-oss-object-type"])
    end)

    it("without overwriting, when told so", function()
      local forbid = { headers = { "x-oss-forbid-overwrite", "true" } }
      assert.equal(200, oss:put("once", "first", forbid).status)
      local answer = oss:put("once", "second", forbid)
      assert.equal(409, answer.status)
      assert.equal("FileAlreadyExists", client.xml(answer).Code)
      assert.equal("first", oss:get("once").body)
      assert.equal(200, oss:put("once", "third").status)
    end)

    it("unless a header is nonsense", function()
      for code, headers in pairs {
        InvalidArgument = { { "x-oss-object-acl", "mine" }, { "x-oss-storage-class", "Gold" },
          { "x-oss-forbid-overwrite", "maybe" }, { "x-oss-traffic-limit", "1" } },
        InvalidTag = { { "x-oss-tagging", "a=1&a=2" }, { "x-oss-tagging", "a&b&c&d&e&f&g&h&i&j&k" },
          { "x-oss-tagging", "a=$" } },
        InvalidEncryptionAlgorithmError = { { "x-oss-server-side-encryption", "ROT13" } },
        NotImplemented = { { "If-Modified-Since", "Fri, 28 Feb 2031 05:38:42 GMT" } },
        MetadataTooLarge = { { "x-oss-meta-a", ("x"):rep(8200) } },
      } do
        for _, header in ipairs(headers) do
          local answer = oss:put("nonsense", "x", { headers = header })
          assert.equal(400, answer.status)
          assert.equal(code, client.xml(answer).Code)
        end
      end
      assert.equal(404, oss:head("nonsense").status)
    end)
  end)

  describe("gives an object back", function()
    setup(function()
      oss:put("digits", "0123456789")
    end)

    it("in parts", function()
      for range, expected in pairs { ["bytes=0-3"] = "0123", ["bytes=4-"] = "456789", ["bytes=-3"] = "789",
        ["bytes=9-9"] = "9" } do
        local answer = oss:get("digits", { headers = { "Range", range } })
        assert.equal(206, answer.status)
        assert.equal(expected, answer.body)
        assert.is_truthy(answer.headers["content-range"]:find("^bytes %d%-%d/10$"))
      end
    end)

    it("whole when the range cannot be had, unless HTTP's ways are asked for", function()
      local answer = oss:get("digits", { headers = { "Range", "bytes=20-30" } })
      assert.equal(200, answer.status)
      assert.equal("0123456789", answer.body)
      answer = oss:get("digits", { headers = { "Range", "bytes=20-30", "x-oss-range-behavior", "standard" } })
      assert.equal(416, answer.status)
      assert.equal("InvalidRange", client.xml(answer).Code)
      answer = oss:get("digits", { headers = { "Range", "bytes=8-30", "x-oss-range-behavior", "standard" } })
      assert.equal(206, answer.status)
      assert.equal("89", answer.body)
    end)

    it("on conditions", function()
      local etag = oss:head("digits").headers.etag
      local past, future = "Fri, 24 Feb 2012 06:07:48 GMT", "Fri, 28 Feb 2031 05:38:42 GMT"
      for _, case in ipairs {
        { 200, "If-Match", etag }, { 412, "If-Match", '"0"' }, { 304, "If-None-Match", etag },
        { 200, "If-None-Match", '"0"' }, { 304, "If-Modified-Since", future }, { 200, "If-Modified-Since", past },
        { 200, "If-Unmodified-Since", future }, { 412, "If-Unmodified-Since", past },
      } do
        local answer = oss:get("digits", { headers = { case[2], case[3] } })
        assert.equal(case[1], answer.status, case[2] .. ": " .. case[3])
      end
    end)

    it("with headers that the reader chooses", function()
      local answer = oss:get("digits", { query = { "response-content-type", "a/b", "response-content-disposition",
        "inline" } })
      assert.equal("a/b", answer.headers["content-type"])
      assert.equal("inline", answer.headers["content-disposition"])
    end)

    it("as a head", function()
      local answer = oss:head("digits")
      assert.equal(200, answer.status)
      assert.equal("10", answer.headers["content-length"])
      assert.equal(core.crc64("0123456789"), answer.headers["x-oss-hash-crc64ecma"])
    end)

    it("or says that there is none", function()
      local answer = oss:get("nosuch")
      assert.equal(404, answer.status)
      local fields = client.xml(answer)
      assert.equal("NoSuchKey", fields.Code)
      assert.equal("The specified key does not exist.", fields.Message)
      assert.equal("nosuch", fields.Key)
      assert.equal("0026-00000001", fields.EC)
      assert.equal("0026-00000001", answer.headers["x-oss-ec"])
      assert.equal(answer.headers["x-oss-request-id"], fields.RequestId)
      assert.is_truthy(fields.RecommendDoc:find(fields.EC, 1, true))
      assert.equal("127.0.0.1", fields.HostId)
    end)

    it("or says so in a header when it may send no body", function()
      local answer = oss:head("nosuch")
      assert.equal(404, answer.status)
      assert.equal("", answer.body)
      assert.equal("NoSuchKey", client.xml(answer).Code)
    end)

    it("until it is deleted", function()
      oss:put("dir/gone", "x")
      assert.equal(204, oss:request("DELETE", "dir/gone").status)
      assert.equal(404, oss:get("dir/gone").status)
      assert.equal(204, oss:request("DELETE", "dir/gone").status)
    end)
  end)

  describe("takes keys", function()
    local function round_trip(key)
      local answer = oss:put(key, "content of " .. key)
      assert.equal(200, answer.status, key)
      assert.equal("content of " .. key, oss:get(key).body)
    end

    it("that are like each other, each its own object", function()
      local keys = { "a", "a/", "a/b", "a//b", "a/b/", "a%", "a%/b", "a%25", "A", "a+", "a b", "a%20b", "%slash",
        "a/%slash", ".a", "a.", "..a", "a/..", "a/.", "a/../b", "a/./b", "a/...", ("l"):rep(200), ("l"):rep(201),
        ("l"):rep(200) .. "/l", "a.json", "?a", "a?b=c", "#a", "a;b", "a:b", "a*b", "a|b", "a\\b", "ä", "a\204\136",
        "中文/文件.txt", "~a", "'a'", '"a"', "a\tb", "a\127b" }
      for _, key in ipairs(keys) do
        assert.equal(200, oss:put(key, "content of " .. key).status, key)
      end
      for _, key in ipairs(keys) do
        assert.equal("content of " .. key, oss:get(key).body)
      end
    end)

    it("of the greatest length", function()
      round_trip(("k"):rep(1023))
      round_trip(("k/"):rep(511))
      round_trip(("€"):rep(341))
      round_trip(("%"):rep(1023))
      local answer = oss:exchange("PUT /examplebucket/" .. ("k"):rep(1024) .. " HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        .. "Content-Length: 0\r\n\r\n", "PUT")
      assert.equal(400, answer.status)
      assert.equal("InvalidObjectName", client.xml(answer).Code)
    end)

    it("but not those that OSS refuses", function()
      for _, target in ipairs { "/examplebucket//a", "/examplebucket/%5Ca", "/examplebucket/%FF" } do
        local answer = oss:exchange("GET " .. target .. " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "GET")
        assert.equal(400, answer.status, target)
        assert.equal("InvalidObjectName", client.xml(answer).Code)
      end
      local answer = oss:exchange("GET /examplebucket/%zz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "GET")
      assert.equal(400, answer.status)
    end)
  end)

  describe("finds the bucket", function()
    setup(function()
      oss:put("where", "here")
    end)

    it("in the host", function()
      for _, host in ipairs { "examplebucket.oss-cn-hangzhou.aliyuncs.com", "examplebucket.localhost",
        "examplebucket.oss.test:8080", "EXAMPLEBUCKET.x.y" } do
        assert.equal("here", oss:get("where", { host = host }).body, host)
      end
    end)

    it("in the path", function()
      for _, host in ipairs { "127.0.0.1", "localhost:1234", "oss", "[::1]:80" } do
        local bytes = oss:render("GET", "where"):gsub("Host: [^\r]+", "Host: " .. host)
        assert.equal("here", oss:exchange(bytes, "GET").body, host)
      end
    end)

    it("but not behind OSS's own name", function()
      local bytes = oss:render("GET", "where"):gsub("Host: [^\r]+", "Host: oss-cn-hangzhou.aliyuncs.com")
      local answer = oss:exchange(bytes, "GET")
      assert.equal(403, answer.status)
      assert.equal("SecondLevelDomainForbidden", client.xml(answer).Code)
    end)

    it("unless its name is none", function()
      for _, name in ipairs { "ab", "-abc", "abc-", "under_score", ("a"):rep(64), "..", "a.b" } do
        for _, target in ipairs { "/" .. name .. "/key", "/" .. name } do
          local answer = oss:exchange("PUT " .. target .. " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n",
            "PUT")
          assert.equal(400, answer.status, target)
        end
      end
      local answer = oss:exchange("PUT / HTTP/1.1\r\nHost: under_score.oss.test\r\nContent-Length: 0\r\n\r\n", "PUT")
      assert.equal("InvalidBucketName", client.xml(answer).Code)
    end)
  end)

  it("describes a file anew that was changed by hand", function()
    oss:put("by-hand", "as uploaded", { headers = { "x-oss-meta-a", "b" } })
    local file = assert(io.open(oss.server.root .. "/objects/examplebucket/by-hand", "wb"))
    file:write("123456789")
    file:close()
    local answer = oss:get("by-hand")
    assert.equal("123456789", answer.body)
    assert.equal("11051210869376104954", answer.headers["x-oss-hash-crc64ecma"])
    assert.equal('"25F9E794323B453885F5181F1B624D0B"', answer.headers.etag)
  end)

  it("says so when it has no such operation", function()
    local answer = oss:request("GET", "digits", nil, { query = { "acl", "" } })
    assert.equal(501, answer.status)
    assert.equal("NotImplemented", client.xml(answer).Code)
  end)

  it("keeps connections", function()
    local bytes = oss:render("GET", "digits")
    local answer = oss:exchange(bytes, "GET", { again = bytes })
    assert.equal("0123456789", answer.next.body)
  end)
end)
