--- `callback = { retry = {...} }`: after a failed callback the callback alone is tried again.
--
-- What is stored stays; only `retry_callback` is sent.

local M = {}

local function fire(op, err, settings)
  local o = op.options
  local options = { bucket = o.bucket, key = o.key, callback = o.callback,
    attempts = settings.attempts, retry_delay = settings.delay, retry_max_delay = settings.max_delay,
    connect_timeout = o.connect_timeout, idle_timeout = o.idle_timeout, answer_timeout = o.answer_timeout }
  local retry_callback = require "oss.sending.retry_callback"
  local prepared, message = retry_callback.prepare(op.client, options)
  if not prepared then
    err.message = err.message .. "; the callback was not tried again: " .. message
    return nil, err
  end
  local again, again_err = op:run("retry_callback", options, function(child)
    return retry_callback.work(child, prepared)
  end)
  op.attempts = (err.attempts or 0) + ((again or again_err).attempts or 0)
  if not again then
    err.retry_error, err.attempts = again_err, op.attempts
    return nil, err
  end
  local result = { status = 200, etag = err.etag, crc64 = err.crc64, version_id = err.version_id,
    request_id = err.request_id, headers = again.headers, body = again.body, callback = again.callback,
    callback_retried = true, attempts = op.attempts }
  if op.remember then
    op.remember(result) -- or the next run would fire it again
  end
  return result
end

--- Tries the callback of a stored object again, when that was asked for.
-- @tparam table op a put or upload that has ended
-- @tparam table|nil res its result
-- @tparam table|nil err its error
-- @treturn table|nil the result, its `callback` from the retry and `callback_retried` set
-- @treturn table|nil the error; as in the result, `attempts` counts the callback's tries, too
function M.after(op, res, err)
  local callback = op.options.callback
  local settings = callback and callback.retry
  local uploads = op.verb == "put" or op.verb == "upload"
  local wanted = err and (err.code == "CallbackFailed" or err.code == "CallbackUnknown")
  if not uploads or not settings or not wanted or op.interruption then
    return res, err
  end
  return fire(op, err, settings == true and {} or settings)
end

return M
