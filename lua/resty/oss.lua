--- The same API in nginx, on its cosockets: nothing blocks the worker.
--
--     local oss = require "resty.oss"
--     local reader, length = oss.request_body()
--     local res, err = oss.put{ region = "cn-hangzhou", bucket = "examplebucket", key = "a.txt",
--       reader = reader, length = length }
--
-- Calls wait by yielding, in the phases rewrite, access and content, in timers, and where else nginx has
-- sockets. Elsewhere (init, log, header_filter ...) they return an error with the code `NoSockets`.
--
-- * `client:put{...}` and the other verbs run in the light thread that calls them.
-- * `client:start(verb, {...})` runs in a light thread of its own, which belongs to the request that
--   starts it; nginx ends the request when all of them have ended. `ngx.thread.spawn(client.put, client,
--   {...})` does the same by hand.
-- * `op:wait()` waits in any light thread of the request, `op:cancel()` ends the operation as soon as
--   its light thread runs.
-- * `client:poll(seconds)` waits until an operation started in this request has ended, at most so long,
--   and returns how many still run; `client:poll(0)` lets others go on for a moment.
--
-- A client may be made once, also in `init_by_lua`, and shared by all requests of a worker. Its option
-- `connections` has no default here; given, it limits a worker's connections to one host, and who finds
-- them all taken waits for one within `connect_timeout`. Clients with the same number share them.
-- @module resty.oss

if not rawget(_G, "ngx") then
  error("resty.oss works in nginx with its Lua module; elsewhere it is require \"oss\"")
end

local errors = require "oss.errors"
local cosocket = require "oss.transport.cosocket"
local shared = require("oss.shared").new(cosocket.new)

local M = {}

M._VERSION = require "oss.version"

--- Like Lua's assert, with a readable message; see `oss.errors.assert`.
-- @function assert
M.assert = errors.assert

--- Makes a client.
-- @tparam table t options, see README; not there are proxy, ca_file, tls_min and client certificates,
-- which nginx.conf decides or nginx does not have
-- @treturn table client, see `oss.client`
-- @raise on wrong options, at the caller's line
-- @usage local client = oss.client{ region = "cn-hangzhou" }
function M.client(t)
  return (shared.client(t))
end

--- Stores an object with one call: the client's options and the operation's in one table.
--
-- Calls with the same client options share their connections.
-- @tparam table t options of `oss.client` and of `client:put`
-- @treturn table|nil as of `client:put`
-- @treturn table an error of `oss.errors`
-- @raise on wrong options, at the caller's line
function M.put(t)
  local client, rest = shared.kept(t, "put")
  local op = client:make("put", rest, 3)
  return op:wait()
end

-- The parts that few programs need are loaded when they are touched.
local parts = { callback = "oss.callback", credentials = "oss.credentials", receiver = "oss.receiver",
  errors = "oss.errors", request_body = "resty.oss.request_body", sign_proxy = "resty.oss.sign_proxy" }

return setmetatable(M, { __index = function(t, name)
  local part = parts[name] and require(parts[name])
  rawset(t, name, part)
  return part
end })
