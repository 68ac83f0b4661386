--- The options of `oss.emulator.start`.

local nearest = require "oss.common.nearest"

local M = {}

local types = {
  root = "string", port = "number", admin_port = "number", host = "string", access_key_id = "string",
  access_key_secret = "string", security_token = "string", credentials = "table", region = "string", tls = "table",
  cname = "table", create_buckets = "boolean", anonymous = "boolean", private_callbacks = "boolean", cors = "boolean",
  workers = "number", detached = "boolean", nginx = "string", lua_path = "string", lua_cpath = "string",
}

local defaults = {
  host = "127.0.0.1", access_key_id = "emulator", access_key_secret = "emulator-secret", region = "cn-hangzhou",
  credentials = {}, cname = {}, create_buckets = true, anonymous = false, private_callbacks = true, cors = true,
  workers = 1, detached = false,
}

local function names()
  local list = {}
  for name in pairs(types) do
    list[#list + 1] = name
  end
  return list
end

local function check_port(t, name, level)
  local port = t[name]
  if port and (port % 1 ~= 0 or port < 1 or port > 65535) then
    error("emulator.start: '" .. name .. "' must be a whole number from 1 to 65535", level + 1)
  end
end

-- These stand in nginx's configuration.
local function check_text(t, name, level)
  local text = t[name]
  if text and (text == "" or text:find("['\"${}\\;%c]")) then
    error("emulator.start: '" .. name .. "' is empty or has quotes, $, braces, ; or control characters in it",
      level + 1)
  end
end

--- Checks the options and fills in the defaults.
-- @tparam table given
-- @tparam number level of the caller to blame, as for `error`
-- @treturn table
function M.check(given, level)
  if type(given) ~= "table" then
    error("emulator.start: a table of options is wanted", level)
  end
  local t = {}
  for name, default in pairs(defaults) do
    t[name] = default
  end
  for name, value in pairs(given) do
    if not types[name] then
      local clause = nearest.clause(tostring(name), names())
      error("emulator.start: unknown option '" .. tostring(name) .. "'" .. clause, level)
    elseif type(value) ~= types[name] then
      error("emulator.start: '" .. name .. "' must be a " .. types[name] .. ", not a " .. type(value), level)
    end
    t[name] = value
  end
  if not t.root then
    error("emulator.start: 'root' is missing: the folder to keep objects in", level)
  elseif t.tls and (type(t.tls.cert) ~= "string" or type(t.tls.key) ~= "string") then
    error("emulator.start: 'tls' must be { cert = file, key = file }", level)
  elseif t.workers % 1 ~= 0 or t.workers < 1 or t.workers > 64 then
    error("emulator.start: 'workers' must be a whole number from 1 to 64", level)
  end
  check_port(t, "port", level)
  check_port(t, "admin_port", level)
  check_text(t, "root", level)
  check_text(t, "host", level)
  return t
end

return M
