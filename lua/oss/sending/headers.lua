--- Options to request headers.

local core = require "oss.core"
local callbacks = require "oss.callback"
local options = require "oss.options"
local mime = require "oss.sending.mime"

local M = {}

local function sorted_keys(t)
  local keys = {}
  for key in pairs(t) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
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
  authorization = true, connection = true, ["x-oss-date"] = true, ["x-oss-content-sha256"] = true,
  ["x-oss-security-token"] = true }
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

local function add(list, name, value)
  local n = #list
  list[n + 1], list[n + 2] = name, value
end

-- Whether a list has a header, whose name is given in lower case.
local function has(list, lower)
  for i = 1, #list, 2 do
    if list[i]:lower() == lower then
      return true
    end
  end
  return false
end

-- Options that become headers in a way of their own.
local writers = {}

function writers.tags(list, tags)
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
    add(list, "x-oss-tagging", table.concat(parts, "&"))
  end
end

function writers.meta(list, meta)
  local size = 0
  for _, name in ipairs(sorted_keys(meta)) do
    if not name:match("^[%w-]+$") then
      return ("option 'meta': the name '%s' may hold letters, digits and hyphens only"):format(name)
    end
    local value, header = tostring(meta[name]), "x-oss-meta-" .. name:lower()
    if has(list, header) then
      return ("option 'meta': '%s' is given twice; OSS does not tell upper case from lower"):format(name)
    end
    size = size + #name + #value
    add(list, header, value)
  end
  if size > 8192 then
    return ("option 'meta': 8 KiB in all at most, got %d bytes"):format(size)
  end
end

function writers.persistent_headers(list, headers)
  local parts = {}
  for _, name in ipairs(sorted_keys(headers)) do
    parts[#parts + 1] = name .. ":" .. core.base64(tostring(headers[name]))
  end
  add(list, "x-oss-persistent-headers", table.concat(parts, ","))
end

function writers.content_md5(list, value, t)
  if value == true then
    if not t.body then
      return "option 'content_md5': true needs option 'body'; give the base64 text for a file or reader"
    end
    value = core.base64(core.md5(t.body))
  end
  if value then
    add(list, "Content-MD5", value)
  end
end

function writers.expires(list, value)
  add(list, "Expires", type(value) == "number" and core.date_http(value) or value)
end

function writers.traffic_limit(list, value)
  if value < 245760 or value > 838860800 then
    return ("option 'traffic_limit' must be 245760 to 838860800 bit/s, got %.0f"):format(value)
  end
  add(list, "x-oss-traffic-limit", text(value))
end

local function add_option(list, option, value, t)
  local message = type(value) == "table" and check_pairs(option[1], value)
  if message then
    return message
  end
  local writer = writers[option[1]]
  if writer then
    return writer(list, value, t)
  end
  add(list, option.header, text(value))
end

-- The user's own headers, which must not be there already.
local function add_given(list, headers, verb)
  local message = check_pairs("headers", headers)
  if message then
    return message
  end
  for _, name in ipairs(sorted_keys(headers)) do
    local lower = name:lower()
    if made_here[lower] and not (verb == "presign" and lower == "content-length") then
      return ("option 'headers': '%s' is made from the options, the body and the credentials"):format(name)
    elseif has(list, lower) then
      return ("option 'headers': '%s' is given as an option too"):format(name)
    end
    add(list, name, text(headers[name]))
  end
end

--- Builds the headers of a request from the options of its verb.
-- @tparam string verb
-- @tparam table t checked options
-- @treturn table|nil flat list name, value, ...
-- @treturn string what is wrong, naming the option
function M.build(verb, t)
  local list, message = { nil, nil, nil, nil, nil, nil } -- room for the usual three
  local declared = options.header_options(verb)
  local names = declared.names
  for i = 1, #names do
    local value = t[names[i]]
    if value ~= nil then
      message = add_option(list, declared[i], value, t)
      if message then
        return nil, message
      end
    end
  end
  if t.headers then
    message = add_given(list, t.headers, verb)
    if message then
      return nil, message
    end
  end
  if uploads[verb] and not (t.content_type or t.headers and has(list, "content-type")) then
    add(list, "Content-Type", mime(t.key))
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
  local prepared, message = callbacks.prepare(t, place)
  if not prepared then
    return nil, message
  end
  if not place.quiet then
    for i = 1, #prepared.warnings do
      client.log("warn", "%s", prepared.warnings[i])
    end
  end
  return prepared
end

--- Whether a request carries a callback in its headers or its query.
-- @tparam table list flat list of headers
-- @tparam table|nil query flat list of parameters, or a table by name
-- @treturn boolean
function M.has_callback(list, query)
  for i = 1, #list, 2 do
    if list[i]:lower():find("x-oss-callback", 1, true) == 1 then
      return true
    end
  end
  for i = 1, #(query or {}), 2 do
    if query[i] == "callback" or query[i] == "callback-var" then
      return true
    end
  end
  return query ~= nil and (query.callback or query["callback-var"]) ~= nil
end

local nowhere = {} -- only a token depends on the place

--- Adds the callback to a list of headers.
-- @tparam table client
-- @tparam table list flat list of headers
-- @tparam table t checked options with bucket, key and perhaps a callback
-- @tparam[opt] table place as for `callback`; the object of `t`, now, when left out and needed
-- @treturn nil|string what is wrong
function M.add_callback(client, list, t, place)
  if not t.callback then
    return
  end
  if (t.headers or t.query) and M.has_callback(list, t.query) then
    return "option 'callback' excludes a callback in 'headers' or 'query'"
  end
  if not place then
    place = t.callback.token and { bucket = t.bucket, key = t.key, now = client:time() } or nowhere
  end
  local prepared, message = M.callback(client, t.callback, place)
  if not prepared then
    return message
  end
  add(list, "x-oss-callback", prepared.callback)
  if prepared.callback_var then
    add(list, "x-oss-callback-var", prepared.callback_var)
  end
end

--- Builds the query of a request.
-- @tparam table t checked options
-- @tparam[opt] table list flat list to start with
-- @treturn table|nil flat list name, value, ...; nil for none, when something is wrong too
-- @treturn string|nil what is wrong, naming the option
function M.query(t, list)
  if not (t.version_id or t.process or t.query) then
    return list
  end
  list = list or {}
  if t.version_id then
    add(list, "versionId", t.version_id)
  end
  if t.process then
    add(list, "x-oss-process", t.process)
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

return M
