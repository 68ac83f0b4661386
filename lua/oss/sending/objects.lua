--- HeadObject, GetObject, DeleteObject and requests of the user's own.

local core = require "oss.core"
local errors = require "oss.errors"
local answers = require "oss.sending.answer"
local attempts = require "oss.sending.attempts"
local body = require "oss.sending.body"
local crc = require "oss.sending.crc"
local endpoints = require "oss.sending.endpoint"
local headers = require "oss.sending.headers"
local names = require "oss.sending.names"

local M = {}

--- Makes a request value and proves that it can be sent.
-- @tparam table client
-- @tparam string method
-- @tparam table t options with bucket and key
-- @tparam table list flat list of headers
-- @tparam table query flat list of parameters
-- @treturn table|nil the request value
-- @treturn string what is wrong
function M.value(client, method, t, list, query)
  local host, path_style = endpoints.host(client.endpoint, t.bucket)
  local value = { method = method, scheme = client.endpoint.scheme, host = host, bucket = t.bucket,
    key = t.key, path_style = path_style, query = query, headers = list,
    callback = t.callback ~= nil or ((t.headers or t.query) and headers.has_callback(list, query)) }
  local ok, message = core.check(value)
  if not ok then
    return nil, names.fault(t) or message
  end
  return value
end

--- Makes the request value of an operation: its headers, query and callback.
-- @tparam table client
-- @tparam string verb
-- @tparam string method
-- @tparam table t checked options
-- @tparam[opt] table query flat list of parameters to start with
-- @treturn table|nil the request value
-- @treturn string what is wrong, naming the option
function M.prepare(client, verb, method, t, query)
  local list, message = headers.build(verb, t)
  if list then
    query, message = headers.query(t, query)
  end
  message = message or headers.add_callback(client, list, t)
  if message then
    return nil, message
  end
  return M.value(client, method, t, list, query)
end

local function prepare(method, verb)
  return function(client, t)
    local message = names.missing(t, true)
    if message then
      return nil, message
    end
    return M.prepare(client, verb, method, t)
  end
end

local function describe(res)
  local h = res.headers
  res.content_length = tonumber(h["content-length"])
  res.content_type = h["content-type"]
  res.last_modified = h["last-modified"] and core.parse_date(h["last-modified"]) or nil
  res.storage_class = h["x-oss-storage-class"]
  res.meta = {}
  for name, value in pairs(h) do
    local short = name:match("^x%-oss%-meta%-(.+)$")
    if short then
      res.meta[short] = value
    end
  end
  return res
end

M.head = { prepare = prepare("HEAD", "head") }

function M.head.work(op, value)
  return attempts.run(op, { read = describe }, value)
end

--- Asks for the object of an operation that is under way, to settle a lost answer.
-- @tparam table op
-- @treturn table|nil as of head
-- @treturn table error
function M.look(op)
  local o = op.options
  local list = o.request_payer and { "x-oss-request-payer", o.request_payer } or {}
  local value, message = M.value(op.client, "HEAD", { bucket = o.bucket, key = o.key }, list, {})
  if not value then
    return nil, errors.new { kind = "local", code = "InternalError", message = message }
  end
  return op:run("head", { bucket = o.bucket, key = o.key, connect_timeout = o.connect_timeout,
    idle_timeout = o.idle_timeout, answer_timeout = o.answer_timeout }, function(child)
    return M.head.work(child, value)
  end)
end

M.get = { prepare = prepare("GET", "get") }

local function check_crc(o, res, answer)
  local whole = not o.range and not o.process and res.status == 200
  if o.crc ~= false and whole and res.crc64 and answer.received_crc64
    and res.crc64 ~= answer.received_crc64 then
    return nil, errors.new {
      kind = "transport", code = "CrcMismatch", status = res.status, request_id = res.request_id,
      message = ("CRC-64 of what was received is %s, OSS has %s"):format(answer.received_crc64, res.crc64),
      stored = false,
    }
  end
  return describe(res)
end

--- GetObject; into a file it writes beside the target and renames at the end.
function M.get.work(op, value)
  local o = op.options
  local part = o.file and ("%s.%06d.part"):format(o.file, math.floor(op.client.random() * 1e6))
  local res, err = attempts.run(op, {
    answer_max = 64 * 1024 * 1024,
    complete = function(request)
      request.answer_file = part
    end,
    read = function(res, answer)
      return check_crc(o, res, answer)
    end,
  }, value)
  if not part then
    return res, err
  end
  if res then
    local ok, message = os.rename(part, o.file)
    if ok then
      return res
    end
    err = errors.new { kind = "local", code = "FileWrite", message = message, stored = false }
  end
  os.remove(part)
  return nil, err
end

M.delete = { prepare = prepare("DELETE", "delete") }

function M.delete.work(op, value)
  return attempts.run(op, {}, value)
end

M.request = {}

local replayable = { GET = true, HEAD = true, PUT = true, DELETE = true }

function M.request.prepare(client, t)
  local message = (t.bucket or t.key) and names.missing(t, false)
  local method, has_body = (t.method or "GET"):upper(), t.body or t.file or t.reader
  if not message and has_body and (method == "GET" or method == "HEAD") then
    message = ("option 'method': a %s has no body"):format(method)
  elseif not message and has_body then
    message = body.check(t)
  end
  if message then
    return nil, message
  end
  return M.prepare(client, "request", method, t)
end

function M.request.work(op, value)
  local o = op.options
  local again = o.replayable
  if again == nil then
    again = replayable[value.method] or false
  end
  return attempts.run(op, {
    has_body = o.body ~= nil or o.file ~= nil or o.reader ~= nil,
    stores = value.method ~= "GET" and value.method ~= "HEAD",
    complete = function(request)
      body.attach(request, o)
    end,
    read = function(res, answer)
      local err = value.method == "PUT" and crc.sent(o, res, answer, value.callback)
      if err then
        return nil, err
      end
      res.callback = value.callback and answers.callback_result(answer) or nil
      return res
    end,
    verify = value.method == "PUT" and crc.verify or nil,
    -- A callback may have run; a second try would run it again.
    settle = function(err)
      if err.stored == nil and (not again or value.callback) then
        err.retryable = false
      end
      return nil, err
    end,
  }, value)
end

return M
