-- The guard in front of a callback service: callbacks of the local OSS, and of a signer of this spec.

local core = require "oss.core"
local json = require "cjson"
local local_oss = require "spec.support.local_oss"
local nginxes = require "spec.support.nginx"
local wire = require "spec.wire.server"

local secret = ("s3cr3t"):rep(4)

describe("guard", function()
  local place, nginx, private, key_url, server
  setup(function()
    place = local_oss.start()
    server = wire.start(true)
    local public
    private, public = core.rsa_generate(1024)
    key_url = "https://spec.test/key.pem"
    server:file("key", public)
    server:file("oss", place.server.public_key)
    nginx = nginxes.start { place = place, workers = 2, values = { dir = server.dir, tls = server.port.https,
      key_url = key_url, oss_url = place.server.key_url, secret = secret }, http = [[
      lua_shared_dict oss_callbacks 2m; lua_shared_dict full 64k;
      lua_ssl_trusted_certificate ${dir}/ca.pem; lua_ssl_verify_depth 3;
      init_by_lua_block {
        local function read(name)
          return assert(io.open("${dir}/" .. name, "rb")):read("*a")
        end
        keys = { ["${key_url}"] = read "key", ["${oss_url}"] = read "oss" }
        callback = require "resty.oss.callback"
        function counted(fetch)
          return function(url)
            ngx.shared.spec:incr("fetched", 1, 0)
            ngx.sleep(0.1)
            return fetch(url)
          end
        end
      }
    ]], server = [[
      location /cb {
        access_by_lua_block { callback.guard { keys = keys, dict = "oss_callbacks" } }
        content_by_lua_block { callback.reply { got = callback.fields() } }
      }
      location /token {
        access_by_lua_block { callback.guard { keys = keys, secrets = { "another secret of ours", "${secret}" } } }
        content_by_lua_block { callback.reply() }
      }
      location /once {
        access_by_lua_block { callback.guard { keys = keys, dict = "oss_callbacks", replay = true } }
        content_by_lua_block { callback.reply() }
      }
      location /token_once {
        access_by_lua_block { callback.guard { keys = keys, secrets = { "${secret}" }, dict = "oss_callbacks",
          replay = true, token_uses = 3 } }
        content_by_lua_block { callback.reply() }
      }
      location /small {
        client_body_buffer_size 1k;
        access_by_lua_block { callback.guard { keys = keys, max_bytes = 4000 } }
        content_by_lua_block { callback.reply() }
      }
      location /fetched {
        access_by_lua_block { callback.guard { dict = "oss_callbacks", fetch = counted(function(url)
          return url:find("good", 1, true) and keys["${key_url}"] or nil, "nothing there"
        end) } }
        content_by_lua_block { callback.reply() }
      }
      location /worker_alone {
        access_by_lua_block { callback.guard { fetch = counted(function() return keys["${key_url}"] end) } }
        content_by_lua_block { callback.reply() }
      }
      location /flooded {
        access_by_lua_block { callback.guard { dict = "oss_callbacks", fetch = function(url)
          if url:find("made_up", 1, true) then
            ngx.shared.spec:incr("begun", 1, 0)
            repeat ngx.sleep(0.01) until ngx.shared.spec:get "flood_ends"
            return nil, "nothing there"
          end
          return keys["${key_url}"]
        end } }
        content_by_lua_block { callback.reply() }
      }
      location /full {
        access_by_lua_block { callback.guard { dict = "full", replay = true, fetch = function(url)
          return url:find("good", 1, true) and keys["${key_url}"] or nil, "nothing there"
        end } }
        content_by_lua_block { callback.reply() }
      }
      location /pinned {
        access_by_lua_block { callback.guard { keys = keys, content_type = "application/json" } }
        content_by_lua_block { callback.reply() }
      }
      location /default_fetch {
        access_by_lua_block { callback.guard {} }
        content_by_lua_block { callback.reply() }
      }
      location /wrong {
        content_by_lua_block {
          local list = {}
          for i, t in ipairs { false, { dict = "nowhere" }, { replay = true }, { keyz = {} } } do
            list[i] = select(2, pcall(function() callback.guard(t) end))
          end
          ngx.print(require("cjson").encode(list))
        }
      }
    ]] }
  end)
  teardown(function()
    nginx:stop()
    place:stop()
    server:stop()
  end)

  -- A callback as OSS sends it. t: url of the key, body, type, sign (what is signed instead), method, headers
  local function send(target, t)
    t = t or {}
    local body = t.body or '{"object":"a"}'
    local text = assert(core.callback_string_to_verify(target, t.sign or body))
    local headers = { ["Content-Type"] = t.type or "application/json",
      ["x-oss-pub-key-url"] = core.base64(t.url or key_url),
      Authorization = core.base64(assert(core.rsa_sign_md5(private, text))) }
    for name, value in pairs(t.headers or {}) do
      headers[name] = value or nil
    end
    local status, answer = nginx:get(target, { method = t.method or "POST", body = body, headers = headers })
    return status, json.decode(answer), answer
  end

  it("lets callbacks of OSS in, and answers as OSS wants it", function()
    local client = place:client()
    local url = "http://127.0.0.1:" .. nginx.port
    local res = assert(client:put { bucket = "examplebucket", key = "a b.txt", body = "12345", callback = {
      url = url .. "/cb?x=%20y&z", body = { object = "${object}", size = "${size}", uid = "${x:uid}" },
      vars = { uid = "é" } } })
    assert.same({ got = { object = "a b.txt", size = 5, uid = "é" } }, res.callback.json)
    res = assert(client:put { bucket = "examplebucket", key = "a b.txt", body = "12345",
      callback = { url = url .. "/cb", body = "object=${object}&size=${size}" } })
    assert.same({ got = { object = "a b.txt", size = "5" } }, res.callback.json)
    local t = { bucket = "examplebucket", key = "k", body = "12345", callback = { url = url .. "/token",
      body = { bucket = "${bucket}", object = "${object}" }, token = { secret = secret, ttl = 60 } } }
    assert.same({ Status = "OK" }, assert(client:put(t)).callback.json)
    t.callback.token = { secret = "some secret that is not known", ttl = 60 }
    local _, err = client:put(t)
    assert.equal("Error status : 400.", err.message)
    client:close()
  end)

  it("refuses what OSS did not send, and logs why", function()
    local status, answer = send("/cb", { sign = '{"object":"b"}' })
    assert.equal(400, status)
    assert.same({ Status = "refused", Code = "SignatureMismatch" }, answer)
    assert.equal("SignatureMissing", select(2, send("/cb", { headers = { Authorization = false } })).Code)
    assert.equal("KeyUrlForbidden", select(2, send("/cb", { url = "https://evil.example/key.pem" })).Code)
    assert.equal("ContentTypeUnsupported", select(2, send("/cb", { type = "text/plain" })).Code)
    assert.equal("BodyInvalid", select(2, send("/cb", { body = '{"a":1,"a":2}' })).Code)
    status, answer = send("/cb", { method = "PUT" })
    assert.equal(405, status)
    assert.equal("MethodNotAllowed", answer.Code)
    assert.truthy(nginx:log():find("callback refused: SignatureMismatch: ", 1, true))
    assert.is_nil(nginx:log():find(secret, 1, true))
    assert.equal(200, (send("/cb?a=%2F")))
  end)

  it("limits the body, before it is read and after", function()
    assert.equal(200, (send("/small", { body = '{"a":"' .. ("x"):rep(3900) .. '"}' })))
    local status, answer = send("/small", { body = '{"a":"' .. ("x"):rep(4000) .. '"}' })
    assert.equal(413, status)
    assert.equal("BodyTooLarge", answer.Code)
    local body = ("x"):rep(5000)
    -- Without a length it is not read at all: the rest of the body never comes.
    status, answer = nginx:get("/small", { method = "POST", headers = { ["Transfer-Encoding"] = "chunked" },
      raw = ("%x\r\n%s\r\n"):format(#body, body), timeout = 5 })
    assert.equal(411, status)
    assert.equal("LengthRequired", json.decode(answer).Code)
    assert.equal(411, (nginx:get("/cb", { method = "POST" })))
  end)

  it("takes each request id once, whichever worker gets it", function()
    local n = { [200] = 0, [400] = 0 }
    for i = 1, 20 do
      local status = send("/once", { body = ('{"reqId":"id-%d"}'):format(i % 5) })
      n[status] = n[status] + 1
    end
    assert.same({ [200] = 5, [400] = 15 }, n)
    assert.equal("RequestIdMissing", select(2, send("/once")).Code)
  end)

  -- Twelve callbacks at once with a key that is not known yet; how often it was fetched.
  local function fetched_by_twelve(target)
    nginx:run "ngx.shared.spec:set('fetched', 0)"
    local open = {}
    local text = core.callback_string_to_verify(target, "{}")
    for i = 1, 12 do
      open[i] = nginx:open(target, { method = "POST", body = "{}", headers = { ["Content-Type"] = "application/json",
        ["x-oss-pub-key-url"] = core.base64 "https://gosspublic.alicdn.com/good.pem",
        Authorization = core.base64(core.rsa_sign_md5(private, text)) } })
    end
    for i = 1, 12 do
      local status, body = open[i]:finish()
      assert.equal(200, status, body)
    end
    return nginx:run "return ngx.shared.spec:get('fetched')"
  end

  it("remembers a request id no longer than its token is valid", function()
    local token = require("oss.receiver.token").make(secret, os.time() + 60, "b-1", "k")
    local body = ('{"bucket":"b-1","object":"k","reqId":"of a token","token":"%s"}'):format(token)
    assert.equal(200, (send("/token_once", { body = body })))
    assert.equal("Replayed", select(2, send("/token_once", { body = body })).Code)
    local left = tonumber((nginx:run([[
      local core = require "oss.core"
      return ngx.shared.oss_callbacks:ttl("oss-callback-seen:" .. core.hex(core.sha256 "of a token"))]])))
    assert.truthy(left > 0 and left <= 61)
  end)

  it("takes only so many callbacks with one token, from all workers together", function()
    local token = require("oss.receiver.token").make(secret, os.time() + 60, "b-1", "spent")
    for i = 1, 8 do
      local status, answer = send("/token_once", { body = ('{"bucket":"b-1","object":"spent","reqId":"spent %d",'
        .. '"token":"%s"}'):format(i, token) })
      assert.equal(i <= 3 and 200 or 429, status)
      assert.equal(i > 3 and "TokenSpent" or nil, answer.Code)
    end
  end)

  it("fetches a key once for all workers, without a dict once for each", function()
    assert.equal(1, fetched_by_twelve "/fetched")
    local times = fetched_by_twelve "/worker_alone"
    assert.is_true(times == 1 or times == 2, tostring(times))
  end)

  it("does not ask at once again for a key that could not be had", function()
    nginx:run "ngx.shared.spec:set('fetched', 0)"
    local bad = "https://gosspublic.alicdn.com/bad.pem"
    for _ = 1, 3 do
      local status, answer = send("/fetched", { url = bad })
      assert.equal(503, status)
      assert.equal("KeyUnavailable", answer.Code)
    end
    assert.equal(1, nginx:run "return ngx.shared.spec:get('fetched')")
  end)

  it("fetches OSS's next key while a flood of made-up ones is asked for", function()
    local open = {}
    for i = 1, 40 do
      open[i] = nginx:open("/flooded", { method = "POST", body = "{}", headers = {
        ["Content-Type"] = "application/json", Authorization = core.base64("x"),
        ["x-oss-pub-key-url"] = core.base64(("https://gosspublic.alicdn.com/made_up_%d.pem"):format(i)) } })
    end
    nginx:run "repeat ngx.sleep(0.01) until (ngx.shared.spec:get 'begun' or 0) > 5"
    assert.equal(200, (send("/flooded", { url = "https://gosspublic.alicdn.com/callback_pub_key_v2.pem" })))
    assert.is_true(nginx:run "return ngx.shared.spec:get 'begun'" <= 16)
    nginx:run "ngx.shared.spec:set('flood_ends', true)"
    for i = 1, 40 do
      assert.equal(503, (open[i]:finish()))
    end
  end)

  it("forgets no request id for want of room", function()
    local good = "https://gosspublic.alicdn.com/good.pem"
    local function take(id)
      return (send("/full", { body = ('{"reqId":"%s"}'):format(id), url = good }))
    end
    assert.equal(200, take "first")
    local ids = 1
    while ids < 1000 and take("id-" .. ids) == 200 do
      ids = ids + 1
    end
    assert.is_true(ids > 50 and ids < 1000, tostring(ids))
    assert.equal(503, take "one more")
    for i = 1, 100 do
      send("/full", { url = ("https://gosspublic.alicdn.com/bad-%d.pem"):format(i) })
    end
    assert.equal(400, take "first")
    for i = 1, ids - 1 do
      assert.equal(400, take("id-" .. i))
    end
  end)

  it("takes the pinned type alone", function()
    assert.equal(200, (send("/pinned")))
    assert.equal("ContentTypeUnsupported", select(2, send("/pinned", { body = "a=b",
      type = "application/x-www-form-urlencoded" })).Code)
    assert.equal("TargetAmbiguous", select(2, send("/cb%3Fx")).Code)
  end)

  it("fetches over cosockets, with TLS, and says when it cannot", function()
    local text, message = nginx:run([[
      local fetch = require("resty.oss.callback").fetcher { connect_to = { "localhost:443:127.0.0.1:" .. (...) } }
      return assert(fetch("https://localhost/large?n=32")), select(2, fetch("https://other.test/answer"))
    ]], server.port.https)
    assert.equal("0123456789abcdef0123456789abcdef", text)
    assert.truthy(message:find("the host name is not known", 1, true), message)
    local status, answer = send("/default_fetch", { url = "https://gosspublic.alicdn.com/new_key.pem" })
    assert.equal(503, status)
    assert.equal("KeyUnavailable", answer.Code)
  end)

  it("takes no key from an answer that is no 200", function()
    for _, status in ipairs { 200, 203, 302, 404, 500 } do
      local text, message = nginx:run([[
        local port, status, key = ...
        local fetch = require("resty.oss.callback").fetcher { connect_to = { "localhost:443:127.0.0.1:" .. port } }
        return fetch("https://localhost/answer?status=" .. status .. "&body=" .. ngx.escape_uri(key))
      ]], server.port.https, status, wire.read(server.dir .. "/key"))
      if status == 200 then
        assert.equal(wire.read(server.dir .. "/key"), text)
      else
        assert.is_nil(text)
        assert.equal("status " .. status, message)
      end
    end
  end)

  it("raises wrong options", function()
    local _, body = nginx:get("/wrong", { method = "POST", body = "{}" })
    local list = json.decode(body)
    assert.truthy(list[1]:find("guard: a table of options is expected", 1, true))
    assert.truthy(list[2]:find("guard: option 'dict': nginx.conf has no lua_shared_dict nowhere", 1, true))
    assert.truthy(list[3]:find("guard: option 'replay' = true needs option 'dict'", 1, true))
    assert.truthy(list[4]:find("guard: unknown option 'keyz'", 1, true), list[4])
  end)
end)
