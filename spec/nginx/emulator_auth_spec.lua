-- The local OSS: signatures.

local core = require "oss.core"
local client = require "spec.nginx.emulator_client"

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return client.json.decode(text)
end

describe("the local OSS", function()
  local oss

  setup(function()
    oss = client.start {
      credentials = {
        { id = "temporary", secret = "temporary-secret", token = "the-token" },
        { id = "expired", secret = "expired-secret", token = "old-token", expires = os.time() - 10 },
        { id = "LTAI5tExampleKeyIdForTest", secret = "ExampleSecret/0123456789+abcdefXYZ" },
        { id = "STS.NExampleTemporaryKeyId", secret = "ExampleTempSecret9876543210zyxw",
          token = "CAISexample/Token+with==specials/1234567890abcdefghijklmnopqrstuvwxyz" },
      },
      cname = { ["static.example.org"] = "examplebucket", ["oss.internal.example"] = false },
    }
    oss:put("object", "content")
  end)

  teardown(function()
    oss:stop()
  end)

  local function refused(answer, status, code)
    assert.equal(status, answer.status)
    local fields = client.xml(answer)
    assert.equal(code, fields.Code, fields.Message)
    return fields
  end

  for _, sign in ipairs { "v4", "v1", "url4", "url1" } do
    local version = sign:find("1") and "v1" or "v4"

    describe("checks a " .. version .. " signature in the " .. (sign:find("url") and "URL" or "header"), function()
      it("over key, query and headers", function()
        local t = { sign = sign, headers = { "Content-Type", "text/plain", "x-oss-meta-a", " b  c ", "Content-MD5",
          core.base64(core.md5("x")) }, query = { "x-oss-traffic-limit", "819200" } }
        assert.equal(200, oss:put("dir/a b+c/äöü?&=%.txt", "x", t).status)
        assert.equal("x", oss:get("dir/a b+c/äöü?&=%.txt", { sign = sign }).body)
      end)

      it("and refuses a wrong secret, showing what it calculated", function()
        local signer = oss:signer { version = version, secret = "wrong" }
        local fields = refused(oss:get("object", { sign = sign, signer = signer }), 403, "SignatureDoesNotMatch")
        assert.equal("0002-00000040", fields.EC)
        assert.equal("emulator", fields.OSSAccessKeyId)
        assert.is_truthy(#fields.SignatureProvided > 10)
        assert.is_truthy(fields.StringToSign:find(version == "v4" and "^OSS4%-HMAC%-SHA256" or "^GET"))
        assert.is_truthy(fields.StringToSignBytes:find("^%x%x %x%x "))
        assert.equal(version == "v4", fields.CanonicalRequest ~= nil)
      end)

      it("and refuses a request that was changed", function()
        local bytes = oss:render("PUT", "object", "x", { sign = sign, headers = { "x-oss-meta-a", "b" } })
        assert.equal(200, oss:exchange(bytes, "PUT").status)
        local count = 0
        for what, by in pairs { ["^PUT"] = "GET", ["/object"] = "/objekt", ["x%-oss%-meta%-a: b"] = "x-oss-meta-a: c",
          ["x%-oss%-meta%-a: b\r\n"] = "" } do
          local changed, n = bytes:gsub(what, by, 1)
          count = count + n
          refused(oss:exchange(changed, "PUT"), 403, "SignatureDoesNotMatch")
        end
        assert.equal(4, count)
        bytes = oss:render("PUT", "object", "x", { sign = sign, query = { "callback", "e30=" } })
        refused(oss:exchange(bytes:gsub("callback=e30", "callback=e40", 1), "PUT"), 403, "SignatureDoesNotMatch")
      end)

      it("and refuses an unknown key", function()
        local signer = oss:signer { version = version, id = "stranger" }
        local fields = refused(oss:get("object", { sign = sign, signer = signer }), 403, "InvalidAccessKeyId")
        assert.equal("stranger", fields.OSSAccessKeyId)
        assert.equal("0002-00000902", fields.EC)
      end)

      it("with a security token", function()
        local function get(t)
          t.version = version
          return oss:get("object", { sign = sign, signer = oss:signer(t) })
        end
        local key = { id = "temporary", secret = "temporary-secret" }
        assert.equal(200, get { id = key.id, secret = key.secret, token = "the-token" }.status)
        refused(get { id = key.id, secret = key.secret, token = "no-token" }, 403, "InvalidSecurityToken")
        refused(get(key), 403, "InvalidAccessKeyId")
        refused(get { id = "expired", secret = "expired-secret", token = "old-token" }, 403, "SecurityTokenExpired")
        refused(get { token = "the-token" }, 403, "InvalidSecurityToken")
      end)
    end)
  end

  describe("looks at its clock", function()
    it("and refuses requests from another time", function()
      for _, version in ipairs { "v1", "v4" } do
        for _, offset in ipairs { -1000, 1000 } do
          local answer = oss:get("object", { sign = version, now = os.time() + offset })
          local fields = refused(answer, 403, "RequestTimeTooSkewed")
          assert.equal("900000", fields.MaxAllowedSkewMilliseconds)
          assert.is_true(math.abs(core.parse_date(fields.RequestTime) - os.time() - offset) < 5)
          assert.is_true(math.abs(core.parse_date(fields.ServerTime) - os.time()) < 5)
          assert.equal("0002-00000504", fields.EC)
        end
        assert.equal(200, oss:get("object", { sign = version, now = os.time() - 800 }).status)
      end
    end)

    it("and refuses URLs that are over", function()
      for _, sign in ipairs { "url1", "url4" } do
        local fields = refused(oss:get("object", { sign = sign, now = os.time() - 100, expires = 50 }), 403,
          "AccessDenied")
        assert.equal("Request has expired.", fields.Message)
        assert.equal("0002-00000069", fields.EC)
        assert.is_truthy(core.parse_date(fields.Expires))
        assert.equal(200, oss:get("object", { sign = sign, now = os.time() - 100, expires = 200 }).status)
      end
      assert.equal(200, oss:get("object", { sign = "url4", now = os.time() + 600 }).status)
      refused(oss:get("object", { sign = "url4", now = os.time() + 1000 }), 403, "AccessDenied")
    end)

    it("which can be set wrong", function()
      local fields = refused(oss:get("object", { extra = "x-emulator-fault: clock=-3600\r\n" }), 403,
        "RequestTimeTooSkewed")
      assert.is_true(math.abs(core.parse_date(fields.ServerTime) - os.time() + 3600) < 5)
      local answer = oss:get("object", { extra = "x-emulator-fault: clock=-3600\r\n", now = os.time() - 3600 })
      assert.equal(200, answer.status)
      assert.is_true(math.abs(core.parse_date(answer.headers.date) - os.time() + 3600) < 5)
    end)
  end)

  describe("refuses", function()
    local function get(head)
      return oss:exchange("GET /examplebucket/object HTTP/1.1\r\nHost: " .. oss.address .. "\r\n" .. head .. "\r\n",
        "GET")
    end

    local function get_query(query)
      return oss:exchange("GET /examplebucket/object?" .. query .. " HTTP/1.1\r\nHost: " .. oss.address .. "\r\n\r\n",
        "GET")
    end

    it("requests without a signature", function()
      local fields = refused(get(""), 403, "AccessDenied")
      assert.equal("0003-00000001", fields.EC)
    end)

    it("two signatures", function()
      local bytes = oss:render("GET", "object", nil, { sign = "url4" })
      refused(oss:exchange(bytes:gsub("\r\n\r\n", "\r\nAuthorization: OSS a:b\r\n\r\n"), "GET"), 400, "InvalidArgument")
    end)

    it("headers that are none", function()
      local today = os.date("!%Y%m%d")
      local scope = today .. "/cn-hangzhou/oss/aliyun_v4_request"
      local rest = "x-oss-content-sha256: UNSIGNED-PAYLOAD\r\nx-oss-date: " .. core.date_iso(os.time()) .. "\r\n"
      for _, case in ipairs {
        { "OSS2 AccessKeyId:a,Signature:b" }, { "OSS abc" }, { "Basic abc" }, { "OSS4-HMAC-SHA256 nonsense" },
        { "OSS4-HMAC-SHA256 Credential=emulator/" .. scope },
        { "OSS4-HMAC-SHA256 Credential=emulator/" .. scope .. ",AdditionalHeaders=,Signature=a", "0002-00000209" },
        { "OSS4-HMAC-SHA256 Credential=emulator/20221220/cn-hangzhou/oss/aliyun_v4_request,Signature=a",
          "0002-00000212" },
        { "OSS4-HMAC-SHA256 Credential=emulator/2022-12-20/cn-hangzhou/oss/aliyun_v4_request,Signature=a",
          "0002-00000212" },
        { "OSS4-HMAC-SHA256 Credential=emulator/" .. today .. "/oss-cn-hangzhou/oss/aliyun_v4_request,Signature=a",
          "0002-00000228" },
        { "OSS4-HMAC-SHA256 Credential=emulator/" .. today .. "/cn-hangzhou/s3/aliyun_v4_request,Signature=a",
          "0002-00000227" },
        { "OSS4-HMAC-SHA256 Credential=emulator/" .. today .. "/cn-hangzhou/oss/abc,Signature=a", "0002-00000213" },
      } do
        local fields = refused(get("Authorization: " .. case[1] .. "\r\n" .. rest), 400, "InvalidArgument")
        if case[2] then
          assert.equal(case[2], fields.EC)
        end
      end
      refused(get("Authorization: OSS4-HMAC-SHA256 Credential=emulator/" .. scope .. ",Signature=a\r\n"
        .. "x-oss-date: " .. core.date_iso(os.time()) .. "\r\n"), 400, "InvalidArgument")
      refused(get("Authorization: OSS4-HMAC-SHA256 Credential=emulator/" .. scope .. ",Signature=a\r\n"
        .. "x-oss-content-sha256: UNSIGNED-PAYLOAD\r\n"), 403, "AccessDenied")
      refused(get("Authorization: OSS emulator:abc\r\n"), 403, "AccessDenied")
      refused(get("Authorization: OSS emulator:abc\r\nDate: yesterday\r\n"), 403, "AccessDenied")
    end)

    it("URLs that are none", function()
      local credential = "emulator%2F" .. os.date("!%Y%m%d") .. "%2Fcn-hangzhou%2Foss%2Faliyun_v4_request"
      local now = core.date_iso(os.time())
      local v4 = "x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-signature=a&x-oss-credential="
      refused(get_query("OSSAccessKeyId=emulator&Signature=a"), 403, "AccessDenied")
      refused(get_query("OSSAccessKeyId=emulator&Signature=a&Expires=soon"), 403, "AccessDenied")
      refused(get_query(v4 .. credential .. "&x-oss-date=" .. now), 400, "InvalidArgument")
      refused(get_query(v4 .. credential .. "&x-oss-date=" .. now .. "&x-oss-expires=691200"), 400, "InvalidArgument")
      refused(get_query(v4 .. credential .. "&x-oss-expires=60"), 403, "AccessDenied")
      refused(get_query(v4 .. "nobody&x-oss-date=" .. now .. "&x-oss-expires=60"), 400, "InvalidArgument")
    end)
  end)

  describe("lets the public", function()
    local function get(key, method)
      return oss:exchange((method or "GET") .. " /examplebucket/" .. key .. " HTTP/1.1\r\nHost: " .. oss.address
        .. "\r\nContent-Length: 1\r\n\r\nx", method or "GET")
    end

    it("read what is public", function()
      oss:put("public", "seen by all", { headers = { "x-oss-object-acl", "public-read" } })
      assert.equal("seen by all", get("public").body)
      assert.equal(403, get("public", "PUT").status)
      assert.equal(403, get("object").status)
    end)

    it("write what is public", function()
      oss:put("board", "", { headers = { "x-oss-object-acl", "public-read-write" } })
      assert.equal(200, get("board", "PUT").status)
    end)
  end)

  describe("believes the signatures of other clients:", function()
    local function replay(vector)
      local target = vector.url:match("^https?://[^/]+(.*)$")
      local host = vector.url:match("^https?://([^/]+)")
      local lines, length = {}, 0
      for i = 1, #vector.headers, 2 do
        if vector.headers[i]:lower() == "content-length" then
          length = tonumber(vector.headers[i + 1])
        elseif vector.headers[i]:lower() ~= "transfer-encoding" then
          lines[#lines + 1] = vector.headers[i] .. ": " .. vector.headers[i + 1] .. "\r\n"
        end
      end
      return ("%s %s HTTP/1.1\r\nHost: %s\r\n%sContent-Length: %d\r\nx-emulator-fault: clock=%d\r\n\r\n%s"):format(
        vector.method, target, host, table.concat(lines), length, vector.now - os.time(), ("x"):rep(length))
    end

    -- The bytes that were sent are not in the vectors, so that an upload may end with another error; the signature
    -- is what counts.
    local function signed_code(answer)
      return answer.status == 403 and client.xml(answer).Code or "signed"
    end

    for _, file in ipairs { "ali-oss", "debian-go" } do
      local count = 0
      for _, vector in ipairs(read("spec/vectors/" .. file .. ".json")) do
        local usable = vector.region == "cn-hangzhou" and vector.kind ~= "post" and not vector.target_differs
          and vector.bucket == "examplebucket" and not (file == "debian-go" and vector.token)
        if usable then
          count = count + 1
          it(file .. " " .. vector.name, function()
            local bytes = replay(vector)
            assert.equal("signed", signed_code(oss:exchange(bytes, vector.method)))
            local signature = vector.expected.signature
            local wrong = (signature:sub(1, 1) == "a" and "b" or "a") .. signature:sub(2)
            local function on_wire(text)
              return (core.percent(text):gsub("[%^$()%%.%[%]*+?-]", "%%%0"))
            end
            local changed, n = bytes:gsub("([=:])" .. (signature:gsub("[+]", "%%%0")), "%1" .. wrong)
            if n == 0 then
              changed, n = bytes:gsub(on_wire(signature), (core.percent(wrong):gsub("%%", "%%%%")))
            end
            assert.equal(1, n)
            assert.equal("SignatureDoesNotMatch", signed_code(oss:exchange(changed, vector.method)))
          end)
        end
      end

      it("all that " .. file .. " has", function()
        assert.is_true(count >= (file == "ali-oss" and 60 or 7), "only " .. count)
      end)
    end
  end)
end)
