--- Uploads to Alibaba Cloud OSS, with upload callbacks.
--
--     local oss = require "oss"
--     local res, err = oss.put{ region = "cn-hangzhou", bucket = "examplebucket", key = "a.txt",
--       body = "Hello OSS", callback = { url = "https://example.com/cb", body = { size = "${size}" } } }
--
-- @module oss

local clients = require "oss.client"
local errors = require "oss.errors"
local options = require "oss.options"

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
  local client, message = clients.new(t or {})
  if not client then
    error(message, 2)
  end
  return client
end

-- The clients behind oss.put: one for each set of client options, so that calls share connections.
local kept = {}
local kept_max = 8

local function same(a, b)
  for name, value in pairs(a) do
    if b[name] ~= value then
      return false
    end
  end
  for name in pairs(b) do
    if a[name] == nil then
      return false
    end
  end
  return true
end

local function shared_client(t)
  for i, client in ipairs(kept) do
    if same(client.options, t) then
      return client, i
    end
  end
  local client, message = clients.new(t)
  if not client then
    return nil, message
  end
  table.insert(kept, 1, client)
  local oldest = kept[kept_max + 1]
  if oldest and oldest.driver.running == 0 then
    oldest:close()
    kept[kept_max + 1] = nil
  end
  return client
end

--- Stores an object with one call: the client's options and the operation's in one table.
--
-- Calls with the same client options share their connections.
-- @tparam table t options of `oss.client` and of `client:put`
-- @treturn table|nil as of `client:put`
-- @treturn table an error of `oss.errors`
-- @raise on wrong options, at the caller's line
function M.put(t)
  if type(t) ~= "table" then
    error("put: a table of options is expected, got " .. type(t), 2)
  end
  local mine, rest = options.split(t)
  local client, message = shared_client(mine)
  if not client then
    error(message, 2)
  end
  local op = client:begin("put", rest, 3)
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
