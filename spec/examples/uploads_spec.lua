-- The examples, as a user would run them.

local local_oss = require "spec.support.local_oss"

describe("the example", function()
  local place, service, interpreter
  setup(function()
    place = local_oss.start()
    service = place:service()
    interpreter = arg and arg[-1] or "lua5.4"
  end)
  teardown(function()
    place:stop()
  end)

  local function run(command, environment)
    local pipe = io.popen(("env OSS_ENDPOINT=%s OSS_REGION=cn-hangzhou OSS_ACCESS_KEY_ID=emulator "
      .. "OSS_ACCESS_KEY_SECRET=emulator-secret BUCKET=examplebucket %s %s %s 2>&1; echo status $?")
      :format(place.server.url, environment or "", interpreter, command))
    local text = pipe:read("*a")
    pipe:close()
    return text
  end

  it("put_with_callback shows the answer, and tells errors apart", function()
    local text = run("examples/put_with_callback.lua", "CALLBACK_URL=" .. service .. "/cb")
    assert.truthy(text:find('callback:  {"Status":"OK"}', 1, true), text)
    assert.truthy(text:find("status 0", 1, true), text)
    assert.truthy(local_oss.read(place.service_log):find(
      '{"mimeType":"text/plain","size":9,"var1":"value1","var2":"value2"}', 1, true))
    text = run("examples/put_with_callback.lua", "CALLBACK_URL=" .. service .. "/refuse")
    assert.truthy(text:find("The object is stored.", 1, true), text)
    assert.truthy(text:find("Error status : 403.", 1, true), text)
    assert.truthy(text:find("RequestId: %x+"), text)
    assert.truthy(text:find("status 1", 1, true), text)
    text = run("examples/put_with_callback.lua", "CALLBACK_URL=" .. service .. " OSS_ENDPOINT=http://127.0.0.1:1")
    assert.truthy(text:find("on its way", 1, true), text)
  end)

  it("upload_file shows progress and the three outcomes", function()
    local text = run("examples/upload_file.lua README.md examplebucket a/b.md " .. service .. "/cb")
    assert.truthy(text:find("stored and called back", 1, true), text)
    assert.truthy(text:find("sent (%d+) of %1 bytes"), text)
    text = run("examples/upload_file.lua README.md examplebucket a/b.md " .. service .. "/refuse")
    assert.truthy(text:find("stored, but the callback failed", 1, true), text)
    text = run("examples/upload_file.lua README.md examplebucket a/b.md " .. service,
      "OSS_ACCESS_KEY_SECRET=wrong")
    assert.truthy(text:find("SignatureDoesNotMatch", 1, true), text)
  end)

  it("resume_redis goes on elsewhere", function()
    local path = place:file("big", 1500000)
    local port = 20000 + place.server.port * 31 % 9973
    os.execute(("redis-server --port %d --bind 127.0.0.1 --save '' --daemonize yes --dir %s --pidfile %s/redis.pid "
      .. ">/dev/null"):format(port, place.root, place.root))
    local command = ("examples/resume_redis.lua %s examplebucket redis 127.0.0.1:%d"):format(path, port)
    local text
    for _ = 1, 50 do
      text = run(command, "PART_SIZE=102400 RATE_LIMIT=1000000 timeout -s KILL 1")
      if not text:find("refused", 1, true) then
        break
      end
      os.execute("sleep 0.1")
    end
    assert.truthy(text:find("status 137", 1, true), text)
    place:requests()
    text = run(command, "PART_SIZE=102400")
    assert.truthy(text:find("complete, ETag", 1, true), text)
    local puts = 0
    os.execute("sleep 0.1")
    for _, line in ipairs(place:requests()) do
      puts = puts + (line:find("PUT", 1, true) and 1 or 0)
    end
    assert.is_true(puts > 0 and puts < 15, puts .. " parts")
    assert.is_true(local_oss.read(path) == place:client():get { bucket = "examplebucket", key = "redis" }.body)
    text = run(command, "PART_SIZE=102400")
    assert.truthy(text:find("was complete already", 1, true), text)
    os.execute("kill $(cat " .. place.root .. "/redis.pid)")
  end)
end)
