--- Sends the parts of an upload, several at once, each an operation of its own.

local errors = require "oss.errors"
local multipart = require "oss.multipart"
local requests = require "oss.uploading.requests"
local resume = require "oss.uploading.resume"

local M = {}

--- Tells the progress of the whole.
function M.observe(op)
  local state = op.upload
  local sent = state.done
  for child in pairs(op.children or {}) do
    sent = sent + (child.is_part and child.sent or 0)
  end
  op.sent = math.max(op.sent, sent)
  local on_progress = op.options.on_progress
  if on_progress and op.reported ~= op.sent then
    op.reported = op.sent
    op:handle("on_progress", on_progress, op.sent, op.total)
  end
end

local function part_options(o, parallel)
  return { bucket = o.bucket, key = o.key, crc = o.crc, connect_timeout = o.connect_timeout,
    idle_timeout = o.idle_timeout, answer_timeout = o.answer_timeout, attempts = o.attempts,
    retry_delay = o.retry_delay, retry_max_delay = o.retry_max_delay, retry_budget = o.retry_budget,
    on_retry = o.on_retry, request_payer = o.request_payer,
    rate_limit = o.rate_limit and math.max(1, math.floor(o.rate_limit / parallel)) or nil }
end

-- An iterator over the parts that are still to be sent; nil and an error when the reader fails.
local function remaining(op, state)
  local number = 0
  if state.source.is_reader then
    local offset = 0
    return function()
      local piece, message = state.source.take(op, state.part_size)
      if message then
        return nil, errors.here("ReaderFailed", message)
      elseif not piece then
        return nil
      end
      number, offset = number + 1, offset + #piece
      if number > multipart.max_parts then
        return nil, errors.here("TooManyParts", "OSS takes 10,000 parts: give a larger part_size, or length")
      end
      return { number = number, offset = offset - #piece, size = #piece, body = piece }
    end
  end
  local have = {}
  for _, part in ipairs(state.token.parts) do
    have[part.number] = true
  end
  local plan = multipart.plan(state.source.size, state.part_size)
  return function()
    repeat
      number = number + 1
    until not have[number]
    return plan[number]
  end
end

local function drop_children(op)
  for child in pairs(op.children or {}) do
    child:interrupt("Cancelled", "another part has failed")
  end
  op.ended = {}
end

local function stopped(stop)
  local kinds = { TotalTimeout = "timeout", Cancelled = "cancelled" }
  return errors.new { kind = kinds[stop.error] or "local", code = stop.error, message = stop.message,
    cause = stop.cause, stored = false }
end

-- Takes the part that a child has sent.
local function take(op, state, child)
  if child.err then
    child.err.stored = false
    return child.err
  end
  state.done = state.done + child.result.size
  table.insert(state.token.parts, child.result)
  local failure = resume.save(op, state)
  M.observe(op)
  return failure
end

local function send(op, state)
  local o = op.options
  local running, next_part = 0, remaining(op, state)
  local part, err = next_part()
  local size = state.source.size
  local lanes = size and math.min(state.parallel, math.ceil(size / state.part_size)) or state.parallel
  while part or running > 0 do
    while part and running < state.parallel do
      local this = part
      local child = op:spawn("part", part_options(o, lanes), function(child)
        return requests.part(child, state.headers, state.token.upload_id, this, state.source)
      end)
      child.is_part, running = true, running + 1
      part, err = next_part()
    end
    if err then
      return err
    end
    local child, stop = op:await()
    if not child then
      return stopped(stop)
    end
    running = running - 1
    err = take(op, state, child)
    if err then
      return err
    end
  end
  return err
end

--- Sends what is missing.
-- @tparam table op the upload
-- @tparam table state source, headers, token, part_size, parallel, done, store
-- @treturn nil|table an error; the parts that arrived are in the token
function M.send(op, state)
  local err = send(op, state)
  if err then
    drop_children(op)
  end
  return err
end

return M
