--- Multipart uploads: initiate, parts, list, complete, abort.

local core = require "oss.core"
local body = require "oss.emulator.body"
local callbacks = require "oss.emulator.callback.run"
local checks = require "oss.emulator.operations.checks"
local errors = require "oss.emulator.errors"
local headers = require "oss.emulator.operations.headers"
local objects = require "oss.emulator.store.objects"
local parse = require "oss.emulator.operations.part_list"
local uploads = require "oss.emulator.store.uploads"
local xml = require "oss.emulator.xml"

local M = {}

local smallest_part = 100 * 1024

local function document(name, elements)
  return { status = 200, headers = { ["Content-Type"] = "application/xml" }, body = xml.document(name, elements) }
end

-- How a key is written in an answer, and the element that says so.
local function encoder(request)
  local encoding = request.args["encoding-type"]
  if encoding and encoding ~= "url" then
    errors.argument("Invalid Encoding Method specified in Request.", "encoding-type", encoding)
  end
  return encoding and core.percent or function(text) return text end, encoding
end

local function start(elements, encoding)
  if encoding then
    table.insert(elements, 1, { "EncodingType", encoding })
  end
  return elements
end

function M.InitiateMultipartUpload(request)
  local encode, encoding = encoder(request)
  local object = headers.object(request.headers)
  object.type = "Multipart"
  if headers.forbids_overwrite(request.headers) and objects.find(request.bucket, request.key) then
    errors.raise("FileAlreadyExists")
  end
  local id = uploads.begin(request.bucket, { key = request.key, object = object })
  return document("InitiateMultipartUploadResult", start({ { "Bucket", request.bucket },
    { "Key", encode(request.key) }, { "UploadId", id } }, encoding))
end

function M.UploadPart(request)
  local id, text = request.args.uploadId, request.args.partNumber
  if not id or not text then
    errors.argument("Unexpected query string parameter", "ResourceType", id and "partNumber" or "uploadId",
      "0017-00000219")
  end
  local number = text:find("^%d+$") and tonumber(text)
  if not number or number < 1 or number > 10000 then
    errors.argument("Part number must be an integer between 1 and 10000, inclusive.", "PartNumber", text,
      "0017-00000220")
  end
  checks.head(request)
  uploads.find(request.bucket, request.key, id)
  local part = body.receive(request)
  local digest = body.digest(part)
  checks.md5(request.headers["content-md5"], digest.md5)
  local etag = uploads.add(request.bucket, request.key, id, number, part, digest)
  return { status = 200, body = "", headers = { ["ETag"] = '"' .. etag .. '"',
    ["x-oss-hash-crc64ecma"] = digest.crc64, ["Content-MD5"] = core.base64(digest.md5) } }
end

local function number_arg(request, name, default, largest)
  local text = request.args[name]
  local value = text and (text:find("^%d+$") and tonumber(text) or -1) or default
  if value < 0 or value > largest then
    errors.argument("Argument " .. name .. " must be an integer between 0 and " .. largest .. ".", name, text)
  end
  return value
end

function M.ListParts(request)
  local encode, encoding = encoder(request)
  local upload = uploads.find(request.bucket, request.key, request.args.uploadId)
  local most = number_arg(request, "max-parts", 1000, 1000)
  local marker = number_arg(request, "part-number-marker", 0, 10000)
  local listed, last, more = {}, marker, false
  for _, part in ipairs(uploads.parts(request.bucket, request.args.uploadId)) do
    if part.number > marker and #listed >= most then
      more = true
      break
    elseif part.number > marker then
      last = part.number
      listed[#listed + 1] = { "Part", { { "PartNumber", part.number },
        { "LastModified", os.date("!%Y-%m-%dT%H:%M:%S.000Z", part.modified) }, { "ETag", '"' .. part.etag .. '"' },
        { "HashCrc64ecma", part.crc64 }, { "Size", ("%d"):format(part.size) } } }
    end
  end
  local elements = start({ { "Bucket", request.bucket }, { "Key", encode(request.key) },
    { "UploadId", request.args.uploadId }, { "StorageClass", upload.object.storage_class or "Standard" },
    { "PartNumberMarker", marker }, { "NextPartNumberMarker", last }, { "MaxParts", most },
    { "IsTruncated", tostring(more) } }, encoding)
  for _, element in ipairs(listed) do
    elements[#elements + 1] = element
  end
  return document("ListPartsResult", elements)
end

-- The parts a Complete names, out of those there are.
local function choose(wanted, parts)
  local there, chosen = {}, {}
  for _, part in ipairs(parts) do
    there[part.number] = part
  end
  for i, want in ipairs(wanted) do
    local part = there[want.number]
    if i > 1 and want.number <= wanted[i - 1].number then
      errors.raise("InvalidPartOrder")
    elseif not part or part.etag ~= want.etag:upper() then
      errors.raise("InvalidPart", { PartNumber = want.number, ETag = part and part.etag })
    end
    chosen[i] = part
  end
  return chosen
end

local function check_sizes(parts)
  for i = 1, #parts - 1 do
    if parts[i].size < smallest_part then
      errors.raise("EntityTooSmall", { MinSizeAllowed = smallest_part, PartNumber = parts[i].number,
        ETag = parts[i].etag, ProposedSize = ("%d"):format(parts[i].size) })
    end
  end
end

local function etag_of(parts)
  local raw = {}
  for i, part in ipairs(parts) do
    raw[i] = part.etag:gsub("%x%x", function(digits) return string.char(tonumber(digits, 16)) end)
  end
  return objects.hex_upper(core.md5(table.concat(raw))) .. "-" .. #parts
end

-- Which parts make the object: those of the XML, or all when x-oss-complete-all says so.
local function wanted_parts(request)
  local all = request.headers["x-oss-complete-all"] == "yes"
  local text = body.text(body.receive(request), 4 * 1024 * 1024)
  if all and text ~= "" then
    errors.argument("Should not speficy both complete all header and http body.", "x-oss-complete-all", "yes",
      "0042-00000217")
  end
  return not all and parse.read(text) or nil
end

function M.CompleteMultipartUpload(request)
  local encode, encoding = encoder(request)
  local id = request.args.uploadId
  local forbid = headers.forbids_overwrite(request.headers)
  local callback = callbacks.of_request(request)
  local wanted = wanted_parts(request)
  local object = uploads.locked(id, function()
    local upload = uploads.find(request.bucket, request.key, id)
    local parts = uploads.parts(request.bucket, id)
    if wanted then
      parts = choose(wanted, parts)
    elseif #parts == 0 then
      errors.raise("InvalidPart")
    end
    check_sizes(parts)
    local object = upload.object
    object.acl = request.headers["x-oss-object-acl"] or object.acl
    object.etag = etag_of(parts)
    local path
    path, object.crc64 = uploads.join(parts)
    objects.put(request.bucket, request.key, path, object, forbid)
    uploads.remove(request.bucket, id)
    return object
  end)
  local reply = document("CompleteMultipartUploadResult", start({
    { "Location", request.scheme .. "://" .. request.host .. "/"
      .. (request.path_style and request.bucket .. "/" or "") .. core.percent(request.key, true) },
    { "Bucket", request.bucket }, { "Key", encode(request.key) }, { "ETag", '"' .. object.etag .. '"' } }, encoding))
  for name, value in pairs(headers.stored(object)) do
    reply.headers[name] = value
  end
  return callbacks.finish(request, callback, object, reply)
end

function M.AbortMultipartUpload(request)
  local id = request.args.uploadId
  uploads.locked(id, function()
    uploads.find(request.bucket, request.key, id)
    uploads.remove(request.bucket, id)
  end)
  return { status = 204, headers = {}, body = "" }
end

return M
