-- What differs from place to place comes from the environment; it is read once, before nginx's workers start.

local oss = require "resty.oss"

local function need(name)
  local value = os.getenv(name)
  return value and value ~= "" and value or error("direct-upload: the environment has no " .. name, 0)
end

local function list(text)
  local items = {}
  for item in text:gmatch("[^%s,]+") do
    items[#items + 1] = item
  end
  return items
end

-- The public key of a local OSS; that of the real one is built in.
local function local_keys()
  local url, path = os.getenv("OSS_KEY_URL"), os.getenv("OSS_KEY_FILE")
  if not url or not path then
    return {}
  end
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return { [url] = text }
end

local secrets = list(need "CALLBACK_SECRETS") -- the first signs, all of them are believed

return {
  client = oss.client {}, -- endpoint, region and credentials are in the environment too
  bucket = need "OSS_BUCKET",
  -- A callback that comes again does no harm here: app.store knows it.
  guard = { dict = "oss_callbacks", keys = local_keys(), secrets = secrets,
    content_type = "application/x-www-form-urlencoded" },

  callback_urls = list(need "CALLBACK_URLS"), -- up to five; OSS takes the first that answers
  secrets = secrets,
  redis = os.getenv("REDIS") or "127.0.0.1:6379",

  permit_seconds = 600,
  most_bytes = 5000000,
  types = { "image/png", "image/jpeg", "image/gif" },
}
