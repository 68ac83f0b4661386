-- An emulator for one spec file, a client that sends exactly what it is told to, and a callback service that
-- lives in the same process: it is asked between the client's request and the answer.
--
--   local oss = require("spec.nginx.emulator_client").start { region = "cn-hangzhou" }
--   oss:put("key", "body", { headers = { "x-oss-callback", ... }, service = function(request) return answer end })
--   oss:stop()

local core = require "oss.core"
local cjson = require "cjson"
local emulator = require "oss.emulator"
local socket = require "socket"

local M = { json = cjson }
local methods = {}
methods.__index = methods

-- Tools run without what is preloaded for the interpreter: sanitizers and curl's command line do not go together.
local function output(command, as_it_is)
  local pipe = assert(io.popen((as_it_is and "" or "unset LD_PRELOAD; ") .. command))
  local text = pipe:read("*a")
  pipe:close()
  return (text:gsub("%s+$", ""))
end

M.output = output

function M.start(options)
  local self = setmetatable({ folder = output("mktemp -d"), bucket = "examplebucket" }, methods)
  local t = { root = self.folder .. "/oss" }
  for name, value in pairs(options or {}) do
    t[name] = value
  end
  self.server = assert(emulator.start(t))
  self.address = "127.0.0.1:" .. self.server.port
  self.listener = assert(socket.bind("127.0.0.1", 0))
  self.service_port = select(2, self.listener:getsockname())
  self.service_url = "http://127.0.0.1:" .. self.service_port .. "/callback?id=1"
  return self
end

function methods:stop()
  self.listener:close()
  local ok, message = self.server:stop()
  os.execute("rm -rf '" .. self.folder .. "'")
  assert(ok, message)
end

function methods:file(path)
  local file = io.open(self.server.root .. "/" .. path, "rb")
  local text = file and file:read("*a")
  if file then
    file:close()
  end
  return text
end

-- ---- reading HTTP

local function read_head(connection)
  local first, message = connection:receive("*l")
  if not first then
    return nil, message
  end
  local headers, list = {}, {}
  while true do
    local line
    line, message = connection:receive("*l")
    if not line then
      return nil, message
    elseif line == "" then
      return first, headers, list
    end
    local name, value = line:match("^([^:]+):%s*(.-)%s*$")
    headers[name:lower()] = value
    list[#list + 1] = line
  end
end

local function read_answer(connection, method)
  local first, headers
  repeat
    first, headers = read_head(connection)
    if not first then
      return { error = headers }
    end
  until not first:find("^HTTP/1.1 100")
  local answer = { status = tonumber(first:match("^HTTP/1%.1 (%d+)")), headers = headers, body = "" }
  local length = tonumber(headers["content-length"] or "0")
  if method ~= "HEAD" and answer.status ~= 204 and answer.status ~= 304 and length > 0 then
    local body, message, partial = connection:receive(length)
    answer.body, answer.error = body or partial, message
  end
  return answer
end

-- ---- the callback service

local function serve(self, handler)
  local connection = assert(self.listener:accept())
  connection:settimeout(5)
  local first, headers, list = read_head(connection)
  if first then
    local request = { method = first:match("^%S+"), target = first:match("^%S+ (%S+)"), headers = headers, list = list,
      version = first:match("%S+$") }
    request.body = connection:receive(tonumber(headers["content-length"] or "0"))
    self.calls[#self.calls + 1] = request
    local answer = handler(request, connection)
    if type(answer) == "table" then
      answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
        .. #cjson.encode(answer) .. "\r\n\r\n" .. cjson.encode(answer)
    end
    if answer then
      connection:send(answer)
    end
  end
  connection:close()
end

-- ---- sending

-- Sends bytes and reads the answer, serving callbacks meanwhile. t: service, serve (a raw acceptor),
-- continued (100 Continue comes first), timeout, again (further bytes on the same connection)
function methods:exchange(bytes, method, t)
  t = t or {}
  local connection = assert(socket.connect("127.0.0.1", self.server.port))
  connection:settimeout(t.timeout or 20)
  self.calls = {}
  local sent, message = connection:send(bytes)
  if t.continued then
    assert((read_head(connection)):find("^HTTP/1.1 100"))
  end
  local accept = t.serve or function(me) serve(me, t.service) end
  if t.service or t.serve then
    while true do
      local ready = socket.select({ connection, self.listener }, nil, 20)
      if ready[self.listener] then
        accept(self)
      else
        break
      end
    end
  end
  local started = socket.gettime()
  local answer = read_answer(connection, method)
  answer.waited = socket.gettime() - started
  answer.sent, answer.send_error = sent, message
  if t.again then
    connection:send(t.again)
    answer.next = read_answer(connection, method)
  end
  connection:close()
  return answer
end

function methods:signer(t)
  t = t or {}
  return core.signer { version = t.version or "v4", id = t.id or self.server.access_key_id,
    secret = t.secret or self.server.access_key_secret, token = t.token or self.server.security_token,
    region = t.region or self.server.region, additional_headers = t.additional_headers }
end

-- A request as bytes. t: headers, query, bucket, host (virtual host style), sign ("v4", "v1", "none", "url4", "url1"),
-- signer, now, expires, chunked
function methods:render(method, key, body, t)
  t = t or {}
  local request = { method = method, scheme = "http", host = t.host or self.address, bucket = t.bucket or self.bucket,
    key = key, path_style = not t.host or nil, query = t.query, headers = t.headers }
  if t.no_bucket then
    request.bucket = nil
  end
  local sign = t.sign or "v4"
  local url, head
  local signer = t.signer or self:signer { version = sign:find("1") and "v1" or "v4" }
  local now = t.now or os.time()
  if sign == "none" then
    url, head = core.render(request)
  elseif sign:find("^url") then
    url, head = signer:presign(request, now, t.expires or 60)
  else
    url, head = signer:sign(request, now)
  end
  assert(url, head)
  if body and t.chunked then
    head = head .. "Transfer-Encoding: chunked\r\n"
    body = ("%x\r\n%s\r\n0\r\n\r\n"):format(#body, body)
  elseif body then
    head = head .. "Content-Length: " .. #body .. "\r\n"
  end
  local target = url:match("^http://[^/]+(.*)$")
  return ("%s %s HTTP/1.1\r\nHost: %s\r\n%s%s\r\n"):format(method, target, request.host, head, t.extra or "")
    .. (body or ""), url
end

function methods:request(method, key, body, t)
  return self:exchange(self:render(method, key, body, t), method, t)
end

function methods:put(key, body, t)
  return self:request("PUT", key, body, t)
end

function methods:get(key, t)
  return self:request("GET", key, nil, t)
end

function methods:head(key, t)
  return self:request("HEAD", key, nil, t)
end

-- ---- errors and callbacks

-- The elements of an answer's XML, by name (the last of each).
function M.xml(answer)
  local text = answer.body
  if text == "" and answer.headers and answer.headers["x-oss-err"] then
    text = assert(core.unbase64(answer.headers["x-oss-err"]))
  end
  local root = assert(require("oss.sending.xml").parse(text))
  local fields = require("oss.sending.xml").fields(root)
  fields.root = root.name
  return fields, root
end

-- x-oss-callback and x-oss-callback-var as they go on the wire.
function methods.callback_headers(_, callback, vars)
  local headers = { "x-oss-callback", core.base64(cjson.encode(callback)) }
  if vars then
    headers[3], headers[4] = "x-oss-callback-var", core.base64(cjson.encode(vars))
  end
  return headers
end

-- ---- forms

local boundary = "----emulatorspec7e3f"

-- A form as bytes. fields: list of { name, value }; file: { name =, type =, content = }, or nil for none.
function methods:render_form(fields, file, t)
  t = t or {}
  local parts = {}
  for _, field in ipairs(fields) do
    parts[#parts + 1] = ('--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'):format(boundary, field[1],
      field[2])
  end
  if file then
    parts[#parts + 1] = ('--%s\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n%s\r\n%s\r\n'):format(
      boundary, file.name or "a.txt", file.type and "Content-Type: " .. file.type .. "\r\n" or "", file.content)
  end
  parts[#parts + 1] = ('--%s\r\nContent-Disposition: form-data; name="submit"\r\n\r\nUpload\r\n--%s--\r\n'):format(
    boundary, boundary)
  local body = t.body or table.concat(parts)
  local content_type = t.content_type or "multipart/form-data; boundary=" .. boundary
  return ("POST /%s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n%s\r\n"):format(
    t.host and "" or self.bucket, t.host or self.address, content_type, #body, t.extra or "") .. body
end

function methods:post(fields, file, t)
  return self:exchange(self:render_form(fields, file, t), "POST", t)
end

local function iso(time)
  return os.date("!%Y-%m-%dT%H:%M:%S.000Z", time)
end

-- The fields of a signed form. t: version, conditions, expires, now, signer, fields (further ones, in front)
function methods:form(key, t)
  t = t or {}
  local now = t.now or os.time()
  local version = t.version or "v4"
  local signer = t.signer or self:signer { version = version }
  local conditions = { { bucket = self.bucket } }
  for _, condition in ipairs(t.conditions or {}) do
    conditions[#conditions + 1] = condition
  end
  local fields = { { "key", key } }
  for _, field in ipairs(t.fields or {}) do
    fields[#fields + 1] = field
  end
  local function add(name, value)
    fields[#fields + 1] = { name, value }
    return value
  end
  if version == "v4" then
    for _, pair in ipairs { { "x-oss-signature-version", "OSS4-HMAC-SHA256" },
      { "x-oss-credential", signer:credential(now) }, { "x-oss-date", core.date_iso(now) } } do
      add(pair[1], pair[2])
      if t.drop ~= pair[1] then
        conditions[#conditions + 1] = { [pair[1]] = pair[2] }
      end
    end
  else
    add("OSSAccessKeyId", t.id or self.server.access_key_id)
  end
  local policy = t.policy or cjson.encode { expiration = t.expiration or iso(now + (t.expires or 60)),
    conditions = conditions }
  local text = add("policy", core.base64(policy))
  add(version == "v4" and "x-oss-signature" or "Signature", signer:policy(text, now))
  return fields
end

return M
