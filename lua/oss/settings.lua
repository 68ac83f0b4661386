--- What must hold for a client's options beyond their types, and where the environment fills in.

local M = {}

local function check_list(name, list, pattern, example)
  local n = 0
  for _ in pairs(list) do
    n = n + 1
  end
  for i = 1, n do
    if type(list[i]) ~= "string" or not list[i]:find(pattern) then
      return ("option '%s' must be a list like { %q }"):format(name, example)
    end
  end
end

local function check_file(name, path)
  local file, message = io.open(path, "rb")
  if not file then
    return ("option '%s': %s"):format(name, message)
  end
  file:close()
end

local checks = {}

function checks.user_agent(text)
  return text:find("%c") and "option 'user_agent' must not hold control characters" or nil
end

function checks.proxy(url)
  if not url:find("^https?://[^%s]+$") and not url:find("^socks5h?://[^%s]+$") then
    return "option 'proxy' must be a URL with http://, https://, socks5:// or socks5h://"
  end
end

function checks.connect_to(list)
  return check_list("connect_to", list, "^[^%s]*:%d*:[^%s]*:%d*$", "host:443:127.0.0.1:8443")
end

function checks.additional_headers(list)
  return check_list("additional_headers", list, "^[%w-]+$", "content-length")
end

function checks.connections(n)
  return n > 65536 and "option 'connections' must be 65536 at the most" or nil
end

function checks.product(text)
  return not text:find("^[%w-]+$") and "option 'product' must be letters, digits and hyphens" or nil
end

for _, name in ipairs { "ca_file", "client_cert", "client_key" } do
  checks[name] = function(path)
    return check_file(name, path)
  end
end

--- Checks a client's options.
-- @tparam table t options of the right types
-- @treturn nil|string what is wrong, naming the option
function M.check(t)
  for name, check in pairs(checks) do
    local message = t[name] ~= nil and check(t[name])
    if message then
      return message
    end
  end
end

--- The options with what the environment says of region and endpoint: `OSS_ENDPOINT` where the program
-- names no endpoint of its own, `OSS_REGION` where neither it nor the endpoint tells the region.
-- @tparam table t options
-- @tparam function region_of tells the region of a public endpoint's host
-- @tparam[opt=os.getenv] function getenv
-- @treturn table region and endpoint, the other options behind them
function M.with_environment(t, region_of, getenv)
  getenv = getenv or os.getenv
  local function of(name)
    local value = getenv(name)
    return value ~= "" and value or nil
  end
  local endpoint = t.endpoint
  if not endpoint and not (t.internal or t.dual_stack or t.accelerate) then
    local candidate = of("OSS_ENDPOINT")
    local region = candidate and region_of(candidate)
    if not (t.region and region and region ~= t.region) then
      endpoint = candidate
    end
  end
  local region = t.region or (not (endpoint and region_of(endpoint)) and of("OSS_REGION")) or nil
  return setmetatable({ region = region, endpoint = endpoint }, { __index = t })
end

return M
