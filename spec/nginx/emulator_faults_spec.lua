-- The local OSS: faults on request.

local core = require "oss.core"
local client = require "spec.nginx.emulator_client"
local socket = require "socket"

describe("the local OSS", function()
  local oss

  setup(function()
    oss = client.start { workers = 2 }
  end)

  teardown(function()
    oss:stop()
  end)

  before_each(function()
    oss:request("DELETE", "k")
    oss:put("there", "0123456789")
  end)

  local function put(fault, t)
    t = t or {}
    t.extra = "x-emulator-fault: " .. fault .. "\r\n"
    return oss:put("k", t.body or "content", t)
  end

  local function get(fault)
    return oss:get("there", { extra = "x-emulator-fault: " .. fault .. "\r\n" })
  end

  local function is_stored()
    return oss:head("k").status == 200
  end

  local function timed(work)
    local started = socket.gettime()
    local answer = work()
    return answer, socket.gettime() - started
  end

  describe("fails on request", function()
    it("with a status", function()
      for status, code in pairs { [400] = "InvalidArgument", [403] = "AccessDenied", [500] = "InternalError",
        [502] = "BadGateway", [503] = "ServiceUnavailable", [418] = "BadRequest" } do
        local answer = put("status=" .. status)
        assert.equal(status, answer.status)
        assert.equal(code, client.xml(answer).Code)
      end
      local answer = put("status=409:ObjectAlreadyExists")
      assert.equal(409, answer.status)
      assert.equal("ObjectAlreadyExists", client.xml(answer).Code)
      assert.is_false(is_stored())
    end)

    it("by throttling", function()
      local answer = put("throttle")
      assert.equal(503, answer.status)
      assert.is_truthy(answer.headers["x-oss-qos-delay-time"])
      assert.is_false(is_stored())
    end)

    it("by waiting", function()
      local answer, took = timed(function() return put("wait=0.4") end)
      assert.equal(200, answer.status)
      assert.is_true(took >= 0.4)
      answer, took = timed(function() return put("delay=0.4") end)
      assert.equal(200, answer.status)
      assert.is_true(took >= 0.4)
      answer, took = timed(function() return put("stall=0.4") end)
      assert.equal(200, answer.status)
      assert.is_true(took >= 0.4)
      answer, took = timed(function() return get("delay-body=0.4") end)
      assert.equal("0123456789", answer.body)
      assert.is_true(took >= 0.4)
    end)

    it("by reading slowly", function()
      local answer, took = timed(function() return put("read-rate=20000", { body = ("x"):rep(10000) }) end)
      assert.equal(200, answer.status)
      assert.is_true(took >= 0.35 and took < 3, took .. " s")
      assert.equal(core.crc64(("x"):rep(10000)), answer.headers["x-oss-hash-crc64ecma"])
      assert.equal(("x"):rep(10000), oss:get("k").body)
    end)

    it("by resetting the connection before the body", function()
      local answer = put("reset=before", { body = ("x"):rep(100000) })
      assert.is_nil(answer.status)
      assert.is_false(is_stored())
    end)

    it("by resetting the connection in the body", function()
      for _, t in ipairs { { body = ("x"):rep(5000000) }, { body = ("x"):rep(100000), chunked = true } } do
        local answer = put("reset=body:1000", t)
        assert.is_nil(answer.status)
        assert.is_false(is_stored())
      end
    end)

    it("by losing the answer, when the object is stored and the service was called", function()
      local called
      local answer = put("reset=after", { headers = oss:callback_headers { callbackUrl = oss.service_url,
        callbackBody = "a=b" }, service = function()
          called = true
          return { ok = true }
        end })
      assert.is_nil(answer.status)
      assert.is_true(called)
      assert.is_true(is_stored())
    end)

    it("by cutting the answer", function()
      local answer = get("truncate=4")
      assert.equal(200, answer.status)
      assert.equal("0123", answer.body)
      assert.equal("closed", answer.error)
      answer = put("truncate=0")
      assert.equal(200, answer.status)
      assert.equal("closed", answer.error)
      answer = get("reset=answer")
      assert.equal(200, answer.status)
      assert.equal("10", answer.headers["content-length"]:match("%d+") and "10")
      assert.is_truthy(answer.error)
    end)

    it("by answering too much", function()
      local answer = oss:get("nosuch", { extra = "x-emulator-fault: oversize=2000000\r\n" })
      assert.equal(404, answer.status)
      assert.is_true(#answer.body > 2000000)
      assert.equal("NoSuchKey", client.xml(answer).Code)
    end)

    it("by a wrong CRC", function()
      local answer = put("crc")
      assert.equal(200, answer.status)
      assert.is_truthy(answer.headers["x-oss-hash-crc64ecma"]:find("^%d+$"))
      assert.are_not.equal(core.crc64("content"), answer.headers["x-oss-hash-crc64ecma"])
      assert.equal(core.crc64("content"), oss:head("k").headers["x-oss-hash-crc64ecma"])
    end)

    it("by broken XML", function()
      for _, answer in ipairs { put("malformed, status=500"),
        oss:request("POST", "k", "", { query = { "uploads", "" }, extra = "x-emulator-fault: malformed\r\n" }) } do
        assert.is_true(#answer.body > 100)
        assert.is_nil((require("oss.sending.xml").parse(answer.body)))
      end
      local answer = oss:head("nosuch", { extra = "x-emulator-fault: malformed\r\n" })
      assert.is_nil((require("oss.sending.xml").parse(core.unbase64(answer.headers["x-oss-err"]))))
    end)

    it("by a callback that ends as wanted", function()
      for outcome, message in pairs { ["500"] = "Error status : 500.", unreachable = "Error status : 502.",
        timeout = "Error status : -1.OSS can not connect to your callbackUrl, please check it.",
        ["not-json"] = "Response body is not valid json format.",
        ["no-length"] = "Error Status : 400.User server missing content-length.",
        ["bad-length"] = "Error Status : 400.User server return invalid conent-length value.",
        ["too-long"] = "Error Status : 400.User server return too long content-length value.",
        image = "Get image info failed.", throttled = "Too many callback requests." } do
        local headers = oss:callback_headers { callbackUrl = oss.service_url, callbackBody = "a=b" }
        local answer = put("callback=" .. outcome, { headers = headers })
        assert.equal(203, answer.status)
        assert.equal(message, client.xml(answer).Message)
        assert.equal(0, #oss.calls)
        answer = put("callback-after=" .. outcome, { headers = headers, service = function() return { ok = true } end })
        assert.equal(203, answer.status)
        assert.equal(message, client.xml(answer).Message)
        assert.equal(1, #oss.calls)
      end
    end)

    it("but not by a fault that it does not know", function()
      for _, fault in ipairs { "earthquake", "status=abc", "reset=often", "callback=well", "delay" } do
        local answer = put(fault)
        assert.equal(400, answer.status)
        assert.equal("x-emulator-fault", client.xml(answer).ArgumentName)
      end
    end)
  end)

  describe("keeps faults for requests to come", function()
    after_each(function()
      assert(oss.server:clear())
    end)

    it("so many times", function()
      assert(oss.server:fault { fault = "status=503", count = 3 })
      local statuses = {}
      for i = 1, 5 do
        statuses[i] = oss:get("there").status
      end
      assert.same({ 503, 503, 503, 200, 200 }, statuses)
    end)

    it("once by default, or always", function()
      assert(oss.server:fault { fault = "status=503" })
      assert.equal(503, oss:get("there").status)
      assert.equal(200, oss:get("there").status)
      assert(oss.server:fault { fault = "status=503", count = 0 })
      for _ = 1, 5 do
        assert.equal(503, oss:get("there").status)
      end
      assert(oss.server:clear())
      assert.equal(200, oss:get("there").status)
    end)

    it("of one kind", function()
      for _, case in ipairs { { method = "PUT" }, { key = "k" }, { key = "k*" }, { operation = "PutObject" } } do
        case.fault = "status=503"
        assert(oss.server:fault(case))
        assert.equal(200, oss:get("there").status)
        assert.equal(503, oss:put("k", "x").status)
        assert.equal(200, oss:put("k", "x").status)
      end
      assert(oss.server:fault { fault = "status=503", bucket = "otherbucket" })
      assert.equal(200, oss:get("there").status)
    end)

    it("and shows them", function()
      assert(oss.server:fault { fault = "status=503", count = 2 })
      oss:get("there")
      local list = client.json.decode(client.output("curl -s " .. oss.server.admin_url .. "/faults"))
      assert.equal(1, #list)
      assert.equal(1, list[1].left)
    end)

    it("unless they are wrong", function()
      for _, fault in ipairs { { fault = "earthquake" }, { fault = "" }, {}, { fault = "crc", often = 1 },
        { fault = "crc", count = "1" } } do
        local ok, message = oss.server:fault(fault)
        assert.is_nil(ok)
        assert.equal("string", type(message))
      end
    end)
  end)
end)
