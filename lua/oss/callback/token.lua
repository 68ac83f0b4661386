--- `callback = { token = {...} }`: a variable that proves to the service who prepared the callback.
--
-- The service finds `bucket`, `object` and `token` in the body it receives, and `oss.receiver.verify`
-- checks that they belong together. A table body gets these three fields when it lacks them; a string
-- body has to have them, which is proved by reading it as the service will.

local core = require "oss.core"
local nearest = require "oss.common.nearest"
local parse = require "oss.receiver.parse"
local tokens = require "oss.receiver.token"

local M = {}

local default_ttl = 3600
local fields = { bucket = "${bucket}", object = "${object}", token = "${x:token}" }
local mime_types = { json = "application/json", form = "application/x-www-form-urlencoded" }

local function problem(field, text, cure, rule)
  return field .. ": " .. text .. "; " .. cure .. " [token." .. rule .. "]"
end

local function check_settings(token)
  if type(token) ~= "table" then
    return problem("callback.token", "expected a table, got " .. type(token),
      "write { secret = \"...\", ttl = seconds }", "type")
  end
  for name in pairs(token) do
    if name ~= "secret" and name ~= "ttl" then
      return "callback.token." .. tostring(name) .. ": no such field"
        .. nearest.clause(tostring(name), { "secret", "ttl" }) .. " [token.field]"
    end
  end
  local ttl = token.ttl or default_ttl
  if type(token.secret) ~= "string" or #token.secret < tokens.shortest_secret then
    return problem("callback.token.secret", ("not a string of at least %d bytes"):format(tokens.shortest_secret),
      "use random bytes that only your services know", "secret")
  elseif type(ttl) ~= "number" or ttl < 1 or ttl > 2 ^ 31 then
    return problem("callback.token.ttl", "not a number of seconds above 0", "leave it out for an hour", "ttl")
  end
end

local function copy(t)
  local new = {}
  for name, value in pairs(t or {}) do
    new[name] = value
  end
  return new
end

local function is_list(t)
  return t[1] ~= nil
end

local place_types = { bucket = "string", key = "string", key_prefix = "string", now = "number" }

--- Checks what a token is to be made for.
-- @param place what a user gave
-- @treturn nil|string what is wrong, naming the field
function M.check_place(place)
  if place ~= nil and type(place) ~= "table" then
    return "place: expected a table with bucket, key and now, got " .. type(place)
  end
  for name, value in pairs(place or {}) do
    local wanted = place_types[name]
    if not wanted then
      return "place." .. tostring(name) .. ": no such field"
        .. nearest.clause(tostring(name), { "bucket", "key", "key_prefix", "now" })
    elseif type(value) ~= wanted then
      return ("place.%s: expected a %s, got %s"):format(name, wanted, type(value))
    end
  end
end

--- Puts a token into a callback.
-- @tparam table t a callback with `token`
-- @tparam table place what the token is for: bucket, key or key_prefix, and now (unix seconds; the time
-- to live counts from there)
-- @treturn table|nil a callback without `token`, whose variables and body have it
-- @treturn string field, rule and cure
function M.add(t, place)
  local message = check_settings(t.token)
  if message then
    return nil, message
  elseif t.policy then
    return nil, problem("callback.token", "a policy of the bucket has a body of its own",
      "give url and body here", "policy")
  elseif not place.bucket or not (place.key or place.key_prefix) or not place.now then
    return nil, problem("callback.token", "it is made for one object, and none is known here",
      "give bucket, key and now (unix seconds)", "place")
  end
  local new = copy(t)
  new.token, new.vars = nil, type(t.vars) == "table" and copy(t.vars) or t.vars or {}
  if type(new.vars) == "table" then
    if new.vars.token ~= nil or new.vars["x:token"] ~= nil then
      return nil, problem("callback.vars.token", "callback.token makes a variable of this name", "rename yours",
        "taken")
    end
    new.vars.token = tokens.make(t.token.secret, math.floor(place.now + (t.token.ttl or default_ttl)), place.bucket,
      place.key, place.key_prefix)
  end
  if type(t.body) == "table" and not is_list(t.body) then
    new.body = copy(t.body)
    for name, placeholder in pairs(fields) do
      if new.body[name] == nil then
        new.body[name] = placeholder
      end
    end
  end
  return new
end

--- Proves that the service will find what the token needs.
-- @tparam string body the template
-- @tparam string body_type "json" or "form"
-- @treturn nil|string field, rule and cure
function M.check(body, body_type)
  local values = {}
  for _, part in ipairs(core.callback_parts(body)) do
    if part.name then
      values[part.name] = part.kind == "string" and "<" .. part.name .. ">" or "1"
    end
  end
  local text = core.callback_expand(body, body_type, values)
  local found = text and parse.body(mime_types[body_type], text, { max_bytes = #text })
  for _, name in ipairs { "bucket", "object", "token" } do
    local placeholder = fields[name]
    if not found or found[name] ~= "<" .. placeholder:sub(3, -2) .. ">" then
      return problem("callback.body", ("a token needs the field '%s' to be %s"):format(name, placeholder),
        body_type == "json" and ('add "%s":%s to the object'):format(name, placeholder)
        or ("add %s=%s"):format(name, placeholder), "body")
    end
  end
end

return M
