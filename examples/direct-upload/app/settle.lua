-- When the page does not know how an upload ended, or OSS could not reach the callback service: asks OSS.

local callback = require "app.callback"
local json = require "app.json"
local settings = require "app.settings"
local tokens = require "oss.receiver.token"
local visitor = require "app.visitor"

local M = {}

--- Looks whether an object is there, and remembers it as its callback would have.
-- The permit's token shows that the page may ask.
function M.answer()
  local question, me = json.question(), visitor.id()
  local key = question.key
  local ok = me and tokens.check({ bucket = settings.bucket, object = key, token = question.token },
    settings.secrets, ngx.time())
  if not ok then
    return json.answer(403, { message = "That is not from a permit of this server, or it has expired." })
  end
  local object, err = settings.client:head { bucket = settings.bucket, key = key, timeout = 10 }
  if object then
    return callback.remember({ bucket = settings.bucket, key = key, etag = object.etag, size = object.content_length,
      type = object.content_type, at = ngx.time() }, me)
  elseif err.status == 404 then
    return json.answer(404, { message = "OSS has no such object." })
  end
  ngx.log(ngx.ERR, "cannot look: ", tostring(err))
  json.answer(502, { message = "OSS cannot be asked just now." })
end

return M
