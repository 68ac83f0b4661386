--- Sends the parts of an upload, several at once, each an operation of its own.

local errors = require "oss.errors"
local multipart = require "oss.multipart"
local requests = require "oss.uploading.requests"
local resume = require "oss.uploading.resume"

local M = {}

-- OSS takes no lower x-oss-traffic-limit, bit/s.
local least_traffic = 245760

-- Notes how far the whole is; whether the user is to be told.
local function note(op)
  local sent = op.upload.done
  for child in pairs(op.children or {}) do
    sent = sent + (child.part and child.sent or 0)
  end
  op.sent = math.max(op.sent, sent)
  local is_news = op.options.on_progress and op.reported ~= op.sent
  op.reported = op.sent
  return is_news
end

--- Tells the progress of the whole, for an event of a part.
function M.observe(op)
  if note(op) then
    op:handle("on_progress", op.options.on_progress, op.sent, op.total)
  end
end

--- Tells the progress of the whole, inside the upload's own work.
function M.tell(op)
  if note(op) then
    op:handled("on_progress", op:call(op.options.on_progress, op.sent, op.total))
  end
end

-- How many parts go at the same time. They share the limits of the whole.
local function lanes(op, state)
  local source, n = state.source, state.parallel
  if source.size then
    n = math.min(n, math.ceil(source.size / state.part_size) - #state.token.parts)
  end
  if source.is_reader then
    n = math.min(n, math.floor(source.limit / state.part_size))
  end
  if op.options.traffic_limit then
    n = math.min(n, math.floor(op.options.traffic_limit / least_traffic))
  end
  return math.max(n, 1)
end

local function share(limit, n)
  return limit and limit > 0 and math.max(1, math.floor(limit / n)) or nil
end

local function part_options(o, n, part)
  local on_retry = o.on_retry
  return { bucket = o.bucket, key = o.key, crc = o.crc, connect_timeout = o.connect_timeout,
    idle_timeout = o.idle_timeout, answer_timeout = o.answer_timeout, attempts = o.attempts,
    retry_delay = o.retry_delay, retry_max_delay = o.retry_max_delay, retry_budget = o.retry_budget,
    request_payer = o.request_payer, rate_limit = share(o.rate_limit, n), traffic_limit = share(o.traffic_limit, n),
    on_retry = on_retry and function(err, ...)
      err.part_number = part.number
      return on_retry(err, ...)
    end }
end

-- An iterator over the parts that are still to be sent; nil and an error when the reader fails.
local function remaining(state)
  local source, first = state.source, state.first
  if source.is_reader then
    return function()
      local part, err = first, nil
      first = nil
      if not part then
        part, err = source:next()
      end
      if part and part.number > multipart.max_parts then
        return nil, errors.here("TooManyParts", ("the reader gave more than the %.0f bytes that 10,000 parts "
          .. "took: raise memory_limit or part_size, or give length"):format(part.offset))
      end
      return part, err
    end
  end
  local have, number = {}, 0
  for _, part in ipairs(state.token.parts) do
    have[part.number] = true
  end
  return function()
    repeat
      number = number + 1
    until not have[number]
    return multipart.part(number, source.size, state.part_size)
  end
end

local function drop_children(op)
  for child in pairs(op.children or {}) do
    child:interrupt("Cancelled", "another part has failed")
  end
  op.ended = {}
end

--- The error of an operation that was ended.
-- @tparam table stop why
-- @treturn table
function M.stopped(stop)
  local kinds = { TotalTimeout = "timeout", Cancelled = "cancelled" }
  return errors.new { kind = kinds[stop.error] or "local", code = stop.error, message = stop.message,
    cause = stop.cause, stored = false }
end

-- Takes the part that a child has sent.
local function take(op, state, child)
  if child.err then
    child.err.stored, child.err.part_number = false, child.part.number
    return child.err
  end
  if state.source.is_reader then
    state.source:done(child.part)
  end
  state.done = state.done + child.result.size
  table.insert(state.token.parts, child.result)
  local failure = resume.save(op, state)
  M.tell(op)
  return failure
end

local function begin(op, state, n, part)
  local child = op:spawn("part", part_options(op.options, n, part), function(child)
    return requests.part(child, state.headers, state.token.upload_id, part, state.source)
  end)
  child.part = part
end

local function send(op, state)
  local next_part, n = remaining(state), lanes(op, state)
  local reader = state.source.is_reader and state.source
  local running, more = 0, true
  repeat
    while more and running < n and not (reader and running > 0 and not reader:has_room()) do
      local part, err = next_part()
      if op.interruption then
        return M.stopped(op.interruption)
      elseif err then
        return err
      end
      more = part ~= nil
      if part then
        running = running + 1
        begin(op, state, n, part)
      end
    end
    if running > 0 then
      local child, stop = op:await()
      if not child then
        return M.stopped(stop)
      end
      running = running - 1
      local err = take(op, state, child)
      if err then
        return err
      end
    end
  until running == 0 and not more
end

--- Sends what is missing.
-- @tparam table op the upload
-- @tparam table state source, first (part of a reader), headers, token, part_size, parallel, done, store
-- @treturn nil|table an error; the parts that arrived are in the token
function M.send(op, state)
  local err = send(op, state)
  if err then
    drop_children(op)
  end
  return err
end

return M
