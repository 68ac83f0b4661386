--- Which bucket and key a request means.
--
-- | Host header | bucket | key |
-- |---|---|---|
-- | in the option `cname` | as the option says (`false`: path style) | the path |
-- | an IP address, or a name without a dot (`localhost`) | first part of the path | rest of the path |
-- | an endpoint of OSS itself (`oss-cn-hangzhou.aliyuncs.com`) | none; a path is refused as OSS does | |
-- | any other name | its first label | the path |

local core = require "oss.core"
local errors = require "oss.emulator.errors"

local M = {}

local function without_port(host)
  return (host:lower():gsub(":%d+$", "")):gsub("%.$", "")
end

local function is_endpoint(host)
  return host:find("^oss%-[%w-]+%.aliyuncs%.com$") ~= nil
    or host:find("^[%w-]+%.oss%.aliyuncs%.com$") ~= nil
    or host == "oss.aliyuncs.com"
end

local function has_no_bucket(host)
  return host:find("^%d+%.%d+%.%d+%.%d+$") or host:sub(1, 1) == "[" or not host:find(".", 1, true)
end

local function unescape(text)
  local plain = core.unpercent(text)
  if not plain then
    errors.raise("InvalidURI")
  end
  return plain
end

--- Resolves a request's target.
-- @tparam string host the Host header
-- @tparam string path as it came, percent-encoded, with its leading slash
-- @tparam table cname host to bucket
-- @treturn string|nil bucket
-- @treturn string|nil key
-- @treturn boolean whether the bucket stood in the path
function M.resolve(host, path, cname)
  host = without_port(host)
  local bucket = cname[host]
  local rest = path:gsub("^/", "", 1)
  if bucket == nil and is_endpoint(host) then
    if rest ~= "" then
      errors.raise("SecondLevelDomainForbidden")
    end
    return nil, nil, false
  end
  local path_style = bucket == false or (bucket == nil and has_no_bucket(host) and true)
  if path_style then
    bucket, rest = rest:match("^([^/]*)/?(.*)$")
    bucket = unescape(bucket)
    if bucket == "" then
      return nil, nil, true
    end
  elseif not bucket then
    bucket = host:match("^[^.]*")
  end
  local key = unescape(rest)
  return bucket, key ~= "" and key or nil, path_style or false
end

-- The bytes of a well-formed UTF-8 text match this, sequence by sequence.
local function is_utf8(text)
  local i = 1
  while i <= #text do
    local byte = text:byte(i)
    local more = byte < 0x80 and 0 or byte >= 0xC2 and byte < 0xE0 and 1 or byte >= 0xE0 and byte < 0xF0 and 2
      or byte >= 0xF0 and byte < 0xF5 and 3
    if not more or #text:sub(i + 1, i + more):gsub("[^\128-\191]", "") ~= more then
      return false
    end
    i = i + 1 + more
  end
  return true
end

--- Refuses keys that OSS refuses.
-- @tparam string key
function M.check_key(key)
  if #key > 1023 then
    errors.raise("InvalidObjectName", { message = "The length of object name must be less than 1024.",
      ec = "0016-00000003" })
  elseif key:find("^[/\\]") then
    errors.raise("InvalidObjectName", { ec = "0016-00000005", ObjectName = key })
  elseif not is_utf8(key) or key:find("%z") then
    errors.raise("InvalidObjectName")
  end
end

return M
