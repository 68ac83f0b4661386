-- The worker's side of spec/support/nginx.lua: runs the code it is sent, answers with what it returns.
--
-- The code sees `oss`, `core`, `client` (of the spec's local OSS), `new_client{...}`, `put{...}` (a small
-- put with defaults), `exchange(request, options)` (one request over the bare transport) and `noise(n)`.

local json = require "cjson.safe"

local M = {}

-- What JSON can hold of a value.
local function plain(value, depth)
  local kind = type(value)
  if kind == "table" and depth < 6 then
    local copy = {}
    for name, item in pairs(value) do
      copy[type(name) == "number" and name or tostring(name)] = plain(item, depth + 1)
    end
    if value.kind and value.code then
      copy.text = tostring(value)
    end
    return copy
  elseif kind == "string" or kind == "boolean" or kind == "number" then
    return value
  end
  return value ~= nil and tostring(value) or json.null
end

local clients = {}

function M.client(options)
  local t = { endpoint = ngx.var.endpoint, region = "cn-hangzhou", access_key_id = "emulator",
    access_key_secret = "emulator-secret", random = function() return 0 end }
  for name, value in pairs(options or {}) do
    t[name] = value
  end
  return require("resty.oss").client(t)
end

local function exchange(request, options)
  local t = { method = "PUT", head = "", connect_timeout = 5, idle_timeout = 5, answer_timeout = 5 }
  for name, value in pairs(request) do
    t[name] = value
  end
  clients.bare = clients.bare or M.client { endpoint = "http://127.0.0.1" }
  local client = options and options.client or clients.bare
  local operation = require("oss.operation").new(client, options and options.verb or "request", options or {},
    function(op)
      return op:exchange(t)
    end)
  return operation:wait()
end

local function noise(n)
  local parts, x = {}, 12345
  for i = 1, 997 do
    x = (x * 16807) % 2147483647
    parts[i] = string.char(x % 256)
  end
  local block = table.concat(parts)
  return block:rep(math.floor(n / 997) + 1):sub(1, n)
end

local function environment()
  local endpoint = ngx.var.endpoint
  if endpoint ~= "" then
    clients[endpoint] = clients[endpoint] or M.client()
  end
  return setmetatable({ oss = require "resty.oss", core = require "oss.core", client = clients[endpoint],
    new_client = M.client, exchange = exchange, noise = noise, put = function(more)
      local t = { bucket = "examplebucket", key = "dir/a.txt", body = "Hello OSS" }
      for name, value in pairs(more or {}) do
        t[name] = value or nil
      end
      return t
    end }, { __index = _G })
end

local function answer(ok, ...)
  if not ok then
    return { ok = false, message = tostring((...)) }
  end
  local values = {}
  for i = 1, select("#", ...) do
    values[i] = plain((select(i, ...)), 0)
  end
  return { ok = true, n = select("#", ...), values = values }
end

function M.run()
  ngx.req.read_body()
  local asked = json.decode(ngx.req.get_body_data())
  local code, message = loadstring(asked.code, "=spec")
  if not code then
    return ngx.print(json.encode { ok = false, message = message })
  end
  setfenv(code, environment())
  ngx.print(json.encode(answer(xpcall(code, debug.traceback, unpack(asked.arguments)))))
end

return M
