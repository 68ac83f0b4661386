--- CRC-64: is what OSS stored what was sent?

local errors = require "oss.errors"

local M = {}

--- Compares OSS's CRC-64 with that of what was sent.
-- @tparam table o options; `crc = false` switches it off
-- @tparam table res the result so far
-- @tparam table answer of the transport
-- @tparam[opt] boolean with_callback whether the request carried one: another try would run it again,
-- which is for the caller to decide
-- @treturn table|nil an error when they differ
function M.sent(o, res, answer, with_callback)
  if o.crc == false or not res.crc64 or not answer.crc64 or res.crc64 == answer.crc64 then
    return nil
  end
  return errors.new {
    kind = "transport", code = "CrcMismatch", status = res.status, request_id = res.request_id,
    message = ("CRC-64 of what was sent is %s, OSS stored %s"):format(answer.crc64, res.crc64),
    hint = "The bytes changed on their way: send them again.", stored = true,
    final = with_callback,
  }
end

--- Compares the CRC-64 of an object that is stored although its callback failed.
-- @tparam table err of the callback
-- @tparam table answer of the transport
-- @tparam table op
-- @treturn table|nil an error that counts more
function M.verify(err, answer, op)
  local worse = M.sent(op.options, err, answer)
  if worse then
    worse.message = worse.message .. "; the callback failed too: " .. err.message
    worse.final, worse.cause = true, err
  end
  return worse
end

return M
