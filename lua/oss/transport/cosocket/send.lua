--- Sends: the head, and the body with it or behind it.

local core = require "oss.core"
local failure = require "oss.transport.cosocket.failure"

local M = {}

local wants_length = { PUT = true, POST = true }

local function head_of(x)
  local request, source = x.request, x.source
  local framing = ""
  if not source.length then
    framing = "Transfer-Encoding: chunked\r\n"
  elseif source.length > 0 or wants_length[request.method] then
    local length = source.length
    framing = "Content-Length: " .. (length < 1e14 and length or ("%.0f"):format(length)) .. "\r\n"
  end
  return { request.method, " ", x.target, " HTTP/1.1\r\nHost: ", x.place.authority, "\r\n", request.head, x.agent,
    framing, x.asks and "Expect: 100-continue\r\n\r\n" or "\r\n", source.whole or "" }
end

--- Sends the head, and a small body with it.
-- @tparam table x the exchange
-- @treturn boolean|nil true
function M.head(x)
  local ok, err = x.socket:send(head_of(x))
  if not ok then
    return x:fail(failure.of_send(err), err)
  end
  local whole = x.source.whole
  if whole then
    x.sent, x.sent_all, x.sent_at = #whole, true, x.now()
    x.crc64 = core.crc64(whole)
  end
  return true
end

local function keep_to_rate(x, began)
  local rate = x.request.rate
  local ahead = rate and x.sent / rate - (x.now() - began) or 0
  if ahead > 0 then
    ngx.sleep(ahead)
  end
end

local function send(x, data)
  local ok, err = x.socket:send(data)
  if not ok then
    local code = failure.of_send(err)
    x.write_error, x.write_detail, x.failed_at = code, err, x.now()
    if code == "IdleTimeout" then -- nobody reads there, so nobody will answer
      x:fail(code)
      x.done = true
    end
  end
  return ok
end

local function send_chunk(x, chunk)
  local length = x.source.length
  if not send(x, length and chunk or { ("%x\r\n"):format(#chunk), chunk, "\r\n" }) then
    return false
  end
  x.sent, x.crc64 = x.sent + #chunk, core.crc64(chunk, x.crc64)
  x.sent_at = x.now()
  x.sent_all = x.sent == length
  x.op:progress(x.sent, length or -1, 0)
  x:breathe(#chunk)
  return not x.over and not x.op.interruption
end

local function send_all(x)
  local began, length = x.now(), x.source.length
  x.sent_all, x.sent_at = length == 0, began
  while not x.sent_all do
    local chunk, code, detail = x.source.next(x.op)
    if chunk == nil then
      x.sent_all = send(x, "0\r\n\r\n") ~= nil
      x.sent_at = x.now()
      return
    elseif not chunk then
      if code then
        x:fail(code, detail)
        x.done = true
      end
      return
    elseif not send_chunk(x, chunk) then
      return
    end
    if not x.sent_all then
      keep_to_rate(x, began)
    end
  end
end

--- Sends the body: the work of the writer's thread.
-- @tparam table x the exchange; sent_all, or write_error, or done with an error is set at the end
function M.body(x)
  send_all(x)
  x.writing = false
  x.op.driver:ring(x.op)
end

return M
