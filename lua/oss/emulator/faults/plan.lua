--- Faults on request: what a network, a busy OSS or a callback service can do to a client.
--
-- A fault is asked for with a request header, which no signature covers,
--
--     x-emulator-fault: delay=0.5, crc
--
-- or for requests to come on the admin port: `server:fault{ fault = "status=503", count = 2, method = "PUT" }`, or
--
--     curl -d '{"fault":"callback=500","operation":"CompleteMultipartUpload","count":1}' http://127.0.0.1:9001/faults
--
-- `count` is 1 when left out, 0 is always; `method`, `bucket`, `key` (may end in `*`) and `operation` choose the
-- requests. GET shows what waits, DELETE forgets it. Several faults are separated by commas. A header on an
-- `upload` in parts reaches its first request only. `traffic_limit` is checked, but slows nothing down.
--
-- | fault | what happens | stored |
-- |---|---|---|
-- | `wait=S` | nothing for S seconds, then as usual | yes |
-- | `status=N` or `status=N:Code` | the request is refused with status N and the XML of that code | no |
-- | `throttle` | `status=503:ServiceUnavailable` with x-oss-qos-delay-time | no |
-- | `clock=S` | the server's clock is S seconds off: skew, expiry, Date, ServerTime | - |
-- | `stall=S` | the body is not read for S seconds, then as usual | yes |
-- | `read-rate=N` | the body is read at N bytes a second (chunked bodies at full speed) | yes |
-- | `reset=before` | the connection is reset before anything is read of the body | no |
-- | `reset=body` or `reset=body:N` | ... after N bytes of the body, 16384 by default | no |
-- | `reset=after` | ... when the object is stored and the callback done: the answer is lost | yes |
-- | `reset=answer` | ... in the middle of the answer's body | yes |
-- | `delay=S` | all is done, then S seconds pass before the answer | yes |
-- | `delay-body=S` | S seconds pass between the answer's headers and its body | yes |
-- | `truncate=N` | the answer ends after N bytes of its body, short of its Content-Length | yes |
-- | `oversize=N` | N blanks are added to the answer's body | yes |
-- | `crc` | x-oss-hash-crc64ecma of the answer is wrong | yes |
-- | `malformed` | the answer's XML is broken (with `status=N`: an error that cannot be read) | yes |
-- | `callback=OUTCOME` | the service is not called; the callback ends as said | yes |
-- | `callback-after=OUTCOME` | the service is called, then the callback ends as said | yes |
--
-- `OUTCOME` is a status (`500`: "Error status : 500."), `unreachable`, `timeout`, `no-length`, `bad-length`,
-- `too-long`, `not-json`, `image` or `throttled`; see `oss.emulator.callback.outcome`.
-- @module oss.emulator.faults.plan

local errors = require "oss.emulator.errors"
local outcome = require "oss.emulator.callback.outcome"
local queue = require "oss.emulator.faults.queue"

local M = {}

local codes = {
  [400] = "InvalidArgument", [403] = "AccessDenied", [404] = "NoSuchKey", [409] = "FileAlreadyExists",
  [500] = "InternalError", [502] = "BadGateway", [503] = "ServiceUnavailable", [504] = "GatewayTimeout",
}

local resets = { before = true, body = true, after = true, answer = true }

local function number(value)
  return tonumber(value), "a number"
end

local function outcome_name(value)
  return outcome.failure(value) and value, outcome.names
end

local readers = {
  wait = number, stall = number, delay = number, delay_body = number, clock = number, read_rate = number,
  truncate = number, oversize = number, callback = outcome_name, callback_after = outcome_name,
  crc = function() return true end, malformed = function() return true end, throttle = function() return true end,
  status = function(value)
    local status, code = value:match("^(%d%d%d):?(%w*)$")
    return status and { status = tonumber(status), code = code ~= "" and code or nil }, "N or N:Code"
  end,
  reset = function(value)
    local where, bytes = value:match("^(%a+):?(%d*)$")
    return resets[where] and { where = where, bytes = tonumber(bytes) }, "before, body, body:N, after or answer"
  end,
}

--- Reads a fault as written.
-- @tparam string text
-- @treturn table|nil by name, `-` in names written `_`
-- @treturn string what is wrong with it
function M.parse(text)
  local plan = {}
  for item in text:gmatch("[^,]+") do
    local name, value = item:match("^%s*([%w-]+)%s*=?%s*(.-)%s*$")
    local key = name and name:gsub("-", "_")
    local reader = readers[key]
    if not reader then
      return nil, "no such fault: " .. item
    end
    local read, wanted = reader(value)
    if not read then
      return nil, "fault '" .. name .. "' takes " .. tostring(wanted)
    end
    plan[key] = read
  end
  return plan
end

--- Finds the faults of a request: those of its header, then those waiting for it.
-- @tparam table request
function M.collect(request)
  local function add(text)
    local plan, message = M.parse(text)
    if not plan then
      errors.raise("InvalidArgument", { message = message, ArgumentName = "x-emulator-fault" })
    end
    for name, value in pairs(plan) do
      if request.faults[name] == nil then
        request.faults[name] = value
      end
    end
  end
  add(request.headers["x-emulator-fault"] or "")
  for _, text in ipairs(queue.take(request)) do
    add(text)
  end
  request.time = request.time + (request.faults.clock or 0)
end

-- Ends the request without an answer.
local function cut()
  error({ is_cut = true }, 0)
end

--- Does what happens before the request is looked at.
-- @tparam table request
function M.before(request)
  local faults = request.faults
  if faults.wait then
    ngx.sleep(faults.wait)
  end
  if faults.reset and faults.reset.where == "before" then
    cut()
  end
  if faults.throttle then
    errors.raise("ServiceUnavailable", { headers = { ["x-oss-qos-delay-time"] = "1000" } })
  elseif faults.status then
    local status = faults.status.status
    local code = faults.status.code or codes[status] or "BadRequest"
    local message = not errors.status(code) and "A fault that was asked for." or nil
    errors.raise(code, { status = status, message = message })
  end
end

--- Does what happens between the work and the answer.
-- @tparam table request
-- @treturn boolean whether there is to be an answer
function M.after(request)
  local faults = request.faults
  if faults.delay then
    ngx.sleep(faults.delay)
  end
  return not (faults.reset and faults.reset.where == "after")
end

return M
