--- A callback as OSS reads it: from the parameters of an upload to a configuration, or to the error
-- that OSS answers. For servers that act as OSS; pure, no I/O.
--
-- Where the documentation leaves OSS's behaviour open: an empty `callbackUrl` is refused (not taken for
-- "no callback"), one `;` behind the last URL is ignored, unknown keys are ignored, numbers and booleans
-- are taken as values of variables, a placeholder of an unknown name is an invalid body. Of `callbackStage` and
-- `callbackFailureAction` only the type is known, so only an empty stage is a wrong one. No name is published
-- for the signature's version; `callbackSignatureVersion` is taken.
-- @module oss.callback.wire

local core = require "oss.core"
local cjson = require("cjson.safe").new()
local refusals = require("oss.callback.refusals").by_name
local template = require "oss.template"

cjson.decode_invalid_numbers(false)

local M = {}

local max_bytes, max_urls = 5120, 5

local body_types = { ["application/json"] = "json", ["application/x-www-form-urlencoded"] = "form" }

--- Raises a refusal; only `parse` catches it.
local function refuse(name, value)
  local refusal = refusals[name]
  error({
    code = "InvalidArgument",
    status = 400,
    ec = refusal.ec,
    message = refusal.message or refusal.hint,
    argument_name = refusal.argument,
    argument_value = value or "",
  }, 0)
end

local function is_object(value)
  return type(value) == "table" and value[1] == nil
end

--- One parameter that may come in the header or in the URL.
local function pick(header, query, both)
  if header and query then
    refuse(both)
  end
  return header or query
end

local function decode(text, name)
  local long, broken = "length", "base64"
  if name == "vars" then
    long, broken = "vars_length", "vars"
  end
  if #text > max_bytes then
    refuse(long, text)
  end
  local json = core.unbase64(text)
  if not json then
    refuse(broken, text)
  end
  local value = cjson.decode(json)
  -- Decoded, an empty list looks like an empty object.
  if not is_object(value) or not json:find("^%s*{") then
    refuse(name, json)
  end
  return value, json
end

local function parse_urls(text, json, public_only)
  if type(text) ~= "string" or text == "" then
    refuse("url", json)
  end
  local urls = {}
  for one in (text:gsub(";$", "") .. ";"):gmatch("([^;]*);") do
    -- Without a scheme a host is told by its dot or its port: OSS refuses a bare word.
    local url = one:find("[.:]") and core.callback_url(one:find("^%a+://") and one or "http://" .. one)
    if #urls == max_urls then
      refuse("url_count", json)
    elseif not url then
      refuse("url", json)
    elseif public_only and url.private then
      refuse("private", json)
    end
    url.text = one
    urls[#urls + 1] = url
  end
  return urls
end

local function parse_body(config, json)
  local body, mime = config.callbackBody, config.callbackBodyType
  if body == nil or body == "" then
    refuse("body_empty", json)
  elseif type(body) ~= "string" then
    refuse("body", json)
  elseif mime ~= nil and type(mime) ~= "string" then
    refuse("body_type", json)
  end
  mime = mime or "application/x-www-form-urlencoded"
  local body_type = body_types[mime]
  if not body_type then
    refuse("body_type_value", json)
  elseif not core.callback_expand(body, body_type, {}) then
    refuse("body", json)
  end
  return body, body_type, mime
end

local function parse_additional_headers(headers, json)
  if headers == nil then
    return nil
  elseif not is_object(headers) then
    refuse("additional_headers", json)
  end
  for name, value in pairs(headers) do
    if type(value) ~= "string" or name:lower():find("^x%-oss%-") then
      refuse("additional_headers", json)
    end
  end
  return headers
end

-- Settings that are judged, and then mean nothing here: their effect is not published.
local function check_rest(config, json)
  local stage, action, version = config.callbackStage, config.callbackFailureAction, config.callbackSignatureVersion
  if stage ~= nil and type(stage) ~= "string" then
    refuse("stage", json)
  elseif stage == "" then
    refuse("stage_value", json)
  elseif action ~= nil and type(action) ~= "string" then
    refuse("failure_action", json)
  elseif version ~= nil and version ~= "1.0" and version ~= "2.0" then
    refuse("signature_version", json)
  end
end

local function parse_vars(text)
  local vars = {}
  if text then
    local given, json = decode(text, "vars")
    for name, value in pairs(given) do
      local is_number = type(value) == "number"
      if not name:find("^x:.") or name:find("%u") then
        refuse("vars", json)
      elseif not is_number and type(value) ~= "string" and type(value) ~= "boolean" then
        refuse("vars", json)
      end
      vars[name] = is_number and template.number(value) or tostring(value)
    end
  end
  return vars
end

local function parse(t)
  local text = pick(t.header, t.query, "both") or t.form
  local vars_text = pick(t.header_var, t.query_var, "both_vars")
  if not text then
    return nil
  end
  local config, json = decode(text, "json")
  if config.callbackPolicy ~= nil then
    return { policy = tostring(config.callbackPolicy), vars = parse_vars(vars_text) }
  end
  local out = { urls = parse_urls(config.callbackUrl, json, t.public_only) }
  if config.callbackHost ~= nil and type(config.callbackHost) ~= "string" then
    refuse("host", json)
  end
  out.host = config.callbackHost ~= "" and config.callbackHost or nil
  out.body, out.body_type, out.content_type = parse_body(config, json)
  if config.callbackSNI ~= nil and type(config.callbackSNI) ~= "boolean" then
    refuse("sni", json)
  end
  out.sni = config.callbackSNI == true
  check_rest(config, json)
  out.additional_headers = parse_additional_headers(config.additionalHeaders, json)
  out.vars = parse_vars(vars_text)
  for name, value in pairs(t.form_vars or {}) do
    out.vars[name] = value
  end
  return out
end

--- Reads the callback of an upload.
-- @tparam table t base64 texts as they came: `header` (x-oss-callback), `header_var`
-- (x-oss-callback-var), `query` (callback), `query_var` (callback-var), `form` (form field callback);
-- `form_vars` (values of the form fields whose names begin with `x:`, by name); `public_only = true`
-- refuses private addresses as OSS does
-- @treturn[1] table `urls` (each as from `core.callback_url`, and `text`), `host`, `body`, `body_type`
-- ("json" or "form"), `content_type`, `sni`, `vars` (strings by full name), `additional_headers`; or only
-- `policy` and `vars`
-- @return[2] nil when there is no callback
-- @return[3] nil, and OSS's error: `code`, `status`, `message`, `ec`, `argument_name`, `argument_value`
function M.parse(t)
  local ok, result = pcall(parse, t)
  if ok then
    return result
  elseif type(result) == "table" and result.code then
    return nil, result
  end
  error(result, 0)
end

return M
