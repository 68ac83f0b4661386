-- Events in Redis: one stream for the consumers, and a short one for each visitor's page.
--
-- All names have the same hash tag, so that they stay together in a Redis Cluster.

local cjson = require "cjson"
local settings = require "app.settings"

local found, redis = pcall(require, "resty.redis") -- OpenResty
if not found then
  redis = require "nginx.redis"                    -- Debian: lua-nginx-redis
end

local M = { events = "{uploads}:events", handled = "{uploads}:handled" }

local day = 24 * 3600

-- OSS may call twice for one object: the first entry counts. The marker lives longer than any permit, so that no
-- callback can be used again either; events that nobody handled for a week are given up.
local add = [[
local known = redis.call("GET", KEYS[1])
if known then
  return { known, 0 }
end
local id = redis.call("XADD", KEYS[2], "MINID", "~", ARGV[1], "*", "event", ARGV[4])
redis.call("XADD", KEYS[3], "MAXLEN", "~", 100, id, "event", ARGV[4])
redis.call("EXPIRE", KEYS[3], ARGV[2])
redis.call("SET", KEYS[1], id, "EX", ARGV[3])
return { id, 1 }]]

--- A connection; `seconds` is how long an answer may take.
-- To be given back with `set_keepalive`, or closed after an error.
function M.connect(seconds)
  local connection = redis:new()
  connection:set_timeout(1000)
  local host, port = settings.redis:match("^(.*):(%d+)$")
  local ok, message
  if host then
    ok, message = connection:connect(host, tonumber(port))
  else
    ok, message = connection:connect(settings.redis) -- unix:/path
  end
  if not ok then
    return nil, message
  end
  connection:set_timeout(seconds * 1000)
  return connection
end

--- The name of a visitor's own stream.
function M.of(visitor)
  return "{uploads}:of:" .. visitor
end

--- Adds an event, once.
-- @treturn string|nil its id
-- @treturn string whether it is new (true or false), or what went wrong
function M.add(event, visitor)
  local connection, message = M.connect(1)
  if not connection then
    return nil, message
  end
  local seen = ("{uploads}:seen:%s:%s:%s"):format(event.bucket, event.key, event.etag)
  local week_ago = ("%d"):format((ngx.time() - 7 * day) * 1000)
  local reply
  reply, message = connection:eval(add, 3, seen, M.events, M.of(visitor), week_ago, day, 7 * day, cjson.encode(event))
  if not reply then
    connection:close()
    return nil, message
  end
  connection:set_keepalive(10000, 64)
  return reply[1], reply[2] == 1
end

return M
