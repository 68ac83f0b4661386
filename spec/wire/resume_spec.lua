-- An upload whose process is killed, again and again, at moments chosen at random.

local core = require "oss.core"
local errors = require "oss.errors"
local local_oss = require "spec.support.local_oss"

describe("a killed upload", function()
  local place
  setup(function()
    place = local_oss.start()
  end)
  teardown(function()
    place:stop()
  end)

  it("goes on until the object is byte-equal", function()
    local interpreter = arg and arg[-1] or "lua5.4"
    local path = place:file("source", 2000000)
    local content = local_oss.read(path)
    math.randomseed(os.time())
    local rounds, completed_rounds = 0, 0
    for _ = 1, 3 do
      os.remove(place:path("token"))
      local client = place:client()
      client:delete { bucket = "examplebucket", key = "killed" }
      local output = ""
      for round = 1, 40 do
        rounds = rounds + 1
        local pipe = io.popen(("timeout -s KILL %.3f %s spec/support/resume_child.lua %s %s %s 2>&1")
          :format(0.05 + math.random() * (0.2 + round * 0.1), interpreter, place.server.url, path,
            place:path("token")))
        output = pipe:read("*a")
        pipe:close()
        if output:find("completed", 1, true) then
          break
        end
        assert.truthy(output == "" or output:find("Killed", 1, true), output)
      end
      assert.truthy(output:find("completed", 1, true), output)
      completed_rounds = completed_rounds + 1
      local res = errors.assert(client:get { bucket = "examplebucket", key = "killed" })
      assert.is_true(res.body == content)
      assert.equal(core.crc64(content), res.crc64)
      client:close()
    end
    assert.is_true(rounds > completed_rounds, "no process was killed: the spec proves nothing")
  end)
end)
