local retry = require "oss.sending.retry"

describe("retry", function()
  local cases = {
    { "service", "AccessDenied", 403, false }, { "service", "InternalError", 500, true },
    { "service", "ServiceUnavailable", 503, true },
    { "service", "NotImplemented", 501, false }, { "service", "Whatever", 401, true },
    { "service", "Whatever", 408, true }, { "service", "Whatever", 429, true },
    { "service", "RequestTimeTooSkewed", 403, true }, { "service", "BadRequest", 400, true },
    { "service", "InvalidArgument", 400, false }, { "callback", "CallbackFailed", 203, false },
    { "transport", "ConnectFailed", nil, true }, { "transport", "CrcMismatch", 200, true },
    { "transport", "TlsUntrusted", nil, false }, { "local", "FileRead", nil, false },
    { "cancelled", "Cancelled", nil, false },
  }
  for _, case in ipairs(cases) do
    it(("%s %s %s: %s"):format(case[1], case[2], tostring(case[3]), tostring(case[4])), function()
      assert.equal(case[4], retry.retryable { kind = case[1], code = case[2], status = case[3] })
    end)
  end

  it("retries a limit of this side that a further try can meet", function()
    assert.is_true(retry.retryable { kind = "timeout", code = "ConnectTimeout" })
    assert.is_true(retry.retryable { kind = "timeout", code = "IdleTimeout" })
    assert.is_true(retry.retryable { kind = "timeout", code = "AnswerTimeout" })
    assert.is_false(retry.retryable { kind = "timeout", code = "TotalTimeout" })
  end)

  it("has full jitter: below 2^attempt times the base, and below the longest", function()
    local function almost_one()
      return 0.999999
    end
    for attempt, bound in ipairs { 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 20, 20 } do
      local delay = retry.delay(attempt, 0.2, 20, almost_one)
      assert.is_true(delay < bound and delay > bound * 0.99, attempt .. ": " .. delay)
    end
    assert.equal(0, retry.delay(3, 0.2, 20, function() return 0 end))
  end)
end)
