--- The four requests of a multipart upload, as plans for attempts.

local attempts = require "oss.sending.attempts"
local answers = require "oss.sending.answer"
local errors = require "oss.errors"
local heads = require "oss.sending.headers"
local multipart = require "oss.multipart"
local objects = require "oss.sending.objects"
local crc64 = require "oss.sending.crc"
local put = require "oss.sending.put"
local xml = require "oss.sending.xml"

local M = {}

-- Which of the object's headers go with which request; all others go with initiate.
local with_parts = { ["x-oss-request-payer"] = true }
local with_complete = { ["x-oss-forbid-overwrite"] = true, ["x-oss-request-payer"] = true,
  ["x-oss-callback"] = true, ["x-oss-callback-var"] = true }
local not_with_initiate = { ["x-oss-traffic-limit"] = true, ["x-oss-callback"] = true,
  ["x-oss-callback-var"] = true, ["content-md5"] = true }

local function pick(list, wanted)
  local picked = {}
  for i = 1, #list, 2 do
    if wanted(list[i]:lower()) then
      picked[#picked + 1] = list[i]
      picked[#picked + 1] = list[i + 1]
    end
  end
  return picked
end

local function value(op, method, list, query)
  return objects.value(op.client, method, op.options, list, query)
end

local function bad_answer(message)
  return errors.new { kind = "transport", code = "MalformedAnswer", message = message, stored = false }
end

-- Counts a request that is sent again as a further attempt of the upload.
local function retried(op)
  local upload = op.parent or op
  upload.attempts = upload.attempts + 1
end

--- InitiateMultipartUpload.
-- @treturn string|nil upload id
-- @treturn table error
function M.initiate(op, headers)
  local list = pick(headers, function(name)
    return not not_with_initiate[name]
  end)
  local request = value(op, "POST", list, { "uploads", "" })
  local res, err = attempts.run(op, { aside = true, retried = retried }, request)
  if not res then
    return nil, err
  end
  local root = xml.parse(res.body)
  local id = root and xml.fields(root).UploadId
  if not id or id == "" then
    return nil, bad_answer("InitiateMultipartUpload's answer has no UploadId")
  end
  return id
end

--- UploadPart, as the work of a child.
-- @treturn table|nil number, size, etag, crc64
-- @treturn table error
function M.part(child, headers, upload_id, part, source)
  local limit = child.options.traffic_limit -- its share of the upload's
  local list = pick(headers, function(name)
    return with_parts[name] or name == "x-oss-traffic-limit" and not limit
  end)
  if limit then
    list[#list + 1], list[#list + 2] = "x-oss-traffic-limit", ("%d"):format(limit)
  end
  local request = value(child, "PUT", list, { "partNumber", tostring(part.number), "uploadId", upload_id })
  return attempts.run(child, {
    length = part.size, has_body = true, retried = retried,
    complete = function(wire)
      source.attach(wire, part)
    end,
    read = function(res, answer)
      local err = crc64.sent(child.options, res, answer)
      if err then
        return nil, err
      elseif not res.etag then
        return nil, bad_answer("UploadPart's answer has no ETag")
      end
      return { number = part.number, size = part.size, etag = res.etag, crc64 = answer.crc64 }
    end,
  }, request)
end

-- Complete's own headers. A callback with a token is made anew: the upload may have outlived the first.
local function complete_headers(op, headers)
  local o, list = op.options, { "Content-Type", "application/xml" }
  local fresh = o.callback and o.callback.token and not heads.add_callback(op.client, list, o,
    { bucket = o.bucket, key = o.key, now = op.client:time(), quiet = true })
  local picked = pick(headers, function(name)
    return with_complete[name] and not (fresh and name:find("^x%-oss%-callback"))
  end)
  for _, text in ipairs(list) do
    picked[#picked + 1] = text
  end
  return picked
end

local function read_complete(op, res, answer, crc)
  local o = op.options
  local root = not o.callback and not res.cut and xml.parse(res.body)
  if root and root.name == "CompleteMultipartUploadResult" then
    local etag = xml.fields(root).ETag
    res.etag = res.etag or etag and (etag:gsub('"', ""))
  elseif not o.callback and not res.cut then
    local err = bad_answer("CompleteMultipartUpload's answer is no result of OSS: " .. res.body:sub(1, 256))
    err.stored = nil
    return nil, err
  end
  local err = crc64.sent(o, res, answer)
  if err then
    err.final = true
    return nil, err
  end
  res.crc64 = res.crc64 or crc
  res.callback = o.callback and answers.callback_result(answer) or nil
  return res
end

-- The error of ListParts for one part; nil while the upload is open, so that nothing completed it.
local function ask(op, upload_id)
  local o = op.options
  local request = value(op, "GET", {}, { "uploadId", upload_id, "max-parts", "1" })
  return select(2, op:run("head", { bucket = o.bucket, key = o.key, connect_timeout = o.connect_timeout,
    idle_timeout = o.idle_timeout, answer_timeout = o.answer_timeout }, function(child)
      return attempts.run(child, {}, request)
    end))
end

-- What became of a Complete whose answer was lost, or which found the upload gone. An object with the same
-- bytes proves nothing while the upload is open. Another Complete can never store it twice.
local function settle_complete(op, upload_id, err, answer, elapsed, is_gone)
  local is_lost = err.stored == nil and (err.kind == "transport" or err.kind == "timeout")
  if is_lost then
    local gone = ask(op, upload_id)
    if not gone then
      err.stored, err.settled = false, true
    end
    is_gone = gone and gone.code == "NoSuchUpload"
  end
  if not is_gone then
    return nil, err
  end
  return put.settle(op, op.options.callback, err, answer, elapsed, true)
end

--- CompleteMultipartUpload.
-- @tparam table op
-- @tparam table headers flat list
-- @tparam string upload_id
-- @tparam {table,...} parts number, size, etag, crc64
-- @tparam boolean resumed an earlier run may have completed it already
-- @treturn table|nil result
-- @treturn table error
function M.complete(op, headers, upload_id, parts, resumed)
  local list = complete_headers(op, headers)
  local function pause()
    op:sleep(0)
  end
  local crc = multipart.crc64(parts, pause)
  local body = multipart.complete_body(parts, pause)
  return attempts.run(op, {
    has_body = true, aside = true, stores = true, retried = retried,
    complete = function(wire)
      wire.body = body
    end,
    read = function(res, answer)
      answer.crc64 = crc
      return read_complete(op, res, answer, crc)
    end,
    verify = function(err, answer)
      answer.crc64 = crc
      return crc64.verify(err, answer, op)
    end,
    settle = function(err, answer, elapsed, _, attempt)
      answer.crc64 = crc
      local spent = err.code == "NoSuchUpload" and (attempt > 1 or resumed)
      return settle_complete(op, upload_id, err, answer, resumed and math.huge or elapsed, spent)
    end,
  }, value(op, "POST", list, { "uploadId", upload_id }))
end

--- AbortMultipartUpload; behind a cancelled upload in the background.
-- @treturn boolean whether its parts are gone for sure
function M.abort(op, upload_id)
  local o = op.options
  local options = { bucket = o.bucket, key = o.key, attempts = 2, retry_budget = 10, connect_timeout = 5,
    answer_timeout = 10 }
  local function work(abort)
    local request = value(abort, "DELETE", {}, { "uploadId", upload_id })
    return attempts.run(abort, {}, request)
  end
  if op.interruption then
    op.client:detach("delete", options, work)
    return false
  end
  local res, err = op:run("delete", options, work)
  return res ~= nil or err.code == "NoSuchUpload"
end

--- ListParts, all pages.
-- @treturn {table,...}|nil number, size, etag, crc64 (nil where OSS gives none)
-- @treturn table error
function M.list(op, upload_id)
  local parts, marker = {}, nil
  repeat
    local query = { "uploadId", upload_id, "max-parts", "200" }
    if marker then
      query[5], query[6] = "part-number-marker", marker
    end
    local res, err = attempts.run(op, { aside = true, retried = retried }, value(op, "GET", {}, query))
    if not res then
      return nil, err
    end
    local root, message = xml.parse(res.body, function()
      op:sleep(0)
    end)
    if not root then
      return nil, bad_answer("ListParts: " .. message)
    end
    for _, child in ipairs(root) do
      if child.name == "Part" then
        local part = xml.fields(child)
        parts[#parts + 1] = { number = tonumber(part.PartNumber), size = tonumber(part.Size),
          etag = part.ETag and part.ETag:gsub('"', "") or nil, crc64 = part.HashCrc64ecma }
      end
    end
    local fields = xml.fields(root)
    marker = fields.IsTruncated == "true" and fields.NextPartNumberMarker or nil
  until not marker
  return parts
end

return M
