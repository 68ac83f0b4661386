--- Host names to IPv4 addresses, without stalling the worker.

local M = {}

local limit = 5

local function is_address(host)
  return host:find("^%d+%.%d+%.%d+%.%d+$") ~= nil
end

local function in_thread(host)
  local run = ngx.run_worker_thread -- luacheck: ignore 143
  if not run then
    return require("oss.emulator.callback.lookup").first(host)
  end
  local ok, address = run("oss_emulator", "oss.emulator.callback.lookup", "first", host)
  return ok and address or nil
end

--- Resolves a host; gives up after five seconds.
-- @tparam string host
-- @treturn string|nil an IPv4 address
function M.first(host)
  if is_address(host) then
    return host
  end
  local lookup = ngx.thread.spawn(in_thread, host)
  local clock = ngx.thread.spawn(function()
    ngx.sleep(limit)
  end)
  local ok, address = ngx.thread.wait(lookup, clock)
  ngx.thread.kill(clock)
  ngx.thread.kill(lookup)
  return ok and address or nil
end

--- Whether an address is private: loopback, RFC 1918, link-local, shared, unspecified.
-- @tparam string address
-- @treturn boolean
function M.is_private(address)
  local a, b = address:match("^(%d+)%.(%d+)%.")
  a, b = tonumber(a), tonumber(b)
  return a == 0 or a == 10 or a == 127 or (a == 172 and b >= 16 and b <= 31) or (a == 192 and b == 168)
    or (a == 169 and b == 254) or (a == 100 and b >= 64 and b <= 127)
end

return M
