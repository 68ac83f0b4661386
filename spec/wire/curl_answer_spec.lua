-- Answers, good and hostile.

local core = require "oss.core"
local curl_server = require "spec.support.curl_server"
local wire = require "spec.wire.server"

describe("the answer to a curl transfer", function()
  local server, loop

  curl_server.around({ setup, teardown, before_each, after_each }, function(...)
    server, loop = ...
  end)

  local function get(path, request)
    request = request or {}
    request.method = request.method or "GET"
    request.url = server.url .. path
    return wire.run(loop, request)
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
    local headers = ok("/raw?what=odd_headers").headers
    assert.equal("a b", headers["x-fold"])
    assert.equal("", headers["x-empty"])
    assert.equal("1, 2", headers["x-two"])
    assert.equal("a b", headers["x-space"])
    assert.equal("2", headers["content-length"])
    local count = 0
    for _ in pairs(headers) do
      count = count + 1
    end
    assert.equal(5, count)
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

  it("is larger than what is received at once", function()
    assert.equal(4800000, #ok("/large?n=4800000", { answer_max = 5000000 }).body)
  end)

  it("has no body for HEAD", function()
    local answer = ok("/large?n=1600", { method = "HEAD" })
    assert.equal("", answer.body)
    assert.equal(0, answer.received)
    assert.equal("1600", answer.headers["content-length"])
  end)

  it("is taken as it is: not followed, not unpacked, no cookies", function()
    local answer = ok("/answer?status=302&head=Location:%20" .. server.url .. "/other%0D%0A")
    assert.equal(302, answer.status)
    assert.equal(server.url .. "/other", answer.headers.location)
    answer = ok("/answer?body=notzip&head=Content-Encoding:%20gzip%0D%0A")
    assert.equal("notzip", answer.body)
    ok("/answer?head=Set-Cookie:%20a=b%0D%0A")
    assert.is_nil(ok("/head").body:find("Cookie", 1, true))
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
    assert.is_truthy(get("/flood?line=1").error)
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

    it("replaces what was there", function()
      server:file("answer", ("x"):rep(1000))
      ok("/answer?body=short", { answer_file = path })
      assert.equal("short", wire.read(path))
    end)

    it("stays in memory otherwise", function()
      local answer = ok("/answer?status=404&body=gone", { answer_file = path })
      assert.equal("gone", answer.body)
      assert.is_nil(wire.read(path))
      assert.equal("AnswerTooLarge", get("/large?status=500&n=64", { answer_file = path, answer_max = 32 }).error)
    end)

    it("is an error when it cannot be written", function()
      local answer = get("/answer?body=x", { answer_file = server.dir .. "/absent/answer" })
      assert.equal("FileWrite", answer.error)
      assert.is_truthy(answer.message:find("absent/answer", 1, true))
      assert.equal(200, answer.status)
      assert.equal("FileWrite", get("/answer?body=x", { answer_file = server.dir }).error)
      assert.equal("FileWrite", get("/answer", { answer_file = server.dir }).error)
    end)

    it("is an error when the disk is full", function()
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
      no_http = "MalformedAnswer", noise = "MalformedAnswer", bad_status = "MalformedAnswer",
      low_status = "MalformedAnswer", nul_header = "MalformedAnswer", negative_length = "MalformedAnswer",
      bad_chunk = "MalformedAnswer", bad_length = "MalformedAnswer", no_colon = "MalformedAnswer",
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
