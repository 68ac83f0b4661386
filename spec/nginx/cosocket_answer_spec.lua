-- Answers to cosocket transfers, good and hostile.

local core = require "oss.core"
local nginxes = require "spec.support.nginx"
local wire = require "spec.wire.server"

describe("the answer to a cosocket transfer", function()
  local server, nginx
  setup(function()
    server = wire.start()
    nginx = nginxes.start { values = { endpoint = server.url } }
  end)
  teardown(function()
    nginx:stop()
    server:stop()
  end)

  local function get(path, request)
    request = request or {}
    request.method, request.url = request.method or "GET", server.url .. path
    return nginx:run("return exchange(...)", request)
  end

  local function ok(path, request)
    local answer = get(path, request)
    assert.is_nil(answer.error, answer.message)
    return answer
  end

  it("has every status", function()
    for _, status in ipairs { 200, 201, 203, 206, 204, 301, 304, 400, 403, 404, 409, 500, 503, 599 } do
      local answer = ok("/answer?status=" .. status, { method = "PUT", body = "12345" })
      assert.equal(status, answer.status)
      assert.equal(5, answer.sent)
      assert.is_true(answer.sent_all)
    end
  end)

  it("has headers with names in lower case", function()
    assert.same({ ["x-fold"] = "a b", ["x-empty"] = "", ["x-two"] = "1, 2", ["x-space"] = "a b",
      ["content-length"] = "2" }, ok("/raw?what=odd_headers").headers)
    os.execute("sleep 0.1") -- the server closes this connection, which it should have kept
  end)

  it("begins behind the first empty line, however lines end", function()
    local answer = ok "/raw?what=mixed_ends"
    assert.equal("one\r\n\r\nto", answer.body)
    assert.same({ ["x-a"] = "1", ["content-length"] = "9" }, answer.headers)
    os.execute("sleep 0.1") -- as above
  end)

  it("is the real one, not a 1xx before it, and has no trailers", function()
    local answer = ok("/informed", { method = "PUT", body = "12345" })
    assert.equal(200, answer.status)
    assert.equal("informed", answer.body)
    assert.equal("1", answer.headers["x-late"])
    assert.is_nil(answer.headers["x-early"])
    answer = ok "/chunked"
    assert.equal("wikipedia", answer.body)
    assert.equal("1", answer.headers["x-before"])
    assert.is_nil(answer.headers["x-trailer"])
  end)

  it("may end with the connection", function()
    assert.equal("all of it", ok("/until_close").body)
  end)

  it("has no body for HEAD", function()
    local answer = ok("/large?n=1600", { method = "HEAD" })
    assert.equal("", answer.body)
    assert.equal(0, answer.received)
    assert.equal("1600", answer.headers["content-length"])
  end)

  it("has a checksum", function()
    local answer = ok("/large?n=160000")
    assert.equal(160000, #answer.body)
    assert.equal(160000, answer.received)
    assert.equal(core.crc64(answer.body), answer.received_crc64)
    assert.equal("0", ok("/answer").received_crc64)
  end)

  it("is bounded", function()
    assert.equal(1024, #ok("/large?n=1024", { answer_max = 1024 }).body)
    local answer = get("/large?n=1040", { answer_max = 1024 })
    assert.equal("AnswerTooLarge", answer.error)
    assert.equal(200, answer.status)
    assert.equal(1048576, #ok("/large?n=1048576").body)
    assert.equal("AnswerTooLarge", get("/large?n=1048592").error)
  end)

  it("has a bounded head", function()
    assert.equal("AnswerTooLarge", get("/flood").error)
    assert.equal("AnswerTooLarge", get("/flood?line=1").error)
  end)

  it("keeps a connection only behind a clean end", function()
    -- Each line: what is asked first, and whether its connection serves the next.
    for _, case in ipairs { { "/echo", true }, { "/chunked", true }, { "/until_close", false },
      { "/answer?head=Connection:%20close%0D%0A", false }, { "/large?n=2000000", false },
      { "/raw?what=cut_body", false }, { "/surplus", false },
      { "/two_lengths", false }, { "/answer?status=404&body=x", true }, { "/informed", true } } do
      local first, second = nginx:run([[
        local url, path = ...
        return exchange { url = url .. path, body = "1" }, exchange { url = url .. "/until_close", body = "2" }
      ]], server.url, case[1])
      assert.is_false(first.reused)
      assert.equal(case[2], second.reused, case[1])
    end
  end)

  it("leaves no connection in the middle of a body that was refused early", function()
    local first, second = nginx:run([[
      local url, n = ..., 0
      return exchange({ url = url .. "/early_kept", length = 5000, feed = true }, { reader = function()
        n = n + 1
        if n > 1 then
          ngx.sleep(0.3)
        end
        return "x"
      end }), exchange { url = url .. "/echo", body = "2" }
    ]], server.url)
    assert.equal(403, first.status)
    assert.is_false(first.sent_all)
    assert.is_false(second.reused)
    assert.equal("2", second.body)
  end)

  -- How often nginx could serve others while the answer came.
  local function pauses(path, request)
    request.method, request.url = "GET", server.url .. path
    return nginx:run([[
      local sleep, n = ngx.sleep, 0
      ngx.sleep = function(seconds)
        n = n + 1
        return sleep(seconds)
      end
      local answer = exchange(...)
      ngx.sleep = sleep
      return n, answer.received, answer.error
    ]], request)
  end

  it("lets nginx serve others, however small its chunks are", function()
    local n, received, err = pauses("/crumbs?n=200000", {})
    assert.is_nil(err)
    assert.equal(200000, received)
    assert.is_true(n >= 5, tostring(n))
  end)

  it("is copied a few times at most, however small its chunks are", function()
    local sub, copied = string.sub, 0
    local name = "oss.transport.cosocket.answer"
    local kept = package.loaded[name]
    package.loaded[name] = nil
    if not pcall(require, "table.new") then -- only LuaJIT has it
      package.loaded["table.new"] = function()
        return {}
      end
    end
    string.sub = function(...) -- luacheck: ignore 122
      local piece = sub(...)
      copied = copied + #piece
      return piece
    end
    local fine, answers = pcall(require, name)
    string.sub = sub -- luacheck: ignore 122
    package.loaded[name] = kept
    assert.is_true(fine, answers)
    local bytes, sunk = ("1\r\nx\r\n"):rep(5000) .. "0\r\n\r\n", 0
    local input = { buffer = bytes, sink = function() sunk = sunk + 1 end }
    assert.is_true((answers.body(input, "GET", { status = 200, version = 1,
      headers = { ["transfer-encoding"] = "chunked" } })))
    assert.equal(5000, sunk)
    assert.is_true(copied > 0 and copied < 3 * #bytes, tostring(copied))
  end)

  describe("in a file", function()
    local path

    before_each(function()
      path = server.dir .. "/answer"
      os.remove(path)
    end)

    it("is written there for 2xx, of any size", function()
      for _, n in ipairs { 0, 16, 65536, 5000000 } do
        local answer = ok("/large?n=" .. n, { answer_file = path, answer_max = 1 })
        assert.equal("", answer.body)
        local content = wire.read(path)
        assert.equal(#content, answer.received)
        assert.equal(core.crc64(content), answer.received_crc64)
      end
    end)

    it("stays in memory otherwise", function()
      local answer = ok("/answer?status=404&body=gone", { answer_file = path })
      assert.equal("gone", answer.body)
      assert.is_nil(wire.read(path))
    end)

    it("is an error when it cannot be written", function()
      local answer = get("/answer?body=x", { answer_file = server.dir .. "/absent/answer" })
      assert.equal("FileWrite", answer.error)
      assert.is_truthy(answer.message:find("absent/answer", 1, true))
      assert.equal(200, answer.status)
      assert.equal("FileWrite", get("/answer?body=x", { answer_file = server.dir }).error)
      local full = io.open("/dev/full") -- only Linux has it
      if full then
        full:close()
        assert.equal("FileWrite", get("/large?n=65536", { answer_file = "/dev/full" }).error)
      end
    end)
  end)

  describe("when broken", function()
    local cases = {
      cut_body = "TruncatedAnswer", cut_chunk = "TruncatedAnswer", cut_chunks = "TruncatedAnswer",
      cut_head = "TruncatedAnswer", cut_lines = "TruncatedAnswer", only_continue = "EmptyAnswer",
      no_http = "TruncatedAnswer", noise = "MalformedAnswer", bad_status = "MalformedAnswer",
      low_status = "MalformedAnswer", nul_header = "MalformedAnswer", negative_length = "MalformedAnswer",
      bad_chunk = "MalformedAnswer", bad_length = "MalformedAnswer",
    }
    for what, code in pairs(cases) do
      it("is an error: " .. what, function()
        for _, method in ipairs { "GET", "PUT" } do
          local answer = get("/raw?what=" .. what, { method = method })
          assert.equal(code, answer.error, answer.message)
          assert.equal("string", type(answer.message))
        end
      end)
    end
  end)
end)
