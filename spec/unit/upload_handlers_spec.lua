-- What handlers of an upload in parts may do: yield, wait, close.

local errors = require "oss.errors"
local fake = require "spec.support.fake_transport"
local multipart = require "oss.multipart"
local uploads = require "spec.support.fake_uploads"

local part_size = multipart.min_part
local body = ("x"):rep(part_size * 3)

-- A store with a token of an upload whose parts have all been sent.
local function all_sent()
  local store, saved = { clear = function() end }, nil
  function store.load()
    return saved
  end
  function store.save(token)
    saved = saved or token
    return #token.parts < 3 or nil, "the disk is full"
  end
  local _, err = uploads.new():upload(uploads.options { body = body, resume = store })
  assert.equal("ResumeStoreFailed", err.code)
  assert.equal(3, #saved.parts)
  store.save = function() return true end
  return store
end

describe("on_progress of an upload", function()
  local function told(t)
    local client, seen = uploads.new(), {}
    function t.on_progress(sent, total)
      seen[#seen + 1] = sent
      assert.equal(#body, total)
      coroutine.yield("yielded")
    end
    t.body = body
    local thread = coroutine.create(function() return client:upload(uploads.options(t)) end)
    local fine, res, err
    repeat
      fine, res, err = coroutine.resume(thread)
      assert.is_true(fine, res)
    until res ~= "yielded"
    errors.assert(res, err)
    return seen
  end

  it("may yield while parts are sent", function()
    local seen = told {}
    assert.equal(part_size, seen[1])
    assert.equal(#body, seen[#seen])
  end)

  it("may yield when nothing is left to be sent", function()
    assert.same({ #body }, told { resume = all_sent(), crc = false })
  end)

  it("that raises when nothing is left to be sent ends the upload", function()
    local client, _, transport = uploads.new()
    local res, err = client:upload(uploads.options { body = body, resume = all_sent(),
      on_progress = function() error("boom", 0) end })
    assert.is_nil(res)
    assert.equal("HandlerFailed", err.code)
    assert.equal("boom", err.cause)
    assert.equal(0, #transport.requests)
  end)
end)

it("asks for no credentials for a part that is not sent any more", function()
  local failure = { status = 403, body = fake.error_xml("AccessDenied", "no") }
  local client, _, transport = uploads.new { [2] = { failure } }
  local asked = 0
  client.provider = function()
    asked = asked + 1
    return { access_key_id = "ak", access_key_secret = "sk" }
  end
  assert.is_nil((client:upload(uploads.options { body = body .. body, parallel = 2 })))
  assert.equal(#transport.requests, asked)
end)

describe("an upload that is waited for inside of its own handlers raises", function()
  -- Runs an upload whose handlers wait for it; they have all raised when it has ended.
  local function waits(refusals, make)
    local client = uploads.new(refusals)
    local op, calls = nil, 0
    local function wait()
      calls = calls + 1
      local fine, message = pcall(op.wait, op)
      assert(not fine and message:find("would wait forever", 1, true), message)
      return true
    end
    op = client:start("upload", uploads.options(make(wait)))
    errors.assert(op:wait())
    assert.is_true(calls > 2, calls)
    assert.is_table(op:wait())
  end

  it("on_progress", function()
    waits(nil, function(wait) return { body = body, on_progress = wait } end)
  end)

  it("the store", function()
    waits(nil, function(wait)
      return { body = body, resume = { load = function() end, save = wait, clear = wait } }
    end)
  end)

  it("the reader", function()
    waits(nil, function(wait)
      local n = 0
      return { reader = function()
        n = n + 1
        return (n == 1 or wait()) and n < 6 and body or nil -- the first is asked for before start returns
      end }
    end)
  end)

  it("on_retry", function()
    local busy = { status = 503, body = fake.error_xml("ServiceUnavailable", "busy") }
    waits({ { busy, busy }, { busy, busy } }, function(wait)
      return { body = body, on_retry = wait }
    end)
  end)
end)

it("an upload whose client is closed by its store has ended, and is not counted any more", function()
  for saves = 1, 5 do
    local client = uploads.new()
    local left = saves
    local op = client:start("upload", uploads.options { body = body, resume = {
      load = function() end, clear = function() end,
      save = function()
        left = left - 1
        if left == 0 then
          client:close()
        end
        return true
      end } })
    repeat until client:poll(0) <= 0
    assert.equal(saves < 5 and "cancelled" or "done", op:status().state)
    assert.equal(0, client:poll(0))
    assert.equal(0, client.driver.running)
  end
end)
