-- Questions and answers of the page, in JSON.

local cjson = require "cjson.safe"

local M = {}

--- The question of this request. It must say that it is JSON: a form of another site cannot, without asking first.
function M.question()
  ngx.req.read_body()
  local kind = ngx.var.content_type or ""
  local value = ngx.req.get_method() == "POST" and kind:find("^application/json") and
    cjson.decode(ngx.req.get_body_data() or "")
  return type(value) == "table" and value or {}
end

--- Answers, and ends the request.
function M.answer(status, value)
  local text = cjson.encode(value)
  ngx.status = status
  ngx.header["Content-Type"] = "application/json"
  ngx.header["Content-Length"] = #text
  ngx.print(text)
  return ngx.exit(ngx.HTTP_OK)
end

return M
