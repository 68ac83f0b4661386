--- The declarations of every option; `oss.options` checks tables against them.

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
  { "engine", "string", "where bytes are moved: inside of `poll` and `wait`, or on a `thread` of its own",
    values = { "poll", "thread" }, default = "poll" },
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
  { "on_done", "function", "handler `function(res, err)` when the operation ends; "
    .. "what it raises comes out of `poll` or `wait`" },
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
  { "expires", "string|integer", "Expires: unix seconds, or a text that is sent as it is", header = "Expires" },
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

local upload = {
  { "threshold", "bytes", "below this size it is one plain put", default = "16 MiB" },
  { "part_size", "bytes", "bytes of a part, 100 KiB to 5 GiB; grows so that 10,000 parts suffice, left out 1,000 "
    .. "(not of a reader)", default = "8 MiB" },
  { "parallel", "integer", "parts on their way at the same time", default = 3 },
  { "memory_limit", "bytes", "memory for the parts of a reader; fewer go at once, and none is larger",
    default = "128 MiB" },
  { "resume", "string|table", "where the resume token is kept: a path, or `{ load =, save =, clear = }`" },
  { "upload_id", "string", "go on with this upload; what OSS has of it is checked against the source" },
}

local append = {
  { "position", "bytes", "where to append: the size of the object now", default = 0 },
  { "crc64", "string", "CRC-64 of the object now; the whole is checked then" },
}

local retry_callback = {
  { "callback", "table", "the upload callback, see Callbacks" },
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

-- Declarations that another verb has too, by name.
local function pick(list, names)
  local wanted, picked = {}, {}
  for name in names:gmatch("%S+") do
    wanted[name] = true
  end
  for _, option in ipairs(list) do
    if wanted[option[1]] then
      picked[#picked + 1] = option
    end
  end
  return picked
end

local place = pick(every, "bucket key")

local permit = {
  { "expires", "integer", "seconds that the permit is valid, with V4 up to 604800 (7 days)", default = 900 },
  { "callback", "table", "the upload callback, see Callbacks" },
  { "now", "integer", "unix seconds to count from; for tests", default = "the clock" },
}

local presign = {
  { "method", "string", "HTTP method", default = "PUT", values = { "PUT", "POST", "GET", "HEAD", "DELETE" } },
  { "upload_id", "string", "of a multipart upload: `PUT` is a part, `POST` completes it" },
  { "part_number", "integer", "1 to 10000" },
  { "callback_as", "string", "where the callback stands: in the URL, or in headers that are sent with it",
    default = "query", values = { "query", "headers" } },
}

local presign_headers = pick(put, "content_type content_md5 cache_control content_disposition "
  .. "content_encoding content_language acl storage_class tags meta forbid_overwrite sse sse_key_id "
  .. "sse_data_encryption traffic_limit persistent_headers")

local form = {
  { "key_prefix", "string", "instead of `key`: the sender chooses what follows" },
  { "content_length_range", "table", "`{ min, max }` bytes of the file" },
  { "content_type", "string|table", "the object's type; of a list the sender names one in the field "
    .. "`x-oss-content-type`" },
  { "success_action_status", "integer", "status of OSS's answer; with a callback always 200",
    values = { 200, 201, 204 }, default = "204" },
  { "fields", "table", "further form fields, `{ [name] = value }`, pinned like all others" },
  { "conditions", "table", "list of further conditions of the policy, such as "
    .. "`{ \"starts-with\", \"$x:note\", \"\" }`" },
}

local form_headers = pick(put, "cache_control content_disposition content_encoding acl storage_class meta "
  .. "forbid_overwrite sse sse_key_id")

local verify = {
  { "method", "string", "the request's method, to be sure that it is POST" },
  { "uri", "string", "the raw request target: path and query as they came" },
  { "headers", "table", "the request's headers, names in any case" },
  { "body", "string", "the raw body" },
  { "keys", "table", "further public keys (PEM) by their URL, such as the emulator's" },
  { "fetch", "function", "handler `function(url)` that returns the text at a https URL, for keys of OSS that are "
    .. "not known here" },
  { "cache", "table", "where fetched keys are kept, with `get`, `set` and perhaps `lock`", default = "in memory" },
  { "secrets", "table", "list of secrets for `callback.token`; the token must fit one of them" },
  { "replay", "table", "`{ seen = function(id, seconds), count = function(token, seconds) }`: refuse a request id "
    .. "that came before; `field` names it in the body (`reqId`)" },
  { "token_uses", "integer", "with `replay` and `secrets`: callbacks that one token is good for", default = 1000 },
  { "window", "seconds", "how long a request id is remembered at the least; longer when its token is valid longer",
    default = "86400, with `secrets` as long as the token" },
  { "now", "integer", "unix seconds; for tests", default = "`os.time()`" },
}

local parse = {
  { "content_type", "string", "no other type is taken; OSS does not sign the header",
    values = { "application/json", "application/x-www-form-urlencoded" } },
  { "max_bytes", "bytes", "longest body that is read", default = "64 KiB" },
  { "max_depth", "integer", "objects and arrays inside one another", default = 32 },
}

--- The lists behind README's tables, in the order of the page.
M.tables = {
  { "client", client }, { "every operation", every }, { "bodies", bodies },
  { "put", put }, { "upload", upload }, { "append", append }, { "retry_callback", retry_callback },
  { "get", get }, { "head", head }, { "delete", delete }, { "request", request },
  { "permits", permit }, { "presign", presign }, { "form", form },
  { "verify", verify }, { "parse", parse },
}

-- AppendObject takes what PutObject takes, but no callback.
local append_headers = {}
for _, option in ipairs(put) do
  if option[1] ~= "callback" and option[1] ~= "forbid_overwrite" then
    append_headers[#append_headers + 1] = option
  end
end

--- The option lists of each verb.
M.verbs = {
  client = { client },
  put = { every, bodies, put },
  upload = { every, bodies, put, upload },
  append = { every, bodies, append_headers, append },
  retry_callback = { every, retry_callback },
  get = { every, get },
  head = { every, head },
  delete = { every, delete },
  request = { every, bodies, request },
  presign = { place, pick(every, "headers query request_payer"), permit, presign, presign_headers,
    pick(get, "version_id process") },
  form = { place, permit, form, form_headers },
  verify = { verify, parse },
  parse = { pick(verify, "headers body"), parse },
}

return M
