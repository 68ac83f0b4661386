--- Receives: with patience as the limits allow, into memory or a file.

local answers = require "oss.transport.cosocket.answer"
local core = require "oss.core"

local M = {}

local piece_max, default_max = 64 * 1024, 1024 * 1024
local expect_ms = 1000 -- how long a 100 is waited for, as libcurl does
local grace = 2        -- seconds for an answer that explains why sending failed
local most_early = 32  -- answers with status 1xx before the real one
local piece_cost = 512 -- bytes that take as long to receive as a piece, however small, takes to handle

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

--- The next bytes as they come.
-- @tparam table x the exchange
-- @treturn string|nil bytes
-- @treturn string code; "closed" when the peer has closed, "go" when no 100 came
-- @treturn string detail
function M.more(x)
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
  x.heard = x.buffer ~= "" and "first"
  x.sent_at = x.now()
  x:wait_for_answer()
end

local function fail(x, code, detail)
  if code ~= "closed" then
    return x:fail(code, detail)
  elseif x.buffer ~= "" then
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
  local head, code, detail = answers.head(x)
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
    local head, code, detail = answers.head(x)
    if not head or head.status >= 200 then
      return head, code, detail
    end
    skip(x)
  end
  return nil, "MalformedAnswer", "too many answers with status 1xx"
end

--- Counts, checks and keeps a piece of the body.
-- @tparam table x the exchange
-- @tparam string piece
-- @treturn nil|string code to give up with
-- @treturn string detail
function M.sink(x, piece)
  x.received, x.received_crc64 = x.received + #piece, core.crc64(piece, x.received_crc64)
  if x.file then
    local ok, message = x.file:write(piece)
    if not ok then
      return "FileWrite", message
    end
  elseif x.received > (x.request.answer_max or default_max) then
    return "AnswerTooLarge"
  elseif not x.parts then
    x.parts = { piece }
  else
    x.parts[#x.parts + 1] = piece
  end
  if x.op.verb == "get" then
    x.op:progress(x.sent, x.total, x.received)
  end
  x:breathe(piece_cost)
end

local function read_body(x, head)
  local request = x.request
  x.total = tonumber(head.headers["content-length"]) or -1
  if not request.answer_file or head.status > 299 then
    return answers.body(x, request.method, head)
  end
  local file, message = io.open(request.answer_file, "wb")
  if not file then
    return nil, "FileWrite", message
  end
  x.file = file
  local ok, code, detail, keep = answers.body(x, request.method, head)
  local closed, close_message = file:close()
  x.file = false
  if ok and not closed then
    return nil, "FileWrite", close_message
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
