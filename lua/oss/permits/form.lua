--- Forms: what a browser or an app needs for PostObject, with a policy that pins every field.

local core = require "oss.core"
local headers = require "oss.sending.headers"
local names = require "oss.sending.names"
local endpoints = require "oss.sending.endpoint"
local policies = require "oss.permits.policy"

local M = {}

local made_here = { file = true, key = true, policy = true, signature = true, ossaccesskeyid = true, callback = true,
  ["callback-var"] = true, ["x-oss-signature"] = true, ["x-oss-signature-version"] = true,
  ["x-oss-credential"] = true, ["x-oss-date"] = true, ["x-oss-security-token"] = true,
  ["x-oss-content-type"] = true, success_action_status = true }

-- A form under way: its fields in order, and the policy's conditions.
local function new_form()
  local form = { fields = {}, conditions = {}, named = {} }

  --- A field.
  function form.put(name, value)
    form.fields[#form.fields + 1] = { name = name, value = value }
  end

  --- A field that is pinned: the condition is that it has this value, unless another one is given.
  function form.add(name, value, condition)
    form.put(name, value)
    condition = condition or policies.equals(name, value)
    if not condition then
      return ("the form field '%s' must be UTF-8"):format(name)
    end
    form.conditions[#form.conditions + 1] = condition
  end

  function form.demand(condition)
    form.conditions[#form.conditions + 1] = condition
  end
  return form
end

local function add_key(form, t)
  if (t.key == nil) == (t.key_prefix == nil) then
    return "one of the options 'key' and 'key_prefix' is needed"
  elseif t.key then
    if t.key:find("${filename}", 1, true) then
      return "option 'key' is exact; with '${filename}' in it write key_prefix = '"
        .. t.key:match("^(.-)%${filename}") .. "'"
    end
    return names.missing(t, true) or names.fault(t) or form.add("key", t.key)
  end
  local message = names.fault { key = t.key_prefix ~= "" and t.key_prefix or nil }
  return message and message:gsub("'key'", "'key_prefix'")
    or form.add("key", t.key_prefix .. "${filename}", policies.matches("starts-with", "key", t.key_prefix))
end

-- The field `x-oss-content-type` goes before the type of the file's part, which is the sender's.
local function add_content_type(form, wanted)
  if type(wanted) == "string" then
    return form.add("x-oss-content-type", wanted)
  elseif wanted then
    local condition = policies.matches("in", "x-oss-content-type", wanted)
    if not condition then
      return "option 'content_type' must be a string or a list of strings"
    end
    form.demand(condition)
  end
end

local function add_headers(form, t)
  local list, message = headers.build("form", t)
  for i = 1, #(list or {}), 2 do
    message = message or form.add(list[i], list[i + 1])
  end
  return message
end

local function add_fields(form, t)
  local list, message = headers.flat("fields", t.fields or {})
  if not list then
    return message
  end
  local seen = {}
  for _, field in ipairs(form.fields) do
    seen[field.name:lower()] = true
  end
  for i = 1, #list, 2 do
    local name = list[i]:lower()
    if made_here[name] or name:find("^x:") or seen[name] then
      return ("option 'fields': '%s' is made by another option"):format(list[i])
    elseif t.callback and name == "success_action_redirect" then
      return "option 'fields': a redirect and a callback exclude each other"
    end
    seen[name] = true
    message = message or form.add(list[i], list[i + 1])
  end
  return message
end

local function add_conditions(form, t)
  local range = t.content_length_range
  local length = range and policies.length(range[1], range[2])
  if length then
    form.demand(length)
  elseif range then
    return "option 'content_length_range' must be { min, max } in bytes, at most 5 GiB"
  end
  return policies.read(t.conditions or {}, function(condition, name)
    form.demand(condition)
    form.named[name or ""] = true
  end)
end

-- A variable that the sender is to fill in has a condition; every other one is pinned.
local function check_variables(form, prepared)
  for _, part in ipairs(core.callback_parts(prepared.body or "")) do
    local name = part.name
    if name and name:find("^x:") and not prepared.vars[name] and not form.named[name] then
      return ("callback.body: the variable ${%s} is used but not given; give it in vars, or let the sender fill it "
        .. "in with conditions = { { \"starts-with\", \"$%s\", \"\" } }"):format(name, name)
    end
  end
end

local function add_callback(form, client, t, ends)
  if t.success_action_status and t.success_action_status ~= 200 and t.callback then
    return "option 'success_action_status' must be 200 with a callback"
  elseif t.success_action_status or t.callback then
    local message = form.add("success_action_status", tostring(t.success_action_status or 200))
    if message or not t.callback then
      return message
    end
  else
    return
  end
  if t.callback.token and t.key_prefix == "" then
    return "option 'key_prefix' must not be empty with callback.token, which would vouch for every object"
  elseif t.callback.retry then
    return "callback.retry is for uploads of this client: it does not see how others' uploads end"
  end
  local prepared, message = headers.callback(client, t.callback, { bucket = t.bucket, key = t.key,
    key_prefix = t.key_prefix, now = ends, open_vars = true })
  message = message or check_variables(form, prepared) or form.add("callback", prepared.callback)
  if message then
    return message
  end
  local list = {}
  for name in pairs(prepared.vars) do
    list[#list + 1] = name
  end
  table.sort(list)
  for _, name in ipairs(list) do
    message = message or form.add(name, prepared.vars[name])
  end
  return message
end

--- Checks everything and makes the fields that need no credentials.
-- @tparam table client
-- @tparam table t checked options
-- @tparam number _ now
-- @tparam number ends unix seconds at which the form ends to be valid
-- @treturn table|nil a form under way
-- @treturn string what is wrong, naming the option
function M.prepare(client, t, _, ends)
  local form = new_form()
  local message = names.missing({ bucket = t.bucket }, false) or names.fault { bucket = t.bucket }
  if not message then
    form.demand(policies.equals("bucket", t.bucket))
    message = add_key(form, t) or add_content_type(form, t.content_type) or add_headers(form, t)
      or add_fields(form, t) or add_conditions(form, t) or add_callback(form, client, t, ends)
  end
  if not message then
    local host, path_style = endpoints.host(client.endpoint, t.bucket)
    form.url, message = core.render { method = "POST", scheme = client.endpoint.scheme, host = host,
      bucket = t.bucket, path_style = path_style }
  end
  if not form.url then
    return nil, message
  end
  form.ends = ends
  return form
end

--- Adds the credentials, the policy and its signature.
-- @tparam userdata signer
-- @tparam table form as from `prepare`
-- @tparam table when now, version, date, keys
-- @treturn table|nil url, method, fields (list of name and value), values (by name)
-- @treturn string what is wrong
function M.sign(signer, form, when)
  local keys, message = when.keys, nil
  local signature_field = "Signature"
  if keys.security_token then
    message = form.add("x-oss-security-token", keys.security_token)
  end
  if when.version == "v4" then
    signature_field = "x-oss-signature"
    message = message or form.add("x-oss-signature-version", "OSS4-HMAC-SHA256")
      or form.add("x-oss-credential", signer:credential(when.now)) or form.add("x-oss-date", when.date)
  else
    form.put("OSSAccessKeyId", keys.access_key_id)
  end
  if message then
    return nil, message
  end
  local policy = core.base64(policies.write(form.ends, form.conditions))
  local signature
  signature, message = signer:policy(policy, when.now)
  if not signature then
    return nil, message
  end
  form.put("policy", policy)
  form.put(signature_field, signature)
  local values = {}
  for _, field in ipairs(form.fields) do
    values[field.name] = field.value
  end
  return { url = form.url, method = "POST", fields = form.fields, values = values }
end

return M
