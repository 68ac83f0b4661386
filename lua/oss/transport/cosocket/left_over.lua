--- What is left of a request's body when nobody reads on. Once its socket is taken nginx drops it no
-- more, and would answer what a client has put there as the next request of the connection.

local semaphore = require "ngx.semaphore"

local M = {}

local slice_size = 64 * 1024
local bodies = setmetatable({}, { __mode = "k" }) -- by the request's ngx.ctx

-- Seconds: nginx's own lingering_time and lingering_timeout.
M.longest, M.idle = 30, 5

local function receive_slice(body)
  local slice, message, part = body.socket:receive(math.min(body.left, slice_size))
  body.left = body.left - #(slice or part or "")
  if message and message ~= "timeout" then -- the client has gone, nothing follows
    body.left = 0
  end
  body.reading = false
  if body.left == 0 then
    body.ended:post()
  end
  return slice, message
end

-- In a thread of its own: who ends the caller shall not end the socket.
local function receive(body, seconds)
  if body.reading then
    return nil, "another thread reads it"
  end
  body.reading = true
  body.socket:settimeout(seconds * 1000)
  local _, slice, message = ngx.thread.wait(ngx.thread.spawn(receive_slice, body))
  return slice, message
end

local function close(why)
  ngx.log(ngx.ERR, "the request ends here: the rest of its body cannot be dropped: ", why)
  return ngx.exit(ngx.headers_sent and ngx.ERROR or 500) -- with both nginx closes the connection
end

-- The thread that reads for one who was ended may still wait for the client.
local function wait_for_reader(body, ends)
  while body.reading and ngx.now() < ends do
    ngx.sleep(0.005)
  end
end

local function drop(body, reason)
  local ends = ngx.now() + M.longest
  body.dropped = body.left > 0
  wait_for_reader(body, ngx.now() + M.idle)
  while body.left > 0 do
    local slice, message = nil, "timeout"
    if not body.reading then
      slice, message = receive(body, M.idle)
    end
    ngx.update_time()
    if body.left > 0 and not (slice and ngx.now() < ends) then
      return close((message or "it takes too long") .. "; " .. reason)
    end
  end
end

-- Whether somebody may still read: who asked for the body, an operation, or who has read last. That one may
-- have been ended inside a coroutine, which then never looks dead.
local function is_wanted(body)
  for thread in pairs(body.users) do
    if coroutine.status(thread) ~= "dead" then
      return true
    end
  end
  local last = body.last[1]
  return last and coroutine.status(last) ~= "dead" and ngx.now() - body.at < 2 * M.longest
end

-- Drops what is left when nobody reads any more.
local function watch(body)
  while body.left > 0 and (body.reading or is_wanted(body)) do
    body.ended:wait(0.1)
  end
  drop(body, "the handler has returned")
end

local function take(body)
  local socket, message = ngx.req.socket()
  if not socket then
    return message
  end
  body.socket, body.ended = socket, assert(semaphore.new())
  if ngx.get_phase() == "content" then
    ngx.thread.spawn(watch, body)
  end
end

-- A body must not hold its request's ngx.ctx, as threads do.
local function weak(mode)
  return setmetatable({}, { __mode = mode })
end

--- Makes a reader of the request's body; the socket is taken when it is first called.
-- @tparam integer length bytes
-- @treturn function
function M.reader(length)
  local body = { left = length, users = weak "k", last = weak "v" }
  body.users[coroutine.running()] = true
  bodies[ngx.ctx] = body
  return function()
    body.last[1], body.at = coroutine.running(), ngx.now()
    local failed = not body.socket and take(body)
    if failed then
      return nil, failed
    elseif body.dropped then
      return nil, "the request's body was dropped: an operation that read it has failed"
    elseif body.left == 0 then
      return nil
    end
    local slice, message = receive(body, 60)
    if not slice then
      return nil, "the request's body ended early: " .. message
    end
    return slice
  end
end

--- Does the work of an operation that may read the present request's body. What it leaves when it fails is
-- dropped before anybody learns of the failure: who does may end the request.
-- @tparam function work
-- @tparam table op
-- @treturn table|nil what the work returns
-- @treturn table error
function M.run(work, op)
  local body = next(bodies) and bodies[ngx.ctx]
  if body then
    body.users[op.runner] = true
  end
  local res, err = work(op)
  if body then
    body.users[op.runner] = nil
    if not res and body.socket and body.left > 0 then
      drop(body, tostring(err))
    end
  end
  return res, err
end

return M
