-- The examples that upload while a program goes on with other work, as a user would run them.

local local_oss = require "spec.support.local_oss"

describe("the example", function()
  local place, interpreter, here
  setup(function()
    place = local_oss.start()
    interpreter = arg and arg[-1] or "lua5.4"
    here = io.popen("pwd"):read("*l")
  end)
  teardown(function()
    place:stop()
  end)

  local function run(command, environment)
    local pipe = io.popen(("env OSS_ENDPOINT=%s OSS_REGION=cn-hangzhou OSS_ACCESS_KEY_ID=emulator "
      .. "OSS_ACCESS_KEY_SECRET=emulator-secret BUCKET=examplebucket %s timeout -s KILL 60 %s 2>&1; echo status $?")
      :format(place.server.url, environment or "", command))
    local text = pipe:read("*a")
    pipe:close()
    return text
  end
  local function same(path, key)
    local client = place:client()
    local res = client:get { bucket = "examplebucket", key = key }
    client:close()
    return res and res.body == local_oss.read(path)
  end

  it("luv_upload uploads while the loop goes on", function()
    local path = place:file("luv.bin", 2000000)
    local text = run(interpreter .. " examples/luv_upload.lua " .. path .. " examplebucket luv", "RATE_LIMIT=4000000")
    assert.truthy(text:find("stored, ETag", 1, true), text)
    assert.truthy(text:find("sent 2000000 of 2000000 bytes", 1, true), text)
    assert.truthy(text:find("status 0", 1, true), text)
    assert.is_true(tonumber(text:match("ran (%d+) times")) > 3, text)
    assert.is_true(same(path, "luv"))
    text = run(interpreter .. " examples/luv_upload.lua " .. path .. " examplebucket luv",
      "OSS_ACCESS_KEY_SECRET=wrong")
    assert.truthy(text:find("SignatureDoesNotMatch", 1, true), text)
    assert.truthy(text:find("status 1", 1, true), text)
  end)

  -- LÖVE is LuaJIT, whichever Lua runs this.
  if rawget(_G, "jit") then
    local function love(command, path, environment)
      return run(command .. " examples/love_upload " .. path, ("LUA_PATH='%s/lua/?.lua;%s/lua/?/init.lua;;' "
        .. "LUA_CPATH='%s/build/release/5.1/?.so;;' XDG_RUNTIME_DIR=%s ALSOFT_DRIVERS=null %s")
        :format(here, here, here, place.root, environment))
    end

    it("love_upload uploads without a window", function()
      local path = place:file("love.bin", 2000000)
      local text = love("love", path, "NOWIN=1 RATE_LIMIT=4000000")
      assert.truthy(text:find("stored, ETag", 1, true), text)
      assert.truthy(text:find("status 0", 1, true), text)
      assert.is_true(same(path, "love/love.bin"))
      text = love("love", path, "NOWIN=1 OSS_ACCESS_KEY_SECRET=wrong")
      assert.truthy(text:find("SignatureDoesNotMatch", 1, true), text)
      assert.truthy(text:find("status 1", 1, true), text)
    end)

    it("love_upload draws while it uploads", function()
      local path = place:file("drawn.bin", 3000000)
      -- The game goes on after the upload: it is ended once the object is there.
      local text = love("xvfb-run -a -s '-screen 0 640x480x24' timeout 8 love", path, "RATE_LIMIT=1500000")
      assert.truthy(text:find("stored, ETag", 1, true), text)
      assert.truthy(text:find("status 124", 1, true), text)
      assert.is_true(same(path, "love/drawn.bin"))
    end)
  end
end)
