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

--- The visitor of this request; nil when there is no cookie of ours.
function M.id()
  local id = ngx.var.cookie_visitor
  return id and #id == 32 and not id:find("[^%x]") and id or nil
end

--- Gives a new visitor a cookie, with the page.
function M.welcome()
  if not M.id() then
    ngx.header["Set-Cookie"] = ("visitor=%s; Path=/; Max-Age=86400; HttpOnly; SameSite=Strict%s"):format(
      M.random(16), ngx.var.scheme == "https" and "; Secure" or "")
  end
end

return M
