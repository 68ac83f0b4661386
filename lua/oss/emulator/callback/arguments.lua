--- The callback of an upload as it came: judged by OSS's rules, its hosts resolved.

local errors = require "oss.emulator.errors"
local resolve = require "oss.emulator.callback.resolve"
local refusals = require("oss.callback.refusals").by_name
local settings = require "oss.emulator.settings"
local wire = require "oss.callback.wire"

local M = {}

local function refuse(name, value)
  local refusal = refusals[name]
  errors.argument(refusal.message or refusal.hint, refusal.argument, value, refusal.ec)
end

local function parse(t)
  t.public_only = not settings.private_callbacks
  local callback, err = wire.parse(t)
  if err then
    errors.raise(err.code, { status = err.status, message = err.message, ec = err.ec or "",
      ArgumentName = err.argument_name, ArgumentValue = err.argument_value })
  end
  return callback
end

-- A callback may only name a policy of the bucket; the request's own variables go on top.
local function of_policy(callback, bucket)
  for _, policy in ipairs(bucket and bucket.callbacks or {}) do
    if policy.name == callback.policy then
      local var = policy.var ~= "" and policy.var or nil
      local full = parse { header = policy.callback, header_var = var }
      for name, value in pairs(callback.vars) do
        full.vars[name] = value
      end
      return full
    end
  end
  errors.raise("BucketCallbackPolicyNotExist", { PolicyName = callback.policy })
end

-- The request's head is built from these: a line break would end it.
local function check_head(callback)
  if (callback.host or ""):find("%c") then
    refuse("host", callback.host)
  end
  for name, value in pairs(callback.additional_headers or {}) do
    if not name:find("^[%w!#$%%&'*+.^_`|~-]+$") or value:find("%c") then
      refuse("additional_headers", name)
    end
  end
end

--- Reads a callback; raises OSS's error when it breaks a rule.
-- @tparam table t as `oss.callback.wire.parse` takes it
-- @tparam table|nil bucket whose policies may be named
-- @treturn table|nil the callback, each URL with its `address`
function M.read(t, bucket)
  local callback = parse(t)
  if callback and callback.policy then
    callback = of_policy(callback, bucket)
  end
  if not callback then
    return nil
  end
  check_head(callback)
  for _, url in ipairs(callback.urls) do
    url.address = resolve.first(url.host)
    if not url.address then
      refuse("host_name", url.text)
    elseif not settings.private_callbacks and resolve.is_private(url.address) then
      refuse("private", url.text)
    end
  end
  return callback
end

return M
