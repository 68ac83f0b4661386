--- Sends one request until it is answered for good: sign, exchange, judge, wait, again.
--
-- Each try has fresh credentials and a fresh time. A clock that is off is corrected from the
-- server's and stays corrected. Nothing is sent again once the object is stored, and a lost answer
-- is settled by asking OSS (`plan.settle`), not by luck.

local core = require "oss.core"
local answers = require "oss.sending.answer"
local body = require "oss.sending.body"
local credentials = require "oss.credentials"
local log = require "oss.common.log"
local retry = require "oss.sending.retry"

local M = {}

local function failed(code, message, cause)
  return { error = code, message = message, cause = cause, headers = {}, status = 0, sent_all = false }
end

local function ask_for_keys(op)
  return credentials.ask(function(...)
    return op:call(...)
  end, op.client.provider)
end

-- URL and head, or nil and an answer that says why not.
local function sign(op, value)
  local client = op.client
  if not client.provider then
    return core.render(value)
  end
  local keys, message, lasting, cause = client.provider, nil, nil, nil
  if type(keys) ~= "table" then
    keys, message, lasting, cause = ask_for_keys(op)
  end
  local signer
  if keys then
    signer, message = client:signer(keys)
    lasting = true
  end
  if not signer then
    local answer = failed(cause ~= nil and "HandlerFailed" or "CredentialsFailed", message, cause)
    answer.final = lasting
    return nil, answer
  end
  return signer:sign(value, client.clock() + client.skew)
end

-- One try. Always an answer, perhaps with its `error` set.
local function try(op, plan, value)
  local client, o = op.client, op.options
  if op.interruption then
    return op.interruption
  end
  local url, head = sign(op, value)
  if not url then
    return type(head) == "table" and head or failed("InvalidArgument", head)
  end
  if not plan.aside then
    op.sent, op.total = 0, plan.length or body.length(o) or (not plan.has_body and 0) or nil
  end
  local answer_timeout = o.answer_timeout or 60
  local request = {
    method = value.method, url = url, head = head,
    body = nil, expect = nil, -- and more: plan.complete
    connect_timeout = o.connect_timeout or 10, idle_timeout = o.idle_timeout or 60,
    answer_timeout = value.callback and answer_timeout < 30 and 30 or answer_timeout,
    answer_max = o.max_answer or plan.answer_max, rate = o.rate_limit,
  }
  if plan.complete then
    plan.complete(request, op)
  end
  if client.logs_requests then
    client.log("debug", "%s %s\n%s", request.method, log.mask_url(url), log.mask_head(head))
  end
  local answer = op:exchange(request)
  if answer.error and not op.interruption then
    answer.request = request
  end
  if client.logs_requests then
    client.log("debug", "answer: %s, request id %s", answer.error or tostring(answer.status),
      tostring(answer.headers["x-oss-request-id"]))
  end
  return answer
end

local function correct_clock(client, answer, err)
  if err.code ~= "RequestTimeTooSkewed" then
    return
  end
  local server = answers.server_time(answer, err)
  if server then
    client.skew = server - client.clock()
    client.log("warn", "this machine's clock is off by %d seconds; corrected for this client", client.skew)
  end
end

-- nil when the body can be sent again, else why not.
local function rewind(op, plan)
  local o = op.options
  if not plan.has_body or not o.reader then
    return nil
  elseif not o.rewind then
    return "not tried again: the reader cannot be rewound (give option 'rewind')"
  end
  local ok, message = op:call(o.rewind)
  return not ok and "not tried again: the rewind handler raised: " .. tostring(message) or nil
end

local function delay_for(op, answer, attempt)
  local o = op.options
  local longest = o.retry_max_delay or 20
  local delay = retry.delay(attempt, o.retry_delay or 0.2, longest, op.client.random)
  local wanted = tonumber(answer.headers["retry-after"])
  return wanted and math.max(delay, math.min(wanted, longest)) or delay
end

-- Waits before another try; an error when there must not be one.
local function prepare_retry(op, plan, answer, err, started, attempt)
  local o, client = op.options, op.client
  if not err.retryable or attempt > (o.attempts or 3) then
    return err
  end
  local delay = delay_for(op, answer, attempt)
  if client:now() + delay - started > (o.retry_budget or 120) then
    return err
  end
  local obstacle = rewind(op, plan)
  if obstacle then
    err.message = err.message .. "; " .. obstacle
    err.retryable = false
    return err
  end
  client.log("info", "%s: try %d in %.2f s after %s", tostring(op), attempt, delay, err.code)
  if o.on_retry then
    local ok, message = op:call(o.on_retry, err, attempt, delay)
    if not ok then
      return answers.transport_error { error = "HandlerFailed", cause = message, status = 0,
        message = "on_retry raised: " .. tostring(message), stored = err.stored }
    end
  end
  local stop = op:sleep(delay)
  if stop then
    stop = answers.transport_error(stop)
    stop.stored, stop.cause = err.stored, stop.cause or err
    stop.message = stop.message .. "; the last try ended with " .. err.code
  end
  return stop
end

-- The end of a put whose answer came, but whose handler raised at the last moment.
local function interrupted(op, res)
  local err = answers.transport_error(op.interruption)
  err.stored, err.etag, err.request_id = op.verb == "put" or nil, res.etag, res.request_id
  return err
end

local function judge(op, plan, answer, value)
  if not plan.stores or (answer.error and not answer.sent_all) then
    answer.stored = false
  end
  local res, err = answers.read(answer, plan.stores, value.callback)
  if res and plan.read then
    res, err = plan.read(res, answer, op, value)
  elseif err and err.stored and plan.verify then
    err = plan.verify(err, answer, op) or err
  end
  if res then
    return res
  end
  if err.code == "AccessDenied" and not op.client.provider then
    err.hint = "The request was not signed: anonymous requests need a bucket that is open to all."
  end
  err.retryable = not err.final and (retry.retryable(err) or err.code == "CredentialsFailed")
  return nil, err
end

--- Runs a plan to its end.
-- @tparam table op the operation
-- @tparam table plan
--
-- * complete(request, op): adds body or sink
-- * has_body, length (when it is not that of the options); aside: its bytes are not the operation's
-- * stores: it can change what is stored
-- * retried(op): called before each further try
-- * answer_max
-- * read(res, answer, op, value): finishes a result, or returns nil and an error
-- * verify(err, answer, op): an error that counts more, for an object that is stored in spite of err
-- * settle(err, answer, elapsed, op, attempt, value): a result, or nil and the error to go on with, for a
--   lost answer
-- @tparam table value the request value
-- @treturn table|nil result
-- @treturn table error
function M.run(op, plan, value)
  local client = op.client
  local started = op.driver:now()
  local attempt = 0
  if op.aside ~= plan.aside then
    op.aside = plan.aside
  end
  local unknown -- an earlier try may have stored the object
  while true do
    attempt = attempt + 1
    op.attempts = plan.aside and math.max(op.attempts, 1) or attempt
    local answer = try(op, plan, value)
    local res, err = judge(op, plan, answer, value)
    if not res and plan.settle and not op.interruption then
      res, err = plan.settle(err, answer, op.driver:now() - started, op, attempt, value)
    end
    if res and op.interruption then
      return nil, interrupted(op, res)
    elseif res then
      res.attempts = attempt
      return res
    end
    correct_clock(client, answer, err)
    err.attempts = attempt
    unknown = err.stored == nil or (unknown and not err.settled)
    local final = prepare_retry(op, plan, answer, err, started, attempt + 1)
    if final then
      final.attempts = attempt
      if unknown and final.stored == false then
        final.stored = nil
      end
      return nil, final
    elseif plan.retried then
      plan.retried(op)
    end
  end
end

return M
