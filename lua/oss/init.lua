--- Uploads to Alibaba Cloud OSS, with upload callbacks.
--
--     local oss = require "oss"
--     local res, err = oss.put{ region = "cn-hangzhou", bucket = "examplebucket", key = "a.txt",
--       body = "Hello OSS", callback = { url = "https://example.com/cb", body = { size = "${size}" } } }
--
-- @module oss

local errors = require "oss.errors"
local shared = require("oss.shared").new()

local M = {}

M._VERSION = require "oss.version"

--- Like Lua's assert, with a readable message on every Lua version; see `oss.errors.assert`.
-- @function oss.assert
M.assert = errors.assert

--- Makes a client.
-- @tparam table t options, see README
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
  emulator = "oss.emulator", errors = "oss.errors" }

return setmetatable(M, { __index = function(t, name)
  local part = parts[name] and require(parts[name])
  rawset(t, name, part)
  return part
end })
