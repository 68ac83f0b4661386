-- The three outcomes under every fault: what is reported, how often the callback ran, what is stored.

local core = require "oss.core"
local errors = require "oss.errors"
local local_oss = require "spec.support.local_oss"

describe("the outcome", function()
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

  local seen = 0
  local function callbacks()
    local _, all = local_oss.read(place.service_log):gsub("service received: POST", "")
    local new = all - seen
    seen = all
    return new
  end
  before_each(function()
    client:delete { bucket = "examplebucket", key = "k" }
    callbacks()
  end)

  local callback
  local wire
  setup(function()
    callback = { url = service .. "/cb", body = "size=${size}&key=${object}" }
    wire = core.base64('{"callbackUrl":"' .. service .. '/cb","callbackBody":"size=${size}"}')
  end)

  local function is_stored()
    return client:head { bucket = "examplebucket", key = "k" } ~= nil
  end

  -- How a callback may travel with a put.
  local ways = {
    option = function(fault)
      return client:put { bucket = "examplebucket", key = "k", body = "text", callback = callback,
        headers = { ["x-emulator-fault"] = fault } }
    end,
    header = function(fault)
      return client:put { bucket = "examplebucket", key = "k", body = "text",
        headers = { ["x-emulator-fault"] = fault, ["x-oss-callback"] = wire } }
    end,
    query = function(fault)
      return client:put { bucket = "examplebucket", key = "k", body = "text", query = { callback = wire },
        headers = { ["x-emulator-fault"] = fault } }
    end,
    request = function(fault)
      return client:request { method = "PUT", bucket = "examplebucket", key = "k", body = "text",
        callback = callback, headers = { ["x-emulator-fault"] = fault } }
    end,
  }

  local faults = {
    -- fault, code, callbacks that ran
    { "callback-after=500", "CallbackFailed", 1 },
    { "callback-after=500, truncate=10", "CallbackFailed", 1 },
    { "callback-after=500, oversize=3000000", "CallbackFailed", 1 },
    { "callback-after=500, malformed", "CallbackFailed", 1 },
    { "truncate=3", "CallbackAnswerLost", 1 },
    { "oversize=3000000", "CallbackAnswerLost", 1 },
    { "crc", "CrcMismatch", 1 },
    { "crc, callback-after=500", "CrcMismatch", 1 },
  }
  for way, send in pairs(ways) do
    for _, case in ipairs(faults) do
      it(("of %s, the callback given by %s, is %s"):format(case[1], way, case[2]), function()
        local res, err = send(case[1])
        assert.is_nil(res)
        assert.equal(case[2], err.code)
        assert.is_true(err.stored)
        assert.is_false(err.retryable)
        assert.equal(case[3], callbacks())
        assert.is_true(is_stored())
      end)
    end

    it("of a lost answer, the callback given by " .. way .. ", is unknown and not repeated", function()
      local res, err = send("reset=after")
      assert.is_nil(res)
      assert.equal(1, callbacks())
      if way == "request" then
        assert.is_nil(err.stored)
      else
        assert.equal("CallbackUnknown", err.code)
        assert.is_true(err.stored)
      end
    end)
  end

  it("of a put without callback whose answer was cut is success", function()
    local res = errors.assert(client:put { bucket = "examplebucket", key = "k", body = "text",
      headers = { ["x-emulator-fault"] = "oversize=3000000" } })
    assert.equal(core.crc64("text"), res.crc64)
  end)

  it("of a wrong CRC without callback is another try", function()
    assert(place.server:fault { fault = "crc", method = "PUT" })
    assert.equal(2, errors.assert(client:put { bucket = "examplebucket", key = "k", body = "text" }).attempts)
    local _, err = client:request { method = "PUT", bucket = "examplebucket", key = "k", body = "text",
      headers = { ["x-emulator-fault"] = "crc" }, attempts = 1 }
    assert.equal("CrcMismatch", err.code)
  end)

  it("of retry_callback never fires twice by itself", function()
    errors.assert(client:put { bucket = "examplebucket", key = "k", body = "text" })
    for fault, code in pairs { ["reset=after"] = "CallbackUnknown", ["truncate=3"] = "CallbackAnswerLost" } do
      local _, err = client:retry_callback { bucket = "examplebucket", key = "k", callback = callback,
        headers = { ["x-emulator-fault"] = fault } }
      assert.equal(code, err.code)
      assert.is_true(err.stored)
      assert.equal(1, callbacks())
    end
  end)

  it("of a server that is not OSS is no success", function()
    local server = require("socket").bind("127.0.0.1", 0)
    local _, port = server:getsockname()
    server:settimeout(0)
    local other = place:client { endpoint = "http://127.0.0.1:" .. port }
    local op = other:start("put", { bucket = "examplebucket", key = "k", body = "text", attempts = 1,
      callback = callback })
    for _ = 1, 500 do
      other:poll(0.01)
      local peer = server:accept()
      if peer then
        peer:settimeout(5)
        repeat
          local line = peer:receive("*l")
        until not line or line == ""
        peer:send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        peer:close()
      end
      if not op.thread then
        break
      end
    end
    local res, err = op:wait()
    assert.is_nil(res)
    assert.equal("NotOss", err.code)
    other:close()
    server:close()
  end)

  it("of reads with 203 is not that of a callback", function()
    local _, err = client:get { bucket = "examplebucket", key = "k",
      headers = { ["x-emulator-fault"] = "status=203" } }
    assert.truthy(err == nil or err.kind ~= "callback")
  end)

  it("is not touched by a log handler that raises or yields", function()
    for _, handler in ipairs { function() error("log is broken", 0) end, function() coroutine.yield() end } do
      local mine = place:client { log_level = "debug", log = handler }
      local op = mine:start("put", { bucket = "examplebucket", key = "k", body = "text" })
      local fine, message = pcall(op.wait, op)
      assert.is_false(fine)
      assert.truthy(message:find("log", 1, true))
      while not op:status().result do
        pcall(mine.poll, mine, 0.1)
      end
      assert.is_string(op:status().result.etag)
      mine:close()
    end
  end)

  it("keeps the last failure when the time is over", function()
    local _, err = client:put { bucket = "examplebucket", key = "k", body = "text", timeout = 0.6,
      retry_delay = 10, headers = { ["x-emulator-fault"] = "status=503" }, attempts = 9 }
    if err.code == "TotalTimeout" then
      assert.equal("ServiceUnavailable", err.cause.code)
    end
    local slow = place:client { random = function() return 0.99 end }
    _, err = slow:put { bucket = "examplebucket", key = "k", body = "text", timeout = 0.4,
      headers = { ["x-emulator-fault"] = "status=503" }, attempts = 9 }
    assert.equal("TotalTimeout", err.code)
    assert.equal("ServiceUnavailable", err.cause.code)
    assert.truthy(err.message:find("ServiceUnavailable", 1, true))
    slow:close()
  end)

  it("of an upload whose Complete failed tells the tries of Complete", function()
    local path = place:file("parts", 300000)
    local _, err = client:upload { bucket = "examplebucket", key = "k", file = path, part_size = 102400,
      threshold = 1, callback = { url = service .. "/refuse", body = "a=${size}" } }
    assert.equal("callback", err.kind)
    assert.equal(1, err.attempts)
    assert(place.server:fault { fault = "crc, callback-after=500", operation = "CompleteMultipartUpload" })
    _, err = client:upload { bucket = "examplebucket", key = "k", file = path, part_size = 102400,
      threshold = 1, callback = callback }
    assert.equal("CrcMismatch", err.code)
    assert.is_true(err.stored)
    assert(place.server:fault { fault = "truncate=9", operation = "CompleteMultipartUpload" })
    local res = errors.assert(client:upload { bucket = "examplebucket", key = "k", file = path,
      part_size = 102400, threshold = 1 })
    assert.is_string(res.crc64)
  end)
end)
