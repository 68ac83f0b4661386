local clients = require "oss.client"
local core = require "oss.core"
local errors = require "oss.errors"
local fake = require "spec.support.fake_transport"

local start_time = 1702743657 -- 2023-12-16T16:20:57Z

local function new(script, options)
  local transport = fake.new(script)
  local t = { region = "cn-hangzhou", access_key_id = "ak", access_key_secret = "sk",
    clock = function() return start_time + transport.clock - 1000 end, random = function() return 0.5 end }
  for name, value in pairs(options or {}) do
    t[name] = value ~= "none" and value or nil
  end
  local client = assert(clients.new(t, function() return transport end))
  return client, transport
end

local function header(request, name)
  local lower = "\r\n" .. request.head:lower()
  local at = lower:find("\r\n" .. name:lower() .. ": ", 1, true)
  return at and request.head:sub(at):match("^[^:]+: ([^\r\n]*)")
end

local function put(more)
  local t = { bucket = "examplebucket", key = "dir/a.txt", body = "hello" }
  for name, value in pairs(more or {}) do
    t[name] = value
  end
  return t
end

local function ok(more)
  local answer = { headers = { etag = '"ABC"', ["x-oss-hash-crc64ecma"] = core.crc64("hello"),
    ["x-oss-version-id"] = "v1" } }
  for name, value in pairs(more or {}) do
    answer[name] = value
  end
  return answer
end

local function refusal(status, code, message, more)
  return { status = status, body = fake.error_xml(code, message or "no", more) }
end

describe("put", function()
  it("signs, sends and returns what OSS says", function()
    local client, transport = new { ok() }
    local res = errors.assert(client:put(put { acl = "private", tags = { b = "2 3", a = 1 },
      meta = { Author = "Li" } }))
    assert.equal("ABC", res.etag)
    assert.equal(core.crc64("hello"), res.crc64)
    assert.equal("v1", res.version_id)
    assert.equal("REQUEST-ID", res.request_id)
    assert.equal(200, res.status)
    assert.equal(1, res.attempts)
    assert.is_nil(res.callback)
    local request = transport.requests[1]
    assert.equal("PUT", request.method)
    assert.equal("https://examplebucket.oss-cn-hangzhou.aliyuncs.com/dir/a.txt", request.url)
    assert.equal("hello", request.body)
    assert.equal("text/plain", header(request, "Content-Type"))
    assert.equal("private", header(request, "x-oss-object-acl"))
    assert.equal("a=1&b=2%203", header(request, "x-oss-tagging"))
    assert.equal("Li", header(request, "x-oss-meta-author"))
    assert.equal("20231216T162057Z", header(request, "x-oss-date"))
    assert.truthy(header(request, "Authorization"):find("OSS4-HMAC-SHA256 Credential=ak/20231216/", 1, true))
  end)

  it("hands back the application server's answer", function()
    local client, transport = new { ok { body = '{"Status":"OK"}',
      headers = { ["content-type"] = "application/json" } } }
    local res = errors.assert(client:put(put { callback = { url = "http://example.com/cb",
      body = { size = "${size}", uid = "${x:uid}" }, vars = { uid = 5 } } }))
    assert.same({ status = 200, body = '{"Status":"OK"}', content_type = "application/json",
      json = { Status = "OK" } }, res.callback)
    local request = transport.requests[1]
    assert.equal('{"callbackUrl":"http://example.com/cb","callbackBody":"{\\"size\\":${size},'
      .. '\\"uid\\":${x:uid}}","callbackBodyType":"application/json"}',
      core.unbase64(header(request, "x-oss-callback")))
    assert.equal('{"x:uid":"5"}', core.unbase64(header(request, "x-oss-callback-var")))
    assert.is_true(request.answer_timeout >= 30)
  end)

  it("waits at least 30 s for an answer with a callback", function()
    local callback = { url = "http://example.com/cb", body = "a=${size}" }
    local client, transport = new { ok(), ok() }
    client:put(put { callback = callback, answer_timeout = 3 })
    client:put(put { answer_timeout = 3 })
    assert.equal(30, transport.requests[1].answer_timeout)
    assert.equal(3, transport.requests[2].answer_timeout)
  end)

  it("reports a failed callback as stored, and never sends again", function()
    local answer = { status = 203, body = fake.error_xml("CallbackFailed", "Error status : 502.",
      "<EC>0007-00000203</EC>"), headers = { etag = '"E"', ["x-oss-hash-crc64ecma"] = core.crc64("hello") } }
    for _, with in ipairs { { callback = { url = "http://example.com/cb", body = "a=${size}" } }, {} } do
      local client, transport = new { answer }
      local res, err = client:put(put(with))
      assert.is_nil(res)
      assert.equal("callback", err.kind)
      assert.equal("CallbackFailed", err.code)
      assert.equal("Error status : 502.", err.message)
      assert.equal("0007-00000203", err.ec)
      assert.equal("RID", err.request_id)
      assert.equal("HOST", err.host_id)
      assert.equal("E", err.etag)
      assert.equal(203, err.status)
      assert.is_true(err.stored)
      assert.is_false(err.retryable)
      assert.is_string(err.hint)
      assert.equal(1, #transport.requests)
    end
  end)

  it("says what OSS refused", function()
    local client = new { refusal(403, "AccessDenied", "no right", "<EC>0003-00000001</EC>") }
    local res, err = client:put(put())
    assert.is_nil(res)
    assert.equal("service", err.kind)
    assert.equal("AccessDenied", err.code)
    assert.equal("no right", err.message)
    assert.equal("0003-00000001", err.ec)
    assert.is_false(err.stored)
    assert.is_string(err.hint)
  end)

  it("keeps the start of an answer that is no error of OSS", function()
    local client = new { { status = 418, body = "<html>" .. ("x"):rep(1000) } }
    local _, err = client:put(put())
    assert.equal("BadErrorResponse", err.code)
    assert.truthy(err.message:find("<html>xxx", 1, true))
    assert.is_true(#err.message < 400)
  end)

  it("compares CRC-64, also with a callback, and sends again what changed on its way", function()
    local wrong = function() return ok { headers = { ["x-oss-hash-crc64ecma"] = "1" }, body = "{}" } end
    local client, transport = new { wrong(), wrong(), wrong() }
    local res, err = client:put(put { callback = { url = "http://example.com/cb", body = "a=${size}" } })
    assert.is_nil(res)
    assert.equal("CrcMismatch", err.code)
    assert.equal("transport", err.kind)
    assert.is_true(err.stored)
    assert.equal(1, #transport.requests, "another try would run the callback a second time")
    client, transport = new { wrong(), wrong(), wrong() }
    res, err = client:put(put())
    assert.is_nil(res)
    assert.equal("CrcMismatch", err.code)
    assert.equal(3, #transport.requests)
    client = new { wrong() }
    assert.truthy(client:put(put { crc = false }))
  end)
end)

describe("retry", function()
  it("signs each try anew, with fresh time and credentials", function()
    local asked = 0
    local client, transport = new({ refusal(503, "ServiceUnavailable"), refusal(500, "InternalError"), ok() }, {
      access_key_id = "none", access_key_secret = "none", credentials = function()
        asked = asked + 1
        return { access_key_id = "ak" .. asked, access_key_secret = "sk", security_token = "t" .. asked }
      end })
    local seen = {}
    local res = errors.assert(client:put(put { on_retry = function(err, attempt, delay)
      seen[#seen + 1] = err.code .. " " .. attempt .. " " .. delay
    end }))
    assert.equal(3, res.attempts)
    assert.same({ "ServiceUnavailable 2 0.4", "InternalError 3 0.8" }, seen)
    for i = 1, 3 do
      assert.equal("t" .. i, header(transport.requests[i], "x-oss-security-token"))
      assert.truthy(header(transport.requests[i], "Authorization"):find("Credential=ak" .. i .. "/", 1, true))
    end
    assert.equal("20231216T162058Z", header(transport.requests[3], "x-oss-date"))
  end)

  it("ends after the given attempts, and names how many", function()
    local client, transport = new { refusal(503, "A"), refusal(503, "B") }
    local _, err = client:put(put { attempts = 2 })
    assert.equal("B", err.code)
    assert.equal(2, err.attempts)
    assert.is_true(err.retryable)
    assert.equal(2, #transport.requests)
  end)

  it("keeps to its budget, and to Retry-After", function()
    local slow = refusal(503, "Slow")
    slow.headers = { ["retry-after"] = "15" }
    local client, transport = new { slow }
    local _, err = client:put(put { retry_budget = 10 })
    assert.equal("Slow", err.code)
    assert.equal(1, #transport.requests)
  end)

  it("does not repeat what cannot get better", function()
    for _, code in ipairs { "InvalidArgument", "NoSuchBucket" } do
      local client, transport = new { refusal(400, code) }
      client:put(put())
      assert.equal(1, #transport.requests)
    end
  end)

  it("corrects a clock that is off, and keeps the correction", function()
    local skewed = refusal(403, "RequestTimeTooSkewed", "skewed",
      "<ServerTime>2023-12-16T18:20:57.000Z</ServerTime>")
    skewed.headers = { date = "Thu, 01 Jan 1970 00:00:00 GMT" }
    local client, transport = new { skewed, ok(), ok() }
    errors.assert(client:put(put()))
    errors.assert(client:put(put()))
    assert.equal("20231216T182057Z", header(transport.requests[2], "x-oss-date"))
    assert.equal("20231216T182057Z", header(transport.requests[3], "x-oss-date"))
  end)

  it("corrects the clock from the Date header when the body has no time", function()
    local skewed = refusal(403, "RequestTimeTooSkewed")
    skewed.headers = { date = "Sat, 16 Dec 2023 14:20:57 GMT" }
    local client, transport = new { skewed, ok() }
    errors.assert(client:put(put()))
    assert.equal("20231216T142057Z", header(transport.requests[2], "x-oss-date"))
  end)

  it("sends a string, and a rewound reader, again from the start", function()
    local client, transport = new { refusal(503, "A"), ok() }
    errors.assert(client:put(put()))
    assert.equal("hello", transport.requests[2].body)
    local chunks, at = { "he", "l", "lo" }, 0
    client, transport = new { refusal(503, "A"), ok() }
    errors.assert(client:put { bucket = "examplebucket", key = "k", length = 5,
      reader = function() at = at + 1 return chunks[at] end, rewind = function() at = 0 end })
    assert.equal("hello", transport.requests[1].body)
    assert.equal("hello", transport.requests[2].body)
  end)

  it("does not repeat a reader that cannot be rewound, and says so", function()
    local at, chunks = 0, { "he", "llo" }
    local client, transport = new { refusal(503, "A") }
    local _, err = client:put { bucket = "examplebucket", key = "k",
      reader = function() at = at + 1 return chunks[at] end }
    assert.equal("A", err.code)
    assert.truthy(err.message:find("the reader cannot be rewound", 1, true))
    assert.is_false(err.retryable)
    assert.equal(1, #transport.requests)
  end)
end)

describe("a lost answer", function()
  local function lost()
    return { error = "ReceiveFailed", message = "reset", sent_all = true }
  end
  local function found(age, crc)
    return { headers = { etag = '"F"', ["x-oss-hash-crc64ecma"] = crc or core.crc64("hello"),
      date = core.date_http(start_time), ["last-modified"] = core.date_http(start_time - age) } }
  end
  local callback = { url = "http://example.com/cb", body = "a=${size}" }

  it("is settled by asking OSS: stored", function()
    local client, transport = new { lost(), found(0) }
    local res = errors.assert(client:put(put()))
    assert.equal("F", res.etag)
    assert.is_true(res.settled)
    assert.equal("HEAD", transport.requests[2].method)
    assert.equal(2, #transport.requests)
  end)

  it("is settled: stored, but whether the callback ran is unknown", function()
    local client, transport = new { lost(), found(0) }
    local _, err = client:put(put { callback = callback })
    assert.equal("callback", err.kind)
    assert.equal("CallbackUnknown", err.code)
    assert.is_nil(err.status) -- there was none that would say something about it
    assert.is_true(err.stored)
    assert.equal("F", err.etag)
    assert.equal(2, #transport.requests)
  end)

  it("is settled: not there, so it is sent again", function()
    local client, transport = new { lost(), { status = 404, headers = { ["x-oss-err"] =
      core.base64(fake.error_xml("NoSuchKey", "none")) } }, ok() }
    errors.assert(client:put(put()))
    assert.equal("PUT", transport.requests[3].method)
  end)

  it("does not take an older object of the same bytes, or other bytes, for this upload", function()
    for _, other in ipairs { found(3600), found(0, "77") } do
      local client, transport = new { lost(), other, ok() }
      errors.assert(client:put(put()))
      assert.equal("PUT", transport.requests[3].method)
    end
  end)

  it("is not sent again with a callback while nobody knows", function()
    local client, transport = new { lost(), refusal(403, "AccessDenied") }
    local _, err = client:put(put { callback = callback })
    assert.equal("ReceiveFailed", err.code)
    assert.is_nil(err.stored)
    assert.equal(2, #transport.requests)
  end)

  it("is no question when the body was not sent whole", function()
    local client, transport = new { { error = "SendFailed", message = "reset", sent_all = false }, ok() }
    errors.assert(client:put(put()))
    assert.equal("PUT", transport.requests[2].method)
  end)

  it("explains FileAlreadyExists of a second try", function()
    local client = new { { error = "SendFailed", message = "reset", sent_all = false },
      refusal(409, "FileAlreadyExists"), found(0) }
    assert.is_true(errors.assert(client:put(put { forbid_overwrite = true })).settled)
    client = new { refusal(409, "FileAlreadyExists") }
    local _, err = client:put(put { forbid_overwrite = true })
    assert.equal("FileAlreadyExists", err.code)
  end)
end)

describe("handlers", function()
  it("see progress", function()
    local seen = {}
    local client = new { ok() }
    errors.assert(client:put(put { on_progress = function(sent, total)
      seen[#seen + 1] = sent .. "/" .. total
    end }))
    assert.same({ "5/5" }, seen)
  end)

  local function boom()
    error("boom", 0)
  end
  local raising = {
    { "on_progress", { on_progress = boom } },
    { "on_retry", { on_retry = boom } },
    { "reader", { body = false, reader = boom } },
  }
  for _, case in ipairs(raising) do
    it("may raise: " .. case[1], function()
      local client, transport = new { refusal(503, "A"), ok() }
      local t = put(case[2])
      t.body = t.body or nil
      local res, err = client:put(t)
      assert.is_nil(res)
      assert.equal("local", err.kind)
      assert.equal("HandlerFailed", err.code)
      assert.truthy(err.message:find("boom", 1, true))
      assert.equal("boom", err.cause)
      assert.equal(0, client:poll(0))
      assert.equal(1, #transport.requests)
    end)
  end

  it("fail the operation with a reader's own error", function()
    local client = new {}
    local _, err = client:put { bucket = "examplebucket", key = "k",
      reader = function() return nil, "disk gone" end }
    assert.equal("ReaderFailed", err.code)
    assert.equal("local", err.kind)
    assert.is_false(err.stored)
    assert.truthy(err.message:find("disk gone", 1, true))
    _, err = client:put { bucket = "examplebucket", key = "k", reader = function() return 5 end }
    assert.truthy(err.message:find("got number", 1, true))
  end)

  it("raise out of poll and wait when on_done raises", function()
    local client = new { ok() }
    local op = client:start("put", put { on_done = boom })
    assert.has_error(function() op:wait() end, "boom")
    assert.truthy(op:wait())
  end)

  it("may upload themselves", function()
    local inner
    local client, transport = new { ok(), ok() }
    errors.assert(client:put(put { on_progress = function()
      inner = inner or errors.assert(client:put(put { key = "inner" }))
    end }))
    assert.equal("ABC", inner.etag)
    assert.equal(2, #transport.requests)
  end)

  it("may yield", function()
    local client = new { ok() }
    local thread = coroutine.wrap(function()
      return client:put(put { on_progress = function() coroutine.yield("yielded") end })
    end)
    assert.equal("yielded", thread())
    assert.equal("ABC", thread().etag)
  end)

  it("are told of the end", function()
    local got
    local client = new { ok() }
    client:put(put { on_done = function(res, err) got = { res, err } end })
    assert.equal("ABC", got[1].etag)
  end)

  it("give credentials, and their failure is the operation's", function()
    local client = new({}, { access_key_id = "none", access_key_secret = "none",
      credentials = function() return nil, "STS is away" end })
    local _, err = client:put(put { attempts = 2 })
    assert.equal("local", err.kind)
    assert.equal("CredentialsFailed", err.code)
    assert.equal("STS is away", err.message)
    assert.equal(2, err.attempts)
    assert.is_false(err.stored)
  end)
end)

describe("an operation", function()
  it("can be cancelled while it sends, and while it waits to try again", function()
    local client, transport = new { "never" }
    local op = client:start("put", put())
    assert.equal("sending", op:status().state)
    assert.is_true(op:cancel())
    assert.is_false(op:cancel())
    local _, err = op:wait()
    assert.equal("cancelled", err.kind)
    assert.equal("cancelled", op:status().state)
    assert.is_true(transport.cancelled[1])

    client = new { refusal(503, "A") }
    op = client:start("put", put())
    client:poll(0)
    assert.equal("sleeping", op:status().state)
    op:cancel()
    _, err = op:wait()
    assert.equal("cancelled", err.kind)
    assert.is_false(err.stored)
    assert.equal(0, client:poll(0))
  end)

  it("has a limit of time, retries included", function()
    local client = new { "never" }
    local _, err = client:put(put { timeout = 5 })
    assert.equal("timeout", err.kind)
    assert.equal("TotalTimeout", err.code)
    assert.is_nil(err.stored)
    assert.equal(0, client:poll(0))
  end)

  it("ends when its client is closed", function()
    local client, transport = new { "never", refusal(503, "A") }
    local first = client:start("put", put())
    local second = client:start("put", put())
    client:poll(0)
    client:close()
    client:close()
    assert.is_true(transport.closed)
    assert.equal("cancelled", select(2, first:wait()).kind)
    assert.equal("cancelled", select(2, second:wait()).kind)
    local fine, message = pcall(client.put, client, put())
    assert.is_false(fine)
    assert.truthy(message:find("it is closed", 1, true))
  end)

  it("fails when its file cannot be opened", function()
    local client = new {}
    local _, err = client:put(put { key = "refuse-submit" })
    assert.equal("FileRead", err.code)
    assert.equal("local", err.kind)
    assert.is_false(err.stored)
  end)

  it("fails when its transport raises, and no other does", function()
    local client, transport = new { ok() }
    local submit = transport.submit
    function transport:submit(request)
      if request.url:find("raise", 1, true) then
        error("a bad request", 0)
      end
      return submit(self, request)
    end
    local first, second = client:start("put", put { key = "raise" }), client:start("put", put())
    local _, err = first:wait()
    assert.equal("InternalError", err.code)
    assert.equal("local", err.kind)
    assert.equal("a bad request", err.message)
    assert.is_false(err.stored)
    assert.equal(1, err.attempts)
    assert.is_table(second:wait())
    assert.equal(0, client:poll(0))
  end)

  it("reports its state", function()
    local client = new { ok() }
    local op = client:start("put", put())
    assert.same({ state = "sending", sent = 0, total = 5, attempts = 1 }, op:status())
    op:wait()
    local status = op:status()
    assert.equal("done", status.state)
    assert.equal(5, status.sent)
    assert.equal("ABC", status.result.etag)
  end)
end)

describe("other verbs", function()
  it("head describes", function()
    local client, transport = new { { headers = { ["content-length"] = "7", ["content-type"] = "a/b",
      etag = '"E"', ["x-oss-meta-author"] = "Li", ["x-oss-storage-class"] = "IA",
      ["last-modified"] = "Sat, 16 Dec 2023 16:20:57 GMT" } } }
    local res = errors.assert(client:head { bucket = "examplebucket", key = "k", version_id = "v" })
    assert.equal(7, res.content_length)
    assert.equal("a/b", res.content_type)
    assert.equal("IA", res.storage_class)
    assert.equal(start_time, res.last_modified)
    assert.same({ author = "Li" }, res.meta)
    assert.truthy(transport.requests[1].url:find("?versionId=v", 1, true))
  end)

  it("head has its error in a header", function()
    local client = new { { status = 404, headers = { ["x-oss-err"] =
      core.base64(fake.error_xml("NoSuchKey", "not there")) } } }
    local _, err = client:head { bucket = "examplebucket", key = "k" }
    assert.equal("NoSuchKey", err.code)
    assert.equal("not there", err.message)
  end)

  it("get checks what it received", function()
    local client = new { { body = "hello", received_crc64 = core.crc64("hello"),
      headers = { ["x-oss-hash-crc64ecma"] = core.crc64("hello") } } }
    assert.equal("hello", errors.assert(client:get { bucket = "examplebucket", key = "k" }).body)
    client = new { { body = "hellp", received_crc64 = "2", headers = { ["x-oss-hash-crc64ecma"] = "1" } } }
    local _, err = client:get { bucket = "examplebucket", key = "k", attempts = 1 }
    assert.equal("CrcMismatch", err.code)
  end)

  it("delete deletes", function()
    local client, transport = new { { status = 204 } }
    assert.equal(204, errors.assert(client:delete { bucket = "examplebucket", key = "k" }).status)
    assert.equal("DELETE", transport.requests[1].method)
  end)

  it("request sends what it is told, signed", function()
    local client, transport = new { { body = "<xml/>" } }
    local res = errors.assert(client:request { method = "post", bucket = "examplebucket", key = "k",
      query = { uploads = "" }, headers = { ["x-oss-a"] = "1" } })
    assert.equal("<xml/>", res.body)
    assert.equal("POST", transport.requests[1].method)
    assert.equal("https://examplebucket.oss-cn-hangzhou.aliyuncs.com/k?uploads", transport.requests[1].url)
    assert.equal("1", header(transport.requests[1], "x-oss-a"))
  end)

  it("request repeats a POST only when nothing was sent whole, or when told", function()
    local lost = { error = "ReceiveFailed", message = "reset", sent_all = true }
    local client, transport = new { lost }
    client:request { method = "POST", bucket = "examplebucket", key = "k" }
    assert.equal(1, #transport.requests)
    client, transport = new { lost, {} }
    errors.assert(client:request { method = "POST", bucket = "examplebucket", key = "k", replayable = true })
    assert.equal(2, #transport.requests)
  end)
end)

describe("wrong arguments", function()
  local client = new {}
  local cases = {
    { "no bucket", { key = "k", body = "" }, "put: option 'bucket' is missing" },
    { "bucket", { bucket = "Example", key = "k", body = "" }, "put: option 'bucket' must be 3 to 63" },
    { "bucket end", { bucket = "abc-", key = "k", body = "" }, "put: option 'bucket' must be 3 to 63" },
    { "no key", { bucket = "abc", body = "" }, "put: option 'key' is missing" },
    { "empty key", { bucket = "abc", key = "", body = "" }, "put: option 'key' must be 1 to 1023" },
    { "long key", { bucket = "abc", key = ("k"):rep(1024), body = "" }, "got 1024" },
    { "slash", { bucket = "abc", key = "/k", body = "" }, "must not begin with '/'" },
    { "backslash", { bucket = "abc", key = "\\k", body = "" }, "must not begin with '\\'" },
    { "LF in key", { bucket = "abc", key = "a\nb", body = "" }, "must not hold CR, LF or NUL" },
    { "key not UTF-8", { bucket = "abc", key = "a\255b", body = "" }, "must be UTF-8" },
    { "no body", { bucket = "abc", key = "k" }, "one of the options 'body', 'file' and 'reader' is missing" },
    { "two bodies", { bucket = "abc", key = "k", body = "", file = "f" }, "only one of the options" },
    { "length without reader", { bucket = "abc", key = "k", body = "", length = 3 }, "belong to option 'reader'" },
    { "header injection", { bucket = "abc", key = "k", body = "", content_type = "a\r\nb: c" }, "" },
    { "header twice", { bucket = "abc", key = "k", body = "", content_type = "a/b",
      headers = { ["content-type"] = "c/d" } }, "'content-type' is given as an option too" },
    { "a header of the transport", { bucket = "abc", key = "k", body = "", headers = { ["content-Length"] = 5 } },
      "option 'headers': 'content-Length' is made from the options, the body" },
    { "tags", { bucket = "abc", key = "k", body = "", tags = { "a" } }, "option 'tags' must have names" },
    { "meta name", { bucket = "abc", key = "k", body = "", meta = { a_b = "1" } }, "option 'meta': the name 'a_b'" },
    { "meta twice", { bucket = "abc", key = "k", body = "", meta = { A = "1", a = "2" } }, "given twice" },
    { "meta size", { bucket = "abc", key = "k", body = "", meta = { a = ("x"):rep(8192) } }, "8 KiB" },
    { "traffic limit", { bucket = "abc", key = "k", body = "", traffic_limit = 5 }, "245760 to 838860800" },
    { "md5 of a file", { bucket = "abc", key = "k", file = "f", content_md5 = true }, "true needs option 'body'" },
    { "callback", { bucket = "abc", key = "k", body = "", callback = {} }, "callback" },
    { "callback twice", { bucket = "abc", key = "k", body = "", headers = { ["x-oss-callback"] = "e30=" },
      callback = { url = "http://e.com", body = "a" } }, "option 'callback' excludes a callback in 'headers'" },
    { "callback in the query too", { bucket = "abc", key = "k", body = "", query = { callback = "e30=" },
      callback = { url = "http://e.com", body = "a" } }, "option 'callback' excludes a callback in 'headers'" },
  }
  for _, case in ipairs(cases) do
    it("raise at the caller's line: " .. case[1], function()
      local line = debug.getinfo(1, "l").currentline + 1
      local fine, message = pcall(function() return client:put(case[2]) .. "" end)
      assert.is_false(fine)
      assert.truthy(message:find("client_spec.lua:" .. line .. ": put: ", 1, true), message)
      assert.truthy(message:find(case[3], 1, true), message)
    end)
  end

  it("say that a colon is wanted", function()
    local fine, message = pcall(function() return client.put { bucket = "b" } .. "" end)
    assert.is_false(fine)
    assert.truthy(message:find("client_spec.lua:%d+: client.put: call it with a colon"), message)
  end)

  it("raise for start too", function()
    local fine, message = pcall(function() return client:start("upload_it", {}) .. "" end)
    assert.is_false(fine)
    assert.truthy(message:find("client_spec.lua:%d+: client: no operation 'upload_it'"))
  end)

  it("say which operation is meant, and that one is wanted", function()
    local _, message = pcall(function() return client:start("uplaod", {}) .. "" end)
    assert.truthy(message:find("client_spec.lua:%d+: client: no operation 'uplaod'; did you mean 'upload'%?"), message)
    _, message = pcall(function() return client:start(put()) .. "" end)
    assert.truthy(message:find("client_spec.lua:%d+: client: the operation's name is expected first"), message)
  end)

  it("say that a dot is wanted", function()
    local oss = require "oss"
    for _, name in ipairs { "put", "client" } do
      local fine, message = pcall(function() return oss[name](oss, { bucket = "b" }) .. "" end)
      assert.is_false(fine)
      assert.truthy(message:find("client_spec.lua:%d+: oss." .. name .. ": call it with a dot"), message)
    end
  end)
end)

describe("hints", function()
  local function hint(answer, more)
    more = more or {}
    more.attempts = 1
    local _, err = new { answer }:put(put(more))
    return err.hint
  end

  it("name the limit that ended it, and its seconds", function()
    assert.equal("The limit was 60 seconds without a byte (option 'idle_timeout').", hint { error = "IdleTimeout" })
    assert.equal("The limit was 30 seconds after the last byte (option 'answer_timeout').",
      hint({ error = "AnswerTimeout" }, { answer_timeout = 2, callback = { url = "http://e.com", body = "a" } }))
    assert.equal("Check the endpoint and the network; the limit was 0.5 seconds (option 'connect_timeout').",
      hint({ error = "ConnectTimeout" }, { connect_timeout = 0.5 }))
  end)

  it("suspect https at a port that speaks http", function()
    local text = hint { error = "TlsFailed", message = "error:0A00010B: wrong version number" }
    assert.truthy(text:find("http://", 1, true))
    assert.is_nil(hint { error = "TlsFailed", message = "handshake failure" })
  end)

  it("know a wrong region by its code and by its message", function()
    for _, code in ipairs { "InvalidSigningRegion", "AccessDenied", "InvalidArgument" } do
      assert.truthy(hint(refusal(403, code, "Invalid signing region in Authorization header."))
        :find("Set region", 1, true), code)
    end
    assert.truthy(hint(refusal(404, "NoSuchUpload")):find("upload_id", 1, true))
  end)
end)

describe("secrets", function()
  it("never appear in logs, errors or tostring", function()
    local lines = {}
    local client = new({ refusal(403, "SignatureDoesNotMatch", "x", "<StringToSign>PUT</StringToSign>") }, {
      access_key_secret = "s3cr3t-key", security_token = "s3cr3t-token", log_level = "debug",
      log = function(_, message) lines[#lines + 1] = message end })
    local _, err = client:put(put())
    local all = table.concat(lines, "\n") .. tostring(err) .. tostring(client) .. tostring(client:signer {
      access_key_id = "ak", access_key_secret = "s3cr3t-key" })
    assert.truthy(all:find("Authorization: ***", 1, true))
    assert.is_nil(all:find("s3cr3t", 1, true))
    assert.is_nil(all:find("Signature=", 1, true))
  end)
end)

describe("a client's options", function()
  local cases = {
    { "user_agent", { user_agent = "a\r\nX-Injected: y" }, "option 'user_agent' must not hold control" },
    { "proxy", { proxy = "localhost:3128" }, "option 'proxy' must be a URL" },
    { "connect_to", { connect_to = { a = "b" } }, "option 'connect_to' must be a list" },
    { "connect_to entry", { connect_to = { "x" } }, "option 'connect_to' must be a list" },
    { "additional_headers", { additional_headers = { host = true } }, "option 'additional_headers' must be a list" },
    { "connections", { connections = 2 ^ 40 }, "option 'connections' must be 65536" },
    { "ca_file", { ca_file = "/nonexistent/ca.pem" }, "option 'ca_file': " },
    { "client_cert", { client_cert = "/nonexistent/c.pem" }, "option 'client_cert': " },
    { "product", { product = "x y\n" }, "option 'product' must be" },
    { "internal beside endpoint", { endpoint = "http://127.0.0.1:1", internal = true }, "option 'internal' is for" },
    { "a line end in the key", { access_key_id = "ak\n" }, "'access_key_id' holds a space or control" },
    { "a line end in the token", { security_token = "t\r" }, "'security_token' holds a space or control" },
  }
  for _, case in ipairs(cases) do
    it("are checked: " .. case[1], function()
      local t = { region = "cn-hangzhou", access_key_id = "ak", access_key_secret = "sk" }
      for name, value in pairs(case[2]) do
        t[name] = value
      end
      local client, message = clients.new(t, function() return fake.new {} end)
      assert.is_nil(client)
      assert.truthy(message:find(case[3], 1, true), message)
    end)
  end

  it("never echo a secret", function()
    for _, t in ipairs { { access_key_secret = 12345678 }, { endpoint = "http://user:PWPW@host/x" },
      { proxy_password = 12345678 } } do
      local _, message = clients.new(t, function() return fake.new {} end)
      assert.is_nil(message:find("12345678", 1, true))
      assert.is_nil(message:find("PWPW", 1, true))
    end
  end)
end)

describe("what OSS echoes", function()
  it("holds neither token nor signature", function()
    local client = new({ refusal(403, "SignatureDoesNotMatch", "x", "<SignatureProvided>SIGSIG</SignatureProvided>"
      .. "<StringToSignBytes>54 4F 4B</StringToSignBytes><CanonicalRequest>PUT\nx-oss-security-token:TOKTOK\nz"
      .. "</CanonicalRequest><StringToSign>GET ?security-token=TOKTOK&amp;x</StringToSign>") })
    local _, err = client:put(put())
    local all = ""
    for _, text in pairs(err.fields) do
      all = all .. text
    end
    assert.is_nil(all:find("TOKTOK", 1, true))
    assert.is_nil(all:find("SIGSIG", 1, true))
    assert.is_nil(all:find("54 4F", 1, true))
    assert.truthy(err.fields.CanonicalRequest:find("x-oss-security-token:***\nz", 1, true))
  end)
end)

describe("credentials that fail", function()
  it("are asked again only when that can help", function()
    local tries = 0
    local client = new({}, { access_key_id = "none", access_key_secret = "none", credentials = function()
      tries = tries + 1
      error({ "broken" })
    end })
    local _, err = client:put(put())
    assert.equal(1, tries)
    assert.equal("HandlerFailed", err.code)
    assert.same({ "broken" }, err.cause)
    client = new({}, { access_key_id = "none", access_key_secret = "none", credentials = function()
      tries = tries + 1
      return { access_key_id = "a" }
    end })
    _, err = client:put(put())
    assert.equal(2, tries)
    assert.equal("CredentialsFailed", err.code)
  end)
end)

describe("map", function()
  it("checks its settings", function()
    local client = new {}
    for text, arguments in pairs { ["concurrency' must be"] = { {}, { concurrency = 0 } },
      ["did you mean 'concurrency'"] = { {}, { concurency = 3 } }, ["settings must be"] = { {}, "x" },
      ["a list of option tables"] = { nil, {} }, ["this one has the key 'bucket'"] = { { bucket = "b" }, nil },
      ["this one has the key '2'"] = { { [2] = put() }, nil },
      ["this one has the key 'verb'"] = { { put(), verb = "upload" }, nil },
      ["did you mean 'upload'?"] = { { put() }, { verb = "uplaod" } } } do
      local fine, message = pcall(function() return client:map(arguments[1], arguments[2]) .. "" end)
      assert.is_false(fine)
      assert.truthy(message:find(text, 1, true), message)
      assert.truthy(message:find("client_spec.lua", 1, true))
    end
  end)

  it("calls its handler once for each, even when that polls", function()
    local client = new { {}, {}, { status = 403 }, {}, {} }
    local list, seen = {}, {}
    for i = 1, 5 do
      list[i] = { bucket = "abc", key = tostring(i), body = "x", attempts = 1 }
    end
    local results, summary = client:map(list, { concurrency = 2, on_each = function(i, res, err)
      seen[#seen + 1] = i .. (res and "+" or "-")
      assert.truthy(res or err)
      client:poll(0)
    end })
    table.sort(seen)
    assert.equal("1+ 2+ 3- 4+ 5+", table.concat(seen, " "))
    assert.equal(5, #results)
    assert.equal(4, summary.done)
    assert.equal(1, summary.failed)
  end)
end)

describe("region and endpoint", function()
  local settings = require "oss.settings"
  local endpoints = require "oss.sending.endpoint"
  local public = "https://oss-cn-hangzhou.aliyuncs.com"
  local cases = {
    { "nothing given", {}, { OSS_REGION = "r1" }, "r1", nil },
    { "both from the environment", {}, { OSS_REGION = "r1", OSS_ENDPOINT = "http://127.0.0.1:9" }, "r1",
      "http://127.0.0.1:9" },
    { "endpoint given", { endpoint = "http://127.0.0.1:9" }, { OSS_REGION = "r1" }, "r1", "http://127.0.0.1:9" },
    { "region given", { region = "r2" }, { OSS_ENDPOINT = "http://127.0.0.1:9" }, "r2", "http://127.0.0.1:9" },
    { "another region's endpoint", { region = "r2" }, { OSS_ENDPOINT = public }, "r2", nil },
    { "a public endpoint tells the region", { endpoint = public }, { OSS_REGION = "r1" }, nil, public },
    { "internal", { region = "r2", internal = true }, { OSS_ENDPOINT = "http://127.0.0.1:9" }, "r2", nil },
    { "empty variables", { region = "r2" }, { OSS_ENDPOINT = "" }, "r2", nil },
  }
  for _, case in ipairs(cases) do
    it("come together: " .. case[1], function()
      local t = settings.with_environment(case[2], endpoints.region_of, function(name) return case[3][name] end)
      assert.equal(case[4], t.region)
      assert.equal(case[5], t.endpoint)
    end)
  end
end)
