--- Fires only the callback of an object that is stored already: `x-oss-process=trigger/callback`.
--
-- The Android and iOS SDKs of OSS do this; the API's documentation does not name it, and nobody has
-- confirmed here that the live service takes it from others.

local answers = require "oss.sending.answer"
local attempts = require "oss.sending.attempts"
local callbacks = require "oss.callback"
local errors = require "oss.errors"
local headers = require "oss.sending.headers"
local names = require "oss.sending.names"
local objects = require "oss.sending.objects"
local retry = require "oss.sending.retry"

local M = {}

--- Checks everything that can be wrong before a byte is sent.
-- @tparam table client
-- @tparam table t checked options
-- @treturn table|nil request value and body
-- @treturn string what is wrong, naming the option
function M.prepare(client, t)
  local message = names.missing(t, true)
  if not message and not t.callback then
    message = "option 'callback' is missing"
  end
  local prepared, list, value
  if not message then
    prepared, message = callbacks.prepare(t.callback, { bucket = t.bucket, key = t.key, now = client:time() })
  end
  if not message then
    list, message = headers.build("retry_callback", t)
  end
  if not message then
    value, message = objects.value(client, "POST", t, list, { "x-oss-process", "" })
  end
  if message then
    return nil, message
  end
  local body = "x-oss-process=trigger/callback,callback_" .. prepared.callback
  if prepared.callback_var then
    body = body .. ",callback-var_" .. prepared.callback_var
  end
  return { value = value, body = body }
end

local function once(op, prepared)
  return attempts.run(op, {
    length = #prepared.body, has_body = true,
    complete = function(request)
      request.body = prepared.body
    end,
    stores = true,
    read = function(res, answer)
      res.callback = answers.callback_result(answer)
      return res
    end,
    -- Another try might run the callback a second time.
    settle = function(err)
      if err.stored == nil and (err.kind == "transport" or err.kind == "timeout") then
        return nil, errors.new { kind = "callback", code = "CallbackUnknown", stored = true, cause = err,
          message = "OSS's answer was lost: whether the callback ran is unknown",
          hint = "Look at the application server before you try again." }
      elseif err.kind == "service" then
        err.stored = nil
      end
      return nil, err
    end,
  }, prepared.value)
end

--- The work: tries until the service answers well, with growing pauses.
-- @tparam table op
-- @tparam table prepared by `prepare`
-- @treturn table|nil result with callback
-- @treturn table error
function M.work(op, prepared)
  local o = op.options
  local most = o.attempts or 3
  local tries, requests = 0, 0
  while true do
    local res, err = once(op, prepared)
    tries, requests = tries + 1, requests + op.attempts
    op.attempts = requests
    local ended = res or err
    ended.attempts = requests
    if res or err.code ~= "CallbackFailed" or tries >= most or op.interruption then
      return res, err
    end
    local delay = retry.delay(tries + 1, o.retry_delay or 0.2, o.retry_max_delay or 20, op.client.random)
    if op:sleep(delay) then
      return nil, err
    end
  end
end

return M
