--- Errors as values: what an operation returns behind `nil`.
--
-- Wrong arguments raise; what the world can cause is one of these. The kinds:
--
-- * `service`: OSS said no; nothing was stored.
-- * `callback`: the object is stored, but the callback failed or its outcome is unknown.
-- * `transport`: OSS could not be talked to, or its answer cannot be trusted.
-- * `timeout`, `cancelled`: a limit of yours, or you, ended it.
-- * `local`: this machine: a file, a handler of yours, or credentials.
--
-- `stored` says whether what this operation sends is in OSS now: true, false (always for reads), or nil
-- when nobody knows.
-- @module oss.errors

local M = {}

local error_mt = { __name = "oss.error" }
error_mt.__index = error_mt

local function one_line(text)
  return (tostring(text):gsub("%s+", " "))
end

--- `kind: Code: message (details). hint`
function error_mt:__tostring()
  local details = {}
  if self.status and self.status > 0 then
    details[#details + 1] = "status " .. self.status
  end
  if self.ec then
    details[#details + 1] = "EC " .. self.ec
  end
  if self.request_id then
    details[#details + 1] = "request id " .. self.request_id
  end
  if self.attempts and self.attempts > 1 then
    details[#details + 1] = self.attempts .. " attempts"
  end
  local stored = self.stored
  if stored ~= false or self.kind == "callback" then
    details[#details + 1] = "stored: " .. (stored == nil and "unknown" or stored and "yes" or "no")
  end
  local text = self.kind .. ": " .. self.code .. ": " .. one_line(self.message)
  if #details > 0 then
    text = text:gsub("%.$", "") .. " (" .. table.concat(details, ", ") .. ")"
  end
  if self.hint then
    text = text:gsub("%.$", "") .. ". " .. one_line(self.hint)
  end
  return text
end

function error_mt.__concat(a, b)
  return tostring(a) .. tostring(b)
end

--- Makes an error.
-- @tparam table t kind, code, message and whatever else is known (see the module's text)
-- @treturn table the same table, now an error
function M.new(t)
  t.message = t.message or t.code
  return setmetatable(t, error_mt)
end

--- An error of this machine: a file, a handler, a store. Nothing was stored.
-- @tparam string code
-- @param message text
-- @param cause what a handler raised
-- @treturn table
function M.here(code, message, cause)
  return M.new { kind = "local", code = code, message = tostring(message), cause = cause, stored = false }
end

--- Whether a value is an error of this library.
-- @param value anything
-- @treturn boolean
function M.is(value)
  return getmetatable(value) == error_mt
end

--- `assert` that shows the message on every Lua version.
--
-- PUC Lua 5.1's own `assert` wants a string and hides the cause when given a table.
-- @param value what an operation returned
-- @param err its error
-- @return value, and whatever follows
-- @raise the error's one-line text, at the caller's line
-- @usage local res = oss.assert(client:put{ bucket = "b", key = "k", body = "text" })
function M.assert(value, err, ...)
  if not value then
    error(tostring(err == nil and "assertion failed!" or err), 2)
  end
  return value, err, ...
end

return M
