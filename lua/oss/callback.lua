--- Upload callbacks: built from a Lua table, checked before anything is sent, explained.
--
-- A callback is a table:
--
-- * `url`: `http://` or `https://` URL of the service, or a list of up to five, tried in order;
-- * `body`: what the service shall receive. A table becomes JSON (or a form, when `body_type` says
--   so); a string is taken as it is. `${name}` stands for a value that OSS fills in: `bucket`,
--   `object`, `etag`, `size`, `mimeType`, `imageInfo.height`, `imageInfo.width`,
--   `imageInfo.format`, `crc64`, `contentMd5`, `vpcId`, `clientIp`, `reqId`, `operation`, and
--   `x:name` for a variable of yours;
-- * `body_type`: `"json"`, `"form"` or the MIME type of either. Default: JSON for a table and for a
--   string that begins with `{` or `[`, otherwise a form;
-- * `vars`: variables by name; `x:` is added, numbers and booleans become strings;
-- * `host`: the Host header, when it is another than the URL's;
-- * `sni`: true sends the server's name in the TLS handshake, which most https servers need;
-- * `token`: `{ secret =, ttl = 3600 }` adds the variable `x:token`, an HMAC over bucket, key and expiry
--   that `oss.receiver.verify` checks with the same secret. The body has the fields `bucket`, `object`
--   and `token` then: a table gets those that it lacks, a string must have them;
-- * `retry`: true or `{ attempts =, delay =, max_delay = }`: an upload of this client whose callback failed
--   tries the callback alone again; OSS does not see it;
-- * `policy`: name of a callback policy of the bucket, instead of all of the above.
--
-- @module oss.callback

local core = require "oss.core"
local hints = require "oss.callback.hints"
local kept = require "oss.callback.kept"
local nearest = require "oss.common.nearest"
local retry = require "oss.callback.retry"
local template = require "oss.template"
local token = require "oss.callback.token"

local M = {}

local fields = { "body", "body_type", "host", "policy", "retry", "sni", "token", "url", "vars" }

local types = {
  body = { string = true, table = true },
  body_type = { string = true },
  host = { string = true },
  policy = { string = true },
  retry = { boolean = true, table = true },
  sni = { boolean = true },
  url = { string = true, table = true },
  vars = { table = true },
}

local expected = {
  body = "a table or a string",
  retry = "true or a table with attempts, delay, max_delay",
  sni = "a boolean: true or false without quotes",
  url = "a string or a list of strings",
  vars = "a table of values by name",
}

-- What the same thing is called by OSS and by other libraries.
local aliases = {
  callbackbody = "body", callbackbodytype = "body_type", callbackhost = "host",
  callbackpolicy = "policy", callbacksni = "sni", callbackurl = "url", callbackurls = "url",
  callbackvar = "vars", callbackvars = "vars", contenttype = "body_type", customvalue = "vars",
  customvars = "vars", params = "vars", type = "body_type", urls = "url", variables = "vars",
}

local function check_fields(t)
  if type(t) ~= "table" then
    return nil, "callback: expected a table, got " .. type(t) .. " [callback.type]"
  end
  local names = {}
  for name in pairs(t) do
    names[#names + 1] = name
  end
  table.sort(names, function(a, b)
    return tostring(a) < tostring(b)
  end)
  for _, name in ipairs(names) do
    local kinds = types[name]
    if not kinds then
      local text = tostring(name)
      local alias = aliases[text:lower():gsub("[-_]", "")]
      return nil, "callback." .. text .. ": no such field"
        .. (alias and "; did you mean '" .. alias .. "'?" or nearest.clause(text, fields)) .. " [callback.field]"
    elseif not kinds[type(t[name])] then
      return nil, "callback." .. name .. ": expected " .. (expected[name] or "a string") .. ", got "
        .. type(t[name]) .. " [" .. name .. ".type]"
    end
  end
  local message = retry.check(t.retry)
  return not message, message
end

--- The URLs as a list of strings.
local function url_list(url)
  if type(url) ~= "table" then
    return { url }
  end
  local n = 0
  for _ in pairs(url) do
    n = n + 1
  end
  for i = 1, n do
    if type(url[i]) ~= "string" then
      return nil, "callback.url: expected a list of strings, [" .. i .. "] is a " .. type(url[i]) .. " [url.type]"
    end
  end
  return url
end

local function var_text(name, value)
  if type(value) == "string" then
    return value
  elseif type(value) == "boolean" then
    return tostring(value)
  end
  local text = type(value) == "number" and template.number(value)
  if text then
    return text
  end
  return nil, "callback.vars." .. name .. ": expected a string, a finite number or a boolean, got "
    .. (type(value) == "number" and tostring(value) or type(value)) .. " [vars.type]"
end

--- The variables as a flat list, sorted, without `x:` where it was given without.
local function flat_vars(vars)
  local names, flat = {}, {}
  for name in pairs(vars or {}) do
    if type(name) ~= "string" then
      return nil, "callback.vars: names must be strings, got " .. tostring(name) .. " [vars.type]"
    end
    names[#names + 1] = name
  end
  table.sort(names)
  for _, name in ipairs(names) do
    local text, err = var_text(name, vars[name])
    if not text then
      return nil, err
    end
    flat[#flat + 1] = name
    flat[#flat + 1] = text
  end
  return flat
end

local function is_form(body_type)
  return body_type == "form" or body_type == "application/x-www-form-urlencoded"
end

--- Sets body and body_type of c, both as text.
local function set_body(c, t)
  c.body, c.body_type = t.body, t.body_type
  if type(t.body) == "table" then
    local err
    c.body, err = template[is_form(t.body_type) and "form" or "json"](t.body)
    c.body_type = t.body_type or "json"
    return c.body, err
  elseif not t.body_type and t.body and t.body:find("^%s*[{%[]") then
    c.body_type = "json"
  end
  return true
end

--- A callback in the form that the C core takes.
local function to_core(t)
  local ok, err = check_fields(t)
  local c = {}
  if ok then
    c.host, c.policy, c.sni = t.host, t.policy, t.sni
    c.urls, err = url_list(t.url)
    ok = c.urls
  end
  if ok then
    c.vars, err = flat_vars(t.vars)
    ok = c.vars
  end
  if ok then
    ok, err = set_body(c, t)
  end
  return ok and c, err
end

--- Checks a callback and makes what an upload needs. Never raises for the sake of `t`. The result may
-- be shared: it is only to be read.
-- @function prepare
-- @tparam table t a callback
-- @tparam[opt] table options `open_vars = true` when form fields of the upload bring further
-- variables; for a token `bucket`, `key` (or `key_prefix`) and `now`, from which its time counts
-- @treturn[1] table `callback` (base64), `callback_var` (base64, nil without variables), `vars`
-- (strings by full name, as form fields need them), `warnings` (list of lines), `body` (template),
-- `body_type` ("json" or "form") and `source` (the body before it became a template)
-- @return[2] nil, message: a line of field, rule and cure for each mistake
M.prepare = kept.keep(function(t, options)
  options = options or {}
  local has_token = type(t) == "table" and t.token ~= nil
  local c, err
  if has_token then
    t, err = token.add(t, options)
    if not t then
      return nil, err
    end
  end
  c, err = to_core(t)
  if not c then
    return nil, err
  end
  c.open_vars = options.open_vars
  local ok, problems = core.callback_check(c)
  local errors, warnings = {}, {}
  for _, problem in ipairs(problems) do
    local list = problem.warning and warnings or errors
    list[#list + 1] = problem.message
  end
  if not ok then
    return nil, table.concat(errors, "\n")
  end
  local prepared = { warnings = warnings, vars = {}, body = c.body, urls = c.urls, host = c.host, source = t.body }
  prepared.callback, prepared.callback_var = core.callback_encode(c)
  if not prepared.callback then
    return nil, "callback: " .. prepared.callback_var
  end
  for i = 1, #c.vars, 2 do
    prepared.vars["x:" .. c.vars[i]:gsub("^x:", "")] = c.vars[i + 1]
  end
  if c.body then
    prepared.body_type = (not c.body_type or is_form(c.body_type)) and "form" or "json"
  end
  err = has_token and token.check(c.body, prepared.body_type)
  if err then
    return nil, err
  end
  return prepared
end)

--- The values of `x-oss-callback` and `x-oss-callback-var`, for programs that send them on their own.
-- @tparam table t a callback
-- @tparam[opt] table place for a callback with a token: `bucket`, `key` and `now` (unix seconds)
-- @treturn string base64
-- @treturn string|nil base64, nil without variables
-- @treturn {string,...} warnings
-- @raise a line of field, rule and cure for each mistake
-- @usage local callback, callback_var = require("oss.callback").encode{
--   url = "http://example.com/uploaded", body = { object = "${object}", uid = "${x:uid}" },
--   vars = { uid = 5 },
-- }
function M.encode(t, place)
  local prepared
  local err = token.check_place(place)
  if not err then
    prepared, err = M.prepare(t, place)
  end
  if not prepared then
    error(err, 2)
  end
  return prepared.callback, prepared.callback_var, prepared.warnings
end

--- Shows what is sent to OSS and what the service will receive for a sample object.
--
-- The body is shown in both body types; where the other one cannot be, the text says why.
-- @tparam table t a callback
-- @tparam[opt] table sample values of the system variables by name; the others have usual values
-- @treturn string text for people
-- @raise at the caller's line: a line of field, rule and cure for each mistake
-- @usage print(require("oss.callback").explain({ url = "http://example.com/uploaded",
--   body = { size = "${size}" } }, { size = 12 }))
function M.explain(t, sample)
  local explain = require "oss.callback.explain"
  local values, err = require("oss.callback.sample").fill(sample)
  local prepared
  if values then
    prepared, err = M.prepare(t, explain.place(values))
  end
  if not prepared then
    error(err, 2)
  end
  return explain.text(prepared, values)
end

--- What to do about a failed callback or a refused one.
-- @tparam string|nil code_or_message OSS's message, or only its error code
-- @tparam string|nil ec OSS's EC
-- @treturn string|nil nil when nothing is known
-- @usage require("oss.callback").hints("Error status : 502.", "0007-00000203")
M.hints = hints.find

return M
