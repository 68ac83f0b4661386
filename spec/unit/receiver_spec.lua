local cjson = require "cjson"
local core = require "oss.core"
local callbacks = require "oss.callback"
local memory = require "oss.receiver.memory"
local receiver = require "oss.receiver"

local now = 1715051173

local function read_vectors()
  local file = assert(io.open("spec/vectors/received.json", "rb"))
  local list = cjson.decode(file:read("*a"))
  file:close()
  return list
end

-- A key of our own, under a URL where OSS could publish one.
local private_key, public_key = core.rsa_generate(512)
local key_url = "https://gosspublic.alicdn.com/some/new_key.pem"

-- A callback signed with it; `signed` is the text that is signed when it is another.
local function request(t)
  local text = t.signed or (t.uri .. "\n" .. t.body)
  return {
    method = "POST", uri = t.uri, body = t.body, keys = t.keys or { [t.key_url or key_url] = public_key }, now = now,
    headers = {
      ["Authorization"] = core.base64(core.rsa_sign_md5(private_key, text)),
      ["X-Oss-Pub-Key-Url"] = core.base64(t.key_url or key_url),
      ["content-type"] = t.content_type or "application/json",
      ["x-oss-signature-version"] = "1.0",
    },
  }
end

local function with(t, more)
  for name, value in pairs(more) do
    t[name] = value
  end
  return t
end

local function code_of(t)
  local ok, refusal = receiver.verify(t)
  return ok and "ok" or refusal.code
end

local function of_vector(vector)
  return { uri = vector.target, body = vector.body,
    headers = { authorization = vector.authorization, ["x-oss-pub-key-url"] = vector.key_url } }
end

-- The text with one bit of one byte changed.
local function flip(text, at, bit)
  local byte = text:byte(at)
  local changed = math.floor(byte / bit) % 2 == 0 and byte + bit or byte - bit
  return text:sub(1, at - 1) .. string.char(changed) .. text:sub(at + 1)
end

describe("receiver.verify", function()
  for _, vector in ipairs(read_vectors()) do
    describe("a real callback: " .. vector.name, function()
      it("is OSS's, over http and https", function()
        assert.is_true(receiver.verify(of_vector(vector)))
        local t = of_vector(vector)
        t.headers["x-oss-pub-key-url"] = core.base64("https://gosspublic.alicdn.com/callback_pub_key_v1.pem")
        assert.is_true(receiver.verify(t))
      end)

      it("is refused with any bit changed, any byte gone or added", function()
        local checked = 0
        local function refused(field, text)
          local t = of_vector(vector)
          if field == "authorization" then
            t.headers.authorization = text
          else
            t[field] = text
          end
          checked = checked + 1
          local ok, refusal = receiver.verify(t)
          if ok then
            error(("accepted with %s = %q"):format(field, text))
          end
          assert.equal("string", type(refusal.code))
        end
        for field, text in pairs { uri = vector.target, body = vector.body, authorization = vector.authorization } do
          for at = 1, #text do
            for power = 0, 7 do
              refused(field, flip(text, at, 2 ^ power))
            end
            refused(field, text:sub(1, at - 1) .. text:sub(at + 1))
            refused(field, text:sub(1, at) .. "\n" .. text:sub(at + 1))
          end
        end
        assert.is_true(checked > 1000)
      end)

      it("is refused with another's signature", function()
        local t = of_vector(vector)
        t.headers.authorization = core.base64(core.rsa_sign_md5(private_key, vector.target .. "\n" .. vector.body))
        assert.equal("SignatureMismatch", code_of(t))
      end)
    end)
  end

  it("decodes the path and leaves the query", function()
    local t = request { uri = "/a%20b+%E4%B8%AD?x=%20+y", body = "{}", signed = "/a b+中?x=%20+y\n{}" }
    assert.is_true(receiver.verify(t))
    t = request { uri = "/a%20b?x=%20", body = "{}", signed = "/a b?x= \n{}" }
    assert.equal("SignatureMismatch", code_of(t))
  end)

  it("refuses targets that leave open where the path ends", function()
    for _, case in ipairs {
      { "/cb%0Ax", "/cb\nx\n{}" }, { "/cb%0a", "/cb\n\n{}" }, { "/cb%3Fa=b", "/cb?a=b\n{}" },
      { "/cb%3fa", "/cb?a\n{}" }, { "/cb%%0Ax?y", "/cb%\nx?y\n{}" }, { "/cb?a\n{}", "/cb?a\n{}\n{}" },
      { "/cb\nx", "/cb\nx\n{}" },
    } do
      assert.equal("TargetAmbiguous", code_of(request { uri = case[1], body = "{}", signed = case[2] }), case[1])
    end
    assert.equal("ok", code_of(request { uri = "/cb%250A?%0A%3F?", body = "{}", signed = "/cb%0A?%0A%3F?\n{}" }))
  end)

  it("names why it refuses", function()
    local function changed(change)
      local t = request { uri = "/cb", body = "{}" }
      change(t, t.headers)
      return code_of(t)
    end
    assert.equal("ok", changed(function() end))
    assert.equal("MethodNotAllowed", changed(function(t) t.method = "GET" end))
    assert.equal("SignatureMissing", changed(function(_, h) h.Authorization = nil end))
    assert.equal("SignatureMissing", changed(function(_, h) h["X-Oss-Pub-Key-Url"] = nil end))
    assert.equal("SignatureMissing", changed(function(_, h) h.AUTHORIZATION = h.Authorization end))
    assert.equal("SignatureMissing", changed(function(_, h) h.Authorization = { h.Authorization, "x" } end))
    assert.equal("SignatureVersion", changed(function(_, h) h["x-oss-signature-version"] = "2.0" end))
    assert.equal("SignatureInvalid", changed(function(_, h) h.Authorization = "OSS " .. h.Authorization end))
    assert.equal("KeyUrlInvalid", changed(function(_, h) h["X-Oss-Pub-Key-Url"] = "http://x" end))
    assert.equal("TargetInvalid", changed(function(t) t.uri = "http://host/cb" end))
    assert.equal("SignatureMismatch", changed(function(t) t.body = "{ }" end))
    assert.equal("KeyInvalid", changed(function(t) t.keys = { [key_url] = "no key" } end))
  end)

  it("makes a line of a refusal, without what was sent", function()
    local t = request { uri = "/cb", body = '{"secret":"hunter2"}' }
    t.headers.Authorization = core.base64("another signature")
    local _, refusal = receiver.verify(t)
    assert.equal("SignatureMismatch: the signature does not belong to this path, query and body",
      "" .. refusal)
    assert.equal(tostring(refusal), refusal .. "")
    assert.equal(400, refusal.status)
  end)

  it("raises at the caller's line for wrong options", function()
    for _, case in ipairs {
      { { uri = "/", headers = {} }, "option 'body' is missing" },
      { { uri = "/", headers = {}, body = "", secret = "x" }, "unknown option 'secret'; did you mean 'secrets'?" },
      { { uri = "/", headers = {}, body = "", secrets = {} }, "at least one secret" },
      { { uri = "/", headers = {}, body = "", secrets = { "short" } }, "[1] must be a string of at least 16 bytes" },
      { { uri = "/", headers = {}, body = "", replay = {} }, "must have a function 'seen'" },
      { { uri = 5, headers = {}, body = "" }, "option 'uri' must be a string, got 5" },
    } do
      local ok, message = pcall(function() return (receiver.verify(case[1])) end)
      assert.is_false(ok)
      assert.truthy(message:find("receiver_spec.lua:", 1, true), message)
      assert.truthy(message:find(case[2], 1, true), message)
    end
  end)
end)

describe("keys", function()
  local function fetching(t, answers)
    local asked = {}
    t.keys, t.cache = nil, t.cache or memory.new(8, function() return t.now end)
    t.fetch = function(url)
      asked[#asked + 1] = url
      local answer = table.remove(answers, 1)
      if type(answer) == "function" then
        return answer()
      end
      return answer, "answer " .. #asked
    end
    return asked
  end

  it("are fetched from nowhere but OSS's place, spelt in one way", function()
    for _, url in ipairs {
      "http://gosspublic.alicdn.com.evil.example/key.pem", "http://gosspublic.alicdn.com@evil.example/key.pem",
      "http://user@gosspublic.alicdn.com/key.pem", "http://gosspublic.alicdn.com:80/key.pem",
      "http://gosspublic.alicdn.com", "http://gosspublic.alicdn.com/", "HTTP://gosspublic.alicdn.com/key.pem",
      "http://GOSSPUBLIC.alicdn.com/key.pem", "ftp://gosspublic.alicdn.com/key.pem",
      "http://gosspublic.alicdn.com/../key.pem", "http://gosspublic.alicdn.com//evil.example/key.pem",
      "http://gosspublic.alicdn.com\\@evil.example/key.pem", "http://gosspublic.alicdn.com/a?b", "/key.pem",
      "http://gosspublic.alicdn.com/a#b", "http://gosspublic.alicdn.com/%2e%2e/a", "http://evil.example/key.pem",
      "http://gosspublic.alicdn.com/a b", "http://gosspublic.alicdn.com/a\r\nHost: evil", "", "http://[::1]/",
      " http://gosspublic.alicdn.com/key.pem", "http://gosspublic.alicdn.com/\0", "file:///etc/passwd",
      "http://gosspublic.alicdn.com/" .. ("a"):rep(300),
    } do
      local t = request { uri = "/cb", body = "{}", key_url = url }
      local asked = fetching(t, { public_key, public_key })
      assert.equal("KeyUrlForbidden", code_of(t), url)
      assert.same({}, asked)
      t.keys = { [url] = public_key } -- the user may trust any place
      assert.equal("ok", code_of(t), url)
    end
  end)

  it("are unknown without a fetch function", function()
    local t = request { uri = "/cb", body = "{}", keys = {} }
    local _, refusal = receiver.verify(t)
    assert.equal("KeyUnknown", refusal.code)
    assert.truthy(refusal.message:find("/some/new_key.pem", 1, true))
  end)

  it("need no network when they are OSS's usual one", function()
    local t = of_vector(read_vectors()[1])
    t.fetch = function() error("asked") end
    assert.is_true(receiver.verify(t))
  end)

  it("are fetched once, over https, and kept", function()
    local t = request { uri = "/cb", body = "{}", key_url = "http://gosspublic.alicdn.com/some/new_key.pem" }
    local asked = fetching(t, { public_key })
    assert.equal("ok", code_of(t))
    assert.equal("ok", code_of(t))
    local again = request { uri = "/cb", body = "[]" } -- the same over https
    again.keys, again.fetch, again.cache = nil, t.fetch, t.cache
    assert.equal("ok", code_of(again))
    assert.same({ "https://gosspublic.alicdn.com/some/new_key.pem" }, asked)
    t.now = t.now + 24 * 3600 + 1
    assert.equal("KeyUnavailable", code_of(t))
    assert.equal(2, #asked)
  end)

  it("that cannot be had are not asked for again at once", function()
    for _, answer in ipairs { false, "<html>not found</html>", ("x"):rep(9000),
      function() error("no network") end, function() return nil, "timeout" end } do
      local t = request { uri = "/cb", body = "{}" }
      local asked = fetching(t, { answer, public_key })
      local _, refusal = receiver.verify(t)
      assert.equal("KeyUnavailable", refusal.code)
      assert.equal(503, refusal.status)
      assert.equal("KeyUnavailable", code_of(t))
      assert.equal(1, #asked)
      t.now = t.now + 61
      assert.equal("ok", code_of(t))
      assert.equal(2, #asked)
    end
  end)

  it("are fetched one at a time", function()
    local t = request { uri = "/cb", body = "{}" }
    local asked = fetching(t, { function() return coroutine.yield("waiting") end })
    local first = coroutine.wrap(function() return code_of(t) end)
    assert.equal("waiting", first())
    assert.equal("KeyUnavailable", code_of(t)) -- the store in memory cannot wait
    assert.equal("ok", first(public_key))
    assert.equal("ok", code_of(t))
    assert.equal(1, #asked)
  end)

  it("are fetched each by itself, and made-up names stay out of the way of OSS's", function()
    local place = "https://gosspublic.alicdn.com"
    local t = request { uri = "/cb", body = "{}", key_url = place .. "/callback_pub_key_v2.pem" }
    local made_up = request { uri = "/cb", body = "{}" }
    local store, kept = memory.new(1000), 0
    t.cache, made_up.cache = store, store
    local function waiting() return (coroutine.yield("waiting")) end
    local asked = fetching(t, { waiting })
    made_up.keys, made_up.fetch = nil, function() return (waiting()) end
    local under_way = 0
    for i = 1, 200 do
      made_up.headers["X-Oss-Pub-Key-Url"] = core.base64(place .. "/made_up/" .. i .. ".pem")
      if coroutine.wrap(function() return code_of(made_up) end)() == "waiting" then
        under_way = under_way + 1
      end
    end
    assert.is_true(under_way > 1 and under_way <= 16, tostring(under_way))
    local genuine = coroutine.wrap(function() return code_of(t) end)
    assert.equal("waiting", genuine())
    assert.equal("ok", genuine(public_key))
    assert.equal(1, #asked)
    made_up.cache = setmetatable({ lock = false }, { __index = store })
    made_up.fetch = function() return nil, ("no such key"):rep(100) end
    for i = 1, 200 do
      made_up.headers["X-Oss-Pub-Key-Url"] = core.base64(place .. "/made_up/" .. i .. ".pem")
      assert.equal("KeyUnavailable", code_of(made_up))
    end
    for _, entry in pairs(store.entries) do
      kept = kept + 1
      assert.is_true(#entry.value < 500)
    end
    assert.is_true(kept <= 17, tostring(kept))
    assert.equal("ok", code_of(t))
  end)

  it("are fetched once by all who wait, with a cache that can lock", function()
    local t = request { uri = "/cb", body = "{}" }
    local waiting, locked = {}, false
    local store = memory.new(8, function() return now end)
    t.cache = { get = function(_, name) return store:get(name) end,
      set = function(_, ...) return store:set(...) end,
      lock = function()
        while locked do
          waiting[#waiting + 1] = coroutine.running()
          coroutine.yield()
        end
        locked = true
        return function() locked = false end
      end }
    local asked = fetching(t, { function() return coroutine.yield() end, "no second time" })
    local codes = {}
    local function start()
      local thread = coroutine.create(function()
        local code = code_of(t)
        codes[#codes + 1] = code
      end)
      assert(coroutine.resume(thread))
      return thread
    end
    local fetcher = start()
    start()
    start()
    assert.same({}, codes)
    assert(coroutine.resume(fetcher, public_key))
    for _, thread in ipairs(waiting) do
      assert(coroutine.resume(thread))
    end
    assert.same({ "ok", "ok", "ok" }, codes)
    assert.equal(1, #asked)
  end)

  it("do not wait forever for one whose thread has been killed", function()
    local time = now
    local store = memory.new(2, function() return time end)
    assert.is_function(store:lock "a")
    assert.is_function(store:lock "b")
    local unlock, message = store:lock "a"
    assert.is_nil(unlock)
    assert.equal("another one is being fetched", message)
    time = time + 10
    store:lock "a"()
    assert.is_function(store:lock "a")
  end)

  it("are kept up to a limit", function()
    local store = memory.new(2, function() return now end)
    store:set("a", 1, 10)
    store:set("b", 2, 10)
    store:set("a", 3, 10)
    store:set("c", 4, 10)
    assert.equal(3, store:get("a")) -- set again, it is newer than b
    assert.is_nil(store:get("b"))
    assert.equal(4, store:get("c"))
    store:set("d", 5, 10)
    assert.is_nil(store:get("a"))
    assert.equal(4, store:get("c"))
    local n = 0
    for _ in pairs(store.entries) do
      n = n + 1
    end
    assert.equal(2, n)
  end)
end)

local secret, older = "a secret of the service", "its secret of last month"

-- What the service receives for a callback with a token.
local function received(token, place, values, body, body_type)
  local prepared = assert(callbacks.prepare({ url = "http://example.com/cb", token = token,
    body = body or { size = "${size}", reqId = "${reqId}" }, body_type = body_type }, place))
  local all = { bucket = place.bucket, object = place.key, size = "5", reqId = "66399AA50123456789ABCDEF" }
  for name, value in pairs(prepared.vars) do
    all[name] = value
  end
  for name, value in pairs(values or {}) do
    all[name] = value
  end
  local text = assert(core.callback_expand(prepared.body, prepared.body_type, all))
  return request { uri = "/cb", body = text, content_type = prepared.body_type == "form"
    and "application/x-www-form-urlencoded" or "application/json" }
end

describe("a token", function()
  local place = { bucket = "examplebucket", key = "dir/a \"b\" 中.txt", now = now }
  local token = { secret = secret, ttl = 60 }

  it("passes for its object, in JSON and forms, with any of the secrets", function()
    for _, body_type in ipairs { "json", "form" } do
      local t = received(token, place, nil, nil, body_type)
      assert.is_true(receiver.verify(with(t, { secrets = { secret } })))
      assert.is_true(receiver.verify(with(t, { secrets = { "another secret!!", secret } })))
      assert.equal("TokenInvalid", code_of(with(t, { secrets = { older } })))
    end
  end)

  it("passes in a string body that has what it needs", function()
    local t = received(token, place, nil,
      '{"a":1,"token":${x:token},"object":${object},"bucket":${bucket}}')
    assert.is_true(receiver.verify(with(t, { secrets = { secret } })))
    t = received(token, place, nil, "bucket=${bucket}&token=${x:token}&object=${object}")
    assert.is_true(receiver.verify(with(t, { secrets = { secret } })))
  end)

  it("is refused for another object or bucket, and when its time is over", function()
    local function code(values, more)
      return code_of(with(received(token, place, values), with({ secrets = { secret } }, more or {})))
    end
    assert.equal("ok", code {})
    assert.equal("TokenInvalid", code { object = "dir/b.txt" })
    assert.equal("TokenInvalid", code { bucket = "otherbucket" })
    assert.equal("ok", code({}, { now = now + 60 }))
    assert.equal("TokenExpired", code({}, { now = now + 61 }))
    assert.equal("TokenInvalid", code { ["x:token"] = "" })
    assert.equal("TokenInvalid", code { ["x:token"] = "1.9999999999.key." .. ("0"):rep(64) })
  end)

  it("is refused with any bit changed", function()
    local made = assert(callbacks.prepare({ url = "http://example.com/cb", token = token, body = {} }, place))
    local text = made.vars["x:token"]
    for at = 1, #text do
      for power = 0, 6 do
        local code = code_of(with(received(token, place, { ["x:token"] = flip(text, at, 2 ^ power) }),
          { secrets = { secret } }))
        assert.equal("TokenInvalid", code)
      end
    end
  end)

  it("is refused when its parts are what no builder writes", function()
    local tokens = require "oss.receiver.token"
    local function code(text)
      local left, refusal = tokens.check({ bucket = "b", object = "abc", token = text }, { secret }, now)
      return left and "ok" or refusal.code
    end
    local mac = tokens.make(secret, now + 9, "b", nil, "a"):match("%x+$")
    for _, text in ipairs { "", "1", "1...", "2.1715051182.1." .. mac, "1.1715051182.01." .. mac,
      "1.1715051182.1e0." .. mac, "1.1715051182.0x1." .. mac, "1." .. ("9"):rep(400) .. ".1." .. mac,
      "1.1715051182." .. ("9"):rep(400) .. "." .. mac, "1.1715051182.1." .. mac .. "0",
      "1.1715051182.1." .. mac:upper() } do
      assert.equal("TokenInvalid", code(text), text)
    end
    assert.equal("ok", code("1.1715051182.1." .. mac))
  end)

  it("of a prefix passes for the keys under it", function()
    local under = { bucket = "examplebucket", key_prefix = "photos/", now = now }
    local function code(key)
      return code_of(with(received(token, under, { object = key }), { secrets = { secret } }))
    end
    assert.equal("ok", code "photos/a.jpg")
    assert.equal("ok", code "photos/b/c.jpg")
    assert.equal("TokenInvalid", code "photo/a.jpg")
    assert.equal("TokenInvalid", code "photos")
    -- A token of the key that is the prefix is no token of the prefix.
    local made = assert(callbacks.prepare({ url = "http://example.com/cb", token = token, body = {} },
      { bucket = "examplebucket", key = "photos/", now = now }))
    assert.equal("TokenInvalid", code_of(with(received(token, under, { object = "photos/a.jpg",
      ["x:token"] = made.vars["x:token"]:gsub("key", "7") }), { secrets = { secret } })))
  end)

  it("of a key of two lines fits no bucket of two lines", function()
    local odd = { bucket = "examplebucket", key = "a\nb", now = now }
    local function code(values)
      return code_of(with(received(token, odd, values), { secrets = { secret } }))
    end
    assert.equal("ok", code {})
    assert.equal("TokenInvalid", code { bucket = "examplebucket\na", object = "b" })
  end)

  it("must be there when secrets are given", function()
    for _, body in ipairs { "{}", '{"bucket":"b","object":"o"}', '{"bucket":"b","object":"o","token":5}', "[]" } do
      assert.equal("TokenMissing", code_of(with(request { uri = "/cb", body = body }, { secrets = { secret } })))
    end
    assert.equal("BodyInvalid", code_of(with(request { uri = "/cb", body = "{" }, { secrets = { secret } })))
    assert.equal("ContentTypeUnsupported", code_of(with(request { uri = "/cb", body = "{}",
      content_type = "text/plain" }, { secrets = { secret } })))
  end)

  it("is looked at only after the signature", function()
    local t = with(received(token, place), { secrets = { older } })
    t.headers.Authorization = core.base64("x")
    assert.equal("SignatureMismatch", code_of(t))
  end)

  it("is refused by the builder where it could not work", function()
    local function message(change, where)
      local t = { url = "http://example.com/cb", body = {}, token = { secret = secret } }
      change(t)
      local _, text = callbacks.prepare(t, where or place)
      return assert(text)
    end
    for _, case in ipairs {
      { function(t) t.token = secret end, "callback.token: expected a table, got string" },
      { function(t) t.token.secret = "short" end, "callback.token.secret: not a string of at least 16 bytes" },
      { function(t) t.token.ttl = 0 end, "callback.token.ttl: not a number of seconds above 0" },
      { function(t) t.token.tll = 5 end, "callback.token.tll: no such field; did you mean 'ttl'?" },
      { function(t) t.vars = { token = 5 } end, "callback.vars.token: callback.token makes a variable" },
      { function(t) t.vars = { ["x:token"] = 5 } end, "callback.vars.token: callback.token makes a variable" },
      { function(t) t.vars = 5 end, "callback.vars: expected a table" },
      { function(t) t.body = { object = "${etag}" } end, "a token needs the field 'object' to be ${object}" },
      { function(t) t.body = { token = "mine" } end, "a token needs the field 'token' to be ${x:token}" },
      { function(t) t.body = { "${object}" } end, "a token needs the field 'bucket' to be ${bucket}" },
      { function(t) t.body = "object=${object}&bucket=${bucket}" end,
        "a token needs the field 'token' to be ${x:token}; add token=${x:token}" },
      { function(t) t.body = '{"object":${object},"token":${x:token}}' end, 'add "bucket":${bucket} to the object' },
      { function(t) t.body = '{"in":{"object":${object},"token":${x:token},"bucket":${bucket}}}' end,
        "a token needs the field 'bucket'" },
      { function(t) t.policy, t.url, t.body = "p", nil, nil end, "callback.token: a policy of the bucket" },
      { function() end, "callback.token: it is made for one object, and none is known here", {} },
    } do
      local text = message(case[1], case[3])
      assert.truthy(text:find(case[2], 1, true), text)
      assert.is_nil(text:find(secret, 1, true))
    end
  end)

  it("does not change the user's table", function()
    local body, vars = { size = "${size}" }, { uid = 5 }
    local t = { url = "http://example.com/cb", body = body, vars = vars, token = { secret = secret } }
    assert(callbacks.prepare(t, place))
    assert.same({ size = "${size}" }, body)
    assert.same({ uid = 5 }, vars)
    assert.same({ secret = secret }, t.token)
    assert.is_nil(callbacks.explain(t):find(secret, 1, true))
  end)
end)

describe("replay", function()
  local body = '{"reqId":"66399AA50123456789ABCDEF"}'

  it("refuses a request id that came before", function()
    local replay = receiver.memory_replay(10, function() return now end)
    assert.equal("ok", code_of(with(request { uri = "/cb", body = body }, { replay = replay })))
    assert.equal("Replayed", code_of(with(request { uri = "/cb", body = body }, { replay = replay })))
    assert.equal("ok", code_of(with(request { uri = "/cb", body = '{"reqId":"other"}' }, { replay = replay })))
  end)

  it("ends what one token can have remembered", function()
    local own_secret, remembered = ("s"):rep(16), 0
    local replay = receiver.memory_replay(10000, function() return now end)
    local seen = replay.seen
    replay.seen = function(...)
      remembered = remembered + 1
      return seen(...)
    end
    local function code(n, key)
      local token = require("oss.receiver.token").make(own_secret, now + 60, "b-1", key)
      local text = ('{"bucket":"b-1","object":"%s","reqId":"%s %d","token":"%s"}'):format(key, key, n, token)
      return code_of(with(request { uri = "/cb", body = text },
        { replay = replay, secrets = { own_secret }, now = now, token_uses = 5 }))
    end
    for n = 1, 50 do
      assert.equal(n <= 5 and "ok" or "TokenSpent", code(n, "greedy"))
    end
    assert.equal(5, remembered)
    assert.equal("ok", code(1, "honest"))
    replay.count = nil -- a store that cannot count remembers them all
    assert.equal("ok", code(51, "greedy"))
    replay.count = function()
      return nil, "it is full"
    end
    assert.equal("ReplayUnknown", code(1, "unlucky"))
  end)

  it("remembers only what has been verified", function()
    local replay = receiver.memory_replay()
    local t = with(request { uri = "/cb", body = body }, { replay = replay })
    local right = t.headers.Authorization
    t.headers.Authorization = core.base64("x")
    assert.equal("SignatureMismatch", code_of(t))
    t.headers.Authorization = right
    assert.equal("ok", code_of(t))
  end)

  it("remembers as long as the token lives, without one for a day, and at least for the window", function()
    local seconds
    local replay = { seen = function(_, s) seconds = s return false end }
    local function run(token, more)
      assert.equal("ok", code_of(with(received(token, { bucket = "b-1", key = "k", now = now }),
        with({ replay = replay, secrets = token and { secret } }, more or {}))))
      return seconds
    end
    assert.equal(86400, run(nil))
    assert.equal(60, run(nil, { window = 60 }))
    assert.equal(101, run({ secret = secret, ttl = 100 }, { window = 60 }))
    assert.equal(101, run({ secret = secret, ttl = 100 }))
    assert.equal(200, run({ secret = secret, ttl = 100 }, { window = 200 }))
    assert.equal(200001, run { secret = secret, ttl = 200000 })
  end)

  it("wants the id in the body, under a name of your choice", function()
    local replay = receiver.memory_replay()
    assert.equal("RequestIdMissing", code_of(with(request { uri = "/cb", body = "{}" }, { replay = replay })))
    assert.equal("RequestIdMissing", code_of(with(request { uri = "/cb", body = '{"reqId":""}' }, { replay = replay })))
    assert.equal("RequestIdMissing", code_of(with(request { uri = "/cb", body = '{"reqId":5}' }, { replay = replay })))
    replay.field = "id"
    assert.equal("ok", code_of(with(request { uri = "/cb", body = '{"id":"1"}' }, { replay = replay })))
  end)

  it("refuses when the store fails", function()
    local _, refusal = receiver.verify(with(request { uri = "/cb", body = body },
      { replay = { seen = function() return nil, "no connection" end } }))
    assert.equal("ReplayUnknown", refusal.code)
    assert.equal(503, refusal.status)
  end)
end)

describe("a pinned content type", function()
  local form, json = "application/x-www-form-urlencoded", "application/json"
  local body = '{"reqId":"1"}'

  it("is the only one that is taken, by verify and by parse", function()
    for _, case in ipairs { { json, json, "ok" }, { json, json .. "; charset=utf-8", "ok" },
      { json, form, "ContentTypeUnsupported" }, { form, json, "ContentTypeUnsupported" },
      { nil, json, "ok" }, { nil, form, "RequestIdMissing" } } do
      local t = with(request { uri = "/cb", body = body, content_type = case[2] },
        { content_type = case[1], replay = receiver.memory_replay() })
      assert.equal(case[3], code_of(t))
      local _, refusal = receiver.parse { headers = t.headers, body = body, content_type = case[1] }
      assert.equal(case[3] == "ContentTypeUnsupported", refusal ~= nil)
    end
    local _, refusal = receiver.parse { headers = { ["content-type"] = form }, body = body, content_type = json }
    assert.equal("Content-Type must be application/json, in UTF-8", refusal.message)
    assert.equal(415, refusal.status)
  end)

  it("is one of two", function()
    local _, message = pcall(receiver.parse, { headers = {}, body = "", content_type = "text/xml" })
    assert.truthy(message:find("option 'content_type' must be one of " .. json .. ", " .. form, 1, true), message)
  end)
end)

describe("receiver.parse", function()
  local function parse(content_type, body, more)
    return receiver.parse(with({ headers = { ["Content-Type"] = content_type }, body = body }, more or {}))
  end
  local form, json = "application/x-www-form-urlencoded", "application/json"

  it("reads forms", function()
    assert.same({ filename = "zmaplex/20210407_14:31:41_286180/a.jpg", size = "112595", empty = "", ["a b"] = "c&=d",
      flag = "" }, parse(form,
      "filename=zmaplex%2F20210407_14%3A31%3A41_286180%2Fa.jpg&size=112595&empty=&a+b=c%26=d&flag"))
    assert.same({ a = "中" }, parse(form .. "; charset=UTF-8", "a=%E4%B8%AD"))
  end)

  it("reads JSON", function()
    assert.same({ object = "a \"b\"\n/中😀", size = 114020, ok = true, list = { 1, "x", { a = cjson.null } },
      less = -0.5e2, none = {} }, parse(json,
      ' {"object":"a \\"b\\"\\n\\/\\u4e2d\\uD83D\\ude00", "size" : 114020,"ok":true,'
      .. '"list":[1,"x",{"a":null}],"less":-0.5e2,"none":{}}\n'))
    assert.same({ 1 }, parse("Application/JSON;charset=\"utf-8\"", "[1]"))
  end)

  it("keeps the digits of a CRC-64 and of sizes", function()
    assert.same({ crc64 = "13027479509578346683", size = 9007199254740991, more = "9007199254740992",
      less = "-18446744073709551616" }, parse(json, '{"crc64":13027479509578346683,"size":9007199254740991,'
      .. '"more":9007199254740992,"less":-18446744073709551616}'))
  end)

  it("refuses what can be understood in two ways", function()
    for _, case in ipairs {
      { json, "" }, { json, "5" }, { json, "null" }, { json, '"text"' }, { json, "{" }, { json, "[1" },
      { json, "[1,]" }, { json, "{}x" }, { json, "{},{}" },
      { json, '{"a":1,"a":2}', "a name for the second time at byte 8" },
      { json, '{"a":1,"\\u0061":2}', "second time" }, { json, '{"a" 1}' }, { json, '{a:1}' }, { json, "{'a':1}" },
      { json, '{"a":1,}' }, { json, '{"a":}', "no JSON value" }, { json, '{"a":01}' }, { json, '{"a":+1}' },
      { json, '{"a":1.}' }, { json, '{"a":.5}' }, { json, '{"a":0x10}' }, { json, '{"a":1e}' }, { json, '{"a":-}' },
      { json, '{"a":1e999}', "out of range" }, { json, '{"a":NaN}' }, { json, '{"a":Infinity}' },
      { json, '{"a":True}' }, { json, '{"a":tru}' }, { json, '{"a":nulll}' }, { json, '{"a":"b}', "has no end" },
      { json, '{"a":"\\x"}', "unknown escape" }, { json, '{"a":"\\u12g4"}' }, { json, '{"a":"\\u12' },
      { json, '{"a":"\\ud83d"}', "surrogate" }, { json, '{"a":"\\ude00\\ud83d"}', "surrogate" },
      { json, '{"a":"\\ud83d\\u0041"}', "surrogate" }, { json, '{"a":"\n"}', "control character" },
      { json, '{"a":"\0"}', "control character" }, { json, '{"a":"\255"}', "UTF-8" },
      { json, '{"a":"\237\160\189"}', "UTF-8" }, { json, "\239\187\191{}" }, { json, '{"a":1}\0' },
      { json, ("["):rep(33) .. ("]"):rep(33), "too deep" }, { json, ("["):rep(60000), "too deep" },
      { form, "a=1&a=2", "second time, in the field at byte 5" }, { form, "a=1&%61=2", "second time" },
      { form, "a=%" }, { form, "a=%2" }, { form, "a=%zz", "no escape" }, { form, "%=1" },
      { form, "=1", "without a name" },
      { form, "" }, { form, "a=1&&b=2" }, { form, "a=1&" }, { form, "a=%FF", "UTF-8" }, { form, "%C0%AF=1", "UTF-8" },
    } do
      local fields, refusal = parse(case[1], case[2])
      assert.is_nil(fields, case[2])
      assert.equal("BodyInvalid", refusal.code, case[2])
      assert.truthy(refusal.message:find(case[3] or "", 1, true), refusal.message)
    end
    assert.is_table(parse(json, ("["):rep(32) .. ("]"):rep(32)))
  end)

  it("refuses other types, charsets and sizes", function()
    for _, content_type in ipairs { "text/plain", "application/jsonp", "application/json; charset=gbk", "json", "",
      "application/json, text/html", "multipart/form-data; boundary=x", "application/json" .. (" "):rep(90) } do
      local _, refusal = parse(content_type, "{}")
      assert.equal("ContentTypeUnsupported", refusal.code, content_type)
    end
    local _, refusal = receiver.parse { headers = {}, body = "{}" }
    assert.equal("ContentTypeUnsupported", refusal.code)
    _, refusal = parse(form, "a=" .. ("x"):rep(65536))
    assert.equal("BodyTooLarge", refusal.code)
    assert.equal(413, refusal.status)
    assert.is_table(parse(form, "a=" .. ("x"):rep(65536), { max_bytes = 70000 }))
    _, refusal = parse(json, "[[1]]", { max_depth = 1 })
    assert.equal("BodyInvalid", refusal.code)
  end)

  -- Hostile input: whatever comes, an answer and no error; what both read, both read alike.
  it("survives random bodies, and agrees with cjson", function()
    local lenient = require "cjson.safe"
    local pieces = { "{", "}", "[", "]", ":", ",", '"', "\\", "\\u00e9", "\\ud83d", "\\ude00", "a", "b", "1", "-", ".",
      "e5", "true", "null", " ", "\n", "\0", "\255", "中", "%", "%41", "&", "=", "+", '{"a":1}', '"x":', "[]" }
    local state = 20240507
    local function random(n)
      state = (state * 16807) % 2147483647
      return state % n + 1
    end
    local read = 0
    for _ = 1, 4000 do
      local parts = { random(2) == 1 and "{" or "[" }
      for i = 2, random(12) + 1 do
        parts[i] = pieces[random(#pieces)]
      end
      parts[#parts + 1] = parts[1] == "{" and "}" or "]"
      local text = table.concat(parts)
      local strict, refusal = parse(json, text)
      if strict then
        read = read + 1
        assert.same(lenient.decode(text), strict)
      else
        assert.equal("string", type(refusal.message))
      end
      strict, refusal = parse(form, text)
      assert.is_true(strict ~= nil or type(refusal.message) == "string")
    end
    assert.is_true(read > 20)
  end)

  it("raises at the caller's line for wrong options", function()
    local ok, message = pcall(function() return (receiver.parse { body = "{}" }) end)
    assert.is_false(ok)
    assert.truthy(message:find("receiver_spec.lua:%d+: parse: option 'headers' is missing"), message)
  end)
end)

describe("receiver.reply", function()
  it("is what OSS takes for success", function()
    local answer = receiver.reply { ok = true, key = "a/中" }
    assert.equal(200, answer.status)
    assert.equal("application/json", answer.headers["Content-Type"])
    assert.equal(tostring(#answer.body), answer.headers["Content-Length"])
    assert.same({ ok = true, key = "a/中" }, cjson.decode(answer.body))
    assert.equal('{"Status":"OK"}', receiver.reply().body)
    assert.equal("{}", receiver.reply({}).body)
    assert.equal('[1, {"a":2}]', receiver.reply('[1, {"a":2}]').body)
  end)

  it("refuses at the caller's line what OSS would not take", function()
    for _, value in ipairs { "OK", "\239\187\191{}", "", 5, true, { "\255" }, { 0 / 0 }, { f = print }, ("x"):rep(9),
      { ("x"):rep(1024 * 1024) }, "[" .. (" "):rep(1024 * 1024 - 2) .. "]" } do
      local ok, message = pcall(function() return (receiver.reply(value)) end)
      assert.is_false(ok)
      assert.truthy(message:find("receiver_spec.lua:%d+: reply: "), message)
    end
    assert.equal(1024 * 1024 - 1, #receiver.reply("[" .. (" "):rep(1024 * 1024 - 3) .. "]").body)
  end)
end)
