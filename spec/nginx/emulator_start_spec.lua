-- The local OSS: starting, stopping, and what it is like to live with.

local client = require "spec.nginx.emulator_client"
local emulator = require "oss.emulator"
local socket = require "socket"

local function read(path)
  local file = io.open(path, "rb")
  local text = file and file:read("*a")
  if file then
    file:close()
  end
  return text
end

local function is_listening(port)
  local connection = socket.connect("127.0.0.1", port)
  if connection then
    connection:close()
  end
  return connection ~= nil
end

describe("an emulator", function()
  local folder

  setup(function()
    folder = client.output("mktemp -d")
  end)

  teardown(function()
    os.execute("rm -rf '" .. folder .. "'")
  end)

  describe("starts", function()
    it("on a free port, and stops", function()
      local server = assert(emulator.start { root = folder .. "/a b/oss" })
      assert.is_true(server.port > 1024 and server.port < 32768)
      assert.equal("http://127.0.0.1:" .. server.port, server.url)
      assert.equal(folder .. "/a b/oss", server.root)
      assert.is_truthy(server.public_key:find("^%-%-%-%-%-BEGIN PUBLIC KEY"))
      assert.is_true(is_listening(server.port))
      assert.is_true(server:stop())
      assert.is_false(is_listening(server.port))
      assert.is_true(server:stop())
    end)

    it("again, and finds its objects and its key", function()
      local oss = client.start()
      oss:put("kept", "content", { headers = { "x-oss-meta-a", "b" } })
      local id = client.xml(oss:request("POST", "big", "", { query = { "uploads", "" } })).UploadId
      local etag = oss:put("big", "part", { query = { "partNumber", "1", "uploadId", id } }).headers.etag
      local key = oss.server.public_key
      assert(oss.server:stop())
      oss.server = assert(emulator.start { root = oss.server.root })
      oss.address = "127.0.0.1:" .. oss.server.port
      assert.equal(key, oss.server.public_key)
      local answer = oss:get("kept")
      assert.equal("content", answer.body)
      assert.equal("b", answer.headers["x-oss-meta-a"])
      local body = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>" .. etag
        .. "</ETag></Part></CompleteMultipartUpload>"
      assert.equal(200, oss:request("POST", "big", body, { query = { "uploadId", id } }).status)
      assert.equal("part", oss:get("big").body)
      oss:stop()
    end)

    it("once in a folder", function()
      local server = assert(emulator.start { root = folder .. "/once" })
      local second, message = emulator.start { root = folder .. "/once" }
      assert.is_nil(second)
      assert.is_truthy(message:find("runs in", 1, true))
      server:stop()
    end)

    it("on a port that is wanted, or says that it is taken", function()
      local listener = assert(socket.bind("127.0.0.1", 0))
      local port = tonumber((select(2, listener:getsockname())))
      local server, message = emulator.start { root = folder .. "/wanted", port = port }
      assert.is_nil(server)
      assert.is_truthy(message:find("Address already in use", 1, true))
      listener:close()
      server = assert(emulator.start { root = folder .. "/wanted", port = port })
      assert.equal(port, server.port)
      server:stop()
    end)

    it("over TLS", function()
      client.output(("openssl req -x509 -newkey rsa:2048 -nodes -keyout '%s/key.pem' -out '%s/cert.pem' -days 2"
        .. " -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 >/dev/null 2>&1"):format(folder, folder))
      local server = assert(emulator.start { root = folder .. "/tls",
        tls = { cert = folder .. "/cert.pem", key = folder .. "/key.pem" } })
      assert.equal("https://127.0.0.1:" .. server.port, server.url)
      local text = client.output("curl -s --cacert '" .. folder .. "/cert.pem' " .. server.url .. "/examplebucket/k")
      assert.is_truthy(text:find("<Code>AccessDenied</Code>", 1, true))
      server:stop()
    end)
  end)

  describe("says what is missing:", function()
    local function why(t)
      t.root = folder .. "/missing"
      local server, message = emulator.start(t)
      assert.is_nil(server)
      return message
    end

    it("nginx", function()
      assert.is_truthy(why { nginx = "no-such-nginx" }:find("nginx is not installed", 1, true))
    end)

    it("its Lua module", function()
      local path = folder .. "/bare-nginx"
      local file = assert(io.open(path, "w"))
      file:write("#!/bin/sh\necho 'configure arguments: --modules-path=/nowhere' >&2\n")
      file:close()
      os.execute("chmod +x " .. path)
      assert.is_truthy(why { nginx = path }:find("libnginx-mod-http-lua", 1, true))
    end)

    it("oss.core for LuaJIT", function()
      local saved = package.cpath
      package.cpath = folder .. "/?.so"
      local message = why {}
      package.cpath = saved
      assert.is_truthy(message:find("oss/core.so for LuaJIT", 1, true))
    end)

    it("modules in nginx", function()
      assert.is_truthy(why { lua_path = folder .. "/?.lua;;" }:find("oss.emulator", 1, true))
    end)

    it("a folder", function()
      local server, message = emulator.start { root = "/proc/nowhere" }
      assert.is_nil(server)
      assert.is_truthy(message:find("cannot make the folder", 1, true))
    end)
  end)

  it("refuses options that are none", function()
    for _, case in ipairs {
      { {}, "root" }, { { root = 5 }, "root" }, { { root = "/x", prt = 1 }, "'port'" },
      { { root = "/x", port = 0 }, "port" },
      { { root = "/x", workers = 0 }, "workers" }, { { root = "/x", tls = {} }, "tls" },
      { { root = "/x'; include y" }, "root" }, { { root = "/x", host = "a;b" }, "host" },
    } do
      local ok, message = pcall(function()
        emulator.start(case[1])
        return nil
      end)
      assert.is_false(ok)
      assert.is_truthy(message:find("emulator_start_spec", 1, true), message)
      assert.is_truthy(message:find(case[2], 1, true), message)
    end
  end)

  it("ends when the process that started it is gone", function()
    local script = ([[
      local server = assert(require("oss.emulator").start { root = %q })
      io.stdout:write(server.port, "\n") io.stdout:flush()
    ]]):format(folder .. "/orphan")
    local interpreter = arg and arg[-1] or "lua5.4"
    local path = folder .. "/orphan.lua"
    local file = assert(io.open(path, "w"))
    file:write(script)
    file:close()
    local names = { ["Lua 5.1"] = jit and "luajit" or "lua5.1", ["Lua 5.3"] = "lua5.3", ["Lua 5.4"] = "lua5.4" }
    local port = tonumber(client.output((names[_VERSION] or interpreter) .. " " .. path, true))
    local gone = false
    for _ = 1, 50 do
      gone = not is_listening(port)
      if gone then
        break
      end
      socket.sleep(0.1)
    end
    assert.is_true(gone)
  end)

  describe("as a command", function()
    local names = { ["Lua 5.1"] = jit and "luajit" or "lua5.1", ["Lua 5.3"] = "lua5.3", ["Lua 5.4"] = "lua5.4" }
    local lua = names[_VERSION]

    local function run(arguments)
      local out = folder .. "/out"
      os.execute(("%s bin/luaoss %s >%s 2>&1 & echo $! >%s.pid"):format(lua, arguments, out, out))
      for _ = 1, 100 do
        local text = read(out) or ""
        if text:find("Ctrl-C", 1, true) then
          return text, read(out .. ".pid"):match("%d+")
        end
        socket.sleep(0.05)
      end
      return read(out), read(out .. ".pid"):match("%d+")
    end

    local function ended(port)
      for _ = 1, 50 do
        if not is_listening(port) then
          return true
        end
        socket.sleep(0.1)
      end
    end

    it("shows what to export, and ends when it is told to", function()
      local text, pid = run("emulator --root " .. folder .. "/cli --access-key-id me --access-key-secret \"it's\""
        .. " --security-token t --region eu-central-1")
      local port = text:match("export OSS_ENDPOINT='http://127.0.0.1:(%d+)'")
      assert.is_truthy(port, text)
      for _, line in ipairs { "export OSS_ACCESS_KEY_ID='me'", "export OSS_ACCESS_KEY_SECRET='it'\\''s'",
        "export OSS_SESSION_TOKEN='t'", "export OSS_REGION='eu-central-1'", "/callback_pub_key_v1.pem" } do
        assert.is_truthy(text:find(line, 1, true), line)
      end
      assert.is_true(is_listening(port))
      os.execute("kill " .. pid)
      assert.is_true(ended(port))
    end)

    it("says what is wrong", function()
      local text = client.output(lua .. " bin/luaoss emulator --root /proc/nowhere 2>&1", true)
      assert.is_truthy(text:find("cannot make the folder", 1, true))
      text = client.output(lua .. " bin/luaoss emulator 2>&1", true)
      assert.is_truthy(text:find("--root", 1, true))
      text = client.output(lua .. " bin/luaoss emulator --root x --tls-cert y 2>&1", true)
      assert.is_truthy(text:find("go together", 1, true))
      text = client.output(lua .. " bin/luaoss emulator --help 2>&1", true)
      assert.is_truthy(text:find("--access-key-secret", 1, true))
    end)
  end)
end)
