--- What a callback looks like on its way: to OSS, and from OSS to the service.

local core = require "oss.core"
local template = require "oss.template"

local M = {}

local max_bytes = 5120

local mime_types = { json = "application/json", form = "application/x-www-form-urlencoded" }

-- Only its form is real: the key's URL is the one that OSS uses.
local head = [[
POST %s HTTP/1.1
Host: %s
Connection: close
Content-Length: %d
Authorization: (base64 of OSS's RSA signature over path, query and body)
Content-MD5: %s
Content-Type: %s
Date: Tue, 07 May 2024 03:06:13 GMT
User-Agent: aliyun-oss-callback
x-oss-bucket: %s
x-oss-pub-key-url: aHR0cHM6Ly9nb3NzcHVibGljLmFsaWNkbi5jb20vY2FsbGJhY2tfcHViX2tleV92MS5wZW0=
x-oss-request-id: %s
x-oss-requester: 1234567890123456
x-oss-signature-version: 1.0
x-oss-tag: CALLBACK
]]

local function indent(text)
  return (("\n" .. text):gsub("\n", "\n  "):gsub("\n  \n", "\n\n"):sub(2):gsub("%s+$", ""))
end

local function limits(base64)
  return ("%d of %d bytes of base64"):format(#base64, max_bytes)
end

local function sent_to_oss(prepared)
  local out = {
    "Sent to OSS with the upload, header x-oss-callback (" .. limits(prepared.callback) .. "):",
    indent(core.unbase64(prepared.callback)),
  }
  local fields = "callback"
  if prepared.callback_var then
    out[#out + 1] = "header x-oss-callback-var (" .. limits(prepared.callback_var) .. "):"
    out[#out + 1] = indent(core.unbase64(prepared.callback_var))
    local names = {}
    for name in pairs(prepared.vars) do
      names[#names + 1] = name
    end
    table.sort(names)
    fields = "callback, " .. table.concat(names, ", ")
  end
  out[#out + 1] = "(In a presigned URL the parameters callback and callback-var; in a form upload the fields "
    .. fields .. ".)"
  return table.concat(out, "\n")
end

local function request(prepared, values)
  local url = core.callback_url(prepared.urls[1])
  local default_port = url.scheme == "https" and 443 or 80
  local host = prepared.host or url.host .. (url.port ~= default_port and ":" .. url.port or "")
  local body = assert(core.callback_expand(prepared.body, prepared.body_type, values))
  return head:format(url.target, host, #body, core.base64(core.md5(body)), mime_types[prepared.body_type],
    values.bucket, values.reqId) .. "\n" .. body
end

local function no_image(prepared, values)
  if not prepared.body:find("${imageInfo.", 1, true) or not values["imageInfo.width"] then
    return nil
  end
  local other = {}
  for name, value in pairs(values) do
    other[name] = not name:find("^imageInfo") and value or nil
  end
  return core.callback_expand(prepared.body, prepared.body_type, other)
end

--- What is wrong with a body: nil or the first error, and the warnings that are not known yet.
local function judge(prepared, body, body_type)
  local vars, known = {}, {}
  for name, value in pairs(prepared.vars) do
    vars[#vars + 1] = name
    vars[#vars + 1] = value
  end
  for _, warning in ipairs(prepared.warnings) do
    known[warning] = true
  end
  local _, problems = core.callback_check { urls = prepared.urls, host = prepared.host, body = body,
    body_type = body_type, vars = vars }
  local warnings = {}
  for _, problem in ipairs(problems) do
    if not problem.warning then
      return problem.message
    elseif problem.field == "body" and not known[problem.message] then
      warnings[#warnings + 1] = "(" .. problem.message .. ")"
    end
  end
  return nil, warnings
end

--- The body under the other body type and what is odd about that, or why it cannot be sent so.
local function other_form(prepared, values)
  local other = prepared.body_type == "json" and "form" or "json"
  local body, err = prepared.source, nil
  if type(body) == "table" then
    body, err = template[other](body)
  end
  local warnings
  if body then
    err, warnings = judge(prepared, body, other)
  end
  if err then
    return ("With body_type = %q it cannot be sent:\n"):format(other) .. indent(err)
  end
  table.insert(warnings, 1, (core.callback_expand(body, other, values)))
  return ("The body with body_type = %q:\n"):format(other) .. indent(table.concat(warnings, "\n"))
end

local function received(prepared, values)
  for name, value in pairs(prepared.vars) do
    values[name] = value
  end
  local out = { "Received by the service, for an object as in the sample:", indent(request(prepared, values)) }
  local plain = no_image(prepared, values)
  if plain then
    out[#out + 1] = "The body when the object is no image:"
    out[#out + 1] = indent(plain)
  end
  out[#out + 1] = other_form(prepared, values)
  if #prepared.urls > 1 then
    out[#out + 1] = "Without an answer of status 200 OSS goes on to:"
    out[#out + 1] = indent(table.concat(prepared.urls, "\n", 2))
  end
  return table.concat(out, "\n")
end

--- What a token is made for in an explanation: the sample's object, at the sample's time.
-- @tparam table values from `oss.callback.sample`
-- @treturn table
function M.place(values)
  return { bucket = values.bucket, key = values.object, now = 1715051173 }
end

--- The text of `oss.callback.explain`.
-- @tparam table prepared what `oss.callback.prepare` made of the callback
-- @tparam table values from `oss.callback.sample`
-- @treturn string
function M.text(prepared, values)
  local out = { sent_to_oss(prepared) }
  out[2] = prepared.body and received(prepared, values)
    or "What the service receives is up to that policy of the bucket."
  if #prepared.warnings > 0 then
    out[3] = "Warnings:\n" .. indent(table.concat(prepared.warnings, "\n"))
  end
  return table.concat(out, "\n\n") .. "\n"
end

return M
