-- One worker: who runs when, what hangs, what ends it, and where there are no sockets.

local local_oss = require "spec.support.local_oss"
local nginxes = require "spec.support.nginx"
local socket = require "socket"
local wire = require "spec.wire.server"

describe("a worker", function()
  local place, nginx, server
  setup(function()
    place = local_oss.start()
    server = wire.start()
    nginx = nginxes.start { place = place, http = [[
      init_by_lua_block {
        local oss = require "resty.oss"
        local client = oss.client { region = "cn-hangzhou", access_key_id = "a", access_key_secret = "b" }
        function try(phase)
          local t = { bucket = "examplebucket", key = "k", body = "text", timeout = 1 }
          local res, err = client:put(t)
          local op = client:start("upload", t)
          local told = { "put", tostring(err), "start", tostring(op.err), "poll", tostring(client:poll(1)),
            tostring(err.code), tostring(err.kind), tostring(err.stored) }
          ngx.shared.spec:set(phase, table.concat(told, "|"))
        end
        try "init"
      }
      init_worker_by_lua_block { try "init_worker" }
    ]], server = [[
      location = /phases {
        set_by_lua_block $dummy { try "set" return "" }
        header_filter_by_lua_block { try "header_filter" }
        body_filter_by_lua_block { try "body_filter" }
        log_by_lua_block { try "log" }
        return 200 "done";
      }
      location = /access {
        access_by_lua_block {
          local worker = require "spec.support.worker"
          local res, err = worker.client():put { bucket = "examplebucket", key = "access", body = "x" }
          ngx.ctx.etag = res and res.etag or tostring(err)
        }
        content_by_lua_block { ngx.print(ngx.ctx.etag) }
      }
      location = /rewrite {
        rewrite_by_lua_block {
          local worker = require "spec.support.worker"
          local res, err = worker.client():put { bucket = "examplebucket", key = "rewrite", body = "x" }
          ngx.print(res and res.etag or tostring(err))
          ngx.exit(200)
        }
      }
      location = /forgotten {
        content_by_lua_block {
          local client = require("spec.support.worker").client()
          client:start("put", { bucket = "examplebucket", key = "forgotten", body = "x" })
          ngx.print "started"
        }
      }
    ]] }
  end)
  teardown(function()
    nginx:stop()
    place:stop()
    server:stop()
  end)

  -- How often another location of the same worker answers before a request does, at most n times.
  local function others_before(request, n)
    for i = 1, n do
      assert.equal("alive", select(2, nginx:get("/alive")))
      if #socket.select({ request.connection }, nil, 0) > 0 then
        return i - 1
      end
    end
    return n
  end

  it("has loaded neither oss.curl nor libcurl", function()
    local loaded, names, maps = nginx:run [[
      oss.assert(client:put(put()))
      oss.assert(client:upload(put { body = noise(300000), part_size = 102400, threshold = 102400 }))
      local names = {}
      for name in pairs(package.loaded) do
        names[#names + 1] = name
      end
      local file = io.open "/proc/self/maps"
      return package.loaded["oss.curl"] ~= nil, table.concat(names, " "), file:read "*a"
    ]]
    assert.is_false(loaded)
    assert.is_nil(names:find("curl", 1, true))
    assert.is_nil(maps:find("libcurl", 1, true))
    assert.truthy(maps:find("core.so", 1, true))
  end)

  it("answers others while uploads hang", function()
    local hanging = {}
    for i, path in ipairs { "silent", "deaf", "stall", "silent", "deaf", "stall" } do
      hanging[i] = nginx:begin([[
        local url, big = ...
        return exchange({ url = url, body = noise(big and 3000000 or 5), idle_timeout = 2, answer_timeout = 2 })
      ]], { server.url .. "/" .. path, path == "deaf" or i > 3 })
    end
    assert.equal(10, others_before(hanging[1], 10))
    for _, request in ipairs(hanging) do
      assert.truthy(nginxes.result(request).error)
    end
  end)

  it("answers others while large files and answers pass", function()
    local path = place:file("large", 150 * 1024 * 1024)
    local moving = nginx:begin([[
      local sink, path = ...
      local sent = exchange { url = sink .. "/vanish?at=answer", file = path, answer_timeout = 20 }
      return sent.sent
    ]], { server.url, path }, { timeout = 60 })
    assert.is_true(others_before(moving, 20) > 2)
    assert.equal(150 * 1024 * 1024, (nginxes.result(moving)))
  end)

  it("runs several at once: started, and in light threads by hand", function()
    local seconds, n = nginx:run [[
      local now = client.driver.transport.now
      local began, ops = now(), {}
      local slow = function(key) return put { key = key, headers = { ["x-emulator-fault"] = "wait=0.5" } } end
      for i = 1, 5 do
        ops[i] = client:start("put", slow("started/" .. i))
      end
      local threads = {}
      for i = 1, 5 do
        threads[i] = ngx.thread.spawn(client.put, client, slow("thread/" .. i))
      end
      local op = client:start("put", slow "waited")
      local waiter = ngx.thread.spawn(op.wait, op)
      local n = 0
      for i = 1, 5 do
        n = n + (ops[i]:wait() and 1 or 0)
        local ok, res = ngx.thread.wait(threads[i])
        n = n + (ok and res and 1 or 0)
      end
      local ok, res = ngx.thread.wait(waiter)
      return now() - began, n + (ok and res and 1 or 0)
    ]]
    assert.equal(11, n)
    assert.is_true(seconds < 4, seconds)
  end)

  it("ends a request when what it started has ended", function()
    assert.equal("started", select(2, nginx:get("/forgotten")))
    assert.equal("x", nginx:run "return client:get({ bucket = 'examplebucket', key = 'forgotten' }).body")
  end)

  it("polls what the present request has started", function()
    local counts, foreign = nginx:run [[
      local counts = {}
      for i = 1, 3 do
        client:start("put", put { key = "polled/" .. i, headers = { ["x-emulator-fault"] = "wait=0." .. i } })
      end
      counts[1] = client:poll(0)
      repeat
        counts[#counts + 1] = client:poll(5)
      until counts[#counts] == 0
      return counts, client:poll(1)
    ]]
    assert.same({ 3, 2, 1, 0 }, counts)
    assert.equal(0, foreign)
  end)

  it("maps a list", function()
    local summary = nginx:run [[
      local list = {}
      for i = 1, 30 do
        list[i] = put { key = "map/" .. i, body = tostring(i) }
      end
      return select(2, client:map(list, { concurrency = 8 }))
    ]]
    assert.equal(30, summary.done)
  end)

  it("keeps to a number of connections, when one is given, each client to its own", function()
    for _, connections in ipairs { 2, 4 } do
      local before = server:stats().connections
      local done = nginx:run([[
        local url, connections = ...
        local mine = new_client { endpoint = url, connections = connections }
        local threads, done = {}, 0
        for i = 1, 8 do
          threads[i] = ngx.thread.spawn(exchange, { url = url .. "/slow?seconds=0.1", body = "x" }, { client = mine })
        end
        for i = 1, 8 do
          local ok, answer = ngx.thread.wait(threads[i])
          done = done + (ok and answer.body == "slow" and 1 or 0)
        end
        return done
      ]], server.url, connections)
      assert.equal(8, done)
      assert.equal(connections + 1, server:stats().connections - before) -- and the question itself
    end
  end)

  it("lets handlers yield, upload, raise", function()
    local inner, order, err = nginx:run [[
      local inner, order = nil, {}
      oss.assert(client:put(put { body = noise(200000), on_progress = function(sent)
        ngx.sleep(0.01)
        order[#order + 1] = sent
        inner = inner or oss.assert(client:put(put { key = "inner" }))
      end, on_done = function() ngx.sleep(0.01) order[#order + 1] = "done" end }))
      return inner, order, select(2, client:put(put { body = noise(200000), on_progress = function()
        error("boom", 0)
      end }))
    ]]
    assert.is_string(inner.etag)
    assert.same({ 65536, 131072, 196608, 200000, "done" }, order)
    assert.equal("HandlerFailed", err.code)
    assert.equal("boom", err.cause)
  end)

  it("does not let an operation wait for itself", function()
    local message = nginx:run [[
      local op, message
      op = client:start("put", put { body = noise(200000), on_progress = function()
        message = message or select(2, pcall(op.wait, op))
      end })
      oss.assert(op:wait())
      return message
    ]]
    assert.truthy(message:find("would wait forever", 1, true), message)
  end)

  it("cancels at once, wherever an operation is", function()
    for _, case in ipairs { { "silent", "body = 'x'" }, { "silent", "body = noise(300000)" },
      { "deaf", "body = noise(9000000)" }, { "stall", "body = 'x'" },
      { "echo", "reader = function() ngx.sleep(10) end" } } do
      local code, kind, took = nginx:run(([[
        local url = ...
        local mine = new_client { endpoint = url }
        local t = { bucket = %q, key = "k", %s, expect = false } -- the server goes by the first name
        local op = mine:start("put", t)
        ngx.sleep(0.1)
        local now = mine.driver.transport.now
        local began = now()
        op:cancel()
        local res, err = op:wait()
        return err.code, err.kind, now() - began, op:status().state
      ]]):format(case[1], case[2]), server.url)
      assert.equal("Cancelled", code)
      assert.equal("cancelled", kind)
      assert.is_true(took < 4, took)
    end
  end)

  it("closes a client with everything that runs", function()
    local codes = nginx:run([[
      local mine = new_client { endpoint = ... }
      local ops, codes = {}, {}
      for i = 1, 3 do
        ops[i] = mine:start("put", put { bucket = "silent", body = noise(i * 60000) })
      end
      ngx.sleep(0.05)
      mine:close()
      for i = 1, 3 do
        codes[i] = select(2, ops[i]:wait()).code
      end
      codes[4] = select(2, pcall(mine.put, mine, put()))
      codes[5] = mine.driver.running
      return codes
    ]], server.url)
    assert.same({ "Cancelled", "Cancelled", "Cancelled" }, { codes[1], codes[2], codes[3] })
    assert.truthy(codes[4]:find("it is closed", 1, true))
    assert.equal(0, codes[5])
  end)

  it("gives up with its light thread", function()
    local etag, running = nginx:run([[
      local mine = new_client { endpoint = ... }
      local thread = ngx.thread.spawn(mine.put, mine, put { bucket = "silent" })
      ngx.sleep(0.05)
      ngx.thread.kill(thread)
      thread = nil
      collectgarbage() collectgarbage()
      return oss.assert(client:put(put())).etag, mine.driver.running
    ]], server.url)
    assert.is_string(etag)
    assert.equal(0, running)
  end)

  it("works in rewrite, access, content and timers", function()
    local etag = "9DD4E461268C8034F5C8564E155C67A6"
    assert.equal(etag, select(2, nginx:get("/access")))
    assert.equal(etag, select(2, nginx:get("/rewrite")))
    assert.equal(etag, nginx:run [[
      local done
      local endpoint = ngx.var.endpoint
      ngx.timer.at(0, function()
        local mine = oss.client { endpoint = endpoint, region = "cn-hangzhou", access_key_id = "emulator",
          access_key_secret = "emulator-secret" }
        mine:start("put", put { key = "timer/1" })
        local res, err = mine:put(put { key = "timer", body = "x" })
        mine:poll(5)
        done = res and res.etag or tostring(err)
      end)
      while not done do
        ngx.sleep(0.01)
      end
      return done
    ]])
  end)

  it("says so where there are no sockets, and never blocks", function()
    assert.equal("done", select(2, nginx:get("/phases")))
    for _, phase in ipairs { "init", "init_worker", "set", "header_filter", "body_filter", "log" } do
      local told = nginx:run("ngx.sleep(0.02) return ngx.shared.spec:get(...)", phase)
      assert.is_string(told, phase)
      assert.truthy(told:find("NoSockets: nginx has no sockets in the phase '" .. phase .. "'", 1, true), told)
      assert.truthy(told:find("|start|local: NoSockets", 1, true), told)
      assert.truthy(told:find("|poll|0|NoSockets|local|false", 1, true), told)
    end
  end)

  it("leaves nothing bad in the log", function()
    for line in nginx:log():gmatch("[^\n]+") do
      assert.is_nil(line:find("%[alert%]") or line:find("%[crit%]") or line:find("%[error%]"), line)
    end
  end)
end)
