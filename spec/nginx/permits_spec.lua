local emulator = require "spec.nginx.emulator_client"
local core = require "oss.core"
local oss = require "oss"
local receiver = require "oss.receiver"

local secret = "a secret of the service"

describe("a permit", function()
  local place

  setup(function()
    place = emulator.start()
  end)

  teardown(function()
    place:stop()
  end)

  local function client(options)
    local t = { endpoint = place.server.url, region = "cn-hangzhou", access_key_id = place.server.access_key_id,
      access_key_secret = place.server.access_key_secret, security_token = place.server.security_token }
    for name, value in pairs(options or {}) do
      t[name] = value
    end
    return oss.client(t)
  end

  local function callback(more)
    local t = { url = place.service_url, body = { size = "${size}", uid = "${x:uid}", reqId = "${reqId}" },
      vars = { uid = 5 }, token = { secret = secret } }
    for name, value in pairs(more or {}) do
      t[name] = value
    end
    return t
  end

  -- The service: verifies, reads and answers with this library.
  local refusals, received
  local function service(request)
    local ok, refusal = receiver.verify { method = request.method, uri = request.target, headers = request.headers,
      body = request.body, keys = { [place.server.key_url] = place.server.public_key }, secrets = { secret },
      replay = receiver.memory_replay() }
    refusals[#refusals + 1] = not ok and tostring(refusal) or nil
    received = receiver.parse { headers = request.headers, body = request.body }
    local answer = receiver.reply { seen = received and received.object }
    return ("HTTP/1.1 %d OK\r\nContent-Type: %s\r\nContent-Length: %s\r\n\r\n%s"):format(ok and 200 or refusal.status,
      answer.headers["Content-Type"], answer.headers["Content-Length"], answer.body)
  end

  before_each(function()
    refusals, received = {}, nil
  end)

  -- Uses a URL as somebody would who knows nothing of OSS.
  local function use(permit, body, change)
    change = change or {}
    local lines = {}
    for name, value in pairs(change.headers or permit.headers) do
      lines[#lines + 1] = name .. ": " .. value .. "\r\n"
    end
    local target = (change.url or permit.url):match("^http://[^/]+(.*)$")
    local method = change.method or permit.method
    return place:exchange(("%s %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n%s\r\n%s"):format(method, target,
      place.address, #body, table.concat(lines), body), method, { service = service })
  end

  local function exists(key)
    return (client():head { bucket = place.bucket, key = key }) ~= nil
  end

  for _, version in ipairs { "v4", "v1" } do
    describe("signed with " .. version .. ", a URL", function()
      local me

      before_each(function()
        me = client { signature = version }
      end)

      it("stores an object and calls back", function()
        local key = version .. "/a \"b\"&c=d+中.txt"
        local answer = use(me:presign { bucket = place.bucket, key = key, callback = callback() }, "hello")
        assert.equal(200, answer.status, answer.body)
        assert.same({}, refusals)
        assert.same({ bucket = place.bucket, object = key, size = 5, uid = "5", reqId = received.reqId,
          token = received.token }, received)
        assert.same({ seen = key }, emulator.json.decode(answer.body))
        assert.equal("hello", client():get { bucket = place.bucket, key = key }.body)
      end)

      it("stores with the headers that go with it, and with no others", function()
        local key = version .. "/headers.txt"
        local permit = me:presign { bucket = place.bucket, key = key, content_type = "text/x-permit",
          acl = "public-read", callback = callback(), callback_as = "headers" }
        assert.is_nil(permit.url:find("callback", 1, true))
        for name in pairs(permit.headers) do
          local changed = {}
          for other, value in pairs(permit.headers) do
            changed[other] = other ~= name and value or nil
          end
          assert.equal(403, use(permit, "x", { headers = changed }).status, name)
          changed[name] = permit.headers[name] .. "A"
          assert.equal(403, use(permit, "x", { headers = changed }).status, name)
          changed[name], changed["x-oss-meta-new"] = permit.headers[name], "x"
          assert.equal(403, use(permit, "x", { headers = changed }).status)
        end
        assert.is_false(exists(key))
        local answer = use(permit, "hello")
        assert.equal(200, answer.status, answer.body)
        assert.same({}, refusals)
        assert.equal("text/x-permit", client():head { bucket = place.bucket, key = key }.content_type)
      end)

      it("is refused when anything of it was changed", function()
        local key = version .. "/changed.txt"
        local permit = me:presign { bucket = place.bucket, key = key, callback = callback() }
        local front, query = permit.url:match("^(.-)%?(.*)$")
        local pairs_of = {}
        for pair in query:gmatch("[^&]+") do
          pairs_of[#pairs_of + 1] = pair
        end
        assert.is_true(#pairs_of >= 5)
        for i, pair in ipairs(pairs_of) do
          local name, value = pair:match("^([^=]+)=(.*)$")
          for _, other in ipairs { name .. "=" .. value:gsub("%w", function(c) return c == "0" and "1" or "0" end, 1),
            name .. "=" .. value .. "0", "" } do
            local changed = {}
            for j, one in ipairs(pairs_of) do
              changed[j] = j == i and other or one
            end
            local answer = use(permit, "x", { url = front .. "?" .. table.concat(changed, "&") })
            assert.is_true(answer.status == 403 or answer.status == 400, other .. ": " .. tostring(answer.status))
          end
        end
        assert.equal(403, use(permit, "x", { url = front .. "2?" .. query }).status)
        assert.equal(403, use(permit, "x", { method = "DELETE" }).status)
        assert.is_false(exists(key))
        assert.same({}, refusals)
      end)

      it("ends", function()
        local permit = me:presign { bucket = place.bucket, key = "ended", expires = 60, now = os.time() - 61 }
        local answer = use(permit, "x")
        assert.equal(403, answer.status)
        assert.truthy(answer.body:find("expired", 1, true))
      end)

      it("is for one part, and for the end of an upload", function()
        local key = version .. "/parts.bin"
        local function xml(permit)
          return emulator.xml(use(permit, ""))
        end
        local id = xml(me:presign { bucket = place.bucket, key = key, method = "POST",
          query = { uploads = "" } }).UploadId
        local etags = {}
        for n, body in ipairs { ("a"):rep(102400), "b" } do
          local permit = me:presign { bucket = place.bucket, key = key, upload_id = id, part_number = n }
          local answer = use(permit, body)
          assert.equal(200, answer.status, answer.body)
          etags[n] = ("<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>"):format(n, answer.headers.etag)
          assert.equal(403, use(permit, body, { url = permit.url:gsub("partNumber=%d", "partNumber=3") }).status)
        end
        local permit = me:presign { bucket = place.bucket, key = key, method = "POST", upload_id = id,
          callback = callback() }
        local answer = use(permit, "<CompleteMultipartUpload>" .. table.concat(etags) .. "</CompleteMultipartUpload>")
        assert.equal(200, answer.status, answer.body)
        assert.same({}, refusals)
        assert.equal(102401, received.size)
        assert.same({ seen = key }, emulator.json.decode(answer.body))
      end)

      it("reads", function()
        place:put(version .. "/read", "text")
        local answer = use(me:presign { bucket = place.bucket, key = version .. "/read", method = "GET",
          query = { ["response-content-type"] = "text/x-read" } }, "")
        assert.equal("text", answer.body)
        assert.equal("text/x-read", answer.headers["content-type"])
      end)
    end)

    describe("signed with " .. version .. ", a form", function()
      local me

      before_each(function()
        me = client { signature = version }
      end)

      local file = { name = "cat.jpg", type = "text/plain", content = "hello" }

      local function fields_of(form, change)
        local fields = {}
        for _, field in ipairs(form.fields) do
          local value = change and change[field.name]
          if value == nil then
            value = field.value
          end
          fields[#fields + 1] = value and { field.name, value } or nil
        end
        for name, value in pairs(change or {}) do
          if form.values[name] == nil then
            fields[#fields + 1] = { name, value }
          end
        end
        return fields
      end

      local function send(form, change, more)
        return place:post(fields_of(form, change), more or file, { service = service })
      end

      it("stores a file and calls back", function()
        local key = version .. "/form $1 \"q\" 中.txt"
        local form = me:form { bucket = place.bucket, key = key, acl = "private", callback = callback(),
          content_type = "image/x-form", meta = { author = "Li" }, content_length_range = { 1, 100 } }
        local answer = send(form)
        assert.equal(200, answer.status, answer.body)
        assert.same({}, refusals)
        assert.equal(key, received.object)
        assert.equal("5", received.uid)
        local found = client():head { bucket = place.bucket, key = key }
        assert.equal("image/x-form", found.content_type) -- not the sender's text/plain
        assert.equal("Li", found.meta.author)
      end)

      it("is refused when any field was changed or left out", function()
        local key = version .. "/pinned.txt"
        local form = me:form { bucket = place.bucket, key = key, acl = "private", callback = callback(),
          content_type = "image/x-form", meta = { author = "Li" }, cache_control = "no-cache" }
        assert.is_true(#form.fields >= 12)
        for _, field in ipairs(form.fields) do
          for _, value in ipairs { field.value .. "0", field.value:gsub("%w", function(c)
            return c == "0" and "1" or "0"
          end, 1), "", false } do
            local answer = send(form, { [field.name] = value })
            assert.is_true(answer.status == 403 or answer.status == 400,
              field.name .. " = " .. tostring(value) .. ": " .. tostring(answer.status))
          end
        end
        assert.is_false(exists(key))
        assert.same({}, refusals)
      end)

      it("is refused for another bucket", function()
        local form = me:form { bucket = "otherbucket", key = version .. "/bucket.txt" }
        assert.equal(403, send(form).status)
      end)

      it("is refused for files of another size or type", function()
        local key = version .. "/sized.txt"
        local form = me:form { bucket = place.bucket, key = key, content_length_range = { 2, 4 },
          content_type = { "image/png", "image/jpeg" } }
        local function status(content, content_type)
          local answer = send(form, { ["x-oss-content-type"] = content_type }, { name = "a", content = content,
            type = "image/png" })
          return answer.status
        end
        assert.equal(400, status("1", "image/png"))
        assert.equal(400, status("12345", "image/png"))
        assert.equal(403, status("123", "text/html"))
        assert.equal(403, status("123", nil))
        assert.is_false(exists(key))
        assert.equal(204, status("123", "image/jpeg"))
        assert.equal("image/jpeg", client():head { bucket = place.bucket, key = key }.content_type)
      end)

      it("ends", function()
        local form = me:form { bucket = place.bucket, key = "ended", expires = 60, now = os.time() - 62 }
        local answer = send(form)
        assert.equal(403, answer.status)
        assert.truthy(answer.body:find("expired", 1, true), answer.body)
      end)

      it("for a prefix takes any key under it, and vouches for it", function()
        local form = me:form { bucket = place.bucket, key_prefix = version .. "/photos/", callback = callback() }
        assert.equal(200, send(form).status)
        assert.equal(version .. "/photos/cat.jpg", received.object)
        assert.equal(200, send(form, { key = version .. "/photos/dog.jpg" }).status)
        assert.equal(version .. "/photos/dog.jpg", received.object)
        assert.equal(403, send(form, { key = version .. "/others/dog.jpg" }).status)
        assert.same({}, refusals)
      end)

      it("lets the sender fill in what a condition allows", function()
        local form = me:form { bucket = place.bucket, key = version .. "/note.txt",
          callback = callback { body = { note = "${x:note}", uid = "${x:uid}", reqId = "${reqId}" } },
          conditions = { { "starts-with", "$x:note", "a" } } }
        assert.equal(200, send(form, { ["x:note"] = "a \"note\"" }).status)
        assert.equal("a \"note\"", received.note)
        assert.equal(403, send(form, { ["x:note"] = "b" }).status)
        assert.equal(403, send(form).status)
      end)
    end)
  end

  it("carries a token only as far as its object", function()
    -- Whoever breaks OSS's key can sign what he likes, but has no token for it.
    local permit = client():presign { bucket = place.bucket, key = "mine.txt", callback = callback() }
    assert.equal(200, use(permit, "hello").status)
    local t = { uri = "/callback", body = ('{"bucket":"%s","object":"other.txt","token":"%s"}'):format(place.bucket,
      received.token), headers = { ["content-type"] = "application/json",
      ["x-oss-pub-key-url"] = core.base64(place.server.key_url) },
      keys = { [place.server.key_url] = place.server.public_key }, secrets = { secret } }
    t.headers.authorization = core.base64(core.rsa_sign_md5(place:file("callback_key.pem"), t.uri .. "\n" .. t.body))
    local _, refusal = receiver.verify(t)
    assert.equal("TokenInvalid", refusal.code)
  end)
end)

describe("a permit of temporary credentials", function()
  local place

  setup(function()
    place = emulator.start { security_token = "a+token/with=signs" }
  end)

  teardown(function()
    place:stop()
  end)

  for _, version in ipairs { "v4", "v1" } do
    it("stores by URL and by form, " .. version, function()
      local client = oss.client { endpoint = place.server.url, region = "cn-hangzhou", signature = version,
        access_key_id = place.server.access_key_id, access_key_secret = place.server.access_key_secret,
        security_token = place.server.security_token }
      local permit = client:presign { bucket = place.bucket, key = "url.txt" }
      local answer = place:exchange(("PUT %s HTTP/1.1\r\nHost: %s\r\nContent-Length: 1\r\n\r\nx"):format(
        permit.url:match("^http://[^/]+(.*)$"), place.address), "PUT")
      assert.equal(200, answer.status, answer.body)
      local form = client:form { bucket = place.bucket, key = "form.txt" }
      local fields, changed = {}, {}
      for i, field in ipairs(form.fields) do
        fields[i] = { field.name, field.value }
        changed[i] = { field.name, field.name == "x-oss-security-token" and "another" or field.value }
      end
      assert.equal(403, place:post(changed, { name = "a", content = "x" }).status)
      answer = place:post(fields, { name = "a", content = "x" })
      assert.equal(204, answer.status, answer.body)
    end)
  end
end)
