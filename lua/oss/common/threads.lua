--- Coroutines that serve one operation after another: a new one costs more than its work in Lua does.

local M = {}

local threads_methods = {}
local threads_mt = { __index = threads_methods }

--- Makes a stack of resting coroutines.
-- @treturn table
function M.new()
  return setmetatable({ n = 0 }, threads_mt)
end

local function perform(op, work)
  op.result, op.err = work(op)
end

-- While it rests it holds no operation.
local function serve()
  while true do
    perform(coroutine.yield("end"))
  end
end

--- Takes one that rests, or a new one. Resumed with an operation and its work it does the work, sets
-- the operation's `result` and `err`, and yields "end".
-- @treturn thread
function threads_methods:take()
  local n = self.n
  if n > 0 then
    local thread = self[n]
    self[n], self.n = nil, n - 1
    return thread
  end
  local thread = coroutine.create(serve)
  coroutine.resume(thread)
  return thread
end

--- Gives one back that has yielded "end".
-- @tparam thread thread
function threads_methods:give(thread)
  local n = self.n + 1
  self[n], self.n = thread, n
end

return M
