local errors = require "oss.errors"

describe("errors", function()
  local err = errors.new { kind = "callback", code = "CallbackFailed", message = "Error status : 502.",
    status = 203, ec = "0007-00000203", request_id = "ABC", stored = true, attempts = 1,
    hint = "Nothing listens there." }

  it("prints one line for people", function()
    assert.equal("callback: CallbackFailed: Error status : 502 (status 203, EC 0007-00000203, "
      .. "request id ABC, stored: yes). Nothing listens there.", tostring(err))
  end)

  it("says when nobody knows whether it is stored, and keeps to one line", function()
    local unknown = errors.new { kind = "transport", code = "ReceiveFailed", message = "reset\nby peer",
      attempts = 3 }
    assert.equal("transport: ReceiveFailed: reset by peer (3 attempts, stored: unknown)", tostring(unknown))
  end)

  it("concatenates on both sides", function()
    assert.equal("x " .. tostring(err), "x " .. err)
    assert.equal(tostring(err) .. " x", err .. " x")
  end)

  it("has an assert that shows the cause on every Lua", function()
    local ok, message = pcall(errors.assert, nil, err)
    assert.is_false(ok)
    assert.truthy(tostring(message):find("CallbackFailed: Error status : 502", 1, true))
    assert.same({ 1, 2, 3 }, { errors.assert(1, 2, 3) })
    assert.is_false((pcall(errors.assert, nil)))
  end)

  it("knows its own", function()
    assert.is_true(errors.is(err))
    assert.is_false(errors.is {})
    assert.is_false(errors.is "text")
  end)
end)
