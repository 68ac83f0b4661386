--- How a callback ended: OSS's messages and EC numbers.
--
-- The numbers other than 203 and 205 are not published; the emulator uses 203 for them, the number of the
-- general article.

local M = {}

local general, not_json = "0007-00000203", "0007-00000205"

local failures = {
  ["unreachable"] = { "Error status : 502.", general },
  ["timeout"] = { "Error status : -1.OSS can not connect to your callbackUrl, please check it.", general },
  ["no-length"] = { "Error Status : 400.User server missing content-length.", general },
  ["bad-length"] = { "Error Status : 400.User server return invalid conent-length value.", general },
  ["too-long"] = { "Error Status : 400.User server return too long content-length value.", general },
  ["not-json"] = { "Response body is not valid json format.", not_json },
  ["image"] = { "Get image info failed.", general },
  ["throttled"] = { "Too many callback requests.", general },
}

--- The names, for messages.
M.names = "a status, unreachable, timeout, no-length, bad-length, too-long, not-json, image or throttled"

--- A failed callback.
-- @tparam string|number name one of `names`
-- @treturn table|nil `{ message =, ec = }`
function M.failure(name)
  local status = tostring(name):match("^%d%d%d$")
  if status then
    return { message = "Error status : " .. status .. ".", ec = general }
  end
  local failure = failures[name]
  return failure and { message = failure[1], ec = failure[2] }
end

return M
