--- Receives: with patience as the limits allow, into memory or a file.

local answers = require "oss.transport.cosocket.answer"
local core = require "oss.core"

local M = {}

local piece_max = 64 * 1024
local expect_ms = 1000 -- how long a 100 is waited for, as libcurl does
local grace = 2        -- seconds for an answer that explains why sending failed
local most_early = 32  -- answers with status 1xx before the real one

-- After a wait that brought nothing: nil to go on waiting, else why not.
local function impatience(x)
  local now = x.now()
  if x.asking then
    return "go"
  elseif x.heard then
    return "IdleTimeout"
  elseif x.write_error then
    return now - x.failed_at >= grace and x.write_error or nil, x.write_detail
  elseif not x.sent_all then
    return nil -- the writer has a limit of its own
  end
  local left = x.sent_at + x.request.answer_timeout - now
  if left <= 0.001 then
    return "AnswerTimeout"
  end
  x:wait_for_answer(left)
end

--- The next bytes as they come: `more` of the input of `oss.transport.cosocket.answer`.
-- @tparam table input
-- @treturn string|nil bytes
-- @treturn string code; "closed" when the peer has closed, "go" when no 100 came
-- @treturn string detail
function M.more(input)
  local x = input.exchange
  if x.heard == "first" then
    x.heard = true
    x:wait_for_bytes()
  end
  while true do
    local piece, err = x.socket:receiveany(piece_max)
    if piece then
      x.heard = x.heard or "first"
      x:breathe(#piece)
      return piece
    elseif err ~= "timeout" then
      if x.write_error and not x.heard then
        return nil, x.write_error, x.write_detail
      end
      return nil, err == "closed" and err or "ReceiveFailed", err
    end
    local code, detail = impatience(x)
    if code or x.over then
      return nil, code or "ReceiveFailed", detail
    end
  end
end

-- A 1xx says nothing, and the wait for the answer begins anew.
local function skip(x)
  x.heard = x.input.buffer ~= "" and "first" or nil
  x.sent_at = x.sent_at and x.now()
  x:wait_for_answer()
end

local function fail(x, code, detail)
  if code ~= "closed" then
    return x:fail(code, detail)
  elseif x.input.buffer ~= "" then
    return x:fail("TruncatedAnswer", "the head has no end")
  end
  return x:fail("EmptyAnswer")
end

--- Waits for the 100 that was asked for, at most a second.
-- @tparam table x the exchange; `early` is set to the head of an answer that came instead
-- @treturn boolean|nil true when the body may go out, or an answer is there
function M.go(x)
  x.asking = true
  x.socket:settimeout(expect_ms)
  local head, code, detail = answers.head(x.input)
  x.asking = nil
  if head and head.status >= 200 then
    x.early = head
  elseif head or code == "go" then
    skip(x)
  else
    return fail(x, code, detail)
  end
  return true
end

local function final_head(x)
  if x.early then
    return x.early
  end
  for _ = 1, most_early do
    local head, code, detail = answers.head(x.input)
    if not head or head.status >= 200 then
      return head, code, detail
    end
    skip(x)
  end
  return nil, "MalformedAnswer", "too many answers with status 1xx"
end

-- Counts, checks and keeps the pieces of the body.
local function sink_of(x, file, total)
  local most, parts, op = x.request.answer_max or 1024 * 1024, x.parts, x.op
  local shows = op.verb == "get"
  return function(piece)
    x.received, x.received_crc64 = x.received + #piece, core.crc64(piece, x.received_crc64)
    if file then
      local ok, message = file:write(piece)
      if not ok then
        return "FileWrite", message
      end
    elseif x.received > most then
      return "AnswerTooLarge"
    else
      parts[#parts + 1] = piece
    end
    if shows then
      op:progress(x.sent, total, x.received)
    end
  end
end

local function read_body(x, head)
  local request = x.request
  local file, message
  if request.answer_file and head.status < 300 then
    file, message = io.open(request.answer_file, "wb")
    if not file then
      return nil, "FileWrite", message
    end
  end
  local total = tonumber(head.headers["content-length"]) or -1
  local ok, code, detail, keep = answers.body(x.input, request.method, head, sink_of(x, file, total))
  if file then
    local closed, close_message = file:close()
    if ok and not closed then
      return nil, "FileWrite", close_message
    end
  end
  return ok, code, detail, keep
end

--- Receives the answer.
-- @tparam table x the exchange; status, headers, parts and keep are set
-- @treturn boolean|nil true
function M.answer(x)
  local head, code, detail = final_head(x)
  if not head then
    return fail(x, code, detail)
  end
  x.status, x.headers = head.status, head.headers
  local ok, keep
  ok, code, detail, keep = read_body(x, head)
  if not ok then
    return x:fail(code, detail)
  elseif head.status < 300 and not x.sent_all then
    return x:fail("SendFailed", "the answer came before the end of the body")
  end
  x.keep = keep and x.sent_all
  return true
end

return M
