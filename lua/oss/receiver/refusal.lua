--- Why a request is refused: a value with a stable `code`, a `message` for people and the HTTP `status`
-- to answer with. It reads well in `..` and `tostring`, and holds nothing secret.

local M = {}

local refusal_mt = { __name = "oss.refusal" }
refusal_mt.__index = refusal_mt

function refusal_mt:__tostring()
  return self.code .. ": " .. self.message
end

function refusal_mt.__concat(a, b)
  return tostring(a) .. tostring(b)
end

--- Makes a refusal.
-- @tparam string code
-- @tparam string message
-- @tparam[opt=400] number status
-- @treturn table
function M.new(code, message, status)
  return setmetatable({ code = code, message = message, status = status or 400 }, refusal_mt)
end

return M
