--- AppendObject. OSS takes no callback with it.

local core = require "oss.core"
local attempts = require "oss.sending.attempts"
local body = require "oss.sending.body"
local errors = require "oss.errors"
local names = require "oss.sending.names"
local objects = require "oss.sending.objects"

local M = {}

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
  return objects.prepare(client, "append", "POST", t,
    { "append", "", "position", ("%.0f"):format(t.position or 0) })
end

local function check(o, res, answer)
  local before = o.crc64 or ((o.position or 0) == 0 and "0")
  local whole = before and core.crc64_combine(before, answer.crc64, answer.sent)
  if o.crc ~= false and whole and res.crc64 and res.crc64 ~= whole then
    return nil, errors.new {
      kind = "transport", code = "CrcMismatch", status = res.status, request_id = res.request_id, final = true,
      message = ("CRC-64 with what was sent is %s, OSS stored %s"):format(whole, res.crc64), stored = true,
    }
  end
  res.next_position = tonumber(res.headers["x-oss-next-append-position"])
  return res
end

-- The answer is lost, or a repeated try finds the position taken: the object's size tells whether the
-- bytes are in, its CRC-64 whether they are these.
local function settle(op, err, answer, attempt)
  local o = op.options
  local lost = err.stored == nil and (err.kind == "transport" or err.kind == "timeout")
  local taken = err.code == "PositionNotEqualToLength" and attempt > 1
  if not lost and not taken then
    return nil, err
  end
  local found, head_err = objects.look(op)
  local position = o.position or 0
  if found and found.content_length == position + answer.sent then
    local before = o.crc64 or (position == 0 and "0")
    -- Without a CRC-64 to go by, another writer's bytes of the same length look just like these.
    if before and found.crc64 == core.crc64_combine(before, answer.crc64, answer.sent) then
      found.settled, found.body, found.next_position = true, "", found.content_length
      return found
    end
  end
  if found and found.content_length == position or head_err and head_err.status == 404 then
    err.stored, err.settled = false, true
  else
    err.retryable = false
  end
  return nil, err
end

--- The work of an append.
-- @tparam table op
-- @tparam table value the request value
-- @treturn table|nil result with next_position and crc64 (of the whole object)
-- @treturn table error; next_position is set when the position was wrong
function M.work(op, value)
  local o = op.options
  return attempts.run(op, {
    has_body = true, stores = true,
    complete = function(request)
      body.attach(request, o)
      request.expect = o.expect
    end,
    read = function(res, answer)
      return check(o, res, answer)
    end,
    settle = function(err, answer, _, _, attempt)
      local res, final = settle(op, err, answer, attempt)
      local next_position = tonumber(answer.headers["x-oss-next-append-position"])
      if final and next_position then
        final.next_position = next_position
        final.hint = final.code == "PositionNotEqualToLength"
          and ("The object has %.0f bytes: position = err.next_position."):format(next_position) or final.hint
      end
      return res, final
    end,
  }, value)
end

return M
