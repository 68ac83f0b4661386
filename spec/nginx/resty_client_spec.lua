-- The whole way in nginx: client, cosockets, the local OSS, a callback service.

local core = require "oss.core"
local local_oss = require "spec.support.local_oss"
local nginxes = require "spec.support.nginx"

describe("resty.oss", function()
  local place, nginx, service
  setup(function()
    place = local_oss.start()
    service = place:service()
    nginx = nginxes.start { place = place }
  end)
  teardown(function()
    nginx:stop()
    place:stop()
  end)
  before_each(function()
    assert(place.server:clear())
  end)

  local function callback(path)
    return { url = service .. (path or "/cb?x=%20y"), body = { size = "${size}", object = "${object}",
      uid = "${x:uid}" }, vars = { uid = "a\"b\\c é" } }
  end
  local function put(t)
    return nginx:run("return client:put(put(...))", t)
  end
  local function fetch(key)
    return nginx:run("return assert(client:get { bucket = 'examplebucket', key = ... }).body", key or "dir/a.txt")
  end

  for _, signature in ipairs { "v4", "v1" } do
    it("stores, describes, fetches and deletes, signed with " .. signature, function()
      local res, head, body, range, deleted, err = nginx:run([[
        local mine = new_client { signature = ... }
        local key = { bucket = "examplebucket", key = "a b+c/é~'()*!.txt" }
        local res = oss.assert(mine:put(put { key = key.key, meta = { author = "Li" }, tags = { a = "b c" } }))
        local head, got = mine:head(key), mine:get(key)
        key.range = "bytes=2-4"
        local range = mine:get(key)
        key.range = nil
        return res, head, got.body, range.body, mine:delete(key).status, select(2, mine:head(key))
      ]], signature)
      assert.equal("F0F18C2C66AE1DD512BDCD4366F76DA3", res.etag)
      assert.equal(core.crc64("Hello OSS"), res.crc64)
      assert.equal(9, head.content_length)
      assert.equal("Li", head.meta.author)
      assert.equal("Hello OSS", body)
      assert.equal("llo", range)
      assert.equal(204, deleted)
      assert.equal("NoSuchKey", err.code)
    end)
  end

  it("carries a callback both ways", function()
    local res = put { callback = callback() }
    assert.same({ Status = "OK" }, res.callback.json)
    local log = local_oss.read(place.service_log)
    assert.truthy(log:find('{"object":"dir/a.txt","size":9,"uid":"a\\"b\\\\c é"}', 1, true))
    assert.truthy(log:find("verified: yes", 1, true))
  end)

  it("tells the three outcomes apart, and sends nothing again behind a 203", function()
    os.execute("sleep 0.1")
    place:requests()
    local res, err = put { callback = callback("/refuse") }
    assert.is_nil(res)
    assert.equal("callback", err.kind)
    assert.equal("Error status : 403.", err.message)
    assert.is_true(err.stored)
    os.execute("sleep 0.1")
    assert.equal(1, #place:requests(1))
    assert.equal("Hello OSS", fetch())
    res, err = put { headers = { ["x-emulator-fault"] = "status=403" } }
    assert.is_nil(res)
    assert.equal("service", err.kind)
    assert.is_false(err.stored)
    assert.truthy(err.text:find("AccessDenied", 1, true))
  end)

  it("fires the callback alone again when told", function()
    assert(place.server:fault { fault = "callback=502", operation = "PutObject" })
    local t = callback()
    t.retry = true
    local res = put { callback = t }
    assert.is_true(res.callback_retried)
    assert.same({ Status = "OK" }, res.callback.json)
  end)

  it("keeps keys with dots and slashes as they are", function()
    for _, key in ipairs { "a/../b", "a/./b", "a//b", "..", "a/", "%41", "?x=1&y", "a#b" } do
      assert.truthy(put { key = key, body = key })
      assert.equal(key, fetch(key))
    end
  end)

  it("sends and fetches every size", function()
    for _, size in ipairs { 0, 1, 65536, 65537, 3000000 } do
      local same = nginx:run([[
        local body = noise(...)
        oss.assert(client:put(put { body = body }))
        return client:get { bucket = "examplebucket", key = "dir/a.txt" }.body == body
      ]], size)
      assert.is_true(same)
    end
  end)

  it("gets into a file that appears complete or not at all", function()
    local path = place:path("fetched")
    nginx:run([[
      oss.assert(client:put(put { body = noise(1000000) }))
      oss.assert(client:get { bucket = "examplebucket", key = "dir/a.txt", file = ... })
      client:get { bucket = "examplebucket", key = "missing", file = ... .. "-not" }
    ]], path)
    assert.equal(1000000, #local_oss.read(path))
    assert.is_nil(local_oss.read(path .. "-not"))
    assert.is_nil(io.popen("ls " .. place.root):read("*a"):find(".part", 1, true))
  end)

  local faults = {
    { "status=503", 2 }, { "status=500:InternalError", 2 }, { "reset=before", 2, 1 }, { "reset=body:100", 2 },
    { "throttle", 2 }, { "crc", 2 }, { "reset=after", 1 }, { "truncate=0", 1 },
  }
  for _, fault in ipairs(faults) do
    it("gets over " .. fault[1], function()
      for _, size in ipairs { 20000, 2000000 } do
        nginx:run "client:delete { bucket = 'examplebucket', key = 'over' }"
        assert(place.server:fault { fault = fault[1], method = "PUT" })
        local res, err = nginx:run([[
          return client:put(put { key = "over", body = noise(...) })
        ]], size)
        assert.truthy(res, err and err.text)
        -- What was not let in over a kept connection goes over a new one at once.
        assert.truthy(res.attempts == fault[2] or res.attempts == fault[3], res.attempts)
        assert.equal(size, #fetch("over"))
      end
    end)
  end

  it("gets a body that was cut again", function()
    put { body = ("x"):rep(100000) }
    assert(place.server:fault { fault = "truncate=5000", method = "GET" })
    local size, attempts = nginx:run [[
      local res = oss.assert(client:get { bucket = "examplebucket", key = "dir/a.txt" })
      return #res.body, res.attempts
    ]]
    assert.equal(100000, size)
    assert.equal(2, attempts)
  end)

  it("settles a lost answer: stored, the callback unknown", function()
    nginx:run "client:delete { bucket = 'examplebucket', key = 'lost' }"
    assert(place.server:fault { fault = "reset=after", method = "PUT" })
    local _, err = put { key = "lost", callback = callback() }
    assert.equal("CallbackUnknown", err.code)
    assert.is_true(err.stored)
  end)

  it("corrects a clock that is off", function()
    local first, second = nginx:run [[
      local mine = new_client { clock = function() return os.time() + 7200 end }
      return oss.assert(mine:put(put())).attempts, oss.assert(mine:put(put())).attempts
    ]]
    assert.equal(2, first)
    assert.equal(1, second)
  end)

  it("is refused early without sending everything", function()
    local _, err, sent = nginx:run [[
      local op = client:start("put", put { body = noise(20000000), expect = false, attempts = 1,
        headers = { ["x-emulator-fault"] = "reset=body:1000" } })
      local res, err = op:wait()
      return res, err, op:status().sent
    ]]
    assert.equal("transport", err.kind)
    assert.is_true(sent < 20000000)
    _, err = nginx:run [[
      local mine = new_client { access_key_secret = "wrong" }
      return mine:start("put", put { body = noise(20000000) }):wait()
    ]]
    assert.equal("SignatureDoesNotMatch", err.code)
    assert.is_string(err.fields.StringToSign)
  end)

  it("puts with one call, connections shared and counted", function()
    local first, second, message = nginx:run [[
      local t = { endpoint = ngx.var.endpoint, region = "cn-hangzhou", access_key_id = "emulator",
        access_key_secret = "emulator-secret", bucket = "examplebucket", key = "one", body = "1" }
      oss.assert(oss.put(t))
      local first = oss.assert(oss.put(t))
      local fine, message = pcall(function() return oss.put { bucket = "b", typo = 1 } .. "" end)
      return first.etag, exchange({ url = t.endpoint .. "/?x", method = "GET" }).reused, message
    ]]
    assert.is_string(first)
    assert.is_true(second)
    assert.truthy(message:find("^spec:%d+: "), message)
  end)

  it("uses one connection for calls in a row", function()
    local reused = nginx:run [[
      local n = 0
      local transport = client.driver.transport
      local original = transport.exchange
      transport.exchange = function(...)
        local answer = original(...)
        n = n + (answer.reused and 1 or 0)
        return answer
      end
      for i = 1, 20 do
        oss.assert(client:put(put { key = "row/" .. i }))
      end
      transport.exchange = nil
      return n
    ]]
    assert.is_true(reused >= 19, reused)
  end)

  it("raises wrong options at the caller's line", function()
    local message = nginx:run "return select(2, pcall(function() return client:put { bucket = 'b' } .. '' end))"
    assert.truthy(message:find("^spec:1: put: option 'bucket' must be"), message)
    message = nginx:run "return select(2, pcall(function() return oss.client { regionn = '' } .. '' end))"
    assert.truthy(message:find("^spec:1: client: unknown option 'regionn'"), message)
  end)
end)
