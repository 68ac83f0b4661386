--- Sends a callback: expands its body, signs the request, tries its URLs in order.

local core = require "oss.core"
local http = require "oss.emulator.callback.http"
local image = require "oss.emulator.callback.image"
local json = require "cjson.safe"
local objects = require "oss.emulator.store.objects"
local outcome = require "oss.emulator.callback.outcome"
local settings = require "oss.emulator.settings"

local M = {}

-- NaN and Infinity are no JSON.
local strict = json.new()
strict.decode_invalid_numbers(false)

-- What the placeholders stand for.
local function values(request, callback, object)
  local info = {}
  if callback.body:find("${imageInfo.", 1, true) then
    local _, path = objects.find(request.bucket, request.key)
    if not path then
      return nil
    end
    info = image.info(path) or {}
  end
  local all = {
    ["bucket"] = request.bucket, ["object"] = request.key, ["etag"] = object.etag,
    ["size"] = ("%d"):format(object.size), ["mimeType"] = object.headers["Content-Type"],
    ["imageInfo.format"] = info.format, ["crc64"] = object.crc64, ["contentMd5"] = object.md5,
    ["imageInfo.width"] = info.width and ("%d"):format(info.width),
    ["imageInfo.height"] = info.height and ("%d"):format(info.height),
    ["clientIp"] = request.client_ip, ["reqId"] = request.id, ["operation"] = request.operation,
  }
  for name, value in pairs(callback.vars) do
    all[name] = value
  end
  return all
end

local function head(request, callback, url, body)
  local signed = core.callback_string_to_verify(url.target, body)
  local default_port = url.scheme == "https" and 443 or 80
  local host = callback.host or url.host .. (url.port ~= default_port and ":" .. url.port or "")
  local lines = {
    "POST " .. url.target .. " HTTP/1.1", "Host: " .. host, "Connection: close", "Content-Length: " .. #body,
    "Authorization: " .. core.base64(core.rsa_sign_md5(settings.private_key, signed)),
    "Content-MD5: " .. core.base64(core.md5(body)), "Content-Type: " .. callback.content_type,
    "Date: " .. core.date_http(request.time), "User-Agent: aliyun-oss-callback",
    "x-oss-bucket: " .. request.bucket, "x-oss-pub-key-url: " .. core.base64(settings.key_url),
    "x-oss-request-id: " .. request.id, "x-oss-requester: " .. settings.requester,
    "x-oss-signature-version: 1.0", "x-oss-tag: CALLBACK",
  }
  for name, value in pairs(callback.additional_headers or {}) do
    lines[#lines + 1] = name .. ": " .. value
  end
  return lines
end

local function is_json(text)
  return text:sub(1, 3) ~= "\239\187\191" and strict.decode(text) ~= nil
end

local function attempt(request, callback, object)
  local all = values(request, callback, object)
  if not all then
    return nil, "image"
  end
  local body = assert(core.callback_expand(callback.body, callback.body_type, all))
  local answer, failure
  for _, url in ipairs(callback.urls) do
    answer, failure = http.post(url, callback, head(request, callback, url, body), body)
    if answer and not is_json(answer.body) then
      answer, failure = nil, "not-json"
    end
    if answer then
      return answer
    end
  end
  return nil, failure
end

--- Calls the service.
-- @tparam table request of the uploader
-- @tparam table callback
-- @tparam table object as it is stored now
-- @treturn table|nil the service's answer: `{ body =, content_type = }`
-- @treturn table `{ message =, ec = }`
function M.deliver(request, callback, object)
  local faults = request.faults
  if faults.callback then
    return nil, outcome.failure(faults.callback)
  end
  local answer, failure = attempt(request, callback, object)
  if faults.callback_after then
    return nil, outcome.failure(faults.callback_after)
  elseif not answer then
    return nil, outcome.failure(failure)
  end
  return answer
end

return M
