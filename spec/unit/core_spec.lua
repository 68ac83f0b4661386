-- The C module by itself: arguments, hygiene, lifetimes.

local core = require "oss.core"

local now = 1702743657

local function request(changes)
  local r = {
    method = "PUT", scheme = "https", host = "bucket.oss-cn-hangzhou.aliyuncs.com",
    bucket = "bucket", key = "a b", headers = { "Content-Type", "text/plain" },
  }
  for name, value in pairs(changes or {}) do
    r[name] = value
  end
  return r
end

local function signer(changes)
  local options = { version = "v4", id = "ak", secret = "sk", region = "cn-hangzhou" }
  for name, value in pairs(changes or {}) do
    options[name] = value
  end
  return core.signer(options)
end

local function raises(pattern, f, ...)
  local fine, message = pcall(f, ...)
  assert.is_false(fine)
  assert.matches(pattern, message)
end

describe("encodings", function()
  it("turn bytes into text and back", function()
    local all = {}
    for i = 0, 255 do
      all[#all + 1] = string.char(i)
    end
    all = table.concat(all)
    assert.equal(all, core.unbase64(core.base64(all)))
    assert.equal(all, core.unpercent(core.percent(all)))
    assert.equal("a%20b%2Fc", core.percent("a b/c"))
    assert.equal("a%20b/c", core.percent("a b/c", true))
    assert.equal("00ff", core.hex("\0\255"))
    assert.equal('"a\\"b/&\\n"', core.json_string('a"b/&\n'))
  end)

  it("say what is broken", function()
    for _, broken in ipairs { "A", "AA==A", "A\nAA", "AB==" } do
      local text, message = core.unbase64(broken)
      assert.is_nil(text)
      assert.is_string(message)
    end
    assert.is_nil((core.unpercent("%4")))
    assert.is_nil((core.json_string("\255")))
  end)

  it("take strings only", function()
    for _, name in ipairs { "base64", "unbase64", "hex", "percent", "unpercent", "json_string" } do
      for _, wrong in ipairs { 5, true, {} } do
        raises("string expected", core[name], wrong)
      end
      raises("string expected", core[name])
    end
  end)

  it("compare secrets", function()
    assert.is_true(core.equal("abc", "abc"))
    assert.is_false(core.equal("abc", "abd"))
    assert.is_false(core.equal("abc", "ab"))
    raises("string expected", core.equal, "1", 1)
  end)
end)

describe("digests", function()
  it("are the known ones", function()
    assert.equal("900150983cd24fb0d6963f7d28e17f72", core.hex(core.md5("abc")))
    assert.equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      core.hex(core.sha256("abc")))
    assert.equal("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
      core.hex(core.hmac_sha1("Jefe", "what do ya want for nothing?")))
    assert.equal("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
      core.hex(core.hmac_sha256("Jefe", "what do ya want for nothing?")))
    assert.equal(20, #core.hmac_sha1("", ""))
  end)

  it("take data in pieces", function()
    local md5 = core.md5_new()
    assert.equal(md5, md5:update("a"))
    assert.equal(core.md5("abc"), md5:update("bc"):final())
    raises("given its result", md5.final, md5)
    raises("given its result", md5.update, md5, "x")
    raises("oss.md5", md5.update, core.crc64_new(), "x")
    local crc = core.crc64_new()
    assert.equal("0", crc:value())
    assert.equal(core.crc64("abc"), crc:update("a"):update("bc"):value())
    raises("oss.crc64", crc.value, md5)
  end)
end)

describe("CRC-64", function()
  it("crosses the border in decimal", function()
    assert.equal("11051210869376104954", core.crc64("123456789"))
    assert.equal("11051210869376104954", core.crc64("56789", core.crc64("1234")))
    assert.equal("18446744073709551615", core.crc64("", "18446744073709551615"))
    for _, wrong in ipairs { "", "x", "-1", "1 ", "18446744073709551616", "99999999999999999999" } do
      raises("decimal string", core.crc64, "", wrong)
    end
    raises("string expected", core.crc64, "", 1)
    raises("whole number", core.crc64_combine, "1", "2", 0.5)
    raises("whole number", core.crc64_combine, "1", "2", -1)
    raises("whole number", core.crc64_combine, "1", "2", 0 / 0)
    raises("whole number", core.crc64_combine, "1", "2", math.huge)
  end)
end)

describe("dates", function()
  it("are written and read", function()
    assert.equal("20231216T162057Z", core.date_iso(now))
    assert.equal("20231216T162057Z", core.date_iso(now + 0.0))
    assert.equal("20231216T162057Z", core.date_iso(now + 0.9))
    assert.equal("Sat, 16 Dec 2023 16:20:57 GMT", core.date_http(now))
    assert.equal(now, core.parse_date("20231216T162057Z"))
    assert.equal(now, core.parse_date("2023-12-16T16:20:57.000Z"))
    assert.equal(now, core.parse_date("Sat, 16 Dec 2023 16:20:57 GMT"))
    assert.equal(253402300799, core.parse_date("99991231T235959Z"))
    assert.equal("1702743657", string.format("%d", core.parse_date("20231216T162057Z")))
  end)

  it("have limits", function()
    for _, wrong in ipairs { -1, 253402300800, 1e300, -1e300, 0 / 0, math.huge, -math.huge } do
      assert.is_nil((core.date_iso(wrong)))
      assert.is_nil((core.date_http(wrong)))
    end
    local seconds, message = core.parse_date("yesterday")
    assert.is_nil(seconds)
    assert.is_string(message)
    raises("number expected", core.date_iso, "today")
    raises("string expected", core.parse_date, 5)
  end)
end)

describe("requests", function()
  it("are rendered", function()
    local url, head = core.render(request { query = { "acl", "", "x", "a b" } })
    assert.equal("https://bucket.oss-cn-hangzhou.aliyuncs.com/a%20b?acl&x=a%20b", url)
    assert.equal("Content-Type: text/plain\r\n", head)
    url = core.render(request { path_style = true, host = "127.0.0.1:9000" })
    assert.equal("https://127.0.0.1:9000/bucket/a%20b", url)
  end)

  it("are refused with the name of the field", function()
    for field, wrong in pairs {
      method = "put", scheme = "ftp", host = "a/b", bucket = "B", key = "/a",
      query = { "a", "b\r" }, headers = { "A B", "x" },
    } do
      for _, f in ipairs { core.render, signer().sign } do
        local url, message
        if f == core.render then
          url, message = f(request { [field] = wrong })
        else
          url, message = f(signer(), request { [field] = wrong }, now)
        end
        assert.is_nil(url)
        assert.matches("^" .. field, message)
      end
    end
  end)

  it("never carry CR, LF or NUL", function()
    for _, byte in ipairs { "\r", "\n", "\0" } do
      for _, r in ipairs {
        { method = "PUT" .. byte }, { scheme = "https" .. byte }, { host = "a" .. byte },
        { bucket = "bucket" .. byte }, { key = "a" .. byte .. "b" },
        { query = { "a" .. byte, "" } }, { query = { "a", byte } },
        { headers = { "A" .. byte, "b" } }, { headers = { "A", "b" .. byte .. "Evil: 1" } },
        { headers = { "A", byte } },
      } do
        assert.is_nil((core.render(request(r))))
        assert.is_nil((signer():sign(request(r), now)))
        assert.is_nil((signer():presign(request(r), now, 60)))
        assert.is_nil((signer { version = "v1" }:sign(request(r), now)))
      end
      for _, field in ipairs { "id", "secret", "token", "region", "product" } do
        local s, message = signer { [field] = "a" .. byte }
        assert.is_nil(s)
        assert.matches("^" .. field, message)
      end
    end
    local _, message = core.render(request { headers = { "X-Oss-Meta-A", "b\n" } })
    assert.equal("header X-Oss-Meta-A: CR, LF and NUL are not allowed", message)
  end)

  it("have the right types", function()
    raises("table expected", core.render)
    raises("method: string expected, got nil", core.render, {})
    raises("host: string expected, got number", core.render, request { host = 1 })
    raises("key: string expected, got boolean", core.render, request { key = true })
    raises("headers: table expected, got string", core.render, request { headers = "A: b" })
    raises("headers: list", core.render, request { headers = { "A" } })
    raises("headers%[2%]: string expected, got number", core.render, request { headers = { "A", 1 } })
    raises("query%[1%]: string expected", core.render, request { query = { {}, "" } })
    local many = {}
    for i = 1, 258 do
      many[i] = "a"
    end
    raises("at most 128", core.render, request { headers = many })
  end)

  it("may come from tables that make their fields", function()
    local made = setmetatable({}, { __index = function(_, name)
      collectgarbage()
      local value = request()[name]
      return type(value) == "string" and value .. "" or value
    end })
    assert.equal("https://bucket.oss-cn-hangzhou.aliyuncs.com/a%20b", (core.render(made)))
    assert.equal((signer():sign(request(), now)), (signer():sign(made, now)))
  end)
end)

describe("a signer", function()
  it("needs its options", function()
    raises("table expected", core.signer)
    raises('version: "v4" or "v1" expected', signer, { version = "v2" })
    raises("id: string expected", signer, { id = 1 })
    raises("additional_headers: list of strings", signer, { additional_headers = "host" })
    raises("additional_headers: list of strings", signer, { additional_headers = { 1 } })
    assert.is_nil((core.signer { version = "v4" }))
    local s, message = core.signer { version = "v4", id = "ak", secret = "sk" }
    assert.is_nil(s)
    assert.matches("^region", message)
    assert.is_truthy(core.signer { version = "v1", id = "ak", secret = "sk" })
  end)

  it("takes a region with oss- in front", function()
    assert.equal("ak/20231216/cn-hangzhou/oss/aliyun_v4_request",
      signer { region = "oss-cn-hangzhou" }:credential(now))
    assert.equal("ak/20231216/cb-1/oss-cloudbox/aliyun_v4_request",
      signer { region = "cb-1", product = "oss-cloudbox" }:credential(now))
  end)

  it("replaces its own headers", function()
    local plain = { signer():sign(request(), now) }
    local headers = { "authorization", "x", "X-Oss-Date", "x", "Content-Type", "text/plain",
      "x-oss-content-sha256", "x", "x-oss-security-token", "x" }
    assert.same(plain, { signer():sign(request { headers = headers }, now) })
    local url = signer():presign(request(), now, 60)
    local query = { "x-oss-signature", "x", "x-oss-credential", "x", "x-oss-expires", "x",
      "x-oss-security-token", "x", "x-oss-additional-headers", "x", "x-oss-date", "x",
      "x-oss-signature-version", "x" }
    assert.equal(url, (signer():presign(request { query = query }, now, 60)))
    local v1 = signer { version = "v1" }
    url = v1:presign(request(), now, 60)
    query = { "Signature", "x", "OSSAccessKeyId", "x", "Expires", "x", "security-token", "x" }
    assert.equal(url, (v1:presign(request { query = query }, now, 60)))
  end)

  it("of version 1 takes the date that the request has", function()
    local v1 = signer { version = "v1" }
    local function date_line(headers)
      local stages = assert(v1:stages(request { headers = headers }, now))
      return stages.string_to_sign:match("^PUT\n\n\n([^\n]*)\n")
    end
    assert.equal("Sat, 16 Dec 2023 16:20:57 GMT", date_line {})
    assert.equal("a date", date_line { "DATE", "a date" })
    assert.equal("another", date_line { "date", "a date", "X-Oss-Date", "another" })
    local _, head = v1:sign(request { headers = { "date", "a date" } }, now)
    assert.is_nil(head:find("Date:", 1, true))
  end)

  it("of version 1 signs the sub-resources, sorted by name", function()
    local v1 = signer { version = "v1" }
    local names = { "acl", "append", "bucketInfo", "callback-var", "callback", "cloudboxes", "comp",
      "continuation-token", "cors", "delete", "encryption", "endTime", "inventory", "inventoryId",
      "lifecycle", "live", "location", "logging", "metaQuery", "objectMeta", "partNumber", "policy",
      "policyStatus", "position", "qos", "referer", "regionList", "replication",
      "replicationLocation", "replicationProgress", "requestPayment", "resourceGroup",
      "response-cache-control", "response-content-disposition", "response-content-encoding",
      "response-content-language", "response-content-type", "response-expires", "restore",
      "security-token", "sequential", "startTime", "stat", "status", "style", "styleName",
      "symlink", "tagging", "transferAcceleration", "uploadId", "uploads", "versionId",
      "versioning", "versions", "vod", "website", "worm", "wormExtend", "wormId", "cname", "img",
      "accessPoint", "accessPointPolicy", "asyncFetch", "bucketArchiveDirectRead", "httpsConfig",
      "processConfiguration", "publicAccessBlock", "qosInfo", "redundancyTransition", "seal", "udf",
      "udfApplication", "udfApplicationLog", "udfImage", "udfImageDesc", "udfName", "vip", "vpcip",
      "x-oss-process", "x-oss-traffic-limit", "x-oss-anything" }
    for _, name in ipairs(names) do
      local stages = assert(v1:stages(request { query = { name, "a/b c" } }, now))
      assert.equal("/bucket/a b?" .. name .. "=a/b c", stages.string_to_sign:match("[^\n]*$"))
    end
    for _, name in ipairs { "encoding-type", "prefix", "marker", "max-parts", "Acl", "ac", "acls",
      "callback-va", "x-oss", "zzz", "AAA" } do
      local stages = assert(v1:stages(request { query = { name, "1" } }, now))
      assert.equal("/bucket/a b", stages.string_to_sign:match("[^\n]*$"))
    end
    local stages = assert(v1:stages(request {
      query = { "callback-var", "v", "uploads", "", "callback", "c", "prefix", "p" },
    }, now))
    assert.equal("/bucket/a b?callback=c&callback-var=v&uploads", stages.string_to_sign:match("[^\n]*$"))
  end)

  it("bounds the life of a URL", function()
    local s = signer()
    assert.is_string((s:presign(request(), now, 604800)))
    for _, wrong in ipairs { 0, -1, 604801, 0 / 0, math.huge } do
      local url, message = s:presign(request(), now, wrong)
      assert.is_nil(url)
      assert.matches("^expires", message)
    end
    raises("number expected", s.presign, s, request(), now)
    assert.is_string((signer { version = "v1" }:presign(request(), now, 604801)))
  end)

  it("refuses times that are no dates", function()
    for _, wrong in ipairs { -1, 1e13, 0 / 0 } do
      for _, s in ipairs { signer(), signer { version = "v1" } } do
        local url, message = s:sign(request(), wrong)
        assert.is_nil(url)
        assert.matches("^now", message)
      end
      assert.is_nil((signer():policy("e30=", wrong)))
      assert.is_nil((signer():credential(wrong)))
    end
    assert.is_nil((signer { version = "v1" }:credential(now)))
  end)

  it("does not tell its secrets", function()
    local s = signer { secret = "topsecret", token = "toptoken", id = "topid" }
    assert.is_nil(tostring(s):find("top", 1, true))
    assert.matches("^oss%.signer", tostring(s))
  end)

  it("is freed once, whoever asks", function()
    local s = signer()
    local close = getmetatable(s).__gc
    close(s)
    close(s)
    raises("closed", s.sign, s, request(), now)
    assert.matches("closed", tostring(s))
    raises("oss.signer", close, 5)
    raises("oss.signer", s.sign, core.crc64_new(), request(), now)
    for _ = 1, 200 do
      signer():sign(request(), now)
    end
    collectgarbage()
  end)
end)

describe("RSA", function()
  it("signs and checks with keys of any size", function()
    for _, bits in ipairs { 512, 513, 1024 } do
      local private, public = assert(core.rsa_generate(bits))
      local signature = assert(core.rsa_sign_md5(private, "text"))
      assert.equal(math.ceil(bits / 8), #signature)
      assert.is_true(core.rsa_verify_md5(public, "text", signature))
      assert.is_false(core.rsa_verify_md5(public, "Text", signature))
    end
  end)

  it("says when a key is not usable", function()
    local _, message = core.rsa_verify_md5("no key", "", "")
    assert.matches("RSA key", message)
    assert.is_nil((core.rsa_sign_md5("no key", "")))
    local private = assert(core.rsa_generate(512))
    assert.is_nil((core.rsa_verify_md5(private, "", "")))
    raises("512 to 8192", core.rsa_generate, 511)
    raises("512 to 8192", core.rsa_generate, 8193)
    raises("512 to 8192", core.rsa_generate, 0 / 0)
  end)

  -- An encrypted key must not make the library ask for a password.
  it("does not ask for passwords", function()
    assert.is_nil((core.rsa_sign_md5([[
-----BEGIN RSA PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED
DEK-Info: AES-128-CBC,0123456789ABCDEF0123456789ABCDEF

AAAAAAAAAAAAAAAAAAAAAA==
-----END RSA PRIVATE KEY-----
]], "text")))
  end)

  -- The policy of a machine that allows approved algorithms only.
  it("checks callbacks also where the library refuses MD5 and short keys", function()
    local conf = os.tmpname()
    local script = os.tmpname()
    local file = assert(io.open(conf, "w"))
    file:write("openssl_conf = init\n[init]\nalg_section = algs\nssl_conf = ssl\n",
      "[algs]\ndefault_properties = fips=yes\n[ssl]\nsystem_default = s\n",
      "[s]\nCipherString = DEFAULT@SECLEVEL=5\n")
    file:close()
    file = assert(io.open(script, "w"))
    file:write([[
local core = require "oss.core"
local key = "-----BEGIN PUBLIC KEY-----\n"
  .. "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKs/JBGzwUB2aVht4crBx3oIPBLNsjGs\n"
  .. "C0fTXv+nvlmklvkcolvpvXLTjaxUHR3W9LXxQ2EHXAJfCB+6H2YF1k8CAwEAAQ==\n"
  .. "-----END PUBLIC KEY-----\n"
local signature = core.unbase64("kKQeGTRccDKyHB3H9vF+xYMSrmhMZjzzl2/"
  .. "kdD1ktNVgbWEfYTQG0G2SU/RaHBovRCE8OkQDjC3uG33esH2txA==")
print(core.rsa_verify_md5(key, "/index.php?id=1&index=2\nbucket=yonghu-test", signature),
  core.rsa_verify_md5(key, "x", signature), (core.sha256("x")))
]])
    file:close()
    local lua = arg[-1]
    for i = -1, -20, -1 do
      lua = arg[i] or lua
    end
    local pipe = assert(io.popen("OPENSSL_CONF=" .. conf .. " " .. lua .. " " .. script .. " 2>&1"))
    local output = pipe:read("*a")
    pipe:close()
    os.remove(conf)
    os.remove(script)
    assert.matches("true%s+false%s+nil", output)
  end)
end)
