--- What goes out.
--
-- A reply is `{ status =, headers = { name = value }, body = string }` or, for objects, `{ ..., length =,
-- slices = function }`, whose slices are sent one after the other.

local core = require "oss.core"
local errors = require "oss.emulator.errors"

local M = {}

-- Makes the XML of an answer unreadable for a parser.
local function malform(body)
  return (body:gsub("</[^>]*>%s*$", "</")) .. "<&"
end

--- The reply for an error.
-- @tparam table request
-- @tparam table err
-- @treturn table
function M.refusal(request, err)
  request.code = err.code
  local headers = {}
  for name, value in pairs(err.headers or {}) do
    headers[name] = value
  end
  if err.ec and err.ec ~= "" then
    headers["x-oss-ec"] = err.ec
  end
  -- Nothing of the body was read: a client that waits for 100 Continue must not send it now.
  if request.headers.expect and not request.body then
    ngx.req.clear_header("Expect")
    headers["Connection"] = "close"
  end
  if err.status == 304 then
    return { status = 304, headers = headers, body = "" }
  end
  local host = request.host:gsub(":%d+$", "")
  local document = errors.document(err, request.id, host)
  if request.method == "HEAD" then
    headers["x-oss-err"] = errors.header(document)
    return { status = err.status, headers = headers, body = "" }
  end
  headers["Content-Type"] = "application/xml"
  return { status = err.status, headers = headers, body = document }
end

local function wrong_crc(value)
  local last = tonumber(value:sub(-1))
  return value:sub(1, -2) .. (last + 1) % 10
end

-- Faults that change what is said, not how it is sent.
local function spoil(request, reply)
  local faults, headers = request.faults, reply.headers
  if faults.crc and headers["x-oss-hash-crc64ecma"] then
    headers["x-oss-hash-crc64ecma"] = wrong_crc(headers["x-oss-hash-crc64ecma"])
  end
  if faults.malformed and reply.body then
    reply.body = malform(reply.body)
    headers["Content-Type"] = headers["Content-Type"] or "application/xml"
    if headers["x-oss-err"] then
      headers["x-oss-err"] = core.base64(reply.body)
    end
  end
  if faults.oversize and reply.body then
    reply.body = reply.body .. (" "):rep(faults.oversize)
  end
end

local function send_head(request, reply, length)
  ngx.status = reply.status
  local header = ngx.header
  header["Server"] = "AliyunOSS"
  header["Date"] = core.date_http(request.time)
  header["x-oss-request-id"] = request.id
  header["x-oss-server-time"] = ("%d"):format(math.max(0, (ngx.now() - request.started) * 1000))
  for name, value in pairs(reply.headers) do
    header[name] = value
  end
  -- nginx would judge these a second time.
  for _, name in ipairs { "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since" } do
    ngx.req.clear_header(name)
  end
  if reply.status ~= 204 and reply.status ~= 304 then
    header["Content-Length"] = length
  end
end

-- Sends the body up to a limit; true when all of it went out.
local function send_body(reply, limit)
  local sent = 0
  local next_slice = reply.slices or coroutine.wrap(function()
    coroutine.yield(reply.body ~= "" and reply.body or nil)
  end)
  for slice in next_slice do
    if sent + #slice > limit then
      ngx.print(slice:sub(1, limit - sent))
      ngx.flush(true)
      return
    end
    if not ngx.print(slice) or not ngx.flush(true) then
      return
    end
    sent = sent + #slice
    if reply.body then
      return
    end
  end
end

--- Sends a reply, with the faults that concern it.
-- @tparam table request
-- @tparam table reply
function M.send(request, reply)
  local faults = request.faults
  if reply.status == 204 or reply.status == 304 then
    reply.body = ""
  end
  spoil(request, reply)
  local length = reply.length or #reply.body
  local cut = faults.truncate or faults.reset and faults.reset.where == "answer" and math.floor(length / 2)
  if cut then
    -- An empty answer has nothing to cut: it promises bytes that never come.
    length = math.max(length, cut + 64)
  end
  send_head(request, reply, length)
  if request.method == "HEAD" and not cut then
    return ngx.eof()
  end
  if faults.delay_body then
    ngx.send_headers()
    ngx.flush(true)
    ngx.sleep(faults.delay_body)
  end
  ngx.send_headers()
  send_body(reply, cut or math.huge)
  if cut then
    ngx.flush(true)
    return ngx.exit(faults.truncate and ngx.ERROR or 444)
  end
end

return M
