--- Signs the present request for OSS; `proxy_pass` then streams it there.
--
--     location /files/ {
--       client_max_body_size 5g;
--       set $oss_url "";
--       access_by_lua_block {
--         require("resty.oss").sign_proxy {
--           client = client, bucket = "examplebucket", key = ngx.var.uri:sub(8),
--           callback = { url = "https://example.com/cb", body = { object = "${object}" } } }
--       }
--       proxy_pass $oss_url;               # the whole URL, passed on as it is
--       proxy_http_version 1.1;
--       proxy_request_buffering off;       # streams
--       proxy_ssl_server_name on;
--       proxy_ssl_verify on;
--       proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;
--     }
--     # and a `resolver`, since the host stands in a variable
--
-- Of the client's headers only the length, Content-Type and Content-MD5 go on, and with GET and HEAD
-- Range and the conditions: no Cookie, no Authorization, no x-oss-*, no address of the client. Its query
-- does not go on either. What OSS answers, also the callback's answer, goes to the client.
-- @module resty.oss.sign_proxy

local credentials = require "oss.credentials"
local mime = require "oss.sending.mime"
local names = require "oss.sending.names"
local options = require "oss.options"
local presign = require "oss.permits.presign"

local reading = { range = true, ["if-range"] = true, ["if-match"] = true, ["if-none-match"] = true,
  ["if-modified-since"] = true, ["if-unmodified-since"] = true }
-- nginx itself makes these anew for OSS, or needs them to read the body.
local framing = { host = true, ["content-length"] = true, ["transfer-encoding"] = true, expect = true,
  connection = true }
local never = { authorization = true, cookie = true, date = true }

local function check_pass(pass)
  for i, name in ipairs(pass) do
    if type(name) ~= "string" or never[name:lower()] or name:lower():find("^x%-oss%-") then
      return ("sign_proxy: option 'pass': [%d] must be the name of a header that OSS does not act on"):format(i)
    end
  end
end

local function check(t)
  if type(t) ~= "table" then
    return "sign_proxy: a table of options is expected, got " .. type(t)
  end
  local client, rest = t.client, {}
  if type(client) ~= "table" or not client.provider then
    return "sign_proxy: option 'client' must be a client with credentials"
  elseif t.callback_as then
    return "sign_proxy: unknown option 'callback_as'"
  elseif t.pass and type(t.pass) ~= "table" then
    return "sign_proxy: option 'pass' must be a list of header names"
  end
  for name, value in pairs(t) do
    rest[name] = value
  end
  rest.client, rest.pass = nil, nil
  rest.callback_as = t.callback and "headers" or nil
  local message = check_pass(t.pass or {}) or options.check("presign", rest)
  return message and message:gsub("^presign:", "sign_proxy:"), rest
end

-- nginx does not send on an empty header, which therefore must not be signed.
local function one(value)
  value = type(value) == "table" and value[1] or value
  return value ~= "" and value or nil
end

-- What the client says of its body is signed as it is, unless an option says it.
local function add_client_headers(value, given)
  local has = {}
  for i = 1, #value.headers, 2 do
    has[value.headers[i]:lower()] = true
  end
  local writes = value.method == "PUT" or value.method == "POST"
  local content_type = one(given["content-type"]) or value.method == "PUT" and mime(value.key)
  for name, text in pairs { ["Content-Type"] = content_type or nil, ["Content-MD5"] = one(given["content-md5"]) } do
    if writes and not has[name:lower()] then
      table.insert(value.headers, name)
      table.insert(value.headers, text)
    end
  end
end

local function replace_headers(given, head, pass, method)
  local stays = {}
  for _, name in ipairs(pass or {}) do
    stays[name:lower()] = true
  end
  local reads = method == "GET" or method == "HEAD"
  for name in pairs(given) do
    if not (framing[name] or stays[name] or reads and reading[name]) then
      ngx.req.clear_header(name)
    end
  end
  for name, text in head:gmatch("([^\r\n:]+): ([^\r\n]*)\r\n") do
    ngx.req.set_header(name, text)
  end
end

local function fail(status, message)
  ngx.log(status < 500 and ngx.WARN or ngx.ERR, "sign_proxy: ", message)
  return ngx.exit(status)
end

-- A key mostly comes from the client.
local function wrong_key(t)
  local message = type(t.key) == "string" and type(t.bucket) == "string" and (names.missing(t, true) or names.fault(t))
  return message and message:find("^option 'key'") and message
end

--- Signs the present request and sets `$oss_url`. Ends it with 405 when its method is another than
-- `method`, with 400 when the key cannot be one, with 502 when there are no credentials.
-- @function sign_proxy
-- @tparam table t client, the options of `presign` but `callback_as`, and pass (names of further headers
-- of the client that go on)
-- @raise on wrong options, at the caller's line
-- @usage oss.sign_proxy { client = client, bucket = "b", key = "k" }
return function(t)
  local message, rest = check(t)
  if message then
    error(message, 2)
  end
  local client, method = t.client, rest.method or "PUT"
  local now = rest.now or client:time()
  message = wrong_key(rest)
  if message then
    return fail(400, message)
  end
  local value
  value, message = presign.prepare(client, rest, now, now + (rest.expires or 900))
  if not value then
    error("sign_proxy: " .. message, 2)
  elseif ngx.req.get_method() ~= method then
    return ngx.exit(405)
  end
  local given = ngx.req.get_headers(0)
  add_client_headers(value, given)
  local keys
  keys, message = credentials.ask(pcall, client.provider)
  if not keys then
    return fail(502, message)
  end
  local signer, url, head
  signer, message = client:signer(keys)
  if not signer then
    return fail(502, message)
  end
  url, head = signer:sign(value, now)
  if not url then
    return fail(400, head)
  end
  replace_headers(given, head, t.pass, method)
  ngx.var.oss_url = url
  return true
end
