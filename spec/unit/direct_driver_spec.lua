-- Operations over a transport that answers directly. What operations do is in client_spec.lua; here is
-- who runs them, who waits, and how they end early.

local clients = require "oss.client"
local core = require "oss.core"
local fake = require "spec.support.fake_direct"
local protect = require "oss.common.protect"
local xml = require("spec.support.fake_transport").error_xml

local function new(script, options)
  local transport = fake.new(script)
  local t = { region = "cn-hangzhou", access_key_id = "ak", access_key_secret = "sk",
    random = function() return 0.5 end }
  for name, value in pairs(options or {}) do
    t[name] = value
  end
  return assert(clients.new(t, function() return transport end)), transport
end

local function put(more)
  local t = { bucket = "examplebucket", key = "dir/a.txt", body = "hello" }
  for name, value in pairs(more or {}) do
    t[name] = value or nil
  end
  return t
end

local function ok(more)
  local answer = { headers = { etag = '"ABC"', ["x-oss-hash-crc64ecma"] = core.crc64("hello") } }
  for name, value in pairs(more or {}) do
    answer[name] = value
  end
  return answer
end

local function refusal(status, code)
  return { status = status, body = xml(code, "no") }
end

local function boom()
  error("boom", 0)
end

describe("a call", function()
  it("runs in the caller's thread", function()
    local client, transport = new { ok() }
    local runner, handler
    local res = transport:run(function()
      runner = fake.active()
      return client:put(put { on_done = function() handler = fake.active() end })
    end)
    assert.equal("ABC", res.etag)
    assert.equal(runner, handler)
    assert.equal(0, client.driver.running)
  end)

  it("is tried again after a rest, with the same rules as elsewhere", function()
    local client, transport = new { refusal(503, "A"), { error = "SendFailed", sent_all = false }, ok() }
    local delays = {}
    local res = transport:run(function()
      return client:put(put { on_retry = function(_, _, delay) delays[#delays + 1] = delay end })
    end)
    assert.equal(3, res.attempts)
    assert.same({ 0.4, 0.8 }, delays)
    assert.is_true(math.abs(transport.clock - 1001.5) < 0.1)
  end)

  it("settles a lost answer", function()
    local client, transport = new { { error = "ReceiveFailed", sent_all = true },
      { headers = { etag = '"F"', ["x-oss-hash-crc64ecma"] = core.crc64("hello") } } }
    local res = transport:run(client.put, client, put())
    assert.is_true(res.settled)
    assert.equal("HEAD", transport.requests[2].method)
  end)

  it("has a limit of time", function()
    for _, script in ipairs { { "never" }, { refusal(503, "A"), "never" } } do
      local client, transport = new(script)
      local _, err = transport:run(client.put, client, put { timeout = 5 })
      assert.equal("TotalTimeout", err.code)
      assert.equal("timeout", err.kind)
      assert.is_nil(err.stored)
      assert.equal(1005, transport.clock)
      assert.equal(1, transport.killed)
    end
  end)

  it("fails with its handlers", function()
    for _, t in ipairs { { on_progress = boom }, { body = false, reader = boom }, { on_retry = boom } } do
      local client, transport = new { t.on_retry and refusal(503, "A") or ok() }
      local _, err = transport:run(client.put, client, put(t))
      assert.equal("HandlerFailed", err.code)
      assert.equal("boom", err.cause)
      assert.equal("local", err.kind)
    end
    local client, transport = new { ok() }
    local _, err = transport:run(client.put, client, put { body = false, reader = function() return 5 end })
    assert.equal("ReaderFailed", err.code)
  end)

  it("raises what on_done raises", function()
    local client, transport = new { ok(), ok() }
    transport:run(function()
      assert.same({ false, "boom" }, { protect(client.put, client, put { on_done = boom }) })
      local op = client:start("put", put { on_done = boom })
      assert.same({ false, "boom" }, { protect(op.wait, op) })
      assert.truthy(op:wait())
      assert.equal(0, client:poll(1))
    end)
  end)

  it("says where there are no sockets", function()
    local client, transport = new {}
    transport.blocked = true
    for _, verb in ipairs { "put", "upload" } do
      local _, err = client[verb](client, put())
      assert.equal("NoSockets", err.code)
      assert.equal("local", err.kind)
      assert.is_false(err.stored)
    end
    local op = client:start("put", put())
    assert.equal("failed", op:status().state)
    assert.equal(0, client:poll(1))
  end)

  -- PUC Lua 5.1 runs handlers in coroutines of their own; nginx has LuaJIT, which does not.
  local it_or_not = protect == pcall and it or pending
  it_or_not("does not wait for itself", function()
    local client, transport = new { ok() }
    local message
    transport:run(function()
      local op
      op = client:start("put", put { on_progress = function()
        message = select(2, pcall(op.wait, op))
      end })
      op:wait()
    end)
    assert.truthy(message:find("would wait forever", 1, true))
  end)

  it_or_not("does not wait for itself inside of one of its parts", function()
    local part = 102400
    local client, transport = new { { body = "<Result><UploadId>U</UploadId></Result>" }, { headers = { etag = "P" } },
      { headers = { etag = "P" } }, { body = "<CompleteMultipartUploadResult/>" } }
    local message
    transport:run(function()
      local op
      op = client:start("upload", put { body = ("x"):rep(2 * part), part_size = part, threshold = part,
        on_progress = function()
          message = message or select(2, pcall(op.wait, op))
        end })
      assert.is_table(op:wait())
    end)
    assert.truthy(message:find("would wait forever", 1, true), message)
  end)
end)

describe("a background operation", function()
  it("goes on beside its starter, and many at once", function()
    local client, transport = new { ok { takes = 3 }, ok { takes = 2 }, ok { takes = 1 } }
    transport:run(function()
      local ops, order = {}, {}
      for i = 1, 3 do
        ops[i] = client:start("put", put { on_done = function() order[#order + 1] = i end })
        assert.equal("sending", ops[i]:status().state)
      end
      assert.equal(3, client.driver.running)
      assert.truthy(ops[1]:wait())
      assert.same({ 3, 2, 1 }, order)
      assert.equal(1003, transport.clock)
    end)
  end)

  it("is counted by poll, which waits for the next to end", function()
    local client, transport = new { ok { takes = 1 }, ok { takes = 5 } }
    transport:run(function()
      client:start("put", put())
      client:start("put", put())
      assert.equal(2, client:poll(0))
      assert.equal(2, client:poll(0.5))
      assert.equal(1, client:poll(60))
      assert.equal(1001, transport.clock)
      assert.equal(0, client:poll(60))
      assert.equal(0, client:poll(60))
      assert.equal(1005, transport.clock)
    end)
  end)

  it("belongs to its request", function()
    local client, transport = new { ok() }
    transport:run(function()
      client:start("put", put())
      transport.ctx = {}
      assert.equal(0, client:poll(60))
    end)
  end)

  it("may be waited for by several, once ended too", function()
    local client, transport = new { ok() }
    local got = {}
    transport:run(function()
      local op = client:start("put", put())
      for i = 1, 3 do
        transport.spawn(function() got[i] = op:wait() end)
      end
      got[4] = op:wait()
      got[5] = op:wait()
    end)
    for i = 1, 5 do
      assert.equal("ABC", got[i].etag)
    end
  end)

  it("can be cancelled while it sends and while it rests", function()
    for _, script in ipairs { { "never" }, { refusal(503, "A") } } do
      local client, transport = new(script)
      transport:run(function()
        local op = client:start("put", put())
        client:poll(0.2)
        assert.is_true(op:cancel())
        local _, err = op:wait()
        assert.equal("cancelled", err.kind)
        assert.equal("cancelled", op:status().state)
        assert.is_false(op:cancel())
      end)
      assert.is_true(transport.clock < 1001)
    end
  end)

  it("ends when its client is closed", function()
    local client, transport = new { "never", refusal(503, "A") }
    transport:run(function()
      local first, second = client:start("put", put()), client:start("put", put())
      client:poll(0.2)
      client:close()
      assert.equal("cancelled", select(2, first:wait()).kind)
      assert.equal("cancelled", select(2, second:wait()).kind)
      assert.is_false((protect(client.put, client, put())))
    end)
    assert.is_true(transport.closed)
    assert.equal(0, client.driver.running)
  end)

  it("runs for map", function()
    local client, transport = new { ok { takes = 2 }, ok { takes = 1 }, refusal(403, "B"), ok() }
    transport:run(function()
      local results, summary = client:map({ put(), put(), put(), put() }, { concurrency = 2 })
      assert.equal(3, summary.done)
      assert.equal(1, summary.failed)
      assert.equal("ABC", results[1].result.etag)
      assert.equal("B", results[3].err.code)
    end)
  end)
end)

describe("an upload in parts", function()
  local body = ("x"):rep(102400 * 3)
  local function answers(parts)
    local script = { { body = "<InitiateMultipartUploadResult><UploadId>U</UploadId>"
      .. "</InitiateMultipartUploadResult>" } }
    for _, part in ipairs(parts) do
      script[#script + 1] = part
    end
    script[#script + 1] = { body = "<CompleteMultipartUploadResult><ETag>\"E\"</ETag></CompleteMultipartUploadResult>",
      headers = { ["x-oss-hash-crc64ecma"] = core.crc64(body) } }
    return script
  end
  local function part(more)
    local t = { headers = { etag = '"P"' }, takes = 1 }
    for name, value in pairs(more or {}) do
      t[name] = value
    end
    return t
  end
  local function options(more)
    local t = put { body = body, part_size = 102400, threshold = 102400 }
    for name, value in pairs(more or {}) do
      t[name] = value
    end
    return t
  end

  it("sends them beside each other", function()
    local client, transport = new(answers { part(), part(), part() })
    local res = transport:run(client.upload, client, options())
    assert.equal("E", res.etag)
    assert.equal(5, #transport.requests)
    assert.is_true(transport.clock < 1002)
  end)

  it("ends the others when one fails, and aborts behind them", function()
    local client, transport = new(answers { part { takes = 1e5 }, part { status = 403, body = xml("B", "no") },
      "never" })
    transport.script[5] = { status = 204 }
    local _, err = transport:run(client.upload, client, options())
    assert.equal("B", err.code)
    assert.equal(2, transport.killed)
    assert.equal("DELETE", transport.requests[5].method)
    assert.is_true(transport.clock < 1002)
    assert.equal(0, client.driver.running)
  end)

  it("ends with its parts when its time is up, when a handler raises, when it is cancelled", function()
    local client, transport = new(answers { "never", "never", "never" })
    transport.script[5] = { status = 204 }
    local _, err = transport:run(client.upload, client, options { timeout = 7 })
    assert.equal("TotalTimeout", err.code)
    assert.equal(3, transport.killed)
    client, transport = new(answers { part(), "never", "never" })
    transport.script[5] = { status = 204 }
    _, err = transport:run(client.upload, client, options { on_progress = boom })
    assert.equal("HandlerFailed", err.code)
    assert.equal("boom", err.cause)
    client, transport = new(answers { "never", "never", "never" })
    transport.script[5] = { status = 204 }
    transport:run(function()
      local op = client:start("upload", options())
      client:poll(1)
      op:cancel()
      assert.equal("cancelled", select(2, op:wait()).kind)
    end)
    assert.equal(3, transport.killed)
    assert.equal("DELETE", transport.requests[5].method)
  end)
end)
