-- The whole way: client, libcurl, the local OSS, a callback service.

local core = require "oss.core"
local errors = require "oss.errors"
local local_oss = require "spec.support.local_oss"

describe("a client and the local OSS", function()
  local place, client, service
  setup(function()
    place = local_oss.start()
    client = place:client { random = function() return 0 end }
    service = place:service()
  end)
  teardown(function()
    client:close()
    place:stop()
  end)
  before_each(function()
    assert(place.server:clear())
  end)

  local function put(more)
    local t = { bucket = "examplebucket", key = "dir/a.txt", body = "Hello OSS" }
    for name, value in pairs(more or {}) do
      t[name] = value
    end
    return t
  end
  local function callback(path)
    return { url = service .. (path or "/cb?x=%20y"), body = { size = "${size}", object = "${object}",
      uid = "${x:uid}" }, vars = { uid = "a\"b\\c é" } }
  end
  local function fetch(key)
    return errors.assert(client:get { bucket = "examplebucket", key = key or "dir/a.txt" }).body
  end

  for _, signature in ipairs { "v4", "v1" } do
    it("store, describe, fetch and delete, signed with " .. signature, function()
      local mine = place:client { signature = signature }
      local res = errors.assert(mine:put(put { key = "a b+c/é~'()*!.txt", meta = { author = "Li" },
        content_disposition = "attachment", tags = { a = "b c" }, storage_class = "IA" }))
      assert.equal("F0F18C2C66AE1DD512BDCD4366F76DA3", res.etag)
      assert.equal(core.crc64("Hello OSS"), res.crc64)
      local head = errors.assert(mine:head { bucket = "examplebucket", key = "a b+c/é~'()*!.txt" })
      assert.equal(9, head.content_length)
      assert.equal("text/plain", head.content_type)
      assert.equal("Li", head.meta.author)
      assert.equal("IA", head.storage_class)
      assert.equal("attachment", head.headers["content-disposition"])
      assert.equal("Hello OSS", mine:get { bucket = "examplebucket", key = "a b+c/é~'()*!.txt" }.body)
      assert.equal("llo", mine:get { bucket = "examplebucket", key = "a b+c/é~'()*!.txt",
        range = "bytes=2-4" }.body)
      assert.equal(204, mine:delete { bucket = "examplebucket", key = "a b+c/é~'()*!.txt" }.status)
      local _, err = mine:head { bucket = "examplebucket", key = "a b+c/é~'()*!.txt" }
      assert.equal("NoSuchKey", err.code)
      mine:close()
    end)

    it("carry a callback both ways, signed with " .. signature, function()
      local mine = place:client { signature = signature }
      local res = errors.assert(mine:put(put { callback = callback() }))
      assert.same({ Status = "OK" }, res.callback.json)
      assert.equal("application/json", res.callback.content_type)
      local log = local_oss.read(place.service_log)
      assert.truthy(log:find('{"object":"dir/a.txt","size":9,"uid":"a\\"b\\\\c é"}', 1, true))
      assert.truthy(log:find("verified: yes", 1, true))
      assert.is_nil(log:find("verified: no", 1, true))
      mine:close()
    end)
  end

  it("keep keys with dots and slashes as they are", function()
    for _, key in ipairs { "a/../b", "a/./b", "a//b", "..", "a/", "%41", "?x=1&y", "a#b" } do
      errors.assert(client:put(put { key = key, body = key }))
      assert.equal(key, fetch(key))
    end
  end)

  it("tell the three outcomes apart", function()
    local res, err = client:put(put { callback = callback("/refuse") })
    assert.is_nil(res)
    assert.equal("callback", err.kind)
    assert.equal("Error status : 403.", err.message)
    assert.is_true(err.stored)
    assert.equal("Hello OSS", fetch())
    res, err = client:put(put { bucket = "examplebucket", key = "never", forbid_overwrite = true,
      headers = { ["x-emulator-fault"] = "status=403" } })
    assert.is_nil(res)
    assert.equal("service", err.kind)
    assert.is_false(err.stored)
    assert.is_nil((client:head { bucket = "examplebucket", key = "never" }))
  end)

  it("never send again after 203", function()
    os.execute("sleep 0.1")
    place:requests()
    client:put(put { callback = callback("/refuse") })
    os.execute("sleep 0.1")
    assert.equal(1, #place:requests(1))
  end)

  it("fire the callback alone again when told", function()
    assert(place.server:fault { fault = "callback=502", operation = "PutObject" })
    local t = callback()
    t.retry = true
    local res = errors.assert(client:put(put { callback = t }))
    assert.is_true(res.callback_retried)
    assert.equal(2, res.attempts)
    assert.same({ Status = "OK" }, res.callback.json)
    assert.is_string(res.etag)
    t = callback("/refuse")
    t.retry = { attempts = 2, delay = 0.01 }
    local _, err = client:put(put { callback = t })
    assert.equal("callback", err.kind)
    assert.equal("callback", err.retry_error.kind)
    assert.equal(2, err.retry_error.attempts)
    assert.equal(3, err.attempts)
  end)

  it("send strings, files and readers of every size", function()
    for _, size in ipairs { 0, 1, 65535, 65536, 65537, 3000000 } do
      local path = place:file("body", size)
      local text = local_oss.read(path)
      errors.assert(client:put(put { body = text }))
      assert.is_true(text == fetch())
      local last
      local t = put { file = path, on_progress = function(sent, total) last = sent .. "/" .. total end }
      t.body = nil
      errors.assert(client:put(t))
      assert.is_true(text == fetch())
      assert.equal(size .. "/" .. size, last)
      for _, length in ipairs { size, false } do
        local at = 0
        t = put { length = length or nil, reader = function()
          if at < size then
            at = at + 7919
            return text:sub(at - 7918, at)
          end
        end }
        t.body = nil
        errors.assert(client:put(t))
        assert.is_true(text == fetch())
      end
    end
  end)

  it("get into a file that appears complete or not at all", function()
    errors.assert(client:put(put()))
    local path = place:path("fetched")
    errors.assert(client:get { bucket = "examplebucket", key = "dir/a.txt", file = path })
    assert.equal("Hello OSS", local_oss.read(path))
    local _, err = client:get { bucket = "examplebucket", key = "missing", file = place:path("nothing") }
    assert.equal("NoSuchKey", err.code)
    assert.is_nil(local_oss.read(place:path("nothing")))
    local listing = io.popen("ls " .. place.root):read("*a")
    assert.is_nil(listing:find(".part", 1, true))
  end)

  it("get a body that was cut again", function()
    errors.assert(client:put(put { body = ("x"):rep(100000) }))
    assert(place.server:fault { fault = "truncate=5000", method = "GET" })
    local res = errors.assert(client:get { bucket = "examplebucket", key = "dir/a.txt" })
    assert.equal(100000, #res.body)
    assert.equal(2, res.attempts)
  end)

  local faults = {
    { "status=503", true }, { "status=500:InternalError", true }, { "reset=before", true },
    { "reset=body:100", true }, { "reset=after", false }, { "throttle", true },
    { "crc", true }, { "truncate=0", false },
  }
  for _, fault in ipairs(faults) do
    it("get over " .. fault[1], function()
      client:delete { bucket = "examplebucket", key = "over" }
      assert(place.server:fault { fault = fault[1], method = "PUT" })
      local res = errors.assert(client:put(put { key = "over", body = ("x"):rep(20000) }))
      assert.equal(fault[2] and 2 or 1, res.attempts)
      assert.equal(20000, #fetch("over"))
    end)
  end

  it("settle a lost answer: stored, the callback unknown", function()
    client:delete { bucket = "examplebucket", key = "lost" }
    assert(place.server:fault { fault = "reset=after", method = "PUT" })
    local _, err = client:put(put { key = "lost", callback = callback() })
    assert.equal("CallbackUnknown", err.code)
    assert.is_true(err.stored)
  end)

  it("correct a clock that is off", function()
    local off = 7200
    local mine = place:client { clock = function() return os.time() + off end }
    local res = errors.assert(mine:put(put()))
    assert.equal(2, res.attempts)
    assert.equal(1, errors.assert(mine:put(put())).attempts)
    mine:close()
  end)

  it("explain what OSS refuses", function()
    local mine = place:client { access_key_secret = "wrong" }
    local _, err = mine:put(put())
    assert.equal("SignatureDoesNotMatch", err.code)
    assert.is_string(err.fields.StringToSign)
    assert.is_nil(tostring(err):find(err.fields.StringToSign, 1, true))
    assert.truthy(err.hint:find("access_key_secret", 1, true))
    mine:close()
    _, err = client:get { bucket = "examplebucket", key = "not-there" }
    assert.equal("NoSuchKey", err.code)
    assert.is_string(err.request_id)
    _, err = client:put(put { content_md5 = "1B2M2Y8AsgTpgAmY7PhCfg==" })
    assert.equal("InvalidDigest", err.code)
    errors.assert(client:put(put()))
    _, err = client:put(put { forbid_overwrite = true })
    assert.equal("FileAlreadyExists", err.code)
  end)

  it("survive answers that are no XML", function()
    local _, err = client:put(put { headers = { ["x-emulator-fault"] = "status=400, malformed" } })
    assert.equal("service", err.kind)
    assert.equal("BadErrorResponse", err.code)
  end)

  it("run many at once, and in order of their own", function()
    local ops = {}
    for i = 1, 50 do
      ops[i] = client:start("put", put { key = "many/" .. i, body = tostring(i) })
    end
    while client:poll(1) > 0 do end -- luacheck: ignore 542
    for i = 1, 50 do
      assert.equal("done", ops[i]:status().state)
      assert.equal(tostring(i), fetch("many/" .. i))
    end
  end)

  it("map a list with bounded concurrency, stable order and one summary", function()
    local list = {}
    for i = 1, 40 do
      list[i] = put { key = "map/" .. i, body = tostring(i) }
    end
    list[7].headers = { ["x-emulator-fault"] = "status=403" }
    list[9].callback = callback("/refuse")
    local most, each = 0, 0
    local results, summary = client:map(list, { concurrency = 5, on_each = function()
      each = each + 1
      most = math.max(most, client.driver.running)
    end })
    assert.equal(40, #results)
    assert.equal(40, each)
    assert.is_true(most <= 5)
    assert.equal("AccessDenied", results[7].err.code)
    assert.equal("callback", results[9].err.kind)
    assert.equal("10", fetch("map/10"))
    assert.equal(40, summary.total)
    assert.equal(38, summary.done)
    assert.equal(1, summary.failed)
    assert.equal(1, summary.callbacks_failed)
    assert.equal(8 + 31 * 2, summary.bytes)
    local n = 0
    results = client:map(function()
      n = n + 1
      return n <= 3 and { bucket = "examplebucket", key = "map/" .. n } or nil
    end, { verb = "head" })
    assert.equal(3, #results)
    local fine, message = pcall(function() return client:map({ {} }) .. "" end)
    assert.is_false(fine)
    assert.truthy(message:find("client_spec.lua:%d+: map: entry 1: put: option 'bucket' is missing"), message)
    assert.equal(0, client:poll(0))
  end)

  it("can be cancelled and closed at any moment", function()
    local path = place:file("big", 5000000)
    for polls = 0, 12 do
      local mine = place:client()
      local t = put { key = "cancelled", file = path, rate_limit = 2000000 }
      t.body = nil
      local op = mine:start("put", t)
      local other = mine:start("put", put { key = "other" })
      for _ = 1, polls do
        mine:poll(0.002)
      end
      if polls % 2 == 0 then
        op:cancel()
        assert.equal("cancelled", select(2, op:wait()).kind)
        assert.truthy(other:wait())
      end
      mine:close()
    end
    collectgarbage()
  end)

  it("may be dropped without close", function()
    for _ = 1, 5 do
      place:client():start("put", put { key = "dropped" })
    end
    collectgarbage()
    collectgarbage()
  end)

  it("take limits of any size", function()
    errors.assert(client:put(put { connect_timeout = 1e9, idle_timeout = 1e12, answer_timeout = 3e6,
      max_answer = 2 ^ 53, retry_budget = 1e300, timeout = 1e300 }))
    local fine, message = pcall(function() return client:put(put { max_answer = 1e18 }) .. "" end)
    assert.is_false(fine)
    assert.truthy(message:find("option 'max_answer' must be a whole number of bytes", 1, true))
    assert.equal(0, client:poll(0))
  end)

  it("end at once for who waits, whatever else is under way", function()
    local slow = client:start("put", put { key = "slow", headers = { ["x-emulator-fault"] = "delay=3" } })
    local began = client:now()
    local _, err = client:put { bucket = "examplebucket", key = "k", file = place:path("not-there") }
    assert.equal("FileRead", err.code)
    assert.is_true(client:now() - began < 2)
    slow:cancel()
    client:poll(0)
  end)

  it("limit the time of everything", function()
    local began = os.time()
    local _, err = client:put(put { timeout = 0.3, headers = { ["x-emulator-fault"] = "wait=5" } })
    assert.equal("timeout", err.kind)
    assert.is_true(os.time() - began < 4)
    _, err = client:put(put { answer_timeout = 0.3, attempts = 1, key = "slow",
      headers = { ["x-emulator-fault"] = "wait=2" } })
    assert.truthy(err == nil or err.kind == "timeout")
  end)

  it("put with one call, connections shared", function()
    local oss = require "oss"
    local t = { endpoint = place.server.url, region = "cn-hangzhou", access_key_id = "emulator",
      access_key_secret = "emulator-secret", bucket = "examplebucket", key = "one", body = "1" }
    errors.assert(oss.put(t))
    errors.assert(oss.put(t))
    t.access_key_id, t.access_key_secret = nil, nil
    place:requests()
    for _ = 1, 3 do
      t.credentials = { access_key_id = "emulator", access_key_secret = "emulator-secret" }
      errors.assert(oss.put(t))
    end
    t.credentials.access_key_secret = "another"
    assert.equal("SignatureDoesNotMatch", select(2, oss.put(t)).code)
    local fine, message = pcall(function() return oss.put { bucket = "b", typo = 1 } .. "" end)
    assert.is_false(fine)
    assert.truthy(message:find("client_spec.lua:%d+: "), message)
  end)

  it("send requests of one's own", function()
    local res = errors.assert(client:request { method = "POST", bucket = "examplebucket", key = "mpu",
      query = { uploads = "" } })
    local id = res.body:match("<UploadId>([^<]+)")
    assert.is_string(id)
    local part = errors.assert(client:request { method = "PUT", bucket = "examplebucket", key = "mpu",
      query = { partNumber = 1, uploadId = id }, body = "part" })
    local done = errors.assert(client:request { method = "POST", bucket = "examplebucket", key = "mpu",
      query = { uploadId = id }, callback = callback(), body = "<CompleteMultipartUpload><Part><PartNumber>1"
      .. "</PartNumber><ETag>\"" .. part.etag .. "\"</ETag></Part></CompleteMultipartUpload>" })
    assert.same({ Status = "OK" }, done.callback.json)
  end)
end)
