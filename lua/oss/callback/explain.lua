--- What a callback looks like on its way: to OSS, and from OSS to the service.

local core = require "oss.core"
local nearest = require "oss.common.nearest"
local template = require "oss.template"

local M = {}

local max_bytes = 5120

local default_sample = {
  bucket = "examplebucket",
  object = "exampledir/photo 1.jpg",
  etag = "D8E8FCA2DC0F896FD7CB4CB0031BA249",
  size = "114020",
  mimeType = "image/jpeg",
  ["imageInfo.height"] = "539",
  ["imageInfo.width"] = "810",
  ["imageInfo.format"] = "jpg",
  crc64 = "13027479509578346683",
  contentMd5 = "2Oj8otwPiW/Xy0ywAxuiSQ==",
  vpcId = "",
  clientIp = "203.0.113.7",
  reqId = "66399AA50123456789ABCDEF",
  operation = "PutObject",
}

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

local function known_names()
  local names = {}
  for name in pairs(default_sample) do
    names[#names + 1] = name
  end
  return names
end

--- The user's sample over the default one, everything as text.
local function fill_sample(sample)
  local values = {}
  for name, value in pairs(default_sample) do
    values[name] = value
  end
  if sample and sample.mimeType and not tostring(sample.mimeType):find("^image/") then
    values["imageInfo.height"], values["imageInfo.width"], values["imageInfo.format"] = nil, nil, nil
  end
  for name, value in pairs(sample or {}) do
    if not default_sample[name] then
      return nil, "sample." .. tostring(name) .. ": no such variable"
        .. nearest.clause(tostring(name), known_names())
    end
    values[name] = type(value) == "number" and template.number(value) or tostring(value)
  end
  return values
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
  local body, err = core.callback_expand(prepared.body, prepared.body_type, values)
  if not body then
    return nil, "callback.body: " .. err
  end
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

--- The body of a table in the other type, when it can be written in it.
local function other_type(prepared, values)
  local other = prepared.body_type == "json" and "form" or "json"
  local text = type(prepared.source) == "table" and template[other](prepared.source)
  return text and core.callback_expand(text, other, values), other
end

local function received(prepared, sample)
  local values, err = fill_sample(sample)
  if not values then
    return nil, err
  end
  for name, value in pairs(prepared.vars) do
    values[name] = value
  end
  local text
  text, err = request(prepared, values)
  if not text then
    return nil, err
  end
  local out = { "Received by the service, for an object as in the sample:", indent(text) }
  local plain = no_image(prepared, values)
  if plain then
    out[#out + 1] = "The body when the object is no image:"
    out[#out + 1] = indent(plain)
  end
  local other, name = other_type(prepared, values)
  if other then
    out[#out + 1] = ("The body with body_type = %q:"):format(name)
    out[#out + 1] = indent(other)
  end
  if #prepared.urls > 1 then
    out[#out + 1] = "Without an answer of status 200 OSS goes on to:"
    out[#out + 1] = indent(table.concat(prepared.urls, "\n", 2))
  end
  return table.concat(out, "\n")
end

--- What a token is made for in an explanation: the sample's object, at the sample's time.
-- @tparam table|nil sample values of the system variables
-- @treturn table
function M.place(sample)
  sample = type(sample) == "table" and sample or {}
  return { bucket = tostring(sample.bucket or default_sample.bucket),
    key = tostring(sample.object or default_sample.object), now = 1715051173 }
end

--- The text of `oss.callback.explain`.
-- @tparam table t the callback as the user wrote it
-- @tparam table prepared what `oss.callback.prepare` made of it
-- @tparam table|nil sample values of the system variables
-- @treturn[1] string
-- @return[2] nil, message
function M.text(t, prepared, sample)
  local out = { sent_to_oss(prepared) }
  if t.policy then
    out[2] = "What the service receives is up to that policy of the bucket."
  else
    local text, err = received(prepared, sample)
    if not text then
      return nil, err
    end
    out[2] = text
  end
  if #prepared.warnings > 0 then
    out[3] = "Warnings:\n" .. indent(table.concat(prepared.warnings, "\n"))
  end
  return table.concat(out, "\n\n") .. "\n"
end

return M
