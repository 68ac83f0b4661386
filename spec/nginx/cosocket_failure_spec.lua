-- Cosocket transfers that fail, hang or end at the wrong moment.

local nginxes = require "spec.support.nginx"
local wire = require "spec.wire.server"

describe("a cosocket transfer", function()
  local server, nginx
  setup(function()
    server = wire.start()
    nginx = nginxes.start { values = { endpoint = server.url } }
  end)
  teardown(function()
    nginx:stop()
    server:stop()
  end)

  -- t: the request; `noise` makes a body of so many bytes, `reader` code of one
  local function put(path, t)
    t = t or {}
    t.url = t.url or server.url .. path
    local answer, took = nginx:run([[
      local t, now = ..., require("oss.transport.cosocket").new({}, "").now
      t.body = t.noise and noise(t.noise) or t.body
      local reader = t.reader and setfenv(loadstring(t.reader), _G)()
      t.feed = reader ~= nil or nil
      local began = now()
      local answer = exchange(t, { reader = reader, timeout = t.timeout })
      return answer, now() - began
    ]], t)
    return answer, took
  end

  local function one_of(codes, answer)
    assert.is_truthy(codes[answer.error], tostring(answer.error) .. " " .. tostring(answer.message))
  end

  local gone = { EmptyAnswer = true, ReceiveFailed = true, SendFailed = true }

  it("names an unreachable server", function()
    local answer = put(nil, { url = "http://127.0.0.1:1/" })
    assert.equal("ConnectFailed", answer.error)
    assert.is_false(answer.sent_all)
    assert.is_false(answer.reused)
    assert.equal(0, answer.status)
    assert.truthy(answer.message:find("refused", 1, true))
  end)

  it("names an unknown host", function()
    local answer = put(nil, { url = "http://no-such-host.invalid/" })
    assert.equal("ResolveFailed", answer.error)
    assert.truthy(answer.message:find("resolver", 1, true))
  end)

  it("ends without an answer after the whole request: it may have been sent", function()
    for _, size in ipairs { 0, 5, 300000 } do
      local answer = put("/vanish", { noise = size })
      assert.equal("EmptyAnswer", answer.error)
      assert.is_true(answer.sent_all)
      assert.equal(size, answer.sent)
      answer = put("/vanish?reset=1", { noise = size })
      one_of(gone, answer)
      assert.is_true(answer.sent_all)
    end
  end)

  it("ends in the body: it was not sent whole", function()
    for _, query in ipairs { "at=head", "at=head&reset=1", "at=body&n=100000", "at=body&n=100000&reset=1" } do
      local answer, took = put("/vanish?" .. query, { noise = 30000000 })
      one_of(gone, answer)
      assert.is_false(answer.sent_all, query)
      assert.is_true(answer.sent < 30000000)
      assert.is_true(took < 4.5) -- no limit ended it, but the connection's end
    end
  end)

  it("takes an early refusal, although the body is still going out", function()
    for _, request in ipairs {
      { noise = 30000000 },
      { reader = "local n = 0 return function() n = n + 1 return n < 500 and ('x'):rep(100000) or nil end" },
      { reader = "return function() ngx.sleep(30) return 'x' end" }, -- waits for its first chunk
      { noise = 3000000, rate = 100000 },
    } do
      local answer, took = put("/early?status=403&drain=1", request)
      assert.is_nil(answer.error, answer.message)
      assert.equal(403, answer.status)
      assert.equal("early", answer.body)
      assert.is_false(answer.sent_all)
      assert.is_true(took < 20)
    end
  end)

  it("does not take an early success", function()
    local answer = put("/early?status=200&drain=1", { noise = 30000000, idle_timeout = 2 })
    assert.is_truthy(answer.error == nil and answer.sent_all or answer.error == "SendFailed")
  end)

  it("survives a refusal that closes on what was not read", function()
    local answer = put("/early?status=403", { noise = 30000000 })
    if answer.error then
      one_of(gone, answer)
    else
      assert.equal(403, answer.status)
    end
    assert.is_false(answer.sent_all)
  end)

  describe("on a kept connection that proves dead", function()
    local function warm(at)
      put("/until_close", { method = "GET" }) -- takes away what is kept
      local answer = put("/stale" .. (at and "?at=" .. at or ""), { body = "1" })
      assert.equal("fresh", answer.body)
    end

    it("is sent again when nothing can have happened: GET", function()
      warm()
      local answer = put("/stale", { method = "GET" })
      assert.is_nil(answer.error, answer.message)
      assert.equal("fresh", answer.body)
    end)

    it("is not sent again when the server may have acted", function()
      for _, request in ipairs { { body = "12345" }, {}, { noise = 300000 } } do
        warm()
        local before = server:stats().requests
        local answer = put("/stale", request)
        assert.equal("EmptyAnswer", answer.error)
        assert.is_true(answer.sent_all)
        assert.is_true(answer.reused)
        assert.equal(2, server:stats().requests - before) -- the one, and the question itself
      end
    end)

    it("goes over a new one when the end was seen in time", function()
      put("/until_close", { method = "GET" })
      assert.is_false(put("/closing", { body = "1" }).reused)
      os.execute("sleep 0.1")
      local second = put("/echo", { body = "2" })
      assert.equal("2", second.body)
      assert.is_false(second.reused)
    end)
  end)

  describe("has a limit", function()
    local function timed(code, path, request, least)
      local answer, took = put(path, request)
      assert.equal(code, answer.error, answer.message)
      assert.is_true(took >= least - 0.01 and took < least + 4, "took " .. took)
      return answer
    end

    it("for connecting", function()
      -- TEST-NET-1 leads nowhere. Where the network says so at once, there is nothing to wait for.
      local answer = put(nil, { url = "http://192.0.2.1/", connect_timeout = 0.2 })
      one_of({ ConnectTimeout = true, ConnectFailed = true }, answer)
      assert.is_false(answer.sent_all)
    end)

    it("for the answer", function()
      for _, request in ipairs { { body = "x" }, { noise = 300000 }, {},
        { reader = "local n = 0 return function() n = n + 1 return n == 1 and 'x' or nil end" } } do
        request.answer_timeout = 0.15
        local answer = timed("AnswerTimeout", "/silent", request, 0.15)
        assert.is_true(answer.sent_all)
      end
    end)

    it("for the answer, which does not count a slow body", function()
      local answer = put("/echo", { noise = 20000, rate = 50000, answer_timeout = 0.15 })
      assert.is_nil(answer.error, answer.message)
    end)

    it("for silence while sending", function()
      local answer = timed("IdleTimeout", "/deaf", { noise = 30000000, idle_timeout = 0.2 }, 0.2)
      assert.is_false(answer.sent_all)
    end)

    it("for silence while receiving", function()
      local answer = timed("IdleTimeout", "/stall", { body = "x", idle_timeout = 0.2 }, 0.2)
      assert.equal(200, answer.status)
      assert.equal("half", answer.body)
      assert.equal(".....", put("/drip?seconds=0.1", { body = "x", idle_timeout = 0.4, answer_timeout = 0.4 }).body)
    end)

    it("for silence, which does not count the wait for the answer", function()
      assert.equal("slow", put("/slow?seconds=0.3", { body = "x", idle_timeout = 0.1 }).body)
      assert.equal("slow", put("/slow?seconds=0.3", { noise = 100000, idle_timeout = 0.1 }).body)
    end)

    it("for everything", function()
      timed("TotalTimeout", "/silent", { body = "x", timeout = 0.15 }, 0.15)
      timed("TotalTimeout", "/deaf", { noise = 30000000, timeout = 0.15 }, 0.15)
      timed("TotalTimeout", "/drip?n=50&seconds=0.05", { body = "x", timeout = 0.25 }, 0.25)
      timed("TotalTimeout", "/echo", { reader = "return function() ngx.sleep(30) end", timeout = 0.15 }, 0.15)
      one_of({ TotalTimeout = true, ConnectFailed = true },
        put(nil, { url = "http://192.0.2.1/", timeout = 0.15 }))
    end)
  end)

  it("leaves nothing behind in the log", function()
    for line in nginx:log():gmatch("[^\n]+") do
      assert.is_nil(line:find("%[alert%]") or line:find("%[crit%]") or line:find("%[emerg%]")
        or line:find("lua entry thread aborted", 1, true), line)
    end
  end)
end)
