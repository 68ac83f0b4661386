-- Operations beyond the connections wait, and begin in turn.

local clients = require "oss.client"
local fake = require "spec.support.fake_transport"

describe("with two connections", function()
  local client, transport, answers

  before_each(function()
    answers = {}
    transport = fake.new {}
    -- Each transfer stays on its way until it is answered by hand.
    function transport:finish(id)
      answers[#answers + 1] = function()
        local request = self.live[id]
        self.live[id] = nil
        self:push("done", id, fake.answer { headers = {}, sent = #request.body, crc64 = "0" })
      end
    end
    client = assert(clients.new({ region = "cn-hangzhou", access_key_id = "ak", access_key_secret = "sk",
      connections = 2 }, function() return transport end))
  end)

  local function start(key, more)
    local t = { bucket = "examplebucket", key = key, body = "x" }
    for name, value in pairs(more or {}) do
      t[name] = value
    end
    return client:start("put", t)
  end

  local function keys()
    local list = {}
    for i, request in ipairs(transport.requests) do
      list[i] = request.url:match("([^/]+)$")
    end
    return table.concat(list, " ")
  end

  it("the third begins when the first has ended", function()
    local ops = { start("a"), start("b"), start("c"), start("d") }
    assert.equal("a b", keys())
    assert.equal("waiting", ops[3]:status().state)
    answers[2]()
    assert.equal(3, client:poll(0))
    assert.equal("a b c", keys())
    assert.equal("done", ops[2]:status().state)
    answers[1]()
    client:poll(0)
    assert.equal("a b c d", keys())
    answers[3]()
    answers[4]()
    assert.equal(0, client:poll(0))
    for _, op in ipairs(ops) do
      assert.truthy(op:wait())
    end
  end)

  it("who waits may be cancelled, run out of time, or be closed upon", function()
    local ops = { start("a"), start("b"), start("c"), start("d", { timeout = 5 }), start("e") }
    assert.is_true(ops[3]:cancel())
    local _, err = ops[3]:wait()
    assert.equal("cancelled", err.kind)
    assert.is_false(err.stored)
    transport.clock = transport.clock + 6
    client:poll(0)
    _, err = ops[4]:wait()
    assert.equal("TotalTimeout", err.code)
    assert.equal("a b", keys())
    client:close()
    _, err = ops[5]:wait()
    assert.equal("cancelled", err.kind)
    assert.equal("a b", keys())
  end)

  it("a handler may wait for one that waits", function()
    local inner
    start("a", { on_progress = function()
      inner = inner or start("c")
      answers[1]()
      answers[2]()
      client:poll(0)
      answers[3]()
      assert.truthy(inner:wait())
    end })
    start("b")
    while client:poll(0) > 0 do end -- luacheck: ignore 542
    assert.equal("done", inner:status().state)
    assert.equal("a b c", keys())
  end)
end)
