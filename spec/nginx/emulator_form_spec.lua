-- The local OSS: forms.

local core = require "oss.core"
local client = require "spec.nginx.emulator_client"

describe("the local OSS", function()
  local oss

  setup(function()
    oss = client.start {
      credentials = { { id = "temporary", secret = "temporary-secret", token = "the-token" } },
    }
  end)

  teardown(function()
    oss:stop()
  end)

  local picture = { name = "cat.jpg", type = "image/jpeg", content = "a picture\r\n--not the end\r\n" }

  local function refused(answer, status, code, ec)
    assert.equal(status, answer.status, answer.body)
    local fields = client.xml(answer)
    assert.equal(code, fields.Code, fields.Message)
    if ec then
      assert.equal(ec, fields.EC)
    end
    return fields
  end

  local function field(fields, name)
    for _, pair in ipairs(fields) do
      if pair[1] == name then
        return pair
      end
    end
  end

  for _, version in ipairs { "v1", "v4" } do
    describe("takes a form signed with " .. version, function()
      it("and stores its file", function()
        local answer = oss:post(oss:form("user/eric/${filename}", { version = version,
          conditions = { { "starts-with", "$key", "user/eric/" } } }), picture)
        assert.equal(204, answer.status)
        assert.equal(core.base64(core.md5(picture.content)), answer.headers["content-md5"])
        assert.equal(core.crc64(picture.content), answer.headers["x-oss-hash-crc64ecma"])
        local stored = oss:get("user/eric/cat.jpg")
        assert.equal(picture.content, stored.body)
        assert.equal("image/jpeg", stored.headers["content-type"])
        assert.equal(answer.headers.etag, stored.headers.etag)
        assert.are_not.equal('"' .. core.hex(core.md5(picture.content)):upper() .. '"', stored.headers.etag)
      end)

      it("unless its signature is wrong", function()
        local fields = oss:form("k", { version = version, signer = oss:signer { version = version, secret = "wrong" } })
        local said = refused(oss:post(fields, picture), 403, "SignatureDoesNotMatch")
        assert.equal(field(fields, "policy")[2], said.StringToSign)
      end)

      it("unless its policy was changed", function()
        local fields = oss:form("k", { version = version })
        field(fields, "policy")[2] = core.base64('{"expiration":"2099-01-01T00:00:00.000Z","conditions":[{"a":"b"}]}')
        refused(oss:post(fields, picture), 403, "SignatureDoesNotMatch")
      end)

      it("unless its policy is over", function()
        local said = refused(oss:post(oss:form("k", { version = version, expires = -10 }), picture), 403,
          "AccessDenied", "0006-00000213")
        assert.equal("Invalid according to Policy: Policy expired.", said.Message)
      end)

      it("unless one field of the signature is missing", function()
        for _, name in ipairs(version == "v1" and { "OSSAccessKeyId", "policy", "Signature" }
          or { "policy", "x-oss-signature", "x-oss-credential", "x-oss-date", "x-oss-signature-version" }) do
          local fields = oss:form("k", { version = version })
          field(fields, name)[1] = "x-other"
          refused(oss:post(fields, picture), 400, "InvalidArgument")
        end
      end)

      it("with a security token", function()
        local function post(token)
          local t = { version = version, id = "temporary", signer = oss:signer { version = version, id = "temporary",
            secret = "temporary-secret", token = "the-token" }, fields = {} }
          if token then
            t.fields[1] = { "x-oss-security-token", token }
          end
          return oss:post(oss:form("token", t), picture)
        end
        assert.equal(204, post("the-token").status)
        refused(post("no-token"), 403, "InvalidSecurityToken")
        refused(post(nil), 403, "InvalidAccessKeyId")
      end)
    end)
  end

  describe("checks a V4 form's", function()
    it("date", function()
      refused(oss:post(oss:form("k", { now = os.time() + 1000 }), picture), 403, "RequestTimeTooSkewed")
      refused(oss:post(oss:form("k", { now = os.time() - 700000, expires = 800000 }), picture), 403,
        "RequestTimeTooSkewed")
      assert.equal(204, oss:post(oss:form("k", { now = os.time() - 86400, expires = 90000 }), picture).status)
    end)

    it("policy for the conditions that it must have", function()
      for _, name in ipairs { "x-oss-signature-version", "x-oss-credential", "x-oss-date" } do
        refused(oss:post(oss:form("k", { drop = name }), picture), 400, "InvalidPolicyDocument")
      end
    end)
  end)

  describe("holds a form to its policy:", function()
    local function post(conditions, fields, key, file)
      return oss:post(oss:form(key or "k", { conditions = conditions, fields = fields }), file or picture)
    end

    it("every field that it names", function()
      local callback = core.base64('{"callbackUrl":"http://127.0.0.1:1/","callbackBody":"a=b"}')
      for _, case in ipairs {
        { { { ["x-oss-meta-a"] = "b" } }, { { "x-oss-meta-a", "b" } }, { { "x-oss-meta-a", "c" } } },
        { { { "eq", "$success_action_status", "201" } }, { { "success_action_status", "201" } },
          { { "success_action_status", "200" } } },
        { { { "starts-with", "$x-oss-meta-a", "ab" } }, { { "x-oss-meta-a", "abc" } }, { { "x-oss-meta-a", "ba" } } },
        { { { "in", "$x-oss-object-acl", { "private", "default" } } }, { { "x-oss-object-acl", "private" } },
          { { "x-oss-object-acl", "public-read" } } },
        { { { "not-in", "$cache-control", { "no-cache" } } }, { { "Cache-Control", "max-age=1" } },
          { { "Cache-Control", "no-cache" } } },
        { { { ["x:uid"] = "5" } }, { { "x:uid", "5" } }, { { "x:uid", "6" } } },
        { { { ["x-oss-forbid-overwrite"] = "false" } }, { { "x-oss-forbid-overwrite", "false" } }, {} },
      } do
        assert.is_truthy(post(case[1], case[2]).status < 300)
        local said = refused(post(case[1], case[3]), 403, "AccessDenied", "0006-00000227")
        assert.is_truthy(said.Message:find("^Invalid according to Policy: Policy Condition failed: %["))
      end
      local pinned = { { callback = callback } }
      assert.equal(203, post(pinned, { { "callback", callback } }).status)
      refused(post(pinned, { { "callback", callback:sub(1, -5) } }), 403, "AccessDenied")
      refused(post(pinned, {}), 403, "AccessDenied")
    end)

    it("its key, before the file's name is put in", function()
      local conditions = { { "starts-with", "$key", "user/" } }
      assert.equal(204, post(conditions, {}, "user/${filename}").status)
      refused(post(conditions, {}, "other/${filename}"), 403, "AccessDenied")
      refused(post({ { key = "user/cat.jpg" } }, {}, "user/${filename}"), 403, "AccessDenied")
    end)

    it("its bucket", function()
      local bytes = oss:render_form(oss:form("k"), picture):gsub("POST /examplebucket", "POST /otherbucket")
      refused(oss:exchange(bytes, "POST"), 403, "AccessDenied")
    end)

    it("its size", function()
      local range = { { "content-length-range", 5, 10 } }
      local function sized(n)
        return post(range, {}, "k", { content = ("x"):rep(n) })
      end
      assert.equal(204, sized(5).status)
      assert.equal(204, sized(10).status)
      refused(sized(4), 400, "EntityTooSmall", "0006-00000004")
      refused(sized(11), 400, "EntityTooLarge", "0006-00000003")
    end)

    it("its own form", function()
      local later = '"2099-01-01T00:00:00.000Z"'
      for ec, policy in pairs {
        ["0006-00000206"] = "nonsense",
        ["0006-00000207"] = '{"expiration":' .. later .. "}",
        ["0006-00000208"] = '{"conditions":[{"a":"b"}]}',
        ["0006-00000209"] = "{}",
        ["0006-00000210"] = '{"expiration":123,"conditions":[{"a":"b"}]}',
        ["0006-00000211"] = '{"expiration":"","conditions":[{"a":"b"}]}',
        ["0006-00000212"] = '{"expiration":"2099-01-01 00:00:00","conditions":[{"a":"b"}]}',
        ["0006-00000214"] = '{"expiration":' .. later .. ',"conditions":123}',
        ["0006-00000216"] = '{"expiration":' .. later .. ',"conditions":[["$key"]]}',
        ["0006-00000218"] = '{"expiration":' .. later .. ',"conditions":[["starts-with","$key","a","b"]]}',
        ["0006-00000221"] = '{"expiration":' .. later .. ',"conditions":[["content-length-range",10,"test"]]}',
        ["0006-00000222"] = '{"expiration":' .. later .. ',"conditions":[123]}',
      } do
        refused(oss:post(oss:form("k", { version = "v1", policy = policy }), picture), 400, "InvalidPolicyDocument", ec)
      end
    end)
  end)

  describe("answers a form", function()
    local function post(fields)
      return oss:post(oss:form("dir/a b", { fields = fields }), picture)
    end

    it("with the status that it asks for", function()
      assert.equal(204, post({ { "success_action_status", "299" } }).status)
      local answer = post({ { "success_action_status", "200" } })
      assert.equal(200, answer.status)
      assert.equal("", answer.body)
      answer = post({ { "success_action_status", "201" } })
      assert.equal(201, answer.status)
      local fields = client.xml(answer)
      assert.equal("PostResponse", fields.root)
      assert.equal("dir/a b", fields.Key)
      assert.equal(answer.headers.etag, fields.ETag)
      assert.equal(oss.server.url .. "/examplebucket/dir/a%20b", fields.Location)
    end)

    it("with a redirect", function()
      local answer = post({ { "success_action_redirect", "http://example.com/done?a=b" } })
      assert.equal(303, answer.status)
      assert.is_truthy(answer.headers.location:find("^http://example.com/done%?a=b&bucket=examplebucket"
        .. "&key=dir%%2Fa%%20b&etag=%%22%x+%%22$"))
    end)

    it("with what its callback's service said", function()
      local fields = oss:form("called", { fields = { { "success_action_status", "200" }, { "x:uid", "a/b c" },
        { "callback", core.base64(client.json.encode { callbackUrl = oss.service_url,
          callbackBody = "key=${object}&uid=${x:uid}&none=${x:none}&op=${operation}&md5=${contentMd5}" }) } } })
      local answer = oss:post(fields, picture, { service = function(request)
        return { got = request.body }
      end })
      assert.equal(200, answer.status)
      assert.equal("key=called&uid=a%2Fb%20c&none=&op=PostObject&md5=" .. core.percent(answer.headers["content-md5"]),
        client.json.decode(answer.body).got)
    end)

    it("with 203 when the callback failed; the file is stored", function()
      local fields = oss:form("call-failed", { fields = { { "callback", core.base64(client.json.encode {
        callbackUrl = oss.service_url, callbackBody = "a=b" }) } } })
      local answer = oss:post(fields, picture, { service = function()
        return "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"
      end })
      refused(answer, 203, "CallbackFailed")
      assert.equal(picture.content, oss:get("call-failed").body)
    end)

    it("with an error when the callback is wrong; nothing is stored", function()
      local fields = oss:form("call-wrong", { fields = { { "callback", "e30=" } } })
      refused(oss:post(fields, picture), 400, "InvalidArgument", "0007-00000004")
      assert.equal(404, oss:head("call-wrong").status)
    end)
  end)

  describe("refuses", function()
    it("what is no form", function()
      refused(oss:post({}, nil, { content_type = "text/plain", body = "x" }), 400, "RequestIsNotMultiPartContent")
      refused(oss:post({}, nil, { content_type = "multipart/form-data", body = "x" }), 400, "MalformedPOSTRequest")
      refused(oss:post({}, nil, { body = "nonsense" }), 400, "MalformedPOSTRequest")
    end)

    it("a form that is cut off", function()
      local whole = oss:render_form(oss:form("cut"), picture):match("\r\n\r\n(.*)$")
      for _, length in ipairs { 30, 100, 200, whole:find("a picture", 1, true) + 4 } do
        local answer = oss:post({}, nil, { body = whole:sub(1, length) })
        assert.equal(400, answer.status)
      end
      assert.equal(404, oss:head("cut").status)
    end)

    it("a form without a file, or without a key", function()
      refused(oss:post(oss:form("k"), nil), 400, "IncorrectNumberOfFilesInPOSTRequest")
      refused(oss:post(oss:form(""), picture), 400, "InvalidArgument")
    end)

    it("fields that are too long", function()
      refused(oss:post(oss:form("k", { fields = { { ("n"):rep(9000), "" } } }), picture), 400, "FieldItemTooLong")
      refused(oss:post(oss:form("k", { fields = { { "a", ("v"):rep(2200000) } } }), picture), 400, "FieldItemTooLong")
    end)

    it("nobody's form, unless the bucket is public", function()
      refused(oss:post({ { "key", "k" } }, picture), 403, "AccessDenied")
      oss:request("PUT", nil, "", { bucket = "public-board", headers = { "x-oss-acl", "public-read-write" } })
      local bytes = oss:render_form({ { "key", "k" } }, picture):gsub("POST /examplebucket", "POST /public-board")
      assert.equal(204, oss:exchange(bytes, "POST").status)
    end)

    it("a wrong MD5 of the form", function()
      refused(oss:post(oss:form("k"), picture, { extra = "Content-MD5: " .. core.base64(core.md5("x")) .. "\r\n" }),
        400, "InvalidDigest")
    end)
  end)

  it("takes the type of the file from where OSS takes it", function()
    local function stored(fields, file)
      assert.equal(204, oss:post(oss:form("typed", { fields = fields }), file).status)
      return oss:head("typed").headers["content-type"]
    end
    assert.equal("a/x", stored({ { "x-oss-content-type", "a/x" }, { "Content-Type", "a/y" } }, picture))
    assert.equal("image/jpeg", stored({ { "Content-Type", "a/y" } }, picture))
    assert.equal("a/y", stored({ { "Content-Type", "a/y" } }, { content = "x" }))
    assert.equal("application/octet-stream", stored({}, { content = "x" }))
  end)

  it("takes large files, with the end anywhere", function()
    for _, size in ipairs { 65536, 262144 - 700, 262144 - 650, 262144 - 600, 3000000 } do
      for shift = 0, 3 do
        local content = ("\r\n------emulatorspec7e3"):rep(math.floor(size / 23)):sub(1, size - shift * 11)
        assert.equal(204, oss:post(oss:form("large"), { content = content }).status)
        assert.is_true(oss:get("large").body == content)
      end
    end
  end)
end)
