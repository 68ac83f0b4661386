-- Handles the events: each by one of any number of consumers, and again by another one if that one dies.
--
-- An event stays with its consumer until it is committed. What a dead consumer has left is claimed after a while,
-- also when it was only slow: so an event can come to two of them, but only the first commit counts.

local cjson = require "cjson"
local store = require "app.store"

local M = {}

local group = "handlers"
local claim_after_ms = tonumber(os.getenv("CLAIM_AFTER_MS")) or 30000
local handle_ms = tonumber(os.getenv("HANDLE_MS")) or 0

-- Acknowledging and writing the result are one step: who comes second writes nothing.
local commit = [[
if redis.call("XACK", KEYS[1], ARGV[1], ARGV[2]) == 0 then
  return 0
end
redis.call("XADD", KEYS[2], "MAXLEN", "~", 100000, "*", "event", ARGV[2], "by", ARGV[3], "result", ARGV[4])
return 1]]

-- The work of this service, a line about the object. Thumbnails, search indexes, mails would stand here; what
-- leaves Redis may be done twice when a consumer dies, so it should bear that: the event's id tells.
local function handle(event)
  if handle_ms > 0 then
    ngx.sleep(handle_ms / 1000)
  end
  return ("%s, %d bytes"):format(event.key, event.size)
end

local function each(connection, name, entries)
  for _, entry in ipairs(entries) do
    local id, fields = entry[1], entry[2]
    local ok, result = pcall(function()
      return handle(cjson.decode(fields[2]))
    end)
    if ok then
      assert(connection:eval(commit, 2, store.events, store.handled, group, id, name, result))
    else
      ngx.log(ngx.ERR, "event ", id, " cannot be handled, will be tried again: ", result)
    end
  end
end

-- What was left lying: by the dead, and by ourselves before a restart.
local function claim(connection, name)
  local reply = assert(connection:xautoclaim(store.events, group, name, claim_after_ms, "0-0", "COUNT", 10))
  if #reply[2] > 0 then
    ngx.log(ngx.NOTICE, name, " claims ", #reply[2], " events")
  end
  each(connection, name, reply[2])
end

local function consume(name)
  local connection = assert(store.connect(10))
  local ok, message = connection:xgroup("CREATE", store.events, group, "0", "MKSTREAM")
  assert(ok or message:find("BUSYGROUP", 1, true), message)
  local next_claim = 0
  while not ngx.worker.exiting() do
    if ngx.now() >= next_claim then
      claim(connection, name)
      next_claim = ngx.now() + claim_after_ms / 2000
    end
    local reply = assert(connection:xreadgroup("GROUP", group, name, "COUNT", 10, "BLOCK", 500, "STREAMS",
      store.events, ">"))
    if reply ~= ngx.null then
      each(connection, name, reply[1][2])
    end
  end
  connection:close()
end

--- Consumes until nginx ends; when Redis is away it comes back every second.
-- @tparam string name of this consumer, like no other's
function M.start(name)
  local function run()
    local ok, message = pcall(consume, name)
    if not ok and not ngx.worker.exiting() then
      ngx.log(ngx.ERR, "consuming stopped: ", message)
      assert(ngx.timer.at(1, run))
    end
  end
  assert(ngx.timer.at(0, run))
end

return M
