-- A resumable upload whose token lives in Redis: another machine goes on where the first one died.
--
--   lua examples/resume_redis.lua FILE BUCKET KEY [REDIS_HOST:PORT]
--
-- Endpoint and credentials come from the environment. Run it again, here or elsewhere with the same
-- file, after it was killed.

local json = require "cjson"
local oss = require "oss"
local socket = require "socket"

local path, bucket, key, redis = arg[1], arg[2], arg[3], arg[4] or "127.0.0.1:6379"
if not key then
  io.stderr:write("usage: lua examples/resume_redis.lua FILE BUCKET KEY [REDIS_HOST:PORT]\n")
  os.exit(2)
end

-- As much of Redis's protocol as a token needs.
local host, port = redis:match("^(.*):(%d+)$")
local connection = assert(socket.connect(host, tonumber(port)))

local function command(...)
  local parts = { "*" .. select("#", ...) .. "\r\n" }
  for _, word in ipairs { ... } do
    parts[#parts + 1] = "$" .. #word .. "\r\n" .. word .. "\r\n"
  end
  assert(connection:send(table.concat(parts)))
  local line = assert(connection:receive("*l"))
  local kind, rest = line:sub(1, 1), line:sub(2)
  if kind == "-" then
    return nil, "redis: " .. rest
  elseif kind == "$" then
    local length = tonumber(rest)
    return length >= 0 and assert(connection:receive(length + 2)):sub(1, length) or nil
  end
  return rest
end

local name = "oss-upload:" .. bucket .. "/" .. key
local week = tostring(7 * 24 * 3600)

local store = {
  load = function()
    local text = command("GET", name)
    return text and json.decode(text) or nil
  end,
  save = function(token)
    return command("SET", name, json.encode(token), "EX", week)
  end,
  clear = function()
    return command("DEL", name)
  end,
}

local res = oss.assert(oss.client {}:upload {
  bucket = bucket, key = key, file = path, resume = store,
  part_size = tonumber(os.getenv("PART_SIZE")), threshold = tonumber(os.getenv("PART_SIZE")),
  rate_limit = tonumber(os.getenv("RATE_LIMIT")),
  on_progress = function(sent, total)
    io.stderr:write(("\r%d of %d"):format(sent, total))
  end,
})
io.stderr:write("\n")
print((res.resumed and "was complete already" or "complete") .. ", ETag " .. res.etag)
