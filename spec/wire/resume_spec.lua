-- An upload whose process is killed: again and again at moments chosen at random, and at those that matter.

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

  describe("ends in one stored object, when it dies", function()
    local interpreter = arg and arg[-1] or "lua5.4"
    local path, token, content, client, service
    setup(function()
      path, token, client = place:file("source", 102400 * 4), place:path("token"), place:client()
      content = local_oss.read(path)
      service = place:service()
    end)
    teardown(function()
      client:close()
    end)
    before_each(function()
      os.remove(token)
      os.remove(token .. ".new")
      assert(place.server:clear())
      client:delete { bucket = "examplebucket", key = "killed" }
      os.execute("sleep 0.1")
      place:requests()
      local_oss.write(place.service_log, "")
    end)

    local function command(callback, where, save)
      return ("%s spec/support/resume_child.lua %s %s %s '%s' %s %s"):format(interpreter, place.server.url, path, token,
        callback or "", where or "", save or "")
    end
    local function run(...)
      local pipe = io.popen(command(...) .. " 2>&1")
      local output = pipe:read("*a")
      pipe:close()
      return (output:gsub("%s+$", ""))
    end
    local function dies(...)
      local output = run(...)
      assert.is_nil(output:find("completed", 1, true) or output:find("failed", 1, true), output)
    end
    -- Runs it until something is true of OSS, then kills it.
    local function dies_when(is_so, callback)
      os.execute(command(callback) .. " >/dev/null 2>&1 & echo $! >" .. place:path("pid"))
      for _ = 1, 400 do
        if is_so() then
          break
        end
        os.execute("sleep 0.02")
      end
      assert.truthy(is_so())
      os.execute("kill -KILL $(cat " .. place:path("pid") .. ")")
    end
    local function is_stored()
      return (client:head { bucket = "examplebucket", key = "killed" })
    end
    local function callbacks()
      return select(2, (local_oss.read(place.service_log) or ""):gsub("POST /", ""))
    end
    -- How many requests of a kind there were since the last look.
    local function count(...)
      os.execute("sleep 0.1")
      local lines, found = place:requests(), {}
      for i, pattern in ipairs { ... } do
        found[i] = 0
        for _, line in ipairs(lines) do
          found[i] = found[i] + (line:find(pattern, 1, true) and 1 or 0)
        end
      end
      return (table.unpack or unpack)(found) -- luacheck: ignore 143
    end
    local function check_stored()
      assert.is_true(errors.assert(client:get { bucket = "examplebucket", key = "killed" }).body == content)
    end

    for _, where in ipairs { "before", "during", "after" } do
      for _, save in ipairs { "1", "2", "5" } do
        it(where .. " save " .. save .. " of its token", function()
          dies(nil, where, save)
          count()
          assert.equal("completed", run())
          -- The first save is of no part, each further one of a part that need not be sent again.
          local kept = math.max(0, (where == "after" and 1 or 0) + tonumber(save) - 2)
          local parts, others = count("PUT ", "POST ")
          assert.equal(4 - kept, parts)
          assert.equal(save == "1" and where ~= "after" and 2 or 1, others) -- Initiate and Complete
          check_stored()
          assert.equal("completed\t\tresumed", run())
        end)
      end

      it(where .. " the save that closes its token", function()
        dies(nil, where, "completed")
        check_stored()
        count()
        assert.equal(where == "after" and "completed\t\tresumed" or "completed\tsettled", run())
        assert.equal(0, (count("PUT ")))
        check_stored()
        assert.equal("completed\t\tresumed", run():gsub("settled", ""))
        assert.equal(0, (count("PUT ")))
      end)

      it(where .. " the save that closes its token, the callback made", function()
        dies(service, where, "completed")
        local outcome = where == "after" and "completed\t\tresumed\tcalled"
          or "completed\tCallbackUnknown\tstored: true"
        count()
        for _ = 1, 2 do
          assert.equal(outcome, run(service))
        end
        assert.equal(0, (count("PUT ")))
        assert.equal(1, callbacks())
        check_stored()
      end)
    end

    it("while the answer to Complete is on its way", function()
      for _, callback in ipairs { false, service } do
        os.remove(token)
        client:delete { bucket = "examplebucket", key = "killed" }
        assert(place.server:fault { fault = "delay=20", operation = "CompleteMultipartUpload" })
        dies_when(is_stored, callback)
        count()
        assert.equal(callback and "completed\tCallbackUnknown\tstored: true" or "completed\tsettled", run(callback))
        assert.equal(0, (count("PUT ")))
        check_stored()
      end
      assert.equal(1, callbacks())
    end)

    it("while the answer to a part is on its way", function()
      assert(place.server:fault { fault = "delay=20", operation = "UploadPart", count = 1 })
      dies_when(function()
        local text = local_oss.read(token)
        return text and select(2, text:gsub('"number"', "")) == 3
      end)
      count()
      assert.equal("completed", run())
      assert.equal(1, (count("PUT ")))
      check_stored()
    end)

    it("after Complete, and its callback is to be sure", function()
      dies(service, "before", "completed")
      local output = io.popen("RETRY_CALLBACK=1 " .. command(service)):read("*a")
      assert.truthy(output:find("^completed.*called"), output)
      assert.equal(2, callbacks())
    end)

    it("after Complete, and another object took its place", function()
      dies(nil, "before", "completed")
      errors.assert(client:put { bucket = "examplebucket", key = "killed", body = "another" })
      assert.equal("completed", run())
      check_stored()
    end)
  end)
end)
