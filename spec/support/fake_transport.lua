-- A transport without a network: answers from a script, a clock that moves only when slept on.
--
-- Each item of the script answers one request: an answer table, or a function of the request. A function
-- instead of a script answers all.
-- Readers are drained as libcurl would do it, on_progress sees one event for each chunk.

local core = require "oss.core"

local M = {}

local methods = {}
methods.__index = methods

function M.new(script)
  return setmetatable({ script = script, requests = {}, events = {}, clock = 1000, next_id = 0,
    cancelled = {}, live = {} }, methods)
end

-- An answer with the usual fields filled in.
function M.answer(t)
  t.headers = t.headers or {}
  t.headers["x-oss-request-id"] = t.headers["x-oss-request-id"] or "REQUEST-ID"
  t.status, t.body = t.status or (t.error and 0 or 200), t.body or ""
  if t.sent_all == nil then
    t.sent_all = not t.error
  end
  t.received = #t.body
  return t
end

function M.error_xml(code, message, more)
  return "<?xml version=\"1.0\"?>\n<Error><Code>" .. code .. "</Code><Message>" .. message
    .. "</Message><RequestId>RID</RequestId><HostId>HOST</HostId>" .. (more or "") .. "</Error>"
end

function methods:push(...)
  table.insert(self.events, { n = select("#", ...), ... })
end

function methods:finish(id)
  local request = self.live[id]
  self.live[id] = nil
  local item = self.script
  if type(item) == "table" then
    item = table.remove(item, 1)
  end
  if type(item) == "function" then
    item = item(request, self)
  end
  assert(item, "the script has no answer for request " .. #self.requests)
  if item == "never" then
    self.live[id] = request
    return
  end
  local answer = M.answer(item)
  answer.sent = #(request.body or "")
  answer.crc64 = answer.crc64 or core.crc64(request.body or "")
  self:push("done", id, answer)
end

function methods:submit(request)
  if request.url:find("refuse-submit", 1, true) then
    return nil, "FileRead", "cannot open"
  end
  self.next_id = self.next_id + 1
  local id = self.next_id
  self.requests[#self.requests + 1] = request
  self.live[id] = request
  if request.body then
    local first = (request.offset or 0) + 1
    request.body = request.body:sub(first, request.length and first + request.length - 1 or #request.body)
  end
  if request.feed then
    request.body = ""
    self:push("need", id)
  else
    if request.body then
      self:push("progress", id, #request.body, #request.body, 0)
    end
    self:finish(id)
  end
  return id
end

function methods:feed(id, chunk)
  local request = self.live[id]
  if not request then
    return nil, "Cancelled"
  elseif chunk then
    request.body = request.body .. chunk
    self:push("progress", id, #request.body, request.length or -1, 0)
    self:push("need", id)
  else
    self:finish(id)
  end
  return true
end

function methods:poll(seconds)
  if #self.events == 0 then
    self.clock = self.clock + seconds
  end
  return #self.events
end

function methods:event()
  local event = table.remove(self.events, 1)
  if event then
    return (table.unpack or unpack)(event, 1, event.n) -- luacheck: ignore 113
  end
end

function methods:cancel(id)
  local request = self.live[id]
  self.live[id] = nil
  self.cancelled[id] = true
  return true, request and not request.feed
end

function methods:now()
  return self.clock
end

function methods:close()
  self.closed = true
end

return M
