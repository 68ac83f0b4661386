--- Reads an answer from a peer that may be hostile: a head, then a body in one of its three forms.
--
-- An input has a `buffer`; `input:more()` returns the next bytes as they come, or nil, code and detail;
-- `input:sink(piece)` takes the pieces of the body, and returns code and detail to give up.

local new_table = require "table.new"

local M = {}

local find, sub, byte, lower = string.find, string.sub, string.byte, string.lower

-- More than any answer of OSS has.
local head_max, line_max = 64 * 1024, 1024

-- ---- head

-- Where a head ends: behind an empty line; line ends may lack their CR.
local function head_end(buffer, from)
  local _, stop = find(buffer, "\n\r\n", from, true)
  local _, bare = find(buffer, "\n\n", from, true)
  return stop and bare and math.min(stop, bare) or stop or bare
end

local function take_head(input)
  local from = 1
  while true do
    local buffer = input.buffer
    local stop = head_end(buffer, from)
    if stop then
      input.buffer = sub(buffer, stop + 1)
      return sub(buffer, 1, stop)
    elseif #buffer > head_max then
      return nil, "AnswerTooLarge", "headers"
    end
    local piece, code, detail = input:more()
    if not piece then
      return nil, code, detail
    end
    from = math.max(1, #buffer - 2)
    input.buffer = buffer .. piece
  end
end

-- The few names there are, in lower case; false for what is no name.
local names, names_count = {}, 0

local function name_of(raw)
  local name = names[raw]
  if name == nil then
    name = raw ~= "" and not find(raw, "[^!-~]") and lower(raw)
    if names_count < 200 and #raw < 64 then
      names[raw], names_count = name, names_count + 1
    end
  end
  return name
end

local function trimmed(head, from, to)
  local first, last = byte(head, from), byte(head, to)
  while from <= to and (first == 32 or first == 9) do
    from = from + 1
    first = byte(head, from)
  end
  while from <= to and (last == 13 or last == 32 or last == 9) do
    to = to - 1
    last = byte(head, to)
  end
  return sub(head, from, to)
end

-- A name that comes twice has its values joined, as RFC 9110 says; a line that begins with white
-- space goes on with the value before it. Patterns would take longer than all else in a small put.
local function parse_headers(head)
  if find(head, "\n ", 1, true) or find(head, "\n\t", 1, true) then
    head = head:gsub("\r?\n[ \t]+", " ")
  end
  local headers, at = new_table(0, 16), find(head, "\n", 1, true) + 1
  local stop = find(head, "\n", at, true)
  while stop do
    local colon = find(head, ":", at, true)
    local name = colon and colon < stop and name_of(sub(head, at, colon - 1))
    if name then
      local value, before = trimmed(head, colon + 1, stop - 1), headers[name]
      headers[name] = before and before .. ", " .. value or value
    end
    at = stop + 1
    stop = find(head, "\n", at, true)
  end
  return headers
end

--- Reads a head.
-- @tparam table input
-- @treturn table|nil status, headers, version (minor)
-- @treturn string code
-- @treturn string detail
function M.head(input)
  local head, code, detail = take_head(input)
  if not head then
    return nil, code, detail
  elseif find(head, "\0", 1, true) then
    return nil, "MalformedAnswer", "a header holds a NUL"
  end
  local version, status = tonumber(sub(head, 8, 8)), tonumber(sub(head, 9, 12))
  if sub(head, 1, 7) ~= "HTTP/1." or not version or not status or status < 100 or status % 1 ~= 0 then
    return nil, "MalformedAnswer", "the status line is broken"
  end
  return { status = status, version = version, headers = parse_headers(head) }
end

-- ---- body

-- While a body is read, `input.at` is where its next byte stands in the buffer: to cut the buffer for
-- each chunk would copy it as often as a peer likes.
local function take(input, most)
  local buffer, at = input.buffer, input.at
  if at > #buffer then
    local code, detail
    buffer, code, detail = input:more()
    if not buffer then
      return nil, code, detail
    end
    input.buffer, at = buffer, 1
  end
  local stop = most and math.min(#buffer, at + most - 1) or #buffer
  input.at = stop + 1
  return sub(buffer, at, stop)
end

local function read_exactly(input, left)
  while left > 0 do
    local piece, code, detail = take(input, left)
    if not piece then
      return nil, code == "closed" and "TruncatedAnswer" or code, detail
    end
    left = left - #piece
    code, detail = input:sink(piece)
    if code then
      return nil, code, detail
    end
  end
  return true
end

local function take_line(input)
  while true do
    local buffer, at = input.buffer, input.at
    local stop = find(buffer, "\n", at, true)
    if stop and stop - at <= line_max then
      input.at = stop + 1
      return sub(buffer, at, byte(buffer, stop - 1) == 13 and stop > at and stop - 2 or stop - 1)
    elseif #buffer - at >= line_max then
      return nil, "MalformedAnswer", "a chunk has no size"
    end
    local piece, code, detail = input:more()
    if not piece then
      return nil, code == "closed" and "TruncatedAnswer" or code, detail
    end
    input.buffer, input.at = sub(buffer, at) .. piece, 1
  end
end

local function read_trailers(input)
  for _ = 1, 64 do
    local line, code, detail = take_line(input)
    if not line or line == "" then
      return line ~= nil, code, detail
    end
  end
  return nil, "MalformedAnswer", "too many trailers"
end

local function read_chunks(input)
  while true do
    local line, code, detail = take_line(input)
    local size = line and line:match("^(%x+)[ \t]*$") or line and line:match("^(%x+)[ \t]*;")
    if not line then
      return nil, code, detail
    elseif not size or #size > 12 then
      return nil, "MalformedAnswer", "a chunk has no size"
    end
    size = tonumber(size, 16)
    if size == 0 then
      return read_trailers(input)
    end
    local ok
    ok, code, detail = read_exactly(input, size)
    if ok then
      line, code, detail = take_line(input)
    end
    if code then
      return nil, code, detail
    elseif line ~= "" then
      return nil, "MalformedAnswer", "a chunk is longer than its size"
    end
  end
end

local function read_until_closed(input)
  while true do
    local piece, code, detail = take(input)
    if not piece then
      return code == "closed", code, detail
    end
    code, detail = input:sink(piece)
    if code then
      return nil, code, detail
    end
  end
end

local function has_body(method, status)
  return method ~= "HEAD" and status ~= 204 and status ~= 304
end

--- Reads the body that belongs to a head.
-- @tparam table input
-- @tparam string method of the request
-- @tparam table head
-- @treturn boolean|nil whether it came whole
-- @treturn string code
-- @treturn string detail
-- @treturn boolean whether the connection can be used again
function M.body(input, method, head)
  local headers = head.headers
  local connection = headers.connection
  local keep = head.version >= 1 and not (connection and find(lower(connection), "close", 1, true))
  local ok, code, detail = true, nil, nil
  input.at = 1
  if has_body(method, head.status) then
    local length, coding = headers["content-length"], headers["transfer-encoding"]
    if coding then
      if lower(coding) ~= "chunked" then
        return nil, "MalformedAnswer", "an unknown Transfer-Encoding"
      end
      keep = keep and not length
      ok, code, detail = read_chunks(input)
    elseif length then
      if not find(length, "^%d+$") or #length > 15 then
        return nil, "MalformedAnswer", "a broken Content-Length"
      end
      ok, code, detail = read_exactly(input, tonumber(length))
    else
      keep = false
      ok, code, detail = read_until_closed(input)
    end
  end
  if not ok then
    return nil, code, detail
  end
  input.buffer = sub(input.buffer, input.at)
  return true, nil, nil, keep and input.buffer == ""
end

return M
