--- Reads an answer of OSS: one of the three outcomes, stored and called back, stored but the
-- callback failed, not stored. Pure.

local core = require "oss.core"
local errors = require "oss.errors"
local hints = require "oss.sending.hints"
local callback_hints = require "oss.callback.hints"
local xml = require "oss.sending.xml"
local json = require "cjson.safe"

local M = {}

local timeouts = { ConnectTimeout = true, IdleTimeout = true, AnswerTimeout = true, TotalTimeout = true }
local here = { FileRead = true, FileWrite = true, BodyShort = true, BodyLong = true, HandlerFailed = true,
  CredentialsFailed = true, ReaderFailed = true, NoSockets = true, ForkedProcess = true, InternalError = true }

local function unquote(etag)
  return etag and etag:byte() == 34 and etag:sub(2, -2) or etag
end

local function is_json(content_type)
  return content_type and content_type:lower():match("^%s*application/json") ~= nil
end

-- The XML of an answer without a body stands in a header, not always padded.
local function body_of(answer)
  local body, header = answer.body or "", answer.headers["x-oss-err"]
  if body == "" and header then
    header = header:gsub("[%s=]", "")
    body = core.unbase64(header .. ("="):rep(-#header % 4)) or ""
  end
  return body
end

-- Newer calls answer with JSON: { "Error": { "Code": ... } } or { "message": ... } and a header.
local function json_fields(answer, body)
  local document = json.decode(body)
  local inner = type(document) == "table" and (document.Error or document) or {}
  local fields = { Code = answer.headers["x-oss-error-type"] }
  for name, value in pairs(type(inner) == "table" and inner or {}) do
    if type(name) == "string" and type(value) == "string" then
      fields[name == "message" and "Message" or name] = value
    end
  end
  return fields.Code and fields or nil
end

local function error_fields(answer)
  local body = body_of(answer)
  if is_json(answer.headers["content-type"]) then
    return json_fields(answer, body), body
  end
  local root = body ~= "" and xml.parse(body)
  if root and root.name == "Error" then
    return xml.fields(root), body
  end
  return nil, body
end

-- OSS echoes what it has signed: with a token, and with the signature that was sent.
local function without_secrets(fields)
  for name, text in pairs(fields or {}) do
    if name == "SignatureProvided" or name == "StringToSignBytes" then
      fields[name] = "***"
    else
      text = text:gsub("(security%-token[:=])[^\n&?]*", "%1***")
      fields[name] = text:gsub("(security%-token%%3D)[^\n&?]*", "%1***")
    end
  end
  return fields
end

local function service_error(answer)
  local fields, body = error_fields(answer)
  fields = without_secrets(fields)
  local headers = answer.headers
  local code = fields and fields.Code
  if not code or code == "" then
    code = answer.status == 304 and "NotModified" or (body == "" and "NoErrorBody") or "BadErrorResponse"
  end
  local message = fields and fields.Message
  if not message or message == "" then
    message = body ~= "" and "the answer is no error of OSS: " .. body:sub(1, 256)
      or "OSS answered status " .. answer.status .. " without a body"
  end
  return errors.new {
    kind = "service", code = code, message = message, status = answer.status, fields = fields,
    request_id = fields and fields.RequestId or headers["x-oss-request-id"],
    host_id = fields and fields.HostId,
    ec = fields and fields.EC or headers["x-oss-ec"],
    stored = false,
  }
end

local function callback_error(answer)
  local err = service_error(answer)
  err.kind, err.stored = "callback", true
  err.etag = unquote(answer.headers.etag)
  err.crc64 = answer.headers["x-oss-hash-crc64ecma"]
  err.version_id = answer.headers["x-oss-version-id"]
  err.request_id = err.request_id or answer.headers["x-oss-request-id"]
  if err.code == "NoErrorBody" or err.code == "BadErrorResponse" then
    err.code = "CallbackFailed"
    err.message = answer.error and "the callback failed; OSS's explanation was cut: " .. answer.error
      or err.message
  end
  err.hint = callback_hints.find(err.message, err.ec) or callback_hints.find(err.code)
  return err
end

--- An error for a transfer that gave no whole answer.
-- @tparam table answer with error, message, sent_all, and perhaps the request that it failed
-- @treturn table an error
function M.transport_error(answer)
  local code = answer.error
  local kind = timeouts[code] and "timeout" or here[code] and "local" or code == "Cancelled" and "cancelled"
    or "transport"
  return errors.new {
    kind = kind, code = code, message = answer.message, cause = answer.cause,
    status = answer.status ~= 0 and answer.status or nil,
    stored = answer.stored, hint = hints.transport(code, answer.message, answer.request), final = answer.final,
  }
end

-- Status and headers of a success came, its body did not: the object is stored. What is missing is
-- the application server's answer, and nothing at all where there was no callback.
local function callback_answer_lost(answer)
  local headers = answer.headers
  return errors.new {
    kind = "callback", code = "CallbackAnswerLost", status = answer.status, stored = true,
    message = "the object is stored and the application server answered, but its answer was cut: "
      .. tostring(answer.message or answer.error),
    hint = answer.error == "AnswerTooLarge" and "Raise max_answer." or nil, etag = unquote(headers.etag),
    crc64 = headers["x-oss-hash-crc64ecma"], version_id = headers["x-oss-version-id"],
    request_id = headers["x-oss-request-id"],
  }
end

local function not_oss(answer)
  return errors.new {
    kind = "transport", code = "NotOss", status = answer.status, stored = answer.stored,
    message = "the answer has no x-oss-request-id: it does not come from OSS",
    hint = hints.transport "NotOss",
  }
end

--- Judges an answer.
-- @tparam table answer of the transport
-- @tparam boolean|nil stores whether the request can change what is stored
-- @tparam boolean|nil with_callback whether it carries a callback, in whatever way
-- @treturn table|nil the result: status, headers, request_id, etag, crc64, version_id
-- @treturn table an error
function M.read(answer, stores, with_callback)
  local headers, status = answer.headers, answer.status
  local success = status >= 200 and status <= 299
  -- 203 means one thing in OSS, however the callback was passed: stored, but the callback failed.
  if stores and status == 203 then
    return nil, callback_error(answer)
  elseif answer.error and not (stores and success) then
    return nil, M.transport_error(answer)
  elseif answer.error and with_callback then
    return nil, callback_answer_lost(answer)
  elseif success and not headers["x-oss-request-id"] then
    return nil, not_oss(answer)
  elseif not success then
    local err = service_error(answer)
    err.hint = callback_hints.find(err.message, err.ec) or hints.service(err.code, err.message)
    return nil, err
  end
  return {
    status = status, headers = headers, request_id = headers["x-oss-request-id"],
    etag = unquote(headers.etag), crc64 = headers["x-oss-hash-crc64ecma"],
    version_id = headers["x-oss-version-id"], body = answer.body, cut = answer.error and true or nil,
  }
end

--- The application server's answer, as OSS handed it back.
-- @tparam table answer of the transport, status 200
-- @treturn table status, body, content_type, and json when the body is JSON
function M.callback_result(answer)
  local body = answer.body or ""
  return { status = answer.status, body = body, content_type = answer.headers["content-type"],
    json = (json.decode(body)) }
end

--- The server's clock, from ServerTime in the error, else the Date header.
-- @tparam table answer of the transport
-- @tparam table err as made from it
-- @treturn number|nil unix seconds
function M.server_time(answer, err)
  local text = err.fields and err.fields.ServerTime
  return text and core.parse_date(text) or answer.headers.date and core.parse_date(answer.headers.date) or nil
end

return M
