-- Request bodies: what the server gets is what was given, byte for byte.

local core = require "oss.core"
local curl = require "oss.curl"
local curl_server = require "spec.support.curl_server"
local wire = require "spec.wire.server"

describe("the body of a curl transfer", function()
  local server, loop

  curl_server.around({ setup, teardown, before_each, after_each }, function(...)
    server, loop = ...
  end)

  local function echo(request)
    request.url = request.url or server.url .. "/echo"
    request.answer_max = 8 * 1024 * 1024
    return wire.run(loop, request)
  end

  local function assert_echoed(data, answer)
    assert.is_nil(answer.error, answer.message)
    assert.equal(200, answer.status)
    assert.is_true(answer.body == data, "the server got other bytes")
    assert.equal(#data, answer.sent)
    assert.equal(#data, answer.received)
    assert.is_true(answer.sent_all)
    assert.equal(core.crc64(data), answer.crc64)
    assert.equal(answer.crc64, answer.received_crc64)
  end

  -- The borders: POSTFIELDS or read function (64 KiB), libcurl's own buffers.
  local sizes = { 0, 1, 9, 16383, 65534, 65535, 65536, 65537, 1048577, 5000000 }

  it("has a known checksum", function()
    assert.equal("11051210869376104954", echo({ body = "123456789" }).crc64)
  end)

  it("comes from memory in every size", function()
    for _, size in ipairs(sizes) do
      local data = wire.noise(size)
      assert_echoed(data, echo { body = data })
    end
  end)

  it("comes from a file in every size", function()
    for _, size in ipairs(sizes) do
      local data = wire.noise(size)
      assert_echoed(data, echo { file = server:file("body", data) })
    end
  end)

  it("comes from a part of a file", function()
    local data = wire.noise(200000)
    local path = server:file("body", data)
    assert_echoed(data:sub(100001), echo { file = path, offset = 100000 })
    assert_echoed(data:sub(1, 70000), echo { file = path, length = 70000 })
    assert_echoed(data:sub(11, 15), echo { file = path, offset = 10, length = 5 })
    assert_echoed("", echo { file = path, offset = 200000 })
    assert_echoed("", echo { file = path, offset = 5, length = 0 })
  end)

  it("comes from a part of a string", function()
    local data = wire.noise(200000)
    assert_echoed(data:sub(100001), echo { body = data, offset = 100000 })
    assert_echoed(data:sub(1, 70000), echo { body = data, length = 70000 })
    assert_echoed(data:sub(11, 15), echo { body = data, offset = 10, length = 5 })
    assert_echoed("", echo { body = data, offset = 200000 })
    assert_echoed("", echo { body = data, offset = 5, length = 0 })
    for _, wrong in ipairs { { offset = 200001 }, { length = 200001 }, { offset = 1, length = 200000 } } do
      wrong.body, wrong.method, wrong.url = data, "PUT", server.url .. "/echo"
      assert.is_false((pcall(loop.submit, loop, wrong)))
    end
  end)

  local function block_of(data)
    local block = core.block(#data + 1)
    block:fill(data, 1, #data)
    return block
  end

  it("comes from a block, or a part of one", function()
    for _, size in ipairs(sizes) do
      local data = wire.noise(size)
      assert_echoed(data, echo { body = block_of(data) })
    end
    assert_echoed("345", echo { body = block_of("012345"), offset = 3 })
    local freed = core.block(1)
    freed:free()
    assert.is_false((pcall(loop.submit, loop, { method = "PUT", url = server.url .. "/echo", body = freed })))
  end)

  it("keeps a block as it is until it was sent", function()
    local block = block_of(wire.noise(3000000))
    local ids = {}
    for i = 1, 2 do
      ids[i] = assert(loop:submit { method = "PUT", url = server.url .. "/echo", body = block, rate = 30000000 })
      loop:poll(0.01)
    end
    assert.is_false((pcall(block.clear, block)))
    assert.is_false((pcall(block.fill, block, "x", 1, 1)))
    block:free() -- as soon as nobody sends it
    assert.equal(3000000, #block)
    loop:cancel(ids[1])
    local done
    repeat
      loop:poll(1)
      local kind, id, answer = loop:event()
      done = kind == "done"
      if done then
        assert.equal(ids[2], id)
        assert.equal(core.crc64(wire.noise(3000000)), answer.crc64)
      end
    until done
    assert.equal(0, #block)
  end)

  local function pieces(data, sizes_of_pieces)
    local list, at, i = {}, 1, 0
    while at <= #data do
      local n = sizes_of_pieces[i % #sizes_of_pieces + 1]
      list[#list + 1] = data:sub(at, at + n - 1)
      at, i = at + n, i + 1
    end
    return list
  end

  local odd = { { 1 }, { 7, 1, 65536, 3 }, { 65535, 65537 }, { 5000000 }, { 0, 1000 } }

  it("is fed in odd pieces, its length not known", function()
    for i, piece in ipairs(odd) do
      local data = wire.noise(i == 1 and 50 or 300000)
      assert_echoed(data, echo { feed = true, reader = wire.reader(pieces(data, piece)) })
    end
    assert_echoed("", echo { feed = true, reader = wire.reader {} })
  end)

  it("is fed in odd pieces, its length known", function()
    for i, piece in ipairs(odd) do
      local data = wire.noise(i == 1 and 50 or 300000)
      assert_echoed(data, echo { feed = true, length = #data, reader = wire.reader(pieces(data, piece)) })
    end
    assert_echoed("", echo { feed = true, length = 0, reader = wire.reader {} })
  end)

  local function has_thread(one)
    return (one:fd()) ~= nil
  end

  it("is fed all at once before the transfer starts", function()
    local id = loop:submit { method = "PUT", url = server.url .. "/echo", feed = true }
    assert.is_true(loop:feed(id, "12345"))
    assert.is_true(loop:feed(id, "6789"))
    assert.is_true(loop:feed(id))
    assert.equal("NoTransfer", select(2, loop:feed(id, "more")))
    assert.equal("NoTransfer", select(2, loop:feed(id)))
    local kind, _, answer
    repeat
      loop:poll(1)
      kind, _, answer = loop:event()
      -- A loop on a thread of its own may have asked before it was fed.
      assert.is_true(kind ~= "need" or has_thread(loop))
    until kind == "done"
    assert_echoed("123456789", answer)
  end)

  it("pauses while nothing is fed", function()
    local calls = 0
    local answer = echo { feed = true, idle_timeout = 0.05, reader = function()
      calls = calls + 1
      if calls == 3 then
        loop:poll(0.2) -- longer than idle_timeout: it is not the network that is slow
      end
      return ({ "12345", "6789" })[calls]
    end }
    assert_echoed("123456789", answer)
  end)

  it("stops a feeder that does not wait to be asked", function()
    local id = loop:submit { method = "PUT", url = server.url .. "/deaf", feed = true }
    local chunk = ("x"):rep(1024 * 1024)
    for _ = 1, 4 do
      assert.is_true(loop:feed(id, chunk))
    end
    local fed, code
    for _ = 1, 100 do -- on a thread, some of it may be on its way already
      fed, code = loop:feed(id, chunk)
      if not fed then
        break
      end
    end
    assert.equal("FeedFull", code)
    assert.is_true(loop:cancel(id))
  end)

  it("must have the length that was announced", function()
    local short = echo { feed = true, length = 10, reader = wire.reader { "12345" } }
    assert.equal("BodyShort", short.error)
    assert.is_false(short.sent_all)
    local long = echo { feed = true, length = 5, reader = wire.reader { "1234", "56" } }
    assert.equal("BodyLong", long.error)
    assert.is_false(long.sent_all)
    -- Even when every announced byte had been fed: nothing was stored.
    local longer = echo { feed = true, length = 5, reader = wire.reader { "12345", "6" } }
    assert.equal("BodyLong", longer.error)
    assert.is_false(longer.sent_all)
    assert.equal(0, longer.status)
  end)

  it("must be a regular file that is there and long enough", function()
    local path = server:file("body", "12345")
    for _, request in ipairs {
      { file = server.dir .. "/absent" }, { file = server.dir }, { file = "/dev/null" },
      { file = path, offset = 6 }, { file = path, length = 6 }, { file = path, offset = 3, length = 3 },
    } do
      local answer = echo(request)
      assert.equal("FileRead", answer.error)
      assert.is_truthy(answer.message:find(request.file, 1, true))
      assert.is_false(answer.sent_all)
      assert.equal(0, answer.sent)
    end
  end)

  it("is an error when the file shrinks on the way", function()
    local path = server:file("body", wire.noise(5000000))
    local answer = echo { file = path, rate = 4000000, on_progress = function(sent)
      if sent > 0 then
        server:file("body", "short")
      end
    end }
    assert.equal("FileRead", answer.error)
    assert.is_false(answer.sent_all)
    assert.is_true(answer.sent < 5000000)
    assert.equal(0, answer.status)
  end)

  local function head_of(request)
    request.url = server.url .. (request.path or "/head")
    local answer = wire.run(loop, request)
    assert.is_nil(answer.error, answer.message)
    return "\n" .. answer.body .. "\n"
  end

  it("brings no header that was not asked for", function()
    local requests = {
      { body = "x" }, { body = ("x"):rep(70000) }, { body = ("x"):rep(2000000) },
      { file = server:file("body", "x") },
      { feed = true, reader = wire.reader { "x" } }, {}, { method = "POST" }, { method = "POST", body = "x" },
    }
    for _, request in ipairs(requests) do
      local head = head_of(request)
      for _, name in ipairs { "Content-Type", "Expect", "Accept-Encoding", "Cookie", "User-Agent" } do
        assert.is_nil(head:find("\n" .. name .. ":", 1, true), name)
      end
    end
  end)

  it("announces its length, or chunks", function()
    assert.is_truthy(head_of({ body = "12345" }):find("\nContent-Length: 5\n", 1, true))
    assert.is_truthy(head_of({}):find("\nContent-Length: 0\n", 1, true))
    assert.is_truthy(head_of({ method = "POST" }):find("\nContent-Length: 0\n", 1, true))
    assert.is_nil(head_of({ method = "DELETE" }):find("Content-Length", 1, true))
    assert.is_nil(head_of({ method = "GET" }):find("Content-Length", 1, true))
    local chunked = head_of { feed = true, reader = wire.reader { "x" } }
    assert.is_truthy(chunked:find("\nTransfer-Encoding: chunked\n", 1, true))
    local known = head_of { feed = true, length = 1, reader = wire.reader { "x" } }
    assert.is_truthy(known:find("\nContent-Length: 1\n", 1, true))
  end)

  it("leaves nothing behind for the next transfer on the same handle", function()
    loop:close()
    loop = curl.loop { max_active = 1 }
    local function check(request, line, length)
      local head = head_of(request)
      assert.is_truthy(head:find("\n" .. line, 1, true), head)
      assert.equal(length, head:match("Content%-Length: (%d+)"))
    end
    for _ = 1, 2 do
      check({ body = "12345", head = "X-A: 1\r\n" }, "PUT ", "5")
      check({ method = "GET" }, "GET ", nil)
      check({ file = server:file("body", "123") }, "PUT ", "3")
      check({ method = "POST", body = "" }, "POST ", "0")
      check({ feed = true, reader = wire.reader { "x" } }, "PUT ", nil)
      check({ method = "DELETE" }, "DELETE ", nil)
      assert.equal("", wire.run(loop, { method = "HEAD", url = server.url .. "/echo" }).body)
      check({}, "PUT ", "0")
    end
    assert.is_nil(head_of({ method = "GET" }):find("X-A", 1, true))
  end)

  it("sends head and path as they are", function()
    local head = head_of {
      body = "x", path = "/head/../a//b/./%2e%2E?x=%20&y",
      head = "Content-Type: text/plain\r\nx-oss-meta-a: \195\164 b:c\r\nX-Empty: \r\nx-oss-date: 1\r\n",
    }
    assert.is_truthy(head:find("PUT /head/../a//b/./%2e%2E?x=%20&y HTTP/1.1", 1, true))
    assert.is_truthy(head:find("\nContent-Type: text/plain\n", 1, true))
    assert.is_truthy(head:find("\nx-oss-meta-a: \195\164 b:c\n", 1, true))
    assert.is_truthy(head:find("\nX-Empty:\n", 1, true))
    assert.is_truthy(head:find("\nx-oss-date: 1\n", 1, true))
  end)

  it("is refused with a head, a method or a URL that cannot be sent", function()
    local function refused(code, request)
      request.method = request.method or "PUT"
      request.url = request.url or server.url
      local id, why, text = loop:submit(request)
      assert.is_nil(id)
      assert.equal(code, why)
      assert.equal("string", type(text))
    end
    for _, head in ipairs { "A", "A: b", "A: b\n", "A: b\r", "A: b\r\r\n", "A: b\nB: c\r\n", "A: \0\r\n" } do
      refused("ForbiddenByte", { head = head })
    end
    for _, head in ipairs { "no colon\r\n", ": x\r\n", "\r\n", "A B: c\r\n", " A: b\r\n",
      "Content-Length: 1\r\n", "transfer-encoding: chunked\r\n", "EXPECT: x\r\n" } do
      refused("InvalidArgument", { head = head })
    end
    for _, method in ipairs { "", "P T", "P\r\nT", "P\0T" } do
      refused("InvalidArgument", { method = method })
    end
    for _, url in ipairs { "", "ftp://x/", "file:///etc/passwd", "127.0.0.1", "http://x/a b", "http://x/\r\n",
      "http://x/\0" } do
      refused("InvalidArgument", { url = url })
    end
    refused("InvalidArgument", { method = "HEAD", body = "x" })
    refused("ForbiddenByte", { file = "a\0b" })
  end)

  it("waits to be let in when told to", function()
    local answer = echo { url = server.url .. "/expect", body = "12345", expect = true }
    assert.equal("100-continue 5", answer.body)
    assert.equal("none 5", echo({ url = server.url .. "/expect", body = "12345" }).body)
    local big = wire.noise(2000000)
    answer = echo { url = server.url .. "/expect?seconds=0.05", body = big, expect = true }
    assert.equal("100-continue 2000000", answer.body)
    assert.equal(core.crc64(big), answer.crc64)
  end)

  it("stays at home when it is not let in", function()
    local answer = echo { url = server.url .. "/refuse?status=403", body = wire.noise(2000000), expect = true }
    assert.is_nil(answer.error)
    assert.equal(403, answer.status)
    assert.equal("no", answer.body)
    assert.equal(0, answer.sent)
    assert.is_false(answer.sent_all)
  end)

  it("goes out without asking where asking is refused", function()
    local data = wire.noise(1100000)
    for _, request in ipairs { { body = data }, { file = server:file("body", data) },
      { feed = true, reader = wire.reader { data } },
      { feed = true, length = #data, reader = wire.reader { data } } } do
      request.url = server.url .. "/refuse"
      request.expect = true
      loop:close() -- a handle of libcurl that met a 417 does not ask again
      loop = curl.loop()
      local answer = echo(request)
      assert.is_nil(answer.error, answer.message)
      assert.equal("taken 1100000", answer.body)
      assert.equal(core.crc64(data), answer.crc64)
      assert.is_true(answer.resent)
    end
  end)

  it("keeps to a rate", function()
    local started = curl.now()
    local answer = echo { body = wire.noise(60000), rate = 100000 }
    assert_echoed(wire.noise(60000), answer)
    local took = curl.now() - started
    assert.is_true(took > 0.25, "took only " .. took)
    assert.is_true(took < 5, "took " .. took)
  end)
end)
