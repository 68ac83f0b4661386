--- The headers of an upload: judged, kept with the object, given back with it.

local core = require "oss.core"
local errors = require "oss.emulator.errors"

local M = {}

local kept = { "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires",
  "Content-Type" }

local function one_of(...)
  local set = {}
  for _, value in ipairs { ... } do
    set[value] = true
  end
  return set
end

local acls = one_of("default", "private", "public-read", "public-read-write")
local classes = one_of("Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive")
local encryptions = one_of("AES256", "KMS", "SM4")
local flags = one_of("true", "false")

local function choice(get, name, valid, what)
  local value = get(name)
  if value and not valid[value] then
    errors.argument("Invalid " .. what .. ".", name, value)
  end
  return value
end

-- k=v&k2=v2, URL-encoded; the number of tags.
local function count_tags(text)
  local count, seen = 0, {}
  for pair in text:gmatch("[^&]+") do
    local name, value = pair:match("^([^=]*)=?(.*)$")
    name, value = core.unpercent((name:gsub("+", " "))), core.unpercent((value:gsub("+", " ")))
    local valid = name and value and #name >= 1 and #name <= 128 and #value <= 256
      and not (name .. value):find("[^%w %+%-=%._:/\128-\255]") and not seen[name]
    if not valid then
      errors.raise("InvalidTag", { message = "The TagKey or TagValue you have provided is invalid.",
        ArgumentName = "x-oss-tagging", ArgumentValue = text })
    end
    seen[name] = true
    count = count + 1
  end
  if count > 10 then
    errors.raise("InvalidTag", { message = "Object tags cannot be greater than 10." })
  end
  return count
end

-- name:b64(value),... : headers that every answer shall carry.
local function persistent(text, out)
  for item in text:gmatch("[^,]+") do
    local name, value = item:match("^%s*([%w-]+):(%S+)%s*$")
    value = value and core.unbase64(value)
    if not value or value:find("[%c]") then
      errors.argument("Invalid persistent headers.", "x-oss-persistent-headers", text)
    end
    out[name] = value
  end
end

local function check_traffic_limit(value)
  local limit = tonumber(value)
  if not limit or limit < 245760 or limit > 838860800 then
    errors.argument("The x-oss-traffic-limit should be between 245760 and 838860800.", "x-oss-traffic-limit", value)
  end
end

local function meta(all, out)
  local size = 0
  for name, value in pairs(all) do
    if name:find("^x%-oss%-meta%-") then
      size = size + #name + #value
      out[name] = value
    end
  end
  if size > 8192 then
    errors.raise("MetadataTooLarge")
  end
end

local function encryption(get, out)
  local name = "x-oss-server-side-encryption"
  local value = get(name)
  if value and not encryptions[value] then
    errors.raise("InvalidEncryptionAlgorithmError", { ArgumentName = name, ArgumentValue = value })
  end
  for _, header in ipairs { name, name .. "-key-id", "x-oss-server-side-data-encryption" } do
    out[header] = get(header)
  end
end

--- What an upload says of its object.
-- @tparam table all values by lower-case name: the headers of a request or the fields of a form
-- @treturn table an object as the store takes it
function M.object(all)
  local function get(name)
    return all[name]
  end
  local headers = {}
  for _, name in ipairs(kept) do
    headers[name] = get(name:lower())
  end
  headers["Content-Type"] = headers["Content-Type"] or "application/octet-stream"
  meta(all, headers)
  encryption(get, headers)
  if get("x-oss-persistent-headers") then
    persistent(get("x-oss-persistent-headers"), headers)
  end
  if get("x-oss-traffic-limit") then
    check_traffic_limit(get("x-oss-traffic-limit"))
  end
  return {
    type = "Normal", headers = headers,
    acl = choice(get, "x-oss-object-acl", acls, "object acl"),
    storage_class = choice(get, "x-oss-storage-class", classes, "storage class"),
    tags = get("x-oss-tagging") and count_tags(get("x-oss-tagging")) or 0,
  }
end

--- Whether an upload must not replace an object.
-- @tparam table all as for `object`
-- @treturn boolean
function M.forbids_overwrite(all)
  return choice(function(name) return all[name] end, "x-oss-forbid-overwrite", flags, "forbid-overwrite") == "true"
end

--- The headers of a stored object, as GetObject and HeadObject answer them.
-- @tparam table object
-- @treturn table
function M.of(object)
  local headers = {
    ["ETag"] = '"' .. object.etag .. '"',
    ["Last-Modified"] = core.date_http(object.modified),
    ["Accept-Ranges"] = "bytes",
    ["x-oss-object-type"] = object.type,
    ["x-oss-storage-class"] = object.storage_class or "Standard",
    ["x-oss-hash-crc64ecma"] = object.crc64,
    ["Content-MD5"] = object.md5,
    ["Content-Type"] = "application/octet-stream",
  }
  for name, value in pairs(object.headers) do
    headers[name] = value
  end
  if object.tags > 0 then
    headers["x-oss-tagging-count"] = tostring(object.tags)
  end
  if object.type == "Appendable" then
    headers["x-oss-next-append-position"] = ("%d"):format(object.size)
  end
  return headers
end

--- The headers of an upload's answer.
-- @tparam table object
-- @treturn table
function M.stored(object)
  return {
    ["ETag"] = '"' .. object.etag .. '"', ["x-oss-hash-crc64ecma"] = object.crc64, ["Content-MD5"] = object.md5,
    ["x-oss-server-side-encryption"] = object.headers["x-oss-server-side-encryption"],
    ["x-oss-server-side-encryption-key-id"] = object.headers["x-oss-server-side-encryption-key-id"],
  }
end

return M
