--- When a failed try may be repeated, and after how long. Pure.
--
-- The rules are those of OSS's own V2 SDKs, less 501, which lasts: status 5xx, 401, 408, 429, the codes
-- RequestTimeTooSkewed and BadRequest, and connections that broke. A failed callback is never
-- retried: the object is stored.

local M = {}

local statuses = { [401] = true, [408] = true, [429] = true }
local codes = { RequestTimeTooSkewed = true, BadRequest = true }

-- What a further try cannot mend, among the failures of the transport.
local lasting = {
  TlsUntrusted = true, NotOss = true, FileRead = true, FileWrite = true, BodyShort = true, BodyLong = true,
  AnswerTooLarge = true, CannotRewind = true, OutOfMemory = true, InvalidArgument = true,
  ForbiddenByte = true, InvalidEncoding = true, ForkedProcess = true,
}

--- Whether a further try can help.
-- @tparam table err an error of this library
-- @treturn boolean
function M.retryable(err)
  if err.kind == "service" then
    return (err.status >= 500 and err.status ~= 501) or statuses[err.status] or codes[err.code] or false
  elseif err.kind == "transport" then
    return not lasting[err.code]
  end
  return err.kind == "timeout" and err.code ~= "TotalTimeout"
end

--- Full jitter: random in [0, min(2^attempt * base, max)).
-- @tparam integer attempt number of the try about to start, the first being 1
-- @tparam number base seconds
-- @tparam number max seconds
-- @tparam function random returns a number in [0, 1)
-- @treturn number seconds
function M.delay(attempt, base, max, random)
  return random() * math.min(2 ^ attempt * base, max)
end

return M
