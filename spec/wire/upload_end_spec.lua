-- A client that ends while parts are on their way: closed, collected, from inside handlers.

local local_oss = require "spec.support.local_oss"

local part = 102400

describe("a client with parts on their way", function()
  local place, path
  setup(function()
    place = local_oss.start()
    path = place:file("source", part * 6)
  end)
  teardown(function()
    place:stop()
  end)

  local function reader()
    local n = 0
    return function()
      n = n + 1
      return n <= 60 and ("%010d"):format(n):rep(part / 100) or nil
    end
  end

  local sources = {
    { "a file", function() return { file = path } end },
    { "a string", function() return { body = ("0123456789"):rep(part * 6 / 10) } end },
    { "a reader", function() return { reader = reader(), memory_limit = part * 4 } end },
    { "a file with a token", function() return { file = path, resume = place:path("token") } end },
  }

  local function options(more)
    local t = { bucket = "examplebucket", key = "ended", part_size = part, threshold = part, rate_limit = 300000 }
    for name, value in pairs(more) do
      t[name] = value or nil
    end
    return t
  end

  for _, source in ipairs(sources) do
    it("can be closed at any moment, sending " .. source[1], function()
      for polls = 0, 24, 3 do
        local client, done = place:client(), 0
        local op = client:start("upload", options(source[2]()))
        local other = client:start("upload", options { body = ("x"):rep(part * 3), on_done = function()
          done = done + 1
        end })
        for _ = 1, polls do
          client:poll(0.005)
        end
        client:close()
        assert.equal("cancelled", (op:status().err or { kind = polls .. op:status().state }).kind)
        assert.equal("cancelled", other:status().err.kind)
        assert.equal(1, done)
        os.remove(place:path("token"))
      end
    end)

    it("can be collected at any moment, sending " .. source[1], function()
      for polls = 0, 24, 4 do
        local client = place:client()
        client:start("upload", options(source[2]()))
        for _ = 1, polls do
          client:poll(0.005)
        end
        client = nil -- luacheck: ignore 311
        collectgarbage()
        collectgarbage()
        os.remove(place:path("token"))
      end
    end)

    it("can be closed from inside its handlers, sending " .. source[1], function()
      for _, name in ipairs { "on_progress", "on_retry" } do
        assert(place.server:clear())
        assert(place.server:fault { fault = "status=503", operation = "UploadPart", count = 1 })
        local client = place:client()
        local t = options(source[2]())
        t.rate_limit, t.retry_delay = nil, 0.001
        t[name] = function() client:close() end
        local _, err = client:upload(t)
        assert.equal("cancelled", err and err.kind)
        os.remove(place:path("token"))
      end
      assert(place.server:clear())
    end)
  end

  it("can be closed by a reader, and by what a put calls between its tries", function()
    for _, calls in ipairs { 1, 2, 150, 900 } do
      local client, n = place:client(), 0
      local _, err = client:upload(options { rate_limit = false, reader = function()
        n = n + 1
        if n == calls then
          client:close()
        end
        return n <= 1000 and ("x"):rep(1000) or nil
      end })
      assert.equal("cancelled", err and err.kind)
    end
    assert(place.server:fault { fault = "status=503", operation = "PutObject", count = 1 })
    local client = place:client()
    local _, err = client:put { bucket = "examplebucket", key = "k", body = "x", retry_delay = 0.001,
      on_retry = function() client:close() end }
    assert.equal("cancelled", err and err.kind)
    assert(place.server:clear())
  end)

  it("ends a map when it is closed", function()
    local list = {}
    for i = 1, 12 do
      list[i] = options(sources[(i - 1) % 3 + 1][2]())
      list[i].key = "map" .. i
    end
    local client, seen = place:client(), 0
    local closed, message = pcall(client.map, client, list, { verb = "upload", concurrency = 4, on_each = function()
      seen = seen + 1
      client:close()
    end })
    -- What was not begun cannot be any more.
    assert.is_false(closed)
    assert.truthy(tostring(message):find("closed", 1, true), message)
    assert.is_true(seen >= 1)
    assert.equal(0, client:poll(0))
  end)

  it("may be forgotten in the middle of a map", function()
    local list, i = {}, 0
    for n = 1, 9 do
      list[n] = options(sources[(n - 1) % 3 + 1][2]())
    end
    local ended = pcall(function()
      place:client():map(function()
        i = i + 1
        return list[i] or error("no more", 0)
      end, { verb = "upload", concurrency = 20 })
    end)
    assert.is_false(ended)
    collectgarbage()
    collectgarbage()
  end)
end)
