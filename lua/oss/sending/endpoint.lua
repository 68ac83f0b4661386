--- Where requests go: scheme, host and URL style from region or endpoint.
--
-- Rules of OSS's endpoints: public `oss-<region>.aliyuncs.com`, internal `-internal`, dual stack
-- `<region>.oss.aliyuncs.com`, acceleration hosts without a region, custom domains, and plain
-- addresses, for which the bucket stands in the path.

local log = require "oss.common.log"

local M = {}

local function is_ipv4(host)
  return host:match("^%d+%.%d+%.%d+%.%d+$") ~= nil
end

local function region_of(host)
  local region = host:match("^oss%-([%w-]+)%.aliyuncs%.com$")
    or host:match("^([%w-]+)%.oss%.aliyuncs%.com$")
  if not region or region:match("^accelerate") then
    return nil
  end
  return (region:gsub("%-internal$", ""))
end

--- The region that a public endpoint tells.
-- @tparam string endpoint
-- @treturn string|nil
function M.region_of(endpoint)
  local host = endpoint:lower():gsub("^%a[%w+.-]*://", ""):match("^([%w.-]+)")
  return host and region_of(host)
end

local function host_of_region(t)
  if t.internal then
    return "oss-" .. t.region .. "-internal.aliyuncs.com"
  elseif t.dual_stack then
    return t.region .. ".oss.aliyuncs.com"
  elseif t.accelerate == "overseas" then
    return "oss-accelerate-overseas.aliyuncs.com"
  elseif t.accelerate then
    return "oss-accelerate.aliyuncs.com"
  end
  return "oss-" .. t.region .. ".aliyuncs.com"
end

local function parse(endpoint)
  local scheme, rest = endpoint:match("^(%a[%w+.-]*)://(.*)$")
  scheme, rest = (scheme or "https"):lower(), (rest or endpoint):gsub("/$", "")
  if scheme ~= "https" and scheme ~= "http" then
    return nil, "scheme must be https or http, got '" .. scheme .. "'"
  end
  local host, port = rest:match("^(%[[%x:.]+%])(.*)$")
  if not host then
    host, port = rest:match("^([%w.-]+)(.*)$")
  end
  if not host then
    return nil, "no host in '" .. log.mask_url(endpoint) .. "'"
  end
  if port ~= "" then
    local number = tonumber(port:match("^:(%d+)$"))
    if not number or number < 1 or number > 65535 then
      return nil, "'" .. log.mask_url(endpoint) .. "' must be [scheme://]host[:port] without user, path or query"
    end
  end
  return { scheme = scheme, host = host:lower(), port = port }
end

local function refuse_bucket(host)
  local bucket, rest = host:match("^([^.]+)%.(oss%-[%w-]+%.aliyuncs%.com)$")
  if bucket then
    return "must not contain the bucket: write '" .. rest .. "' and bucket = '" .. bucket .. "'"
  end
end

--- Works out the endpoint of a client.
-- @tparam table t region, endpoint, internal, dual_stack, accelerate, cname, path_style, signature
-- @treturn table|nil scheme, host (with port), region, style ("virtual", "path" or "cname")
-- @treturn string what is wrong, naming the option
function M.resolve(t)
  local region = t.region and t.region:gsub("^oss%-", "")
  if region and not region:match("^[a-z0-9-]+$") then
    return nil, "option 'region' must be like cn-hangzhou, got '" .. t.region .. "'"
  end
  if t.accelerate and type(t.accelerate) == "string" and t.accelerate ~= "overseas" then
    return nil, "option 'accelerate' must be true or \"overseas\", got '" .. t.accelerate .. "'"
  end
  for _, name in ipairs { "internal", "dual_stack", "accelerate" } do
    if t.endpoint and t[name] then
      return nil, ("option '%s' is for 'region' alone: the endpoint says it all"):format(name)
    end
  end
  if (t.internal and 1 or 0) + (t.dual_stack and 1 or 0) + (t.accelerate and 1 or 0) > 1 then
    return nil, "options 'internal', 'dual_stack' and 'accelerate' exclude each other"
  end
  if t.cname and not t.endpoint then
    return nil, "option 'cname' needs option 'endpoint', the custom domain"
  end
  if not t.endpoint and not region then
    return nil, "option 'region' or 'endpoint' is missing (or set OSS_REGION or OSS_ENDPOINT)"
  end
  local place, message
  if t.endpoint then
    place, message = parse(t.endpoint)
    message = message or refuse_bucket(place.host)
  else
    place = { scheme = "https", host = host_of_region({ region = region, internal = t.internal,
      dual_stack = t.dual_stack, accelerate = t.accelerate }), port = "" }
  end
  if message then
    return nil, "option 'endpoint' " .. message
  end
  region = region or region_of(place.host)
  if not region and t.signature ~= "v1" and not t.anonymous then
    return nil, "option 'region' is missing: V4 signatures need it and '" .. t.endpoint
      .. "' does not tell it"
  end
  local style = "virtual"
  if t.cname then
    style = "cname"
  elseif t.path_style or is_ipv4(place.host) or place.host:match("^%[") or place.host == "localhost" then
    style = "path"
  end
  return { scheme = place.scheme, host = place.host .. place.port, region = region, style = style }
end

--- Puts a bucket into an endpoint.
-- @tparam table endpoint as from `resolve`
-- @tparam string|nil bucket
-- @treturn string the Host of the request
-- @treturn boolean whether the bucket goes into the path
function M.host(endpoint, bucket)
  if bucket and endpoint.style == "virtual" then
    return bucket .. "." .. endpoint.host, false
  end
  return endpoint.host, endpoint.style == "path"
end

return M
