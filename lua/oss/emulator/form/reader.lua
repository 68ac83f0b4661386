--- A body that can be searched and cut while it comes: a buffer over its slices.

local body = require "oss.emulator.body"

local M = {}

local methods = {}
methods.__index = methods

--- Opens a body.
-- @tparam table content a body
-- @treturn table a reader; drain it in the end
function M.open(content)
  -- `at` is the place in the body of the buffer's first byte.
  return setmetatable({ slices = body.slices(content), buffer = "", at = 0, ended = false }, methods)
end

-- Puts another slice behind the buffer; false when there is none.
function methods:fill()
  local slice = not self.ended and self.slices()
  if not slice then
    self.ended = true
    return false
  end
  self.buffer = self.buffer .. slice
  return true
end

-- Takes bytes off the buffer's front.
function methods:drop(count)
  self.buffer = self.buffer:sub(count + 1)
  self.at = self.at + count
end

--- Takes everything up to a text, and the text.
-- @tparam string text
-- @tparam number limit so many bytes may come before it
-- @treturn string|nil what came before it
function methods:upto(text, limit)
  local from = 1
  while true do
    local first, last = self.buffer:find(text, from, true)
    if first then
      local before = self.buffer:sub(1, first - 1)
      self:drop(last)
      return before
    end
    from = math.max(1, #self.buffer - #text + 2)
    if #self.buffer > limit + #text or not self:fill() then
      return nil
    end
  end
end

--- Skips to a text without keeping what comes before it.
-- @tparam string text
-- @treturn number|nil the place where it begins
function methods:skip_to(text)
  while true do
    local first = self.buffer:find(text, 1, true)
    self:drop(first and first - 1 or math.max(0, #self.buffer - #text + 1))
    if first then
      return self.at
    elseif not self:fill() then
      return nil
    end
  end
end

--- Where in the body the next byte is.
-- @treturn number
function methods:place()
  return self.at
end

--- Leaves the rest unread, but lets the body close its file.
function methods:drain()
  repeat
    self.buffer = ""
  until not self:fill()
end

return M
