-- Uploads in parts, against the local OSS with faults.

local core = require "oss.core"
local errors = require "oss.errors"
local json = require "cjson"
local local_oss = require "spec.support.local_oss"

local part = 102400

describe("an upload in parts", function()
  local place, client, service, path, content
  setup(function()
    place = local_oss.start()
    client = place:client { random = function() return 0 end }
    service = place:service()
    path = place:file("source", part * 5 + 77)
    content = local_oss.read(path)
  end)
  teardown(function()
    client:close()
    place:stop()
  end)
  before_each(function()
    assert(place.server:clear())
  end)

  local function options(more)
    local t = { bucket = "examplebucket", key = "big", file = path, part_size = part, threshold = part }
    for name, value in pairs(more or {}) do
      t[name] = value or nil
    end
    if more and (more.body or more.reader) then
      t.file = nil
    end
    return t
  end
  local function fetch(key)
    return errors.assert(client:get { bucket = "examplebucket", key = key or "big" }).body
  end
  local function count(pattern)
    os.execute("sleep 0.1")
    local n = 0
    for _, line in ipairs(place:requests()) do
      n = n + (line:find(pattern, 1, true) and 1 or 0)
    end
    return n
  end
  local function reader(text, chunk)
    local at = 0
    return function()
      if at < #text then
        at = at + chunk
        return text:sub(at - chunk + 1, at)
      end
    end
  end

  it("stores a file, with headers, callback, checked CRC and progress", function()
    local seen = {}
    local res = errors.assert(client:upload(options {
      meta = { author = "Li" }, content_type = "image/x-test", on_progress = function(sent, total)
        assert.is_true(sent > (seen[#seen] or -1))
        assert.equal(#content, total)
        seen[#seen + 1] = sent
      end,
      callback = { url = service .. "/cb", body = { size = "${size}", object = "${object}" } },
    }))
    assert.is_true(content == fetch())
    assert.equal(core.crc64(content), res.crc64)
    assert.same({ Status = "OK" }, res.callback.json)
    assert.truthy(res.etag:find("-", 1, true) or #res.etag > 0)
    assert.equal(#content, seen[#seen])
    local head = errors.assert(client:head { bucket = "examplebucket", key = "big" })
    assert.equal("Li", head.meta.author)
    assert.equal("image/x-test", head.content_type)
  end)

  it("stores a string and readers, known and unknown in length", function()
    errors.assert(client:upload(options { body = content, key = "s" }))
    assert.is_true(content == fetch("s"))
    errors.assert(client:upload(options { reader = reader(content, 7777), key = "r" }))
    assert.is_true(content == fetch("r"))
    errors.assert(client:upload(options { reader = reader(content, 250000), length = #content, key = "l",
      memory_limit = part * 2 }))
    assert.is_true(content == fetch("l"))
  end)

  it("holds a reader to its length", function()
    for _, length in ipairs { #content - 1, #content + 1 } do
      client:delete { bucket = "examplebucket", key = "held" }
      local _, err = client:upload(options { reader = reader(content, 7777), key = "held", length = length })
      assert.equal("ReaderFailed", err.code)
      assert.is_false(err.stored)
      assert.is_nil((client:head { bucket = "examplebucket", key = "held" }))
    end
  end)

  it("is one plain put below the threshold", function()
    place:requests()
    for _, t in ipairs { { body = "small" }, { reader = reader("small", 2) },
      { reader = reader("small", 2), length = 5 } } do
      t.key, t.threshold = "small", part
      errors.assert(client:upload(options(t)))
      assert.equal("small", fetch("small"))
    end
    errors.assert(client:upload(options { reader = reader("", 2), key = "small" }))
    assert.equal("", fetch("small"))
    assert.equal(0, count("POST"))
  end)

  it("tries each part alone again", function()
    place:requests()
    for _, fault in ipairs { "status=503", "reset=after", "reset=body:9", "crc" } do
      assert(place.server:fault { fault = fault, operation = "UploadPart", count = 2 })
      local retries = 0
      errors.assert(client:upload(options { on_retry = function() retries = retries + 1 end }))
      assert.is_true(content == fetch())
      -- libcurl itself repeats what broke on a kept connection before it was sent whole.
      assert.is_true(fault == "reset=body:9" and retries <= 2 or retries == 2)
    end
  end)

  it("removes its parts when it fails", function()
    assert(place.server:fault { fault = "status=403", operation = "UploadPart", count = 9 })
    place:requests()
    local _, err = client:upload(options())
    assert.equal("service", err.kind)
    assert.is_false(err.stored)
    assert.is_nil(err.upload_id)
    assert.equal(1, count("DELETE"))
  end)

  it("stores nothing of a file that changes meanwhile", function()
    local changing = place:file("changing", part * 4)
    client:delete { bucket = "examplebucket", key = "big" }
    local changed
    local _, err = client:upload(options { file = changing, parallel = 1, on_progress = function(sent)
      if sent > part * 2 and not changed then
        changed = true
        local file = assert(io.open(changing, "r+b"))
        file:write("other bytes")
        file:close()
      end
    end })
    assert.equal("FileChanged", err.code)
    assert.is_false(err.stored)
    assert.is_nil((client:head { bucket = "examplebucket", key = "big" }))
  end)

  it("knows a lost Complete also when the first look fails", function()
    client:delete { bucket = "examplebucket", key = "big" }
    assert(place.server:fault { fault = "reset=after", operation = "CompleteMultipartUpload" })
    assert(place.server:fault { fault = "status=503", operation = "HeadObject", count = 3 })
    local res = errors.assert(client:upload(options { retry_delay = 3 }))
    assert.is_true(res.settled)
  end)

  it("is stored when its callback fails, and nothing is sent again", function()
    place:requests()
    local _, err = client:upload(options { callback = { url = service .. "/refuse", body = "a=${size}" } })
    assert.equal("callback", err.kind)
    assert.is_true(err.stored)
    assert.is_true(content == fetch())
    assert.equal(6, count("PUT"))
  end)

  it("is not taken for done when the same bytes were there before and Complete did not arrive", function()
    errors.assert(client:upload(options { key = "again" }))
    for _, callback in ipairs { false, { url = service .. "/cb", body = "a=${size}" } } do
      for _, token in ipairs { false, place:path("again.token") } do
        if token then
          os.remove(token)
        end
        count("")
        assert(place.server:fault { fault = "reset=before", operation = "CompleteMultipartUpload", count = 1 })
        local res = errors.assert(client:upload(options { key = "again", callback = callback, resume = token }))
        assert.is_nil(res.settled)
        assert.equal(callback and 200 or nil, res.callback and res.callback.status)
        assert.equal(3, count("POST ")) -- Initiate, and Complete twice
      end
    end
  end)

  it("settles a lost answer to Complete", function()
    for _, with_callback in ipairs { false, true } do
      client:delete { bucket = "examplebucket", key = "big" }
      assert(place.server:fault { fault = "reset=after", operation = "CompleteMultipartUpload" })
      local res, err = client:upload(options { callback = with_callback and {
        url = service .. "/cb", body = "a=${size}" } })
      if with_callback then
        assert.equal("CallbackUnknown", err.code)
      else
        assert.is_true(res.settled)
      end
      assert.is_true(content == fetch())
    end
  end)

  it("ends at once when cancelled", function()
    local op = client:start("upload", options { rate_limit = 100000 })
    for _ = 1, 10 do
      client:poll(0.01)
    end
    op:cancel()
    assert.equal("cancelled", select(2, op:wait()).kind)
    while client:poll(0.1) > 0 do end -- luacheck: ignore 542
  end)

  it("names its upload id when its parts may be left, and removes them while it is polled", function()
    local _, err = client:upload(options { rate_limit = 100000, timeout = 0.5 })
    assert.equal("TotalTimeout", err.code)
    assert.is_string(err.upload_id)
    while client:poll(0.1) > 0 do end -- luacheck: ignore 542
    local _, gone = client:request { bucket = "examplebucket", key = "big", query = { uploadId = err.upload_id } }
    assert.equal("NoSuchUpload", gone.code)
    assert(place.server:fault { fault = "status=403:AccessDenied", operation = "UploadPart" })
    _, err = client:upload(options())
    assert.equal("AccessDenied", err.code)
    assert.is_nil(err.upload_id)
  end)

  it("raises for what cannot be", function()
    for text, t in pairs { ["part_size"] = { part_size = 1000 }, ["memory_limit"] = { reader = reader("", 1),
      memory_limit = 100 }, ["cannot go back"] = { reader = reader("", 1), resume = "x" },
      ["'resume' must be"] = { resume = {} } } do
      local fine, message = pcall(client.upload, client, options(t))
      assert.is_false(fine)
      assert.truthy(message:find(text, 1, true), message)
    end
  end)

  describe("with a token", function()
    local token
    before_each(function()
      token = place:path("token")
      os.remove(token)
      client:delete { bucket = "examplebucket", key = "big" }
    end)

    -- An upload that ends while part n + 1 is on its way.
    local function fail_at(n)
      local _, err = client:upload(options { resume = token, parallel = 1, on_progress = function(sent)
        if sent > n * part then
          error("enough", 0)
        end
      end })
      assert.equal("HandlerFailed", err.code)
      assert.is_string(err.upload_id)
      assert.equal(n, #json.decode(local_oss.read(token)).parts)
      return err.upload_id
    end

    it("goes on where it stopped", function()
      fail_at(3)
      os.execute("sleep 0.1")
      place:requests()
      local res = errors.assert(client:upload(options { resume = token }))
      assert.equal(3, count("PUT"))
      assert.is_true(content == fetch())
      assert.equal(core.crc64(content), res.crc64)
      place:requests()
      local again = errors.assert(client:upload(options { resume = token }))
      assert.is_true(again.resumed)
      assert.equal(res.etag, again.etag)
      assert.equal(0, count("PUT"))
    end)

    it("is closed by a failed callback too", function()
      local t = { resume = token, callback = { url = service .. "/refuse", body = "a=${size}" } }
      local _, err = client:upload(options(t))
      assert.equal("callback", err.kind)
      place:requests()
      local _, again = client:upload(options(t))
      assert.equal("callback", again.kind)
      assert.equal(err.message, again.message)
      assert.is_true(again.stored)
      assert.equal(err.etag, again.etag)
      assert.equal(0, count("PUT"))
    end)

    it("starts anew when the source has changed", function()
      local first = fail_at(2)
      os.execute("sleep 0.1")
      place:requests()
      local other = place:file("source2", part * 5 + 77)
      local file = assert(io.open(other, "r+b"))
      file:write("changed")
      file:close()
      local res = errors.assert(client:upload(options { resume = token, file = other }))
      assert.is_true(local_oss.read(other) == fetch())
      assert.is_nil(res.resumed)
      while client:poll(0.1) > 0 do end -- luacheck: ignore 542
      assert.equal(1, count("DELETE"), "the parts of the first upload stay")
      local _, gone = client:request { bucket = "examplebucket", key = "big", query = { uploadId = first } }
      assert.equal("NoSuchUpload", gone.code)
    end)

    it("goes on with a copy of the file, as on another machine", function()
      fail_at(3)
      local copy = place:path("copy")
      local_oss.write(copy, content)
      os.execute("sleep 0.1")
      place:requests()
      errors.assert(client:upload(options { resume = token, file = copy }))
      assert.equal(3, count("PUT"))
      assert.is_true(content == fetch())
    end)

    it("remembers that the callback ran when it was tried again", function()
      assert(place.server:fault { fault = "callback=502", operation = "CompleteMultipartUpload" })
      local t = { resume = token, callback = { url = service .. "/cb", body = "a=${size}", retry = true } }
      local res = errors.assert(client:upload(options(t)))
      assert.is_true(res.callback_retried)
      assert.equal(2, res.attempts)
      local log = local_oss.read(place.service_log)
      res = errors.assert(client:upload(options(t)))
      assert.is_true(res.resumed)
      assert.same({ Status = "OK" }, res.callback.json)
      assert.equal(log, local_oss.read(place.service_log))
    end)

    it("is dropped when what is stored is damaged", function()
      assert(place.server:fault { fault = "crc", operation = "CompleteMultipartUpload" })
      local _, err = client:upload(options { resume = token })
      assert.equal("CrcMismatch", err.code)
      assert.is_nil(local_oss.read(token))
      errors.assert(client:upload(options { resume = token }))
    end)

    it("starts anew when it is completed but holds nothing", function()
      local_oss.write(token, json.encode { version = 1, state = "completed", bucket = "examplebucket", key = "big",
        upload_id = "U", part_size = part, parts = {}, source = { size = 1, fingerprint = "x" } })
      errors.assert(client:upload(options { resume = token }))
      assert.is_true(content == fetch())
    end)

    it("starts anew when its upload id is gone", function()
      local id = fail_at(2)
      errors.assert(client:request { method = "DELETE", bucket = "examplebucket", key = "big",
        query = { uploadId = id } })
      errors.assert(client:upload(options { resume = token }))
      assert.is_true(content == fetch())
    end)

    it("finds out that an earlier run had completed it", function()
      fail_at(5)
      local open = local_oss.read(token)
      local saved = json.decode(open)
      errors.assert(client:upload(options { resume = token }))
      local done = json.decode(local_oss.read(token))
      assert.equal("completed", done.state)
      -- The process died between Complete and saving the token: every part is in an open token.
      saved.parts = {}
      for n = 0, 5 do
        local text = content:sub(n * part + 1, (n + 1) * part)
        saved.parts[n + 1] = { number = n + 1, size = #text, etag = "E", crc64 = core.crc64(text) }
      end
      local_oss.write(token, json.encode(saved))
      place:requests()
      local res = errors.assert(client:upload(options { resume = token }))
      assert.is_true(res.settled)
      assert.equal(0, count("PUT"))
    end)

    it("is not needed: what OSS has can be listed", function()
      local id = fail_at(4)
      os.remove(token)
      os.execute("sleep 0.1")
      place:requests()
      errors.assert(client:upload(options { upload_id = id }))
      assert.is_true(count("PUT") <= 2) -- the fifth may have arrived
      assert.is_true(content == fetch())
    end)

    it("may live in a store of one's own", function()
      local kept, saves = nil, 0
      local store = { load = function() return kept end, clear = function() kept = nil return true end,
        save = function(t) kept = json.decode(json.encode(t)) saves = saves + 1 return true end }
      errors.assert(client:upload(options { resume = store }))
      assert.equal(8, saves)
      assert.equal("completed", kept.state)
      store.save = function() return nil, "no room" end
      kept = nil
      local _, err = client:upload(options { resume = store })
      assert.equal("ResumeStoreFailed", err.code)
      assert.truthy(err.message:find("no room", 1, true))
      store.load = function() error("broken", 0) end
      _, err = client:upload(options { resume = store })
      assert.truthy(err.message:find("broken", 1, true))
    end)
  end)
end)

describe("append", function()
  local place, client
  setup(function()
    place = local_oss.start()
    client = place:client { random = function() return 0 end }
  end)
  teardown(function()
    client:close()
    place:stop()
  end)

  it("goes on from position to position, CRC chained", function()
    local first = errors.assert(client:append { bucket = "examplebucket", key = "log", body = "one " })
    assert.equal(4, first.next_position)
    local second = errors.assert(client:append { bucket = "examplebucket", key = "log", body = "two",
      position = 4, crc64 = first.crc64 })
    assert.equal(7, second.next_position)
    assert.equal(core.crc64("one two"), second.crc64)
    local _, err = client:append { bucket = "examplebucket", key = "log", body = "three", position = 3 }
    assert.equal("PositionNotEqualToLength", err.code)
    assert.equal(7, err.next_position)
    assert.equal("The object has 7 bytes: position = err.next_position.", err.hint)
    _, err = client:append { bucket = "examplebucket", key = "log", body = "!", position = 7, crc64 = "5" }
    assert.equal("CrcMismatch", err.code)
    assert.is_false(err.retryable)
  end)

  it("does not take another writer's bytes for its own", function()
    errors.assert(client:append { bucket = "examplebucket", key = "shared", body = "head" })
    local _, err = client:append { bucket = "examplebucket", key = "shared", body = "MINE", position = 4,
      headers = { ["x-emulator-fault"] = "status=503" }, attempts = 2, on_retry = function()
        local other = place:client()
        errors.assert(other:append { bucket = "examplebucket", key = "shared", body = "HERS", position = 4 })
        other:close()
      end }
    assert.is_table(err)
    assert.equal("headHERS", client:get { bucket = "examplebucket", key = "shared" }.body)
  end)

  it("never appends twice when an answer is lost", function()
    for _, fault in ipairs { "reset=after", "reset=before", "status=503" } do
      client:delete { bucket = "examplebucket", key = "once" }
      assert(place.server:fault { fault = fault, operation = "AppendObject" })
      local res = errors.assert(client:append { bucket = "examplebucket", key = "once", body = "only" })
      assert.equal(4, res.next_position)
      assert.equal("only", client:get { bucket = "examplebucket", key = "once" }.body)
    end
  end)

  it("takes no callback", function()
    local fine, message = pcall(client.append, client, { bucket = "examplebucket", key = "k", body = "",
      callback = {} })
    assert.is_false(fine)
    assert.truthy(message:find("option 'callback' belongs to client:put{}", 1, true))
  end)
end)

describe("retry_callback", function()
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

  it("fires the callback of a stored object", function()
    errors.assert(client:put { bucket = "examplebucket", key = "k", body = "text" })
    local t = { bucket = "examplebucket", key = "k", callback = { url = service .. "/again",
      body = { object = "${object}", n = "${x:n}" }, vars = { n = 1 } } }
    local res = errors.assert(client:retry_callback(t))
    assert.same({ Status = "OK" }, res.callback.json)
    assert.truthy(local_oss.read(place.service_log):find('{"n":"1","object":"k"}', 1, true))
    t.callback.url = service .. "/refuse"
    t.retry_delay = 0.01
    local _, err = client:retry_callback(t)
    assert.equal("callback", err.kind)
    local _, log = local_oss.read(place.service_log):gsub("POST /refuse", "")
    assert.equal(3, log)
    t.key = "missing"
    _, err = client:retry_callback(t)
    assert.equal("NoSuchKey", err.code)
  end)
end)
