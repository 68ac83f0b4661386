--- Options to request headers.

local core = require "oss.core"
local callbacks = require "oss.callback"
local options = require "oss.options"
local mime = require "oss.sending.mime"
local retries = require "oss.sending.callback_retry"

local M = {}

local function sorted_keys(t)
  local keys = {}
  for key in pairs(t) do
    keys[#keys + 1] = key
  end
  table.sort(keys, function(a, b)
    return tostring(a) < tostring(b)
  end)
  return keys
end

--- A whole number or a boolean as OSS writes it, a string as it is.
local function text(value)
  if type(value) == "number" then
    return ("%.0f"):format(value)
  end
  return tostring(value)
end

local made_here = { ["content-length"] = true, ["transfer-encoding"] = true, expect = true, host = true,
  authorization = true, connection = true }
local uploads = { put = true, upload = true, append = true }

local function check_pairs(name, t)
  for key, value in pairs(t) do
    if type(key) ~= "string" or key == "" then
      return ("option '%s' must have names, like { name = \"value\" }"):format(name)
    end
    local kind = type(value)
    if kind ~= "string" and kind ~= "number" and kind ~= "boolean" then
      return ("option '%s': the value of '%s' must be a string, got %s"):format(name, key, kind)
    end
  end
end

--- Checks a table of names and values and makes a flat list of it.
-- @tparam string name of the option
-- @tparam table t
-- @treturn {string,...}|nil name, value, ..., sorted by name
-- @treturn string what is wrong
function M.flat(name, t)
  local message = check_pairs(name, t)
  if message then
    return nil, message
  end
  local list = {}
  for _, key in ipairs(sorted_keys(t)) do
    list[#list + 1] = key
    list[#list + 1] = text(t[key])
  end
  return list
end

local writers = {}

function writers.tags(add, tags)
  local parts = {}
  for _, key in ipairs(sorted_keys(tags)) do
    local value = tostring(tags[key])
    if #key > 128 or #value > 256 then
      return ("option 'tags': '%s' is too long (key 128 bytes, value 256)"):format(key)
    end
    parts[#parts + 1] = core.percent(key) .. "=" .. core.percent(value)
  end
  if #parts > 10 then
    return ("option 'tags': at most 10 tags, got %d"):format(#parts)
  end
  if #parts > 0 then
    add("x-oss-tagging", table.concat(parts, "&"))
  end
end

function writers.meta(add, meta)
  local size = 0
  for _, name in ipairs(sorted_keys(meta)) do
    if not name:match("^[%w-]+$") then
      return ("option 'meta': the name '%s' may hold letters, digits and hyphens only"):format(name)
    end
    local value = tostring(meta[name])
    size = size + #name + #value
    add("x-oss-meta-" .. name:lower(), value)
  end
  if size > 8192 then
    return ("option 'meta': 8 KiB in all at most, got %d bytes"):format(size)
  end
end

function writers.persistent_headers(add, headers)
  local parts = {}
  for _, name in ipairs(sorted_keys(headers)) do
    parts[#parts + 1] = name .. ":" .. core.base64(tostring(headers[name]))
  end
  add("x-oss-persistent-headers", table.concat(parts, ","))
end

function writers.content_md5(add, value, t)
  if value == true then
    if not t.body then
      return "option 'content_md5': true needs option 'body'; give the base64 text for a file or reader"
    end
    value = core.base64(core.md5(t.body))
  end
  if value then
    add("Content-MD5", value)
  end
end

function writers.expires(add, value)
  add("Expires", type(value) == "number" and core.date_http(value) or value)
end

function writers.traffic_limit(add, value)
  if value < 245760 or value > 838860800 then
    return ("option 'traffic_limit' must be 245760 to 838860800 bit/s, got %.0f"):format(value)
  end
  add("x-oss-traffic-limit", text(value))
end

--- Builds the headers of a request from the options of its verb.
-- @tparam string verb
-- @tparam table t checked options
-- @treturn table|nil flat list name, value, ...
-- @treturn string what is wrong, naming the option
function M.build(verb, t)
  local list, seen = {}, {}
  local function add(name, value)
    list[#list + 1] = name
    list[#list + 1] = value
    seen[name:lower()] = true
  end
  for _, option in ipairs(options.header_options(verb)) do
    local value = t[option[1]]
    if value ~= nil then
      local message = type(value) == "table" and check_pairs(option[1], value)
      if not message then
        local writer = writers[option[1]]
        if writer then
          message = writer(add, value, t)
        else
          add(option.header, text(value))
        end
      end
      if message then
        return nil, message
      end
    end
  end
  if t.headers then
    local message = check_pairs("headers", t.headers)
    if message then
      return nil, message
    end
    for _, name in ipairs(sorted_keys(t.headers)) do
      if made_here[name:lower()] then
        return nil, ("option 'headers': '%s' is made from the options and the body"):format(name)
      end
      if seen[name:lower()] then
        return nil, ("option 'headers': '%s' is given as an option too"):format(name)
      end
      add(name, text(t.headers[name]))
    end
  end
  if uploads[verb] and not seen["content-type"] then
    add("Content-Type", mime(t.key))
  end
  return list
end

--- Checks a callback option and makes what goes on the wire; warnings are logged.
-- @tparam table client
-- @tparam table t the user's callback option
-- @tparam table place options of `oss.callback.prepare`
-- @treturn table|nil as from `oss.callback.prepare`
-- @treturn string what is wrong
function M.callback(client, t, place)
  local message = retries.check(t)
  local prepared
  if not message then
    prepared, message = callbacks.prepare(retries.without(t), place)
  end
  if message then
    return nil, message
  end
  for _, warning in ipairs(place.quiet and {} or prepared.warnings) do
    client.log("warn", "%s", warning)
  end
  return prepared
end

--- Adds the callback to a list of headers.
-- @tparam table client
-- @tparam table list flat list of headers
-- @tparam table t checked options with bucket, key and perhaps a callback
-- @tparam[opt] table place as for `callback`; the object of `t`, now, when left out
-- @treturn nil|string what is wrong
function M.add_callback(client, list, t, place)
  if not t.callback then
    return
  end
  for i = 1, #list, 2 do
    if list[i]:lower():match("^x%-oss%-callback") then
      return "option 'callback' and a header '" .. list[i] .. "' exclude each other"
    end
  end
  local prepared, message = M.callback(client, t.callback,
    place or { bucket = t.bucket, key = t.key, now = client:time() })
  if not prepared then
    return message
  end
  list[#list + 1] = "x-oss-callback"
  list[#list + 1] = prepared.callback
  if prepared.callback_var then
    list[#list + 1] = "x-oss-callback-var"
    list[#list + 1] = prepared.callback_var
  end
end

--- Builds the query of a request.
-- @tparam table t checked options
-- @tparam[opt] table list flat list to start with
-- @treturn table|nil flat list name, value, ...
-- @treturn string what is wrong, naming the option
function M.query(t, list)
  list = list or {}
  if t.version_id then
    list[#list + 1] = "versionId"
    list[#list + 1] = t.version_id
  end
  if t.process then
    list[#list + 1] = "x-oss-process"
    list[#list + 1] = t.process
  end
  if t.query then
    local more, message = M.flat("query", t.query)
    if not more then
      return nil, message
    end
    for _, one in ipairs(more) do
      list[#list + 1] = one
    end
  end
  return list
end

--- Checks bucket and key by OSS's rules.
-- @tparam table t options
-- @tparam boolean wants_key whether a key must be there
-- @treturn nil|string what is wrong, naming the option
function M.check_names(t, wants_key)
  local bucket, key = t.bucket, t.key
  if not bucket then
    return "option 'bucket' is missing"
  end
  if #bucket < 3 or #bucket > 63 or not bucket:match("^[a-z0-9][a-z0-9-]*[a-z0-9]$") then
    return ("option 'bucket' must be 3 to 63 of a-z, 0-9 and '-', '-' not first or last, got '%s'")
      :format(bucket)
  end
  if not key then
    return wants_key and "option 'key' is missing" or nil
  end
  if #key < 1 or #key > 1023 then
    return ("option 'key' must be 1 to 1023 bytes long, got %d"):format(#key)
  end
  if key:match("^[/\\]") then
    return ("option 'key' must not begin with '%s'"):format(key:sub(1, 1))
  end
  if key:find("[\r\n%z]") then
    return "option 'key' must not hold CR, LF or NUL"
  end
  if not core.json_string(key) then
    return "option 'key' must be UTF-8"
  end
end

return M
