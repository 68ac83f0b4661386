-- Bodies over the cosocket transport, against a server that says what it got.

local core = require "oss.core"
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

  local sizes = { 0, 1, 65535, 65536, 65537, 1000000 }

  it("sends strings of every size", function()
    for _, size in ipairs(sizes) do
      local answer, same = nginx:run([[
        local url, size = ...
        local body = noise(size)
        local answer = exchange { url = url .. "/echo", body = body, answer_max = 2000000 }
        local echoed = answer.body
        answer.body = nil
        return answer, echoed == body
      ]], server.url, size)
      assert.is_nil(answer.error, answer.message)
      assert.is_true(same)
      assert.equal(size, answer.sent)
      assert.equal(core.crc64(wire.noise(size)), answer.crc64)
      assert.equal(answer.crc64, answer.received_crc64)
      assert.equal(size, answer.received)
      assert.is_true(answer.sent_all)
    end
  end)

  it("sends files and parts of files", function()
    local path = server:file("body", wire.noise(1000000))
    for _, piece in ipairs { {}, { offset = 0, length = 0 }, { offset = 10, length = 70000 },
      { offset = 999999, length = 1 }, { offset = 1000000 }, { length = 65536 } } do
      local answer, same = nginx:run([[
        local url, path, piece = ...
        local all = noise(1000000)
        local first = (piece.offset or 0) + 1
        local answer = exchange { url = url .. "/echo", file = path, offset = piece.offset,
          length = piece.length, answer_max = 2000000 }
        local echoed = answer.body
        answer.body = nil
        return answer, echoed == all:sub(first, piece.length and first + piece.length - 1 or -1)
      ]], server.url, path, piece)
      assert.is_nil(answer.error, answer.message)
      assert.is_true(same)
    end
  end)

  it("sends parts of strings, and blocks", function()
    for _, piece in ipairs { {}, { offset = 0, length = 0 }, { offset = 10, length = 70000 },
      { offset = 999999, length = 1 }, { offset = 1000000 }, { length = 65536 } } do
      for _, is_block in ipairs { true, false } do
        local answer, same = nginx:run([[
          local url, piece, is_block = ...
          local all = noise(1000000)
          local body = all
          if is_block then
            body = core.block(#all)
            body:fill(all, 1, #all)
          end
          local first = (piece.offset or 0) + 1
          local answer = exchange { url = url .. "/echo", body = body, offset = piece.offset,
            length = piece.length, answer_max = 2000000 }
          local echoed = answer.body
          answer.body = nil
          return answer, echoed == all:sub(first, piece.length and first + piece.length - 1 or -1)
        ]], server.url, piece, is_block)
        assert.is_nil(answer.error, answer.message)
        assert.is_true(same)
      end
    end
  end)

  it("sends readers, with and without a length", function()
    for _, size in ipairs(sizes) do
      for _, known in ipairs { true, false } do
        local answer, same = nginx:run([[
          local url, size, known = ...
          local body, at = noise(size), 1
          local answer = exchange({ url = url .. "/echo", feed = true, length = known and size or nil,
            answer_max = 2000000 }, { reader = function()
              local chunk = body:sub(at, at + 7918)
              at = at + #chunk
              return chunk ~= "" and chunk or nil
            end })
          local echoed = answer.body
          answer.body = nil
          return answer, echoed == body
        ]], server.url, size, known)
        assert.is_nil(answer.error, answer.message)
        assert.is_true(same)
        assert.equal(size, answer.sent)
        assert.equal(core.crc64(wire.noise(size)), answer.crc64)
      end
    end
  end)

  it("takes empty chunks of a reader for nothing", function()
    local answer = nginx:run([[
      local chunks, i = { "", "a", "", "b", "" }, 0
      return exchange({ url = (...) .. "/echo", feed = true }, { reader = function()
        i = i + 1
        return chunks[i]
      end })
    ]], server.url)
    assert.equal("ab", answer.body)
  end)

  it("sends no body where there is none, and a length where one must be", function()
    for method, expected in pairs { GET = false, DELETE = false, PUT = true, POST = true } do
      local answer = nginx:run("local url, method = ... return exchange { url = url .. '/head', method = method }",
        server.url, method)
      assert.equal(expected, answer.body:find("Content-Length: 0", 1, true) ~= nil)
      assert.is_nil(answer.body:find("Transfer-Encoding", 1, true))
      assert.equal("0", answer.crc64)
    end
  end)

  it("sends host, target, head and who it is", function()
    local answer = nginx:run([[
      return exchange { url = (...) .. "/head/a%20b//../c?x=%2F&y", head = "X-One: 1\r\nX-Two: a b\r\n" }
    ]], server.url)
    local lines = answer.body
    assert.truthy(lines:find("^PUT /head/a%%20b//%.%./c%?x=%%2F&y HTTP/1%.1\nHost: 127%.0%.0%.1:%d+\n"), lines)
    assert.truthy(lines:find("\nX-One: 1\nX-Two: a b\n", 1, true))
    assert.truthy(lines:find("\nUser-Agent: lua-oss/", 1, true))
  end)

  it("asks for a 100 and waits for it", function()
    local answer = nginx:run([[
      return exchange { url = (...) .. "/expect?seconds=0.2", body = noise(100000), expect = true }
    ]], server.url)
    assert.equal("100-continue 100000", answer.body)
    assert.is_true(answer.sent_all)
  end)

  it("does not wait for a 100 forever, nor mistake a late one", function()
    local answer, seconds = nginx:run([[
      local now = require("oss.transport.cosocket").new({}, "").now
      local began = now()
      return exchange { url = (...) .. "/expect?seconds=1.3", body = noise(100000), expect = true }, now() - began
    ]], server.url)
    assert.equal("100-continue 100000", answer.body)
    assert.is_true(seconds > 1 and seconds < 5)
  end)

  it("sends nothing when it is refused before", function()
    local answer = nginx:run([[
      return exchange { url = (...) .. "/refuse?status=403", body = noise(100000), expect = true }
    ]], server.url)
    assert.equal(403, answer.status)
    assert.equal(0, answer.sent)
    assert.is_false(answer.sent_all)
    assert.is_nil(answer.error)
  end)

  it("asks no more when the server does not like it", function()
    local answer = nginx:run([[
      return exchange { url = (...) .. "/refuse", body = noise(100000), expect = true }
    ]], server.url)
    assert.equal("taken 100000", answer.body)
  end)

  it("reports progress, up to the end", function()
    local seen, answer = nginx:run([[
      local seen = {}
      local answer = exchange({ url = (...) .. "/head", body = noise(200000) }, {
        on_progress = function(sent, total) seen[#seen + 1] = sent .. "/" .. total end })
      return seen, answer
    ]], server.url)
    assert.is_nil(answer.error)
    assert.same({ "65536/200000", "131072/200000", "196608/200000", "200000/200000" }, seen)
  end)

  it("keeps to a rate", function()
    local seconds = nginx:run([[
      local now = require("oss.transport.cosocket").new({}, "").now
      local began = now()
      local answer = exchange { url = (...) .. "/head", body = noise(30000), rate = 50000 }
      return now() - began, answer
    ]], server.url)
    assert.is_true(seconds > 0.4, tostring(seconds))
  end)

  local wrong = {
    { "a missing file", "FileRead", 'file = "/nonexistent/file"' },
    { "a folder", "FileRead", 'file = "/"' },
    { "a file that is too short", "BodyShort", 'file = path, length = 20' },
    { "a reader that is too short", "BodyShort", 'feed = true, length = 20' },
    { "a reader that is too long", "BodyLong", 'feed = true, length = 2' },
  }
  for _, case in ipairs(wrong) do
    it("fails with " .. case[1], function()
      local path = server:file("short", "0123456789")
      local answer = nginx:run(([[
        local url, path = ...
        local chunks, i = { "12345" }, 0
        return exchange({ url = url .. "/echo", %s }, { reader = function() i = i + 1 return chunks[i] end })
      ]]):format(case[3]), server.url, path)
      assert.equal(case[2], answer.error)
      assert.is_false(answer.sent_all)
      assert.is_string(answer.message)
    end)
  end
end)
