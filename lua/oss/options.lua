--- Every option of the library, declared once: name, type, default, unit, text.
--
-- README's tables are generated from this list, a spec compares them, and every option table of
-- a user is checked against it.
-- @module oss.options

local nearest = require "oss.common.nearest"

local M = {}

-- name, type, text, and: default, values (the allowed ones), header (the HTTP header it becomes).
-- Types: string, boolean, integer, seconds (> 0), bytes (>= 0), table, function, any; "a|b" is either.
local client = {
  { "region", "string", "region id such as `cn-hangzhou`", default = "`OSS_REGION`, or from the endpoint" },
  { "endpoint", "string", "`[https://]host[:port]` instead of the region's public one",
    default = "`OSS_ENDPOINT`, or from the region" },
  { "internal", "boolean", "the region's internal endpoint (same-region ECS)", default = false },
  { "dual_stack", "boolean", "the region's IPv4 + IPv6 endpoint", default = false },
  { "accelerate", "boolean|string", "the acceleration endpoint; `\"overseas\"` for outside the mainland",
    default = false },
  { "cname", "boolean", "the endpoint is a custom domain bound to the bucket", default = false },
  { "path_style", "boolean", "bucket in the path instead of the host (always so for an IP address)",
    default = false },
  { "access_key_id", "string", "access key", default = "`OSS_ACCESS_KEY_ID`" },
  { "access_key_secret", "string", "its secret", default = "`OSS_ACCESS_KEY_SECRET`" },
  { "security_token", "string", "STS token that belongs to the key", default = "`OSS_SESSION_TOKEN`" },
  { "credentials", "function|table", "a table with the three above, or a function that returns one, "
    .. "asked before each attempt" },
  { "anonymous", "boolean", "send unsigned requests", default = false },
  { "signature", "string", "signature version", values = { "v4", "v1" }, default = "v4" },
  { "additional_headers", "table", "list of further headers to sign (V4)" },
  { "product", "string", "`oss-cloudbox` for a cloud box", default = "oss" },
  { "tls_verify", "boolean", "verify the server's certificate and name", default = true },
  { "tls_min", "string", "lowest TLS version", values = { "1.2", "1.3" }, default = "1.2" },
  { "ca_file", "string", "file of trusted certificates (PEM)", default = "the system's" },
  { "ca_path", "string", "directory of trusted certificates" },
  { "client_cert", "string", "file of the client's certificate (PEM)" },
  { "client_key", "string", "file of its key (PEM)" },
  { "client_key_password", "string", "the key's password" },
  { "proxy", "string", "`http://`, `https://`, `socks5://` or `socks5h://` URL of a proxy",
    default = "the usual proxy variables" },
  { "proxy_username", "string", "user of the proxy" },
  { "proxy_password", "string", "password of that user" },
  { "connect_to", "table", "list of `host:port:address:port`: connect elsewhere under the same name" },
  { "connections", "integer", "transfers at the same time; more wait their turn", default = 64 },
  { "user_agent", "string", "text put behind `lua-oss/VERSION`" },
  { "log", "function", "log handler `function(level, message)`; secrets are masked" },
  { "log_level", "string", "least important level to log", values = { "error", "warn", "info", "debug" },
    default = "info" },
  { "clock", "function", "returns unix seconds; for tests", default = "`os.time`" },
  { "random", "function", "returns a number in [0,1); for tests", default = "`math.random`" },
}

local every = {
  { "bucket", "string", "bucket" },
  { "key", "string", "object key: the raw name, never encoded" },
  { "headers", "table", "further request headers, `{ [name] = value }`" },
  { "query", "table", "further query parameters, `{ [name] = value }`" },
  { "request_payer", "string", "`requester` when the requester pays", header = "x-oss-request-payer" },
  { "connect_timeout", "seconds", "limit for name, TCP and TLS", default = 10 },
  { "idle_timeout", "seconds", "limit for a transfer in which no byte moves", default = 60 },
  { "answer_timeout", "seconds", "limit from the last byte sent to the answer's first; "
    .. "at least 30 with a callback", default = 60 },
  { "timeout", "seconds", "limit for the whole operation, retries included" },
  { "attempts", "integer", "tries in total", default = 3 },
  { "retry_delay", "seconds", "base of the delay between tries (full jitter, doubled each time)",
    default = 0.2 },
  { "retry_max_delay", "seconds", "longest delay between tries", default = 20 },
  { "retry_budget", "seconds", "no new try starts later than this", default = 120 },
  { "max_answer", "bytes", "longest answer held in memory", default = "1 MiB; `get` 64 MiB" },
  { "on_retry", "function", "handler `function(err, attempt, delay)` before a further try" },
  { "on_progress", "function", "handler `function(sent, total)`; for `get` `function(received, total)`" },
  { "on_done", "function", "handler `function(res, err)` when the operation ends" },
}

local bodies = {
  { "body", "string", "the bytes to send" },
  { "file", "string", "path of the file to send; read in slices" },
  { "reader", "function", "handler that returns the next chunk, nil at the end, or nil and an error" },
  { "length", "bytes", "bytes that the reader will return; without it the body goes out chunked" },
  { "rewind", "function", "handler that starts the reader anew; without it a reader is never retried" },
}

local put = {
  { "callback", "table", "the upload callback, see Callbacks" },
  { "content_type", "string", "Content-Type", header = "Content-Type", default = "from the key's extension" },
  { "content_md5", "string|boolean", "Content-MD5 in base64; true computes it (for `body`)",
    header = "Content-MD5" },
  { "cache_control", "string", "Cache-Control", header = "Cache-Control" },
  { "content_disposition", "string", "Content-Disposition", header = "Content-Disposition" },
  { "content_encoding", "string", "Content-Encoding", header = "Content-Encoding" },
  { "content_language", "string", "Content-Language", header = "Content-Language" },
  { "expires", "string|integer", "Expires: a date text, or unix seconds", header = "Expires" },
  { "acl", "string", "access of the object", header = "x-oss-object-acl",
    values = { "default", "private", "public-read", "public-read-write" } },
  { "storage_class", "string", "storage class", header = "x-oss-storage-class",
    values = { "Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive" } },
  { "tags", "table", "object tags, `{ [key] = value }`, at most 10", header = "x-oss-tagging" },
  { "meta", "table", "user metadata, `{ [name] = value }`, 8 KiB in all", header = "x-oss-meta-*" },
  { "forbid_overwrite", "boolean", "fail with FileAlreadyExists instead of overwriting",
    header = "x-oss-forbid-overwrite" },
  { "sse", "string", "encryption at rest", header = "x-oss-server-side-encryption",
    values = { "AES256", "KMS", "SM4" } },
  { "sse_key_id", "string", "KMS key", header = "x-oss-server-side-encryption-key-id" },
  { "sse_data_encryption", "string", "data encryption under KMS", values = { "SM4" },
    header = "x-oss-server-side-data-encryption" },
  { "traffic_limit", "integer", "OSS's own limit, bit/s, 245760 to 838860800",
    header = "x-oss-traffic-limit" },
  { "persistent_headers", "table", "headers that every download carries, `{ [name] = value }`",
    header = "x-oss-persistent-headers" },
  { "rate_limit", "bytes", "bytes per second sent at the most" },
  { "crc", "boolean", "compare CRC-64 with OSS's", default = true },
  { "expect", "boolean", "Expect: 100-continue: a refused upload sends no body",
    default = "for more than 1 MiB" },
}

local get = {
  { "file", "string", "path to write to; appears complete or not at all" },
  { "range", "string", "`bytes=0-99`", header = "Range" },
  { "version_id", "string", "version" },
  { "process", "string", "x-oss-process, such as `image/resize,w_100`" },
  { "if_match", "string", "ETag", header = "If-Match" },
  { "if_none_match", "string", "ETag", header = "If-None-Match" },
  { "if_modified_since", "string", "date", header = "If-Modified-Since" },
  { "if_unmodified_since", "string", "date", header = "If-Unmodified-Since" },
  { "traffic_limit", "integer", "OSS's own limit, bit/s", header = "x-oss-traffic-limit" },
  { "crc", "boolean", "compare CRC-64 with OSS's", default = true },
}

local head = {
  { "version_id", "string", "version" },
  { "if_match", "string", "ETag", header = "If-Match" },
  { "if_none_match", "string", "ETag", header = "If-None-Match" },
}

local delete = {
  { "version_id", "string", "version" },
}

local request = {
  { "method", "string", "HTTP method", default = "GET" },
  { "callback", "table", "the upload callback, for a Complete of your own" },
  { "replayable", "boolean", "may be tried again after a lost answer", default = "GET, HEAD, PUT, DELETE" },
}

--- The lists behind README's tables, in the order of the page.
M.tables = {
  { "client", client }, { "every operation", every }, { "bodies", bodies },
  { "put", put }, { "get", get }, { "head", head }, { "delete", delete }, { "request", request },
}

local verbs = {
  client = { client },
  put = { every, bodies, put },
  get = { every, get },
  head = { every, head },
  delete = { every, delete },
  request = { every, bodies, request },
}

local by_name, names = {}, {}
for verb, groups in pairs(verbs) do
  by_name[verb], names[verb] = {}, {}
  for _, group in ipairs(groups) do
    for _, option in ipairs(group) do
      by_name[verb][option[1]] = option
      table.insert(names[verb], option[1])
    end
  end
end

local type_texts = {
  seconds = "a number of seconds above 0",
  bytes = "a whole number of bytes, 0 or more",
  integer = "a whole number above 0",
}

local function is_type(wanted, value)
  local actual = type(value)
  if wanted == "seconds" then
    return actual == "number" and value > 0 and value < math.huge
  elseif wanted == "integer" then
    return actual == "number" and value > 0 and value % 1 == 0
  elseif wanted == "bytes" then
    return actual == "number" and value >= 0 and value % 1 == 0 and value < math.huge
  end
  return actual == wanted
end

local function has_type(option, value)
  local types = option[2]
  if is_type(types, value) then
    return true
  end
  for one in types:gmatch("[^|]+") do
    if is_type(one, value) then
      return true
    end
  end
  return false
end

local function show_types(option)
  local texts = {}
  for one in option[2]:gmatch("[^|]+") do
    texts[#texts + 1] = type_texts[one] or ("a " .. one)
  end
  return table.concat(texts, " or ")
end

local function contains(list, value)
  for _, one in ipairs(list) do
    if one == value then
      return true
    end
  end
  return false
end

local function unknown(verb, name)
  if type(name) ~= "string" then
    return ("%s: options are named, got %s as a name"):format(verb, tostring(name))
  end
  if verb ~= "client" and by_name.client[name] then
    return ("%s: option '%s' belongs to oss.client{}, not to a single operation"):format(verb, name)
  end
  return ("%s: unknown option '%s'%s"):format(verb, name, nearest.clause(name, names[verb]))
end

--- Whether a verb knows an option.
-- @tparam string verb put, get, ... or client
-- @tparam string name
-- @treturn boolean
function M.has(verb, name)
  return by_name[verb][name] ~= nil
end

--- Checks an option table.
-- @tparam string verb put, get, ... or client
-- @tparam table options as the user wrote them
-- @treturn nil|string what is wrong, nil when all is well
function M.check(verb, options)
  if type(options) ~= "table" then
    return ("%s: a table of options is expected, got %s"):format(verb, type(options))
  end
  local known = by_name[verb]
  for name, value in pairs(options) do
    local option = known[name]
    if not option then
      return unknown(verb, name)
    end
    if not has_type(option, value) then
      return ("%s: option '%s' must be %s, got %s"):format(verb, name, show_types(option),
        type(value) == "number" and tostring(value) or type(value))
    end
    if option.values and not contains(option.values, value) then
      return ("%s: option '%s' must be one of %s, got '%s'"):format(verb, name,
        table.concat(option.values, ", "), tostring(value))
    end
  end
  return nil
end

--- The options of a verb that become request headers as they are.
-- @tparam string verb
-- @treturn {table,...} the options' declarations
function M.header_options(verb)
  local list = {}
  for _, group in ipairs(verbs[verb]) do
    for _, option in ipairs(group) do
      if option.header then
        list[#list + 1] = option
      end
    end
  end
  return list
end

--- Splits one table into the client's options and the operation's (for `oss.put`).
-- @tparam table options
-- @treturn table the client's
-- @treturn table the operation's
function M.split(options)
  local mine, rest = {}, {}
  for name, value in pairs(options) do
    local target = by_name.client[name] and mine or rest
    target[name] = value
  end
  return mine, rest
end

return M
