-- What must hold for every answer of a server, however its bytes arrive. The first byte of an input chooses
-- the request's method and how the bytes are cut.

package.path = "lua/?.lua;lua/?/init.lua;" .. package.path
package.preload["table.new"] = function()
  return function() return {} end
end

local answers = require "oss.transport.cosocket.answer"

local methods = { [0] = "PUT", "GET", "HEAD" }

-- An input of `oss.transport.cosocket.answer` that hands the bytes out in pieces of n.
local function open(bytes, n)
  local at, parts = 1, {}
  return { buffer = "", parts = parts,
    more = function()
      local piece = bytes:sub(at, at + n - 1)
      at = at + n
      if piece == "" then
        return nil, "closed", "closed"
      end
      return piece
    end,
    sink = function(_, piece)
      assert(piece ~= "", "an empty piece")
      parts[#parts + 1] = piece
    end,
    left = function(self)
      return self.buffer .. bytes:sub(at)
    end }
end

local codes = { closed = true, AnswerTooLarge = true, MalformedAnswer = true, TruncatedAnswer = true }

local function check_code(code)
  assert(codes[code], "an error that is none")
  return { code = code }
end

local function read(bytes, method, n)
  local input = open(bytes, n)
  local head, code, _
  repeat
    head, code = answers.head(input)
  until not head or head.status >= 200
  if not head then
    return check_code(code)
  end
  for name, value in pairs(head.headers) do
    assert(name:find("^[!-~]+$") and name == name:lower(), "no name of a header")
    assert(not value:find("[%z\n]") and not value:find("^[ \t]") and not value:find("[\t\r]$"), "no value of a header")
  end
  local ok, keep
  ok, code, _, keep = answers.body(input, method, head)
  local body = table.concat(input.parts)
  if not ok then
    return check_code(code)
  end
  return { status = head.status, headers = head.headers, body = body, left = input:left(), keep = keep }
end

-- Nothing is made up: a body is what came, without the frames of its chunks.
local function check_body(answer, bytes, method)
  local length, coding = tonumber(answer.headers["content-length"]), answer.headers["transfer-encoding"]
  if method == "HEAD" or answer.status == 204 or answer.status == 304 then
    assert(answer.body == "", "a body where none can be")
  elseif coding then
    assert(#answer.body + 5 <= #bytes, "longer than what came")
    return
  else
    assert(not length or #answer.body == length, "another length than announced")
    assert(length or answer.left == "" and not answer.keep, "an end that nobody announced")
  end
  assert(bytes:sub(-#answer.left - #answer.body - 1):find(answer.body, 1, true), "bytes that did not come")
end

local function same(a, b)
  for name, value in pairs(a.headers or {}) do
    assert(b.headers[name] == value, "headers depend on how they arrive")
  end
  return a.code == b.code and a.status == b.status and a.body == b.body and a.left == b.left
end

return function(input)
  local first, bytes = input:byte() or 0, input:sub(2)
  local method = methods[first % 3]
  local whole = read(bytes, method, #bytes + 1)
  local cut = read(bytes, method, math.floor(first / 3) % 16 + 1)
  assert(same(whole, cut) and same(cut, whole), "an answer depends on how it arrives")
  if whole.code then
    return
  end
  assert(not whole.keep or whole.left == "", "kept with bytes of an unknown answer")
  assert(not cut.keep or cut.left == "" or not whole.keep, "kept against all sense")
  check_body(whole, bytes, method)
end
