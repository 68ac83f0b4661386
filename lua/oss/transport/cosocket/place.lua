--- Where a URL leads: address and port to connect to, the name that TLS checks, and the key under
-- which nginx keeps connections for it.

local M = {}

local find, sub = string.find, string.sub
local places_methods = {}
local places_mt = { __index = places_methods }

local default_ports = { http = 80, https = 443 }
local most_places = 1000

local function rule_of(entry)
  local host, port, address, to = entry:match("^(%[[^%]]*%]):(%d*):(.*):(%d*)$")
  if not host then
    host, port, address, to = entry:match("^([^:]*):(%d*):(.*):(%d*)$")
  end
  return host and { host = host:lower(), port = tonumber(port), address = address, to = tonumber(to) }
end

--- Makes the places of one client.
-- @tparam table t the client's options: connect_to, connections, tls_verify
-- @treturn table|nil
-- @treturn string what is wrong, naming the option
function M.new(t)
  local rules = {}
  for i, entry in ipairs(t.connect_to or {}) do
    rules[i] = type(entry) == "string" and rule_of(entry)
    if not rules[i] then
      return nil, "option 'connect_to' must list host:port:address:port"
    end
  end
  return setmetatable({ rules = rules, connections = t.connections, verify = t.tls_verify ~= false,
    known = {}, count = 0 }, places_mt)
end

local function resolve(places, scheme, authority)
  local host, port = authority:match("^(.-):(%d+)$")
  host, port = host or authority, tonumber(port) or default_ports[scheme]
  local address, to = host, port
  for _, rule in ipairs(places.rules) do
    if (rule.host == "" or rule.host == host) and (not rule.port or rule.port == port) then
      address = rule.address ~= "" and rule.address or host
      to = rule.to or port
      break
    end
  end
  local tls = scheme == "https"
  local name = host:gsub("^%[(.*)%]$", "%1")
  -- The first who names a pool says how many connections it has.
  local pool = ("oss:%s:%d/%s/%s"):format(address, to, tls and name .. (places.verify and "" or "/unverified") or "",
    places.connections or "")
  return { authority = authority, address = address, port = to, tls = tls, name = name, verify = places.verify,
    -- Without a limit of the user's nobody waits, and nginx keeps this many for the next.
    options = { pool = pool, pool_size = places.connections or 64,
      backlog = places.connections and 65535 or nil } }
end

--- Finds the place of a URL.
-- @tparam string url
-- @treturn table|nil authority, address, port, tls, name, verify, options (for connect)
-- @treturn string the request target
function places_methods:find(url)
  local slash = find(url, "/", 9, true) -- behind "https://" or further
  local base = sub(url, 1, (slash or 0) - 1)
  local place = self.known[base]
  if not place then
    local scheme, authority = base:match("^(https?)://([^/?]+)$")
    if not scheme then
      return nil
    elseif self.count == most_places then
      self.known, self.count = {}, 0
    end
    place = resolve(self, scheme, authority)
    self.known[base], self.count = place, self.count + 1
  end
  return place, slash and sub(url, slash) or "/"
end

return M
