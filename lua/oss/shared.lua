--- The one-call functions, for a transport: clients are kept for those who never make one.

local clients = require "oss.client"
local options = require "oss.options"

local M = {}

local kept_max = 8

-- Options are compared by what they say, not by which table says it.
local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then
    return a == b
  end
  for name, value in pairs(a) do
    if not same(value, b[name]) then
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

local function copy(value)
  if type(value) ~= "table" then
    return value
  end
  local all = {}
  for name, one in pairs(value) do
    all[name] = copy(one)
  end
  return all
end

-- One client for each set of client options, so that calls share connections.
local function find(kept, t, open)
  for _, client in ipairs(kept) do
    if same(client.options, t) and client:usable() then
      return client
    end
  end
  local client, message = clients.new(copy(t), open)
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

-- oss:put{ ... } passes the module where options belong.
local function refuse_colon(t, name)
  if type(t) == "table" and t._VERSION then
    error(("oss.%s: call it with a dot, oss.%s{ ... }"):format(name, name), 4)
  end
end

--- Makes the functions.
-- @tparam[opt] function open makes the transport, see `oss.client`
-- @treturn table client(t) and kept(t, verb); both raise at the line of their caller's caller
function M.new(open)
  local kept = {}
  local shared = {}

  function shared.client(t)
    refuse_colon(t, "client")
    local client, message = clients.new(t or {}, open)
    if not client then
      error(message, 3)
    end
    return client
  end

  -- The client of such options, and what is left for the operation.
  function shared.kept(t, verb)
    if type(t) ~= "table" then
      error(verb .. ": a table of options is expected, got " .. type(t), 3)
    end
    refuse_colon(t, verb)
    local mine, rest = options.split(t)
    local client, message = find(kept, mine, open)
    if not client then
      error(message, 3)
    end
    return client, rest
  end

  return shared
end

return M
