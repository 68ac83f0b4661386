-- The local OSS: callbacks.

local core = require "oss.core"
local client = require "spec.nginx.emulator_client"
local socket = require "socket"

local png = "\137PNG\r\n\26\n\0\0\0\13IHDR\0\0\1\44\0\0\0\200\8\6\0\0\0"
local gif = "GIF89a\44\1\200\0\0\0\0"
local jpeg = "\255\216\255\224\0\16JFIF\0\1\1\0\0\1\0\1\0\0\255\254\0\100" .. ("c"):rep(98)
  .. "\255\192\0\17\8\0\200\1\44\3\1\34\0"

describe("the local OSS", function()
  local oss

  setup(function()
    oss = client.start()
  end)

  teardown(function()
    oss:stop()
  end)

  local function yes(request)
    return { got = request.body }
  end

  -- Puts an object with a callback; callback and vars as tables, or t.raw for headers as they are.
  local function put(callback, vars, t)
    t = t or {}
    callback.callbackUrl = callback.callbackUrl or oss.service_url
    callback.callbackBody = callback.callbackBody or "object=${object}"
    t.headers = t.headers or { "Content-Type", "text/plain" }
    for _, item in ipairs(oss:callback_headers(callback, vars)) do
      t.headers[#t.headers + 1] = item
    end
    t.service = t.service ~= false and (t.service or yes) or nil
    return oss:put(t.key or "dir/käse.txt", t.body or "0123456789", t)
  end

  local function failed(answer, message, ec)
    assert.equal(203, answer.status)
    local fields = client.xml(answer)
    assert.equal("CallbackFailed", fields.Code)
    assert.equal(message, fields.Message)
    assert.equal(ec or "0007-00000203", fields.EC)
    assert.is_truthy(answer.headers.etag)
    assert.is_truthy(answer.headers["x-oss-hash-crc64ecma"])
    assert.equal("application/xml", answer.headers["content-type"])
    return fields
  end

  describe("calls the service", function()
    it("as OSS does", function()
      local answer = put({})
      assert.equal(200, answer.status)
      local call = oss.calls[1]
      assert.equal(1, #oss.calls)
      assert.equal("POST", call.method)
      assert.equal("/callback?id=1", call.target)
      assert.equal("HTTP/1.1", call.version)
      assert.equal("127.0.0.1:" .. oss.service_port, call.headers.host)
      assert.equal("close", call.headers.connection)
      assert.equal("application/x-www-form-urlencoded", call.headers["content-type"])
      assert.equal(core.base64(core.md5(call.body)), call.headers["content-md5"])
      assert.equal(tostring(#call.body), call.headers["content-length"])
      assert.equal("aliyun-oss-callback", call.headers["user-agent"])
      assert.equal("examplebucket", call.headers["x-oss-bucket"])
      assert.equal("1.0", call.headers["x-oss-signature-version"])
      assert.equal("CALLBACK", call.headers["x-oss-tag"])
      assert.equal(answer.headers["x-oss-request-id"], call.headers["x-oss-request-id"])
      assert.is_truthy(core.parse_date(call.headers.date))
      assert.is_truthy(call.headers["x-oss-requester"])
      assert.equal("object=dir%2Fk%C3%A4se.txt", call.body)
    end)

    it("with a signature that its key proves", function()
      put({})
      local call = oss.calls[1]
      local text = core.callback_string_to_verify(call.target, call.body)
      local signature = core.unbase64(call.headers.authorization)
      assert.equal(64, #signature)
      assert.is_true(core.rsa_verify_md5(oss.server.public_key, text, signature))
      assert.is_false(core.rsa_verify_md5(oss.server.public_key, text .. "x", signature))
      local url = core.unbase64(call.headers["x-oss-pub-key-url"])
      assert.equal(oss.server.key_url, url)
      assert.equal(oss.server.public_key:gsub("%s+$", ""), client.output("curl -s " .. url))
    end)

    it("and hands its answer back, whatever it is", function()
      local text = ' { "a" : [1, 2] , "b":"\195\164" } '
      local answer = put({}, nil, { service = function()
        return "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.x+json\r\nContent-Length: " .. #text
          .. "\r\n\r\n" .. text
      end })
      assert.equal(200, answer.status)
      assert.equal(text, answer.body)
      assert.equal("application/vnd.x+json", answer.headers["content-type"])
      assert.equal(core.crc64("0123456789"), answer.headers["x-oss-hash-crc64ecma"])
      assert.equal(core.base64(core.md5("0123456789")), answer.headers["content-md5"])
    end)

    it("when the object is stored already", function()
      local seen
      put({}, nil, { key = "there", service = function()
        seen = oss:file("objects/examplebucket/there")
        return { ok = true }
      end })
      assert.equal("0123456789", seen)
    end)

    it("with every variable, as a form", function()
      local names = { "bucket", "object", "etag", "size", "mimeType", "imageInfo.height", "imageInfo.width",
        "imageInfo.format", "crc64", "contentMd5", "vpcId", "clientIp", "reqId", "operation", "x:uid", "x:none" }
      local template = {}
      for i, name in ipairs(names) do
        template[i] = name .. "=${" .. name .. "}"
      end
      local answer = put({ callbackBody = table.concat(template, "&") }, { ["x:uid"] = "a&b=c d" })
      assert.equal(table.concat({ "bucket=examplebucket", "object=dir%2Fk%C3%A4se.txt",
        "etag=" .. answer.headers.etag:gsub('"', ""), "size=10", "mimeType=text%2Fplain", "imageInfo.height=",
        "imageInfo.width=", "imageInfo.format=", "crc64=" .. core.crc64("0123456789"),
        "contentMd5=" .. core.percent(core.base64(core.md5("0123456789"))), "vpcId=", "clientIp=127.0.0.1",
        "reqId=" .. answer.headers["x-oss-request-id"], "operation=PutObject", "x:uid=a%26b%3Dc%20d", "x:none=" }, "&"),
        oss.calls[1].body)
    end)

    it("with every variable, as JSON", function()
      put({ callbackBodyType = "application/json",
        callbackBody = '{"object":${object},"size":${size},"type":${mimeType},"v":${x:v}}' }, { ["x:v"] = 'q"\\' })
      assert.equal("application/json", oss.calls[1].headers["content-type"])
      assert.equal('{"object":"dir/käse.txt","size":10,"type":"text/plain","v":"q\\"\\\\"}', oss.calls[1].body)
    end)

    it("with the size of a picture", function()
      for format, content in pairs { png = png, gif = gif, jpg = jpeg } do
        put({ callbackBody = "${imageInfo.format} ${imageInfo.width}x${imageInfo.height}" }, nil, { body = content })
        assert.equal(format .. " 300x200", oss.calls[1].body)
      end
    end)

    it("under the host name that it wants, and with further headers", function()
      put({ callbackHost = "your.callback.com", additionalHeaders = { ["X-More"] = "yes" } })
      assert.equal("your.callback.com", oss.calls[1].headers.host)
      assert.equal("yes", oss.calls[1].headers["x-more"])
    end)

    it("by name", function()
      local answer = put({ callbackUrl = "http://localhost:" .. oss.service_port .. "/named" })
      assert.equal(200, answer.status)
      assert.equal("/named", oss.calls[1].target)
      assert.equal("localhost:" .. oss.service_port, oss.calls[1].headers.host)
    end)

    it("from the query of a signed URL", function()
      for _, sign in ipairs { "url1", "url4", "v1", "v4" } do
        local headers = oss:callback_headers({ callbackUrl = oss.service_url, callbackBody = "u=${x:u}" },
          { ["x:u"] = "1" })
        local answer = oss:put("by-url", "x", { sign = sign, service = yes,
          query = { "callback", headers[2], "callback-var", headers[4] } })
        assert.equal(200, answer.status)
        assert.equal("u=1", client.json.decode(answer.body).got)
      end
    end)

    it("for a body that has to wait for 100 Continue", function()
      local bytes = oss:render("PUT", "continued", "body", { extra = "Expect: 100-continue\r\n",
        headers = oss:callback_headers { callbackUrl = oss.service_url, callbackBody = "a=b" } })
      assert.equal(200, oss:exchange(bytes, "PUT", { service = yes, continued = true }).status)
    end)
  end)

  describe("tries the next URL", function()
    it("until one answers well", function()
      local count = 0
      local answer = put({ callbackUrl = "http://127.0.0.1:1/;" .. oss.service_url .. ";" .. oss.service_url .. ";"
        .. oss.service_url }, nil, { service = function(request)
          count = count + 1
          return count == 2 and { n = count, got = request.body } or "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"
        end })
      assert.equal(200, answer.status)
      assert.equal(2, client.json.decode(answer.body).n)
      assert.equal(2, count)
    end)

    it("and tells how the last one failed", function()
      local answer = put({ callbackUrl = oss.service_url .. ";http://127.0.0.1:1/" }, nil, { service = function()
        return "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"
      end })
      failed(answer, "Error status : 502.")
    end)
  end)

  describe("says that the callback failed", function()
    local function answered(text)
      return put({}, nil, { key = "kept", service = function() return text end })
    end

    after_each(function()
      assert.equal("0123456789", oss:get("kept").body)
    end)

    it("when the status is not 200", function()
      for _, status in ipairs { 201, 204, 301, 400, 403, 404, 405, 500, 502 } do
        failed(answered("HTTP/1.1 " .. status .. " x\r\nContent-Length: 2\r\nLocation: /\r\n\r\n{}"),
          "Error status : " .. status .. ".")
      end
    end)

    it("when there is no length", function()
      failed(answered("HTTP/1.1 200 OK\r\n\r\n{}"), "Error Status : 400.User server missing content-length.")
      failed(answered("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
        "Error Status : 400.User server missing content-length.")
    end)

    it("when the length is none", function()
      for _, length in ipairs { "0", "-1", "two" } do
        failed(answered("HTTP/1.1 200 OK\r\nContent-Length: " .. length .. "\r\n\r\n"),
          "Error Status : 400.User server return invalid conent-length value.")
      end
    end)

    it("when the answer is too long, and not before", function()
      failed(answered("HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n"),
        "Error Status : 400.User server return too long content-length value.")
      local body = '"' .. ("x"):rep(1048574) .. '"'
      local answer = answered("HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n" .. body)
      assert.equal(200, answer.status)
      assert.is_true(answer.body == body)
    end)

    it("when the answer is no JSON", function()
      for _, text in ipairs { "OK", "{", "{}x", "\239\187\191{}", "<a/>", "NaN", " " } do
        failed(answered("HTTP/1.1 200 OK\r\nContent-Length: " .. #text .. "\r\n\r\n" .. text),
          "Response body is not valid json format.", "0007-00000205")
      end
    end)

    it("when the answer is XML, whatever it calls itself", function()
      failed(answered("HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: 4\r\n\r\n<a/>"),
        "Response body is not valid json format.", "0007-00000205")
    end)

    it("when nobody listens, or talks something else", function()
      failed(put({ callbackUrl = "http://127.0.0.1:1/" }, nil, { key = "kept", service = false }),
        "Error status : 502.")
      failed(answered("SSH-2.0-OpenSSH\r\n"), "Error status : 502.")
      failed(answered(nil), "Error status : 502.")
    end)

    it("when it takes more than five seconds", function()
      local held
      local started = socket.gettime()
      local answer = put({}, nil, { key = "kept", service = false, serve = function(me)
        held = me.listener:accept()
      end })
      held:close()
      failed(answer, "Error status : -1.OSS can not connect to your callbackUrl, please check it.")
      local took = socket.gettime() - started
      assert.is_true(took > 4.5 and took < 8, took .. " s")
    end)
  end)

  describe("calls over TLS", function()
    -- The first bytes a client sends: enough to see whether it names the host it wants.
    local function hello(sni)
      local seen
      local answer = put({ callbackUrl = "https://localhost:" .. oss.service_port .. "/", callbackSNI = sni }, nil,
        { service = false, serve = function(me)
          local connection = me.listener:accept()
          connection:settimeout(0.3)
          local data, _, partial = connection:receive(4096)
          seen = data or partial
          connection:close()
        end })
      failed(answer, "Error status : 502.")
      assert.equal("\22\3", seen:sub(1, 2))
      return seen:find("localhost", 1, true) ~= nil
    end

    it("with SNI only when told so", function()
      assert.is_true(hello(true))
      assert.is_false(hello(false))
      assert.is_false(hello(nil))
    end)

    it("without looking at the certificate", function()
      local ssl = require "ssl"
      local key, cert = oss.folder .. "/key.pem", oss.folder .. "/cert.pem"
      client.output("openssl req -x509 -newkey rsa:2048 -nodes -keyout " .. key .. " -out " .. cert
        .. " -days 2 -subj /CN=example.com >/dev/null 2>&1")
      local answer = put({ callbackUrl = "https://127.0.0.1:" .. oss.service_port .. "/tls" }, nil,
        { service = false, serve = function(me)
          local connection = assert(ssl.wrap(me.listener:accept(), { mode = "server", protocol = "any", key = key,
            certificate = cert }))
          connection:settimeout(5)
          assert(connection:dohandshake())
          repeat
            local line = connection:receive("*l")
          until not line or line == ""
          connection:send('HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{"t":1}')
          connection:close()
        end })
      assert.equal(200, answer.status)
      assert.equal('{"t":1}', answer.body)
    end)
  end)

  describe("refuses a callback that is wrong, and stores nothing:", function()
    local good = { callbackUrl = "http://127.0.0.1:1/", callbackBody = "a=b" }

    local function put_raw(headers, query)
      local answer = oss:put("never", "x", { headers = headers, query = query })
      assert.equal(400, answer.status)
      local fields = client.xml(answer)
      assert.equal("InvalidArgument", fields.Code)
      assert.equal(404, oss:head("never").status)
      return fields
    end

    local function with(changes)
      local callback = {}
      for name, value in pairs(good) do
        callback[name] = value
      end
      for name, value in pairs(changes) do
        callback[name] = value
      end
      return put_raw(oss:callback_headers(callback))
    end

    it("its configuration", function()
      for _, case in ipairs {
        { { callbackUrl = "" }, "0007-00000004", "The callback url configuration is invalid." },
        { { callbackUrl = "my" }, "0007-00000004" },
        { { callbackUrl = "http://127.0.0.1:test/" }, "0007-00000004" },
        { { callbackUrl = ("http://127.0.0.1/;"):rep(6) }, "0007-00000005" },
        { { callbackUrl = "http://no-such-host.invalid/" }, "0007-00000007", "Can not get ip by this host." },
        { { callbackHost = 5 }, "0007-00000009" }, { { callbackHost = "a\r\nb" }, "0007-00000009" },
        { { callbackBody = 5 }, "0007-00000010" }, { { callbackBody = "object=$(object)" }, "0007-00000010" },
        { { callbackBody = "" }, "0007-00000011", "The callback body is empty." },
        { { callbackBodyType = true }, "0007-00000012" }, { { callbackBodyType = "text/plain" }, "0007-00000013" },
        { { callbackSNI = "true" }, "0007-00000014", "The callback sni is invalid." },
        { { callbackSNI = 1 }, "0007-00000014" }, { { callbackStage = 1 }, "0007-00000015" },
        { { callbackStage = "" }, "0007-00000016" }, { { callbackFailureAction = {} }, "0007-00000017" },
        { { callbackSignatureVersion = "0" }, nil, "The callback signature version is invalid." },
        { { additionalHeaders = { ["x-oss-a"] = "b" } }, "0007-00000026" },
      } do
        local fields = with(case[1])
        if case[2] then
          assert.equal(case[2], fields.EC)
        end
        assert.is_truthy(fields.ArgumentName)
        assert.is_truthy(fields.ArgumentValue)
        if case[3] then
          assert.equal(case[3], fields.Message)
        end
      end
    end)

    it("its encoding", function()
      local fields = put_raw { "x-oss-callback", "{no base64}" }
      assert.equal("The callback configuration is not base64 encoded.", fields.Message)
      fields = put_raw { "x-oss-callback", core.base64('{"callbackUrl":"http://a/","callbackBody":"{"a":1}"}') }
      assert.equal("The callback configuration is not json format.", fields.Message)
      assert.equal("0007-00000003", put_raw({ "x-oss-callback", core.base64("[]") }).EC)
      fields = put_raw { "x-oss-callback", core.base64(client.json.encode {
        callbackUrl = "http://127.0.0.1/", callbackBody = ("x"):rep(4000) }) }
      assert.equal("The length of callback exceed max value.", fields.Message)
      local headers = oss:callback_headers(good, { ["uid"] = "1" })
      assert.equal("The callback var is not expecten json.", put_raw(headers).Message)
    end)

    it("given twice", function()
      local headers = oss:callback_headers(good, { ["x:a"] = "b" })
      local fields = put_raw({ headers[1], headers[2] }, { "callback", headers[2] })
      assert.equal("0007-00000027", fields.EC)
      put_raw(headers, { "callback-var", headers[4] })
    end)

    it("before the body is sent", function()
      local bytes = oss:render("PUT", "never", ("x"):rep(100), { extra = "Expect: 100-continue\r\n",
        headers = { "x-oss-callback", "nonsense" } })
      local answer = oss:exchange(bytes:sub(1, -101), "PUT", { timeout = 5 })
      assert.equal(400, answer.status)
      assert.equal("close", answer.headers.connection)
    end)
  end)

  describe("calls again for an object that is stored", function()
    local function trigger(key, callback, vars, t)
      local headers = oss:callback_headers(callback, vars)
      t = t or {}
      t.query, t.service = { "x-oss-process", "" }, yes
      return oss:request("POST", key, "x-oss-process=trigger/callback,callback_" .. headers[2]
        .. (headers[4] and ",callback-var_" .. headers[4] or ""), t)
    end

    it("when asked to", function()
      oss:put("again", "0123456789")
      for _, sign in ipairs { "v4", "v1" } do
        local answer = trigger("again", { callbackUrl = oss.service_url, callbackBody = "s=${size}&u=${x:u}" },
          { ["x:u"] = "1" }, { sign = sign })
        assert.equal(200, answer.status)
        assert.equal("s=10&u=1", client.json.decode(answer.body).got)
      end
    end)

    it("unless there is none, or the process is another one", function()
      local answer = trigger("nosuch", { callbackUrl = oss.service_url, callbackBody = "a=b" })
      assert.equal(404, answer.status)
      answer = oss:request("POST", "again", "x-oss-process=image/resize,w_100", { query = { "x-oss-process", "" } })
      assert.equal(501, answer.status)
      answer = oss:request("POST", "again", "x-oss-process=trigger/callback,callback_e30=",
        { query = { "x-oss-process", "" } })
      assert.equal("0007-00000004", client.xml(answer).EC)
    end)
  end)

  describe("keeps callbacks under a name", function()
    local policy = { query = { "policy", "", "comp", "callback" } }

    it("and uses them", function()
      local headers = oss:callback_headers({ callbackUrl = oss.service_url, callbackBody = "p=${x:p}&q=${x:q}" },
        { ["x:p"] = "1" })
      local xml = "<BucketCallbackPolicy><PolicyItem><PolicyName>mine</PolicyName><Callback>" .. headers[2]
        .. "</Callback><CallbackVar>" .. headers[4] .. "</CallbackVar></PolicyItem></BucketCallbackPolicy>"
      assert.equal(200, oss:request("PUT", nil, xml, policy).status)
      local _, root = client.xml(oss:request("GET", nil, nil, policy))
      assert.equal("BucketCallbackPolicy", root.name)
      local by_name = oss:callback_headers({ callbackPolicy = "mine" }, { ["x:q"] = "2" })
      local answer = oss:put("named", "x", { headers = by_name, service = yes })
      assert.equal("p=1&q=2", client.json.decode(answer.body).got)
    end)

    it("unless there is none of that name", function()
      local answer = oss:put("named", "x", { headers = oss:callback_headers { callbackPolicy = "other" } })
      assert.equal(404, answer.status)
      assert.equal("BucketCallbackPolicyNotExist", client.xml(answer).Code)
      assert.equal(204, oss:request("DELETE", nil, nil, policy).status)
      assert.equal(404, oss:request("GET", nil, nil, policy).status)
    end)
  end)

  it("forbids private addresses when it is to be like OSS there", function()
    local strict = client.start { private_callbacks = false }
    for _, url in ipairs { "http://127.0.0.1/", "http://localhost/", "http://192.168.1.1/", "http://172.20.0.1/" } do
      local answer = strict:put("k", "x", { headers = strict:callback_headers { callbackUrl = url,
        callbackBody = "a=b" } })
      local fields = client.xml(answer)
      strict.refused = fields.Message
      assert.equal("0007-00000008", fields.EC)
      assert.equal("callbackUrl", fields.ArgumentName)
    end
    assert.equal("Private address is forbidden to callback.", strict.refused)
    strict:stop()
  end)
end)
