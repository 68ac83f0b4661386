--- The parts that a reader gives: filled one after the other into blocks outside of Lua's memory, which
-- together are never larger than `memory_limit`. A block is free for the next part as soon as OSS has its
-- part.

local core = require "oss.core"
local errors = require "oss.errors"
local multipart = require "oss.multipart"

local M = {}

M.default_memory = 128 * 1024 * 1024

-- Copied between two pauses: a fraction of a millisecond.
local stretch = 256 * 1024

local large = 1024 * 1024

local reading_methods = { is_reader = true }
local reading_mt = { __index = reading_methods }

--- Opens a reader.
-- @tparam table op the upload, whose options have `reader`, and `length` when known
-- @treturn table a source, see `oss.uploading.source`; its parts come from `next` and go to `done`
function M.open(op)
  local o = op.options
  local limit = o.memory_limit or M.default_memory
  local part_size = multipart.part_size(o.length, o.part_size, true)
  return setmetatable({ op = op, size = o.length, identity = { size = o.length }, part_size = part_size,
    limit = limit, largest = o.length and part_size or multipart.largest_growing(part_size, limit),
    number = 0, offset = 0, -- of the last part
    chunk = nil, used = 0, taken = 0, ended = false, -- what the reader gave
    held = 0, out = {}, spare = {}, -- blocks
  }, reading_mt)
end

function reading_methods.is_same()
  return true
end

function reading_methods.attach(request, part)
  request.body = part.block
end

-- Asks the reader for a chunk; a message when it fails.
local function ask(self)
  local ok, chunk, message = self.op:call(self.op.options.reader)
  if not ok then
    return "the reader raised: " .. tostring(chunk)
  elseif chunk == nil and message ~= nil then
    return "the reader returned: " .. tostring(message)
  elseif chunk ~= nil and type(chunk) ~= "string" then
    return "the reader must return a string or nil, got " .. type(chunk)
  end
  local length = self.size
  self.chunk, self.used, self.ended = chunk, 0, chunk == nil
  self.taken = self.taken + #(chunk or "")
  if length and (self.taken > length or self.ended and self.taken < length) then
    return ("the reader gave %s than option 'length' says, %.0f bytes"):format(
      self.taken > length and "more" or "less", length)
  end
end

-- The collector counts steps by the number of strings more than by their size: large ones would pile up.
local function drop_chunk(self)
  local size = #self.chunk
  self.chunk = nil
  if size >= large then
    collectgarbage("step", math.floor(size / 1024))
  end
end

-- Fills a block; a message when that fails.
local function fill(self, block, size)
  local copied = 0
  while #block < size do
    if not self.chunk then
      local message = ask(self)
      if message or self.ended then
        return message
      end
    end
    local n = block:fill(self.chunk, self.used + 1, math.min(stretch - copied, size - #block))
    self.used, copied = self.used + n, copied + n
    if self.used == #self.chunk then
      drop_chunk(self)
    end
    if copied == stretch or n == 0 then
      copied = 0
      local stop = self.op:sleep(0)
      if stop then
        return stop.message
      end
    end
  end
end

-- The size that the next part is to have.
local function next_size(self)
  return self.size and self.part_size or multipart.growing(self.number + 1, self.part_size, self.largest)
end

--- Whether there is memory for one more part.
-- @treturn boolean
function reading_methods:has_room()
  return self.held == 0 or self.held + next_size(self) <= self.limit
end

-- Gives spare blocks back, one after the other: the system needs a while for each.
local function free_spare(self)
  for i = #self.spare, 1, -1 do
    self.spare[i].block:free()
    self.spare[i] = nil
    self.op:sleep(0.001)
  end
end

-- A block for so many bytes, and for how many there is room in it.
local function take_block(self, size)
  local last = self.spare[#self.spare]
  if last and last.room >= size then
    self.spare[#self.spare] = nil
    last.block:clear()
    return last.block, last.room
  end
  free_spare(self)
  local block, message = core.block(size)
  return block, block and size or message
end

--- The next part.
-- @tparam[opt] integer size bytes, when it is not to be chosen here
-- @treturn table|nil number, offset, size, block; nil at the end
-- @treturn table error
function reading_methods:next(size)
  if self.ended then
    return nil
  end
  size = size or next_size(self)
  local block, room = take_block(self, size)
  if not block then
    return nil, errors.here("OutOfMemory", room)
  end
  local message = fill(self, block, size)
  if message or #block == 0 then
    block:free()
    return nil, message and errors.here("ReaderFailed", message)
  end
  local part = { number = self.number + 1, offset = self.offset, size = #block, block = block, room = room }
  self.number, self.offset, self.held = part.number, self.offset + part.size, self.held + room
  self.out[part] = true
  return part
end

--- A part has gone out: its memory is free.
-- @tparam table part
function reading_methods:done(part)
  self.held, self.out[part] = self.held - part.room, nil
  table.insert(self.spare, part)
end

--- Gives all memory back. Nobody sends any more, or will end at once.
function reading_methods:close()
  for part in pairs(self.out) do
    part.block:free()
  end
  self.out = {}
  free_spare(self)
end

return M
