-- Permits: a form for one file, whose policy says what may be stored, where, and who hears of it.

local core = require "oss.core"
local json = require "app.json"
local settings = require "app.settings"
local visitor = require "app.visitor"

local M = {}

-- The end of a file's name as part of a key, without what has a meaning in paths and forms.
local function clean(name)
  name = type(name) == "string" and core.json_string(name) and name or "file"
  name = name:gsub("^.*[/\\]", ""):gsub("[%c$]", ""):gsub("^%.+", "")
  name = name:sub(-80):gsub("^[\128-\191]+", "")
  return name ~= "" and name or "file"
end

--- What the page should know before it asks: the policy decides all the same.
function M.limits()
  json.answer(200, { bytes = settings.most_bytes, types = settings.types })
end

--- A form for one file. The callback's token vouches for its key.
function M.issue()
  local name, me = json.question().name, visitor.id()
  if not name or not me then
    return json.answer(400, { message = "A permit needs the name of a file, and the page's cookie." })
  end
  local form, err = settings.client:form {
    bucket = settings.bucket, key = "uploads/" .. visitor.random(8) .. "/" .. clean(name),
    expires = settings.permit_seconds, content_length_range = { 1, settings.most_bytes },
    content_type = settings.types, forbid_overwrite = true, acl = "private",
    callback = {
      url = settings.callback_urls, sni = true, token = { secret = settings.secrets[1] },
      vars = { visitor = me },
      body_type = "form", -- what OSS puts into JSON for no picture is documented nowhere
      body = { bucket = "${bucket}", object = "${object}", etag = "${etag}", size = "${size}", type = "${mimeType}",
        format = "${imageInfo.format}", width = "${imageInfo.width}", height = "${imageInfo.height}",
        visitor = "${x:visitor}" },
    },
  }
  if not form then
    ngx.log(ngx.ERR, "no permit: ", tostring(err))
    return json.answer(503, { message = "The server cannot hand out permits just now." })
  end
  json.answer(200, { url = form.url, fields = form.fields, key = form.values.key, token = form.values["x:token"] })
end

return M
