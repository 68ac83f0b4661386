--- PutObject: prepared at the caller's line, sent by the operation.

local core = require "oss.core"
local errors = require "oss.errors"
local attempts = require "oss.sending.attempts"
local answers = require "oss.sending.answer"
local body = require "oss.sending.body"
local crc = require "oss.sending.crc"
local names = require "oss.sending.names"
local objects = require "oss.sending.objects"

local M = {}

local expect_above = 1024 * 1024

--- Checks everything that can be wrong before a byte is sent.
-- @tparam table client
-- @tparam table t checked options
-- @treturn table|nil the request value
-- @treturn string what is wrong, naming the option
function M.prepare(client, t)
  local message = names.missing(t, true) or body.check(t)
  if message then
    return nil, message
  end
  return objects.prepare(client, "put", "PUT", t)
end

-- Whether the object that HEAD shows is what this try has sent: the same bytes, and not older than
-- the try, both by the server's clock.
local function is_ours(found, answer, elapsed)
  if not answer.crc64 or found.crc64 ~= answer.crc64 then
    return false
  end
  local date = found.headers.date and core.parse_date(found.headers.date)
  local modified = found.last_modified
  return not date or not modified or date - modified <= elapsed + 2
end

--- Settles a lost answer. The body went out whole, so OSS is asked: the outcome is known then, except
-- whether the callback ran, which only the application server knows.
--
-- @tparam table op
-- @tparam boolean with_callback whether the request carried a callback
-- @tparam table err of this try
-- @tparam table answer of the transport, with the CRC-64 of what was sent
-- @tparam number elapsed seconds since the upload began
-- @tparam boolean|nil repeated OSS refused because an earlier try may have succeeded
-- @treturn table|nil result
-- @treturn table the error to go on with
function M.settle(op, with_callback, err, answer, elapsed, repeated)
  local lost = err.stored == nil and (err.kind == "transport" or err.kind == "timeout")
  if not lost and not repeated then
    return nil, err
  end
  local found, head_err = objects.look(op)
  if found and is_ours(found, answer, elapsed) then
    if not with_callback then
      found.settled, found.body, found.status = true, "", 200
      return found
    end
    return nil, errors.new {
      kind = "callback", code = "CallbackUnknown", stored = true,
      etag = found.etag, crc64 = found.crc64, version_id = found.version_id, request_id = found.request_id,
      message = "the object is stored, but OSS's answer was lost: whether the callback ran is unknown",
      hint = "Look at the application server; nothing needs to be uploaded again.",
      cause = err, retryable = false,
    }
  end
  if found or head_err.status == 404 then -- not there
    err.stored, err.settled = false, true
  else
    -- Nobody knows; another try would run the callback a second time if the first was stored.
    err.retryable = err.retryable and not with_callback
  end
  return nil, err
end

local plan = { has_body = true, stores = true, verify = crc.verify }

function plan.complete(request, op)
  body.attach(request, op.options)
  local expect, total = op.options.expect, op.total
  if expect or expect == nil and (total == nil or total > expect_above) then
    request.expect = true
  end
end

function plan.read(res, answer, op, value)
  local err = crc.sent(op.options, res, answer, value.callback)
  if err then
    return nil, err
  end
  res.crc64 = res.crc64 or answer.crc64
  if value.callback then
    res.callback = answers.callback_result(answer)
  end
  return res
end

function plan.settle(err, answer, elapsed, op, attempt, value)
  return M.settle(op, value.callback, err, answer, elapsed,
    err.code == "FileAlreadyExists" and attempt > 1)
end

--- The work of a put.
-- @tparam table op
-- @tparam table value the request value
-- @treturn table|nil result
-- @treturn table error
function M.work(op, value)
  return attempts.run(op, plan, value)
end

return M
