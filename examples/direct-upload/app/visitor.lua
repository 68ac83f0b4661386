-- Who is asking: a random cookie. A service with accounts has a better answer.

local core = require "oss.core"

local M = {}

--- Random hexadecimal digits, for names that nobody can guess.
function M.random(bytes)
  local file = assert(io.open("/dev/urandom", "rb"))
  local text = file:read(bytes)
  file:close()
  return core.hex(text)
end

local function cookie()
  local value = ngx.var.cookie_visitor
  return value and #value == 32 and not value:find("%X") and value or nil
end

--- The visitor of this request; nil when there is no cookie of ours.
-- It goes into forms, which the page can read, so it is not the cookie itself.
function M.id()
  local value = cookie()
  return value and core.hex(core.sha256(value)):sub(1, 32)
end

--- Gives a new visitor a cookie, with the page.
function M.welcome()
  if not cookie() then
    ngx.header["Set-Cookie"] = ("visitor=%s; Path=/; Max-Age=86400; HttpOnly; SameSite=Strict%s"):format(
      M.random(16), ngx.var.scheme == "https" and "; Secure" or "")
  end
end

return M
