-- The loop itself: many transfers, events, cancelling, closing, collecting.

local core = require "oss.core"
local curl = require "oss.curl"
local curl_server = require "spec.support.curl_server"
local wire = require "spec.wire.server"

describe("a curl loop", function()
  local server, loop

  curl_server.around({ setup, teardown, before_each, after_each }, function(...)
    server, loop = ...
  end, "busy")

  local function submit(path, request)
    request = request or {}
    request.method = request.method or "PUT"
    request.url = server.url .. path
    return assert(loop:submit(request))
  end

  -- Polls until `count` transfers are done; gives each event to `on_event`. Returns the answers.
  local function finish(count, on_event)
    local answers, left = {}, count
    local deadline = curl.now() + 60
    while left > 0 do
      assert(curl.now() < deadline, "the transfers did not end within a minute")
      loop:poll(1)
      local event = { loop:event() }
      while event[1] do
        local kind, id, answer = event[1], event[2], event[3]
        if kind == "done" then
          assert.is_nil(answers[id], "a transfer ended twice")
          answers[id] = answer
          left = left - 1
        end
        if on_event then
          on_event(kind, id, answer)
        end
        event = { loop:event() }
      end
    end
    return answers
  end

  it("tells what it is made of", function()
    local features = curl.features()
    assert.is_truthy(features.version:match("^%d+%.%d+%.%d+"))
    assert.equal("string", type(features.ssl))
    assert.equal("boolean", type(features.async_dns))
    local now = curl.now()
    assert.equal("number", type(now))
    assert.is_true(curl.now() >= now)
  end)

  it("runs many transfers, a few at a time", function()
    loop:close()
    loop = curl.loop { max_active = 4 }
    local before = server:stats()
    local bodies = {}
    for i = 1, 60 do
      local body = wire.noise(i * 100) .. i
      bodies[submit("/echo", { body = body })] = body
    end
    assert.equal(60, loop:active())
    local most = 0
    local answers = finish(60, function()
      most = math.max(most, loop:active())
    end)
    for id, body in pairs(bodies) do
      assert.is_nil(answers[id].error, answers[id].message)
      assert.is_true(answers[id].body == body)
      assert.equal(core.crc64(body), answers[id].crc64)
    end
    assert.equal(0, loop:active())
    local after = server:stats()
    -- Each look at the counters is a connection of its own.
    assert.is_true(after.connections - before.connections <= 5, "connections were not reused")
    assert.is_true(after.most_busy <= 5)
  end)

  it("starts transfers in order and gives ids that only grow", function()
    loop:close()
    loop = curl.loop { max_active = 1 }
    local ids, order = {}, {}
    for i = 1, 10 do
      ids[i] = submit("/echo", { body = "x" })
      assert.is_true(i == 1 or ids[i] > ids[i - 1])
    end
    finish(10, function(kind, id)
      if kind == "done" then
        order[#order + 1] = id
      end
    end)
    assert.same(ids, order)
  end)

  it("keeps connections and says so", function()
    for _, size in ipairs { 1, 60000, 100000 } do -- libcurl has its own for those that are not small
      loop:close()
      loop = curl.loop()
      local before = server:stats().connections
      local reused = {}
      for i = 1, 5 do
        local id = submit("/echo", { body = wire.noise(size + i) })
        reused[i] = finish(1)[id].reused
      end
      assert.same({ false, true, true, true, true }, reused)
      assert.equal(2, server:stats().connections - before)
    end
  end)

  it("keeps only so many connections", function()
    loop:close()
    loop = curl.loop { max_active = 6, max_idle = 2 }
    local before = server:stats().open
    for _ = 1, 6 do
      submit("/slow?seconds=0.05", { body = "x" })
    end
    finish(6)
    local deadline = curl.now() + 10
    while server:stats().open - before > 2 do
      assert(curl.now() < deadline, "too many connections are kept")
    end
    local id = submit("/echo", { body = "x" })
    assert.is_true(finish(1)[id].reused)
  end)

  it("has connections for each server", function()
    local other = wire.start()
    local urls = { server.url .. "/echo", other.url .. "/echo" }
    for i = 1, 6 do
      local id = loop:submit { method = "PUT", url = urls[i % 2 + 1], body = tostring(i) }
      local answer = finish(1)[id]
      assert.equal(tostring(i), answer.body)
      assert.equal(i > 2, answer.reused)
    end
    assert.equal(2, other:stats().connections) -- one, and that of the question
    other:stop()
  end)

  -- libcurl looks at the connections that it has made once a second, when it makes another.
  it("keeps apart what belongs to different connections", function()
    local other = wire.start()
    local function ask(url, body)
      return assert(loop:submit { method = "PUT", url = url, body = body })
    end
    local first = ask(server.url .. "/closing", "1")
    assert.equal("bye", finish(1)[first].body)
    loop:poll(1.2)
    local slow = ask(other.url .. "/slow?seconds=0.5", "2")
    loop:poll(0.1)
    local third = ask(server.url .. "/echo", "3")
    local answers = finish(2)
    assert.equal("3", answers[third].body)
    assert.is_false(answers[third].reused)
    assert.equal("slow", answers[slow].body)
    assert.equal(2, other:stats().requests) -- and the question
    other:stop()
  end)

  it("is not disturbed by answers that have waited long", function()
    local waiting = submit("/slow?seconds=0.1", { body = "1" })
    loop:poll(0.05)
    os.execute("sleep 1.2")
    local others = {}
    for i = 1, 5 do
      others[i] = submit("/echo", { body = tostring(i) })
    end
    local answers = finish(6)
    assert.equal("slow", answers[waiting].body)
    for i = 1, 5 do
      assert.equal(tostring(i), answers[others[i]].body)
    end
  end)

  it("reports progress that only grows, and leaves it out when told", function()
    local data = wire.noise(2000000)
    local last, total, events = 0, nil, 0
    local id = submit("/echo", { body = data, answer_max = 4000000, rate = 20000000 })
    local kind, of, sent, all, received
    repeat
      loop:poll(1)
      kind, of, sent, all, received = loop:event()
      if kind == "progress" then
        assert.equal(id, of)
        assert.is_true(sent >= last)
        assert.is_true(received <= 2000000)
        last, total, events = sent, all, events + 1
      end
    until kind == "done"
    assert.equal(2000000, total)
    assert.is_true(events > 1)
    assert.is_true(last <= 2000000)

    local kinds = {}
    submit("/echo", { body = data, answer_max = 4000000, quiet = true })
    finish(1, function(k)
      kinds[#kinds + 1] = k
    end)
    assert.same({ "done" }, kinds)
  end)

  it("has at most one progress event waiting for each transfer", function()
    submit("/drip?n=20&seconds=0.01", { body = "x" })
    local deadline = curl.now() + 0.1
    local waiting = 0
    while curl.now() < deadline do
      waiting = math.max(waiting, loop:poll(0.01))
    end
    assert.is_true(waiting <= 1)
    assert.equal("progress", (loop:event()))
    finish(1)
  end)

  it("sleeps no longer than told, and not at all for events", function()
    local started = curl.now()
    assert.equal(0, loop:poll(0))
    assert.equal(0, loop:poll())
    assert.is_true(curl.now() - started < 1)
    started = curl.now()
    assert.equal(0, loop:poll(0.1))
    local took = curl.now() - started
    assert.is_true(took >= 0.09 and took < 5, "took " .. took)
    submit("/slow?seconds=0.2", { body = "", quiet = true })
    started = curl.now()
    assert.equal(0, loop:poll(0.05))
    took = curl.now() - started
    assert.is_true(took >= 0.04 and took < 5, "took " .. took)
    while loop:poll(1) == 0 do end -- luacheck: ignore 542
    started = curl.now()
    assert.equal(1, loop:poll(30))
    assert.is_true(curl.now() - started < 10)
    assert.equal("done", (loop:event()))
    assert.is_nil((loop:event()))
  end)

  it("takes new transfers and drops others between events", function()
    local seen = 0
    submit("/echo", { body = "1" })
    finish(5, function(kind, id, answer)
      if kind == "done" then
        seen = seen + 1
        assert.is_false(loop:cancel(id))
        assert.equal(tostring(seen), answer.body)
        if seen < 5 then
          assert.is_true(loop:cancel(submit("/echo", { body = "never" })))
          submit("/echo", { body = tostring(seen + 1) })
        end
      end
    end)
    assert.equal(0, loop:active())
  end)

  -- Where a transfer may be when it is cancelled, or the loop closed.
  local stages = {
    { "queued", "/echo", { body = "x" }, polls = 0 },
    { "sending", "/deaf", { body = wire.noise(20000000) } },
    { "sending a file", "/deaf", { file = true } },
    { "hungry", "/echo", { feed = true } },
    { "fed", "/deaf", { feed = true }, feed = wire.noise(3000000) },
    { "waiting for the answer", "/silent", { body = "x" } },
    { "receiving", "/stall", { body = "x" } },
    { "receiving a file", "/stall", { body = "x", answer_file = true } },
    { "waiting for the answer to a large body", "/silent", { body = wire.noise(100000) } },
    { "with progress waiting", "/silent", { body = "x" }, keep = true },
    { "done, not yet told", "/echo", { body = "x" }, keep = true, polls = 20 },
    { "failed, not yet told", "/vanish", { body = "x" }, keep = true, polls = 20 },
  }

  local function bring_to(stage)
    local request = {}
    for name, value in pairs(stage[3]) do
      request[name] = value
    end
    request.file = request.file and server:file("body", wire.noise(20000000))
    request.answer_file = request.answer_file and server.dir .. "/answer"
    local id = submit(stage[2], request)
    for _ = 1, stage.polls or 5 do
      loop:poll(0.02)
      if not stage.keep then
        while loop:event() do end -- luacheck: ignore 542
      end
      if stage.feed then
        assert.is_true(loop:feed(id, stage.feed))
        stage = { keep = stage.keep, polls = stage.polls }
      end
    end
    return id
  end

  for _, stage in ipairs(stages) do
    it("drops a transfer that is " .. stage[1], function()
      local id = bring_to(stage)
      assert.is_true(loop:cancel(id))
      assert.is_false(loop:cancel(id))
      assert.equal(0, loop:active())
      assert.equal(0, loop:poll(0))
      assert.is_nil((loop:event()))
      assert.equal("NoTransfer", select(2, loop:feed(id, "x")))
      -- and the loop is as good as before
      local other = submit("/echo", { body = "after" })
      assert.equal("after", finish(1)[other].body)
    end)

    it("can be closed with a transfer that is " .. stage[1], function()
      bring_to(stage)
      loop:close()
      assert.equal(0, loop:active())
    end)
  end

  it("drops transfers at every event", function()
    for stop_at = 1, 6 do
      local id = submit("/echo", { feed = true })
      local events, done = 0, false
      while not done do
        loop:poll(1)
        local kind = loop:event()
        while kind and not done do
          events = events + 1
          if events == stop_at or kind == "done" then
            loop:cancel(id)
            done = true
          elseif kind == "need" then
            loop:feed(id, events < 4 and "some bytes" or nil)
          end
          kind = loop:event()
        end
      end
      assert.equal(0, loop:active())
      assert.equal(0, loop:poll(0))
    end
  end)

  it("can be closed twice, and is then of no use", function()
    loop:close()
    loop:close()
    assert.equal(0, loop:active())
    assert.is_false(loop:cancel(1))
    for _, call in ipairs { "submit", "poll", "event", "feed" } do
      assert.has_error(function()
        loop[call](loop, call == "submit" and {} or 1)
      end, "the loop is closed")
    end
  end)

  it("goes away with everything when it is collected", function()
    local before = server:stats().open
    for i = 1, 20 do
      local forgotten = curl.loop { max_active = 3 }
      for j = 1, 6 do
        forgotten:submit { method = "PUT", url = server.url .. (j % 2 == 0 and "/silent" or "/echo"),
          body = ("body"):rep(1000 * i) }
      end
      forgotten:submit { method = "PUT", url = server.url .. "/echo", feed = true }
      forgotten:poll(i % 4 / 1000)
    end
    collectgarbage()
    collectgarbage()
    local deadline = curl.now() + 10
    while server:stats().open > before do
      assert(curl.now() < deadline, "connections of collected loops are still open")
    end
  end)

  it("keeps bodies alive that nobody else knows", function()
    local id = submit("/echo", { body = ("kept "):rep(20000):sub(1, 70000) })
    for _ = 1, 10 do
      collectgarbage()
      assert.is_true(#("other "):rep(20000) > 0)
    end
    assert.equal(("kept "):rep(14000), finish(1)[id].body)
  end)

  it("lets bodies go that are no longer needed", function()
    local function bytes()
      collectgarbage()
      collectgarbage()
      return collectgarbage("count") * 1024
    end
    local before = bytes()
    for i = 1, 4 do
      local id = submit(i == 1 and "/answer" or "/silent", { body = ("x"):rep(3000000 + i) })
      if i == 1 then
        finish(1)
      elseif i == 2 then
        loop:cancel(id)
      end
    end
    assert.is_true(bytes() - before > 5000000) -- the two that are on their way
    loop:close()
    assert.is_true(bytes() - before < 1000000)
  end)

  it("holds ten thousand queued transfers", function()
    loop:close()
    loop = curl.loop { max_active = 2 }
    local head = ("x-oss-callback: %s\r\n"):format(("A"):rep(600))
    local url = server.url .. "/" .. ("k"):rep(100)
    for _ = 1, 10000 do
      loop:submit { method = "PUT", url = url, head = head, body = "x" }
    end
    assert.equal(10000, loop:active())
    for id = 1, 9999 do
      assert.is_true(loop:cancel(id))
    end
    assert.equal("x", finish(1)[10000].body)
  end)

  it("refuses options that make no sense, by name", function()
    local function refused(pattern, fn, ...)
      local ok, message = pcall(fn, ...)
      assert.is_false(ok)
      assert.is_truthy(message:find(pattern), message)
    end
    refused("'ca_file'", curl.loop, { ca_file = 1 })
    refused("'ca_file'", curl.loop, { ca_file = "a\0b" })
    refused("'max_active'", curl.loop, { max_active = -1 })
    refused("'max_active'", curl.loop, { max_active = "many" })
    refused("'tls_min'", curl.loop, { tls_min = "1.1" })
    refused("'connect_to'", curl.loop, { connect_to = "x" })
    refused("'connect_to'", curl.loop, { connect_to = { {} } })
    refused("table", curl.loop, 1)
    local function submits(request)
      return loop:submit(request)
    end
    refused("'url'", submits, { url = 5 })
    refused("'body'", submits, { body = {} })
    refused("'length'", submits, { feed = true, length = -1 })
    refused("'timeout'", submits, { timeout = 0 / 0 })
    refused("'timeout'", submits, { timeout = -1 })
    refused("only one of", submits, { body = "x", file = "x" })
    refused("only one of", submits, { body = "x", feed = true })
    refused("table", submits, nil)
    refused("oss.curl.loop", loop.submit, io.stdout, {})
    assert.equal("InvalidArgument", select(2, loop:submit {}))
    assert.equal(0, loop:active())
    local none, text, code = curl.loop { proxy = "gopher://x" }
    assert.is_nil(none)
    assert.equal("string", type(text))
    assert.equal("InvalidArgument", code)
  end)

  it("bears strange ids", function()
    for _, id in ipairs { 0, -1, 1.5, 2 ^ 53, 2 ^ 60, 1 / 0, 0 / 0 } do
      assert.is_false(loop:cancel(id))
      assert.equal("NoTransfer", select(2, loop:feed(id, "x")))
      assert.equal("NoTransfer", select(2, loop:feed(id)))
    end
  end)

  it("is not fooled by the metatable", function()
    local mt = getmetatable(loop)
    assert.equal("oss.curl.loop", mt.__name)
    assert.has_error(function()
      mt.__gc(io.stdout)
    end)
    mt.__gc(loop)
    loop:close()
  end)
end)
