--- PostObject: an HTML form.

local core = require "oss.core"
local address = require "oss.emulator.address"
local auth = require "oss.emulator.auth.form"
local body = require "oss.emulator.body"
local callbacks = require "oss.emulator.callback.run"
local checks = require "oss.emulator.operations.checks"
local errors = require "oss.emulator.errors"
local files = require "oss.emulator.store.files"
local headers = require "oss.emulator.operations.headers"
local objects = require "oss.emulator.store.objects"
local parser = require "oss.emulator.form.parser"
local policy = require "oss.emulator.form.policy"
local xml = require "oss.emulator.xml"

local M = {}

-- Copies the file out of the form; its digests come along.
local function extract(content, file)
  local path = files.temporary()
  local out = assert(io.open(path, "wb"))
  local md5, crc64 = core.md5_new(), core.crc64_new()
  for slice in body.slices(content, file.from, file.length) do
    assert(out:write(slice))
    md5:update(slice)
    crc64:update(slice)
  end
  assert(out:close())
  return path, md5:final(), crc64:value()
end

-- What the form says of its object: x-oss-content-type, then the file part's type, then the field.
local function describe(form)
  local all = {}
  for name, value in pairs(form.fields) do
    all[name] = value
  end
  all["content-type"] = all["x-oss-content-type"] or form.file.content_type or all["content-type"]
  all["x-oss-tagging"] = nil
  local object = headers.object(all)
  return object, headers.forbids_overwrite(all)
end

local function key_of(form)
  local key = form.fields.key
  if not key or key == "" then
    errors.argument("Bucket POST must contain the field named 'key'.  If it is specified, please check the order"
      .. " of the fields.", "key", "")
  end
  key = key:gsub("%${filename}", function() return form.file.name end)
  address.check_key(key)
  return key
end

local function location(request)
  return request.scheme .. "://" .. request.host .. "/" .. (request.path_style and request.bucket .. "/" or "")
    .. core.percent(request.key, true)
end

local function answer(request, form, object)
  local reply = { status = 204, headers = headers.stored(object), body = "" }
  local redirect, status = form.fields.success_action_redirect, form.fields.success_action_status
  if redirect and redirect ~= "" and not redirect:find("%c") then
    reply.status = 303
    reply.headers["Location"] = redirect .. (redirect:find("?", 1, true) and "&" or "?") .. "bucket="
      .. core.percent(request.bucket) .. "&key=" .. core.percent(request.key) .. "&etag="
      .. core.percent('"' .. object.etag .. '"')
  elseif status == "200" then
    reply.status = 200
  elseif status == "201" then
    reply.status = 201
    reply.headers["Location"] = location(request)
    reply.headers["Content-Type"] = "application/xml"
    reply.body = xml.document("PostResponse", { { "Bucket", request.bucket }, { "ETag", '"' .. object.etag .. '"' },
      { "Key", request.key }, { "Location", location(request) } })
  end
  return reply
end

function M.PostObject(request)
  local boundary = parser.boundary(request.headers["content-type"])
  checks.head(request)
  local content = body.receive(request)
  if request.headers["content-md5"] then
    checks.md5(request.headers["content-md5"], body.digest(content).md5)
  end
  local form = parser.read(content, boundary)
  local function field(name)
    return name == "bucket" and request.bucket or form.fields[name]
  end
  local key = key_of(form)
  auth.check(request, field)
  if form.fields.policy then
    policy.check(form.fields.policy, field, form.file.length, request.time)
  end
  request.key = key
  local object, forbid = describe(form)
  local callback = callbacks.of_form(request, form.fields)
  local path, md5, crc64 = extract(content, form.file)
  -- Only PutObject's ETag is the MD5 of the content.
  object.etag, object.crc64, object.md5 = objects.hex_upper(core.md5("PostObject" .. md5)), crc64, core.base64(md5)
  objects.put(request.bucket, key, path, object, forbid)
  return callbacks.finish(request, callback, object, answer(request, form, object))
end

return M
