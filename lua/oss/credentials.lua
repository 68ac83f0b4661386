--- Where credentials come from.
--
-- A provider is a function that returns `{ access_key_id =, access_key_secret =, security_token = }`,
-- or nil and a text. It is asked before each attempt.
-- @module oss.credentials

local M = {}

-- A line end is what a file leaves behind; in a header it would be another header.
local function is_clean(text)
  return not text:find("[%c%s]")
end

local function check(t, what)
  for _, name in ipairs { "access_key_id", "access_key_secret" } do
    if type(t[name]) ~= "string" or t[name] == "" then
      return nil, what .. ": '" .. name .. "' is missing or empty"
    end
  end
  for _, name in ipairs { "access_key_id", "access_key_secret", "security_token" } do
    if type(t[name]) == "string" and not is_clean(t[name]) then
      return nil, what .. ": '" .. name .. "' holds a space or control character, such as a line end"
    end
  end
  if t.security_token ~= nil and type(t.security_token) ~= "string" then
    return nil, what .. ": 'security_token' must be a string"
  end
  return t
end

local function copy(t)
  return check({ access_key_id = t.access_key_id, access_key_secret = t.access_key_secret,
    security_token = t.security_token ~= "" and t.security_token or nil }, "credentials")
end

--- Credentials that never change.
-- @tparam table t access_key_id, access_key_secret and for STS security_token
-- @treturn function|nil provider
-- @treturn string what is missing
-- @usage
-- local provider = assert(require("oss.credentials").static{
--   access_key_id = "id", access_key_secret = "secret" })
function M.static(t)
  local credentials, message = copy(t)
  if not credentials then
    return nil, message
  end
  return function()
    return credentials
  end
end

local families = {
  { "OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSS_SESSION_TOKEN" },
  { "ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN" },
}

--- Credentials from the environment, read anew each time: `OSS_ACCESS_KEY_ID`,
-- `OSS_ACCESS_KEY_SECRET`, `OSS_SESSION_TOKEN`, or the same with `ALIBABA_CLOUD_`.
-- @tparam[opt=os.getenv] function getenv
-- @treturn function provider
function M.environment(getenv)
  getenv = getenv or os.getenv
  return function()
    for _, names in ipairs(families) do
      local id, secret = getenv(names[1]) or "", getenv(names[2]) or ""
      if id ~= "" or secret ~= "" then
        if id == "" or secret == "" then
          return nil, ("the environment has %s but no %s"):format(id ~= "" and names[1] or names[2],
            id ~= "" and names[2] or names[1]), true
        end
        local token = getenv(names[3])
        return { access_key_id = id, access_key_secret = secret,
          security_token = token ~= "" and token or nil }
      end
    end
    return nil, "no credentials: give access_key_id and access_key_secret, or credentials, or set "
      .. "OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET in the environment, or anonymous = true", true
  end
end

--- Chooses the provider of a client.
-- @tparam table t the client's options
-- @treturn function|table|false|nil provider, or the credentials when they never change; false for anonymous
-- @treturn string what is wrong, naming the option
function M.choose(t)
  local inline = t.access_key_id or t.access_key_secret or t.security_token
  if t.anonymous then
    if inline or t.credentials then
      return nil, "option 'anonymous' excludes credentials"
    end
    return false
  end
  if t.credentials and inline then
    return nil, "option 'credentials' excludes 'access_key_id', 'access_key_secret' and 'security_token'"
  end
  if type(t.credentials) == "function" then
    return t.credentials
  elseif t.credentials then
    local keys, message = copy(t.credentials)
    return keys, message and "option 'credentials': " .. message:gsub("^credentials: ", "")
  elseif inline then
    local keys, message = copy(t)
    return keys, message and message:gsub("^credentials: ", "option ")
  end
  return M.environment()
end

--- Asks a provider and checks what it gives. The provider is a user's handler: it may raise.
-- @tparam function call runs a handler, returns whether it returned and its results
-- @tparam function|table provider as from `choose`
-- @treturn table|nil credentials
-- @treturn string why there are none
-- @treturn boolean|nil whether asking again cannot help
-- @return what the provider raised, nil when it returned
function M.ask(call, provider)
  if type(provider) == "table" then
    return provider
  end
  local ok, credentials, message, lasting = call(provider)
  if not ok then
    return nil, "the credentials function raised: " .. tostring(credentials), true, credentials
  elseif type(credentials) ~= "table" then
    return nil, tostring(message or "the credentials function returned no table"), lasting
  end
  local checked, fault = check(credentials, "credentials")
  return checked, fault, not checked
end

return M
