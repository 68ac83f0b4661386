-- What OSS says, when the guard has let it in: remembered and answered. The answer goes back to the uploading page.

local callbacks = require "resty.oss.callback"
local json = require "app.json"
local store = require "app.store"

local M = {}

--- Remembers an event and answers with it; without Redis the answer is an error, and OSS tells the page so.
function M.remember(event, visitor)
  local id, is_new = store.add(event, visitor)
  if not id then
    ngx.log(ngx.ERR, "not remembered: ", event.key, ": ", is_new)
    return json.answer(503, { message = "The server cannot remember this just now." })
  end
  event.id, event.is_new = id, is_new
  callbacks.reply(event)
end

--- Answers a callback.
function M.answer()
  local fields = callbacks.fields()
  M.remember({ bucket = fields.bucket, key = fields.object, etag = fields.etag, size = tonumber(fields.size),
    type = fields.type, format = fields.format, width = tonumber(fields.width), height = tonumber(fields.height),
    at = ngx.time() }, fields.visitor)
end

return M
