-- What is particular to a client with a thread, and to processes that fork or end with work left.
-- What both engines do alike is in the other specs, which run on both (ENGINE=thread).

local errors = require "oss.errors"
local local_oss = require "spec.support.local_oss"
local process = require "spec.process"
local socket = require "socket"

describe("a client with a thread", function()
  local place
  setup(function()
    place = local_oss.start()
  end)
  teardown(function()
    place:stop()
  end)

  local function threaded(options)
    options = options or {}
    options.engine = options.engine or "thread"
    return place:client(options)
  end
  local function put(more)
    local t = { bucket = "examplebucket", key = "thread/a.txt", body = "Hello OSS" }
    for name, value in pairs(more or {}) do
      t[name] = value
    end
    return t
  end
  local function readable(fd, seconds)
    local watched = { getfd = function() return fd end, dirty = function() return false end }
    return socket.select({ watched }, nil, seconds)[1] == watched
  end

  -- As an event loop does it: nothing but the descriptor says when to poll.
  local function run(client, seconds)
    local fd = assert(client:fd())
    local deadline = socket.gettime() + (seconds or 20)
    while client.driver.running > 0 do
      assert(readable(fd, deadline - socket.gettime()), "the descriptor never became readable")
      client:poll(0)
    end
  end

  describe("has a descriptor that", function()
    it("is readable exactly while there is something to do", function()
      local client = threaded()
      local fd = assert(client:fd())
      client:poll(0)
      assert.is_false(readable(fd, 0.05))
      local op = client:start("put", put())
      assert.is_true(readable(fd, 10))
      assert.is_true(readable(fd, 0))
      run(client)
      assert.is_string(op.result.etag)
      assert.is_false(readable(fd, 0.05))
      assert.equal(fd, client:fd())
      client:close()
    end)

    it("is enough for every operation, its retries and limits", function()
      local client = threaded { random = function() return 0.5 end }
      local file = place:file("parts", 1000000)
      client:fd()
      local ops = {
        client:start("put", put { key = "thread/retried", headers = { ["x-emulator-fault"] = "status=503" },
          attempts = 3, retry_delay = 0.05 }),
        client:start("upload", { bucket = "examplebucket", key = "thread/parts", file = file,
          threshold = 0, part_size = 102400 }),
        client:start("put", put { key = "thread/late", timeout = 0.2, headers = { ["x-emulator-fault"] = "wait=3" } }),
        client:start("get", { bucket = "examplebucket", key = "thread/missing" }),
      }
      run(client)
      assert.equal("ServiceUnavailable", ops[1].err and ops[1].err.code)
      assert.equal(3, ops[1].err.attempts)
      assert.is_string(ops[2].result.etag)
      assert.equal("TotalTimeout", ops[3].err.code)
      assert.equal("NoSuchKey", ops[4].err.code)
      client:close()
    end)

    it("tells of operations that fail before anything is sent", function()
      local client = threaded()
      local op = client:start("put", { bucket = "examplebucket", key = "k", file = "/no/such/file" })
      run(client)
      assert.equal("FileRead", op.err.code)
      client:close()
    end)

    it("there is not without a thread, nor after close", function()
      local client = threaded { engine = "poll" }
      if os.getenv("ENGINE") ~= "thread" then
        local fd, message = client:fd()
        assert.is_nil(fd)
        assert.truthy(message:find('engine = "thread"', 1, true))
      end
      client:close()
      client = threaded()
      client:close()
      assert.is_nil((client:fd()))
    end)
  end)

  it("is named by the option engine", function()
    assert.has_error(function() threaded { engine = "fast" } end)
  end)

  it("moves bytes while nobody polls", function()
    local client = threaded()
    local op = client:start("put", put { key = "thread/alone", body = ("x"):rep(3000000) })
    local other = place:client()
    local head
    for _ = 1, 100 do
      head = other:head { bucket = "examplebucket", key = "thread/alone" }
      if head then
        break
      end
      socket.sleep(0.05)
    end
    assert.equal(3000000, head and head.content_length)
    assert.equal("sending", op:status().state)
    errors.assert(op:wait())
    client:close()
    other:close()
  end)

  it("has no thread any more once it is closed or collected", function()
    collectgarbage()
    local before = process.threads()
    if not before then
      return pending("the system does not tell")
    end
    local closed = threaded()
    closed:start("put", put { body = ("x"):rep(1000000), rate_limit = 1000 })
    assert.is_true(process.threads() > before)
    closed:close()
    for _ = 1, 5 do
      threaded():start("put", put { body = ("x"):rep(1000000), rate_limit = 1000 })
    end
    collectgarbage()
    collectgarbage()
    assert.equal(before, process.threads())
  end)

  it("can be cancelled, closed and collected at random moments", function()
    local state = 7
    local function random(n)
      state = (state * 1103515245 + 12345) % 2147483648
      return math.floor(state / 65536) % n
    end
    for _ = 1, 40 do
      local client = threaded { connections = 1 + random(6) }
      local ops = {}
      for i = 1, 12 do
        local t = put { key = "thread/random" .. i, body = nil }
        local kind = random(3)
        t.body = kind == 0 and ("x"):rep(random(300000)) or nil
        t.file = kind == 1 and place:file("random", random(300000)) or nil
        local left = random(20)
        t.reader = kind == 2 and function()
          left = left - 1
          return left > 0 and ("y"):rep(random(20000)) or nil
        end or nil
        ops[i] = client:start("put", t)
      end
      for _ = 1, random(12) do
        client:poll(random(3) / 1000)
        local op = ops[1 + random(12)]
        op:cancel()
        collectgarbage("step")
      end
      if random(3) > 0 then
        client:close()
      end
    end
    collectgarbage()
    collectgarbage()
  end)

  describe("or without one, in a forked child", function()
    -- Runs a function in a child; it returns what it found wrong, if anything.
    local function in_child(fn)
      local child = process.fork()
      if child == 0 then
        local ok, wrong = pcall(fn)
        if not ok or wrong then
          io.stderr:write("# in the child: ", tostring(wrong), "\n")
        end
        process.exit((not ok or wrong) and 1 or 0)
      end
      return process.wait(child, 20)
    end

    for _, engine in ipairs { "thread", "poll" } do
      it("says whose it is, and leaves the parent's work alone, engine " .. engine, function()
        local client = threaded { engine = engine }
        errors.assert(client:put(put()))
        local op = client:start("put", put { body = ("x"):rep(2000000), rate_limit = 4000000 })
        client:poll(0.05)
        local status = in_child(function()
          if client:usable() then
            return "it is usable"
          end
          local _, err = client:put(put())
          if not err or err.code ~= "ForkedProcess" or err.kind ~= "local" or err.retryable then
            return "put: " .. tostring(err)
          end
          _, err = op:wait()
          if not err or err.code ~= "ForkedProcess" or err.stored ~= nil then
            return "wait: " .. tostring(err)
          end
          if client:poll(1) ~= 0 then
            return "operations are left"
          end
          client:close()
          client = nil
          collectgarbage()
          local own = threaded { engine = engine }
          local res = own:put(put { key = "thread/child" })
          own:close()
          return not res and "no client of its own"
        end)
        assert.equal(0, status)
        errors.assert(op:wait())
        errors.assert(client:put(put()))
        client:close()
      end)

      it("can be collected, engine " .. engine, function()
        local client = threaded { engine = engine }
        client:start("put", put { body = ("x"):rep(2000000), rate_limit = 100000 })
        client:poll(0.05)
        assert.equal(0, in_child(function()
          client = nil
          collectgarbage()
          collectgarbage()
        end))
        client:close()
      end)
    end

    it("oss.put goes on as if nothing was", function()
      local oss = require "oss"
      local t = put { endpoint = place.server.url, region = "cn-hangzhou", access_key_id = "emulator",
        access_key_secret = "emulator-secret" }
      errors.assert(oss.put(t))
      assert.equal(0, in_child(function()
        local res, err = oss.put(t)
        return not res and err
      end))
      errors.assert(oss.put(t))
    end)
  end)
end)

describe("a process that ends", function()
  local place
  setup(function()
    local folder = io.popen("mktemp -d"):read("*l")
    os.execute("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
      .. "/CN=localhost -keyout " .. folder .. "/key.pem -out " .. folder .. "/cert.pem 2>/dev/null")
    place = local_oss.start { tls = { cert = folder .. "/cert.pem", key = folder .. "/key.pem" } }
    place.folder = folder
  end)
  teardown(function()
    os.execute("rm -rf " .. place.folder)
    place:stop()
  end)

  local script = [[
    local oss = require "oss"
    local engine, polls, ending, url = arg[1], tonumber(arg[2]), arg[3], arg[4]
    local client = oss.client { endpoint = url, region = "cn-hangzhou", access_key_id = "emulator",
      access_key_secret = "emulator-secret", tls_verify = false, engine = engine }
    kept = { client } -- luacheck: ignore
    for i = 1, 4 do
      client:start("put", { bucket = "examplebucket", key = "k" .. i, body = ("x"):rep(1000000),
        rate_limit = 20000 })
    end
    client:start("upload", { bucket = "examplebucket", key = "parts", part_size = 102400, threshold = 102400,
      rate_limit = 20000, reader = function() return ("x"):rep(65536) end })
    for _ = 1, polls do
      client:poll(0.02)
    end
    if ending == "exit" then
      os.exit(3)
    elseif ending == "close" then
      os.exit(3, true)
    elseif ending == "error" then
      error("deliberate")
    end
  ]]

  for _, engine in ipairs { "thread", "poll" } do
    for ending, status in pairs { exit = 3, close = 3, error = 1, ["return"] = 0 } do
      it("with work left ends at once, engine " .. engine .. ", by " .. ending, function()
        local path = place:path("ending.lua")
        local_oss.write(path, script)
        -- Nothing is freed then, and LuaJIT's memory is opaque to LeakSanitizer.
        local environment = ending == "exit" and "env ASAN_OPTIONS=detect_leaks=0 " or ""
        for _, polls in ipairs { 0, 1, 5, 15 } do
          local pipe = io.popen(("%stimeout -s KILL 20 %s %s %s %d %s %s 2>&1; echo status $?")
            :format(environment, arg and arg[-1] or "lua5.4", path, engine, polls, ending, place.server.url))
          local began = socket.gettime()
          local text = pipe:read("*a")
          pipe:close()
          assert.truthy(text:find("status " .. status .. "\n", 1, true), text)
          assert.is_true(socket.gettime() - began < 10)
        end
      end)
    end
  end
end)
