-- Tells the page what the server has learned, as it comes: server-sent events out of the visitor's stream.

local store = require "app.store"
local visitor = require "app.visitor"

local M = {}

local beat_ms = 10000

local function say(text)
  return ngx.print(text) and ngx.flush(true)
end

-- Waits for what comes after an id; an empty list when nothing came.
local function read(connection, name, after)
  local reply, message = connection:xread("COUNT", 100, "BLOCK", beat_ms, "STREAMS", name, after)
  if reply == ngx.null then
    return {}
  end
  return reply and reply[1][2], message
end

local function follow(connection, name, after)
  while not ngx.worker.exiting() do
    local entries, message = read(connection, name, after)
    if not entries then
      return message
    end
    -- A comment now and then shows that the page is still there.
    local lines = { entries[1] and "" or ": still here\n\n" }
    for _, entry in ipairs(entries) do
      after = entry[1]
      lines[#lines + 1] = ("id: %s\ndata: %s\n\n"):format(after, entry[2][2])
    end
    if not say(table.concat(lines)) then
      return nil
    end
  end
end

--- Answers for as long as the page listens. The page comes back by itself, with the last id that it saw.
function M.stream()
  local me = visitor.id()
  if not me then
    return ngx.exit(ngx.HTTP_FORBIDDEN)
  end
  ngx.header["Content-Type"] = "text/event-stream"
  ngx.header["Cache-Control"] = "no-store"
  ngx.header["X-Accel-Buffering"] = "no"
  say("retry: 2000\n\n")
  local after = (ngx.var.http_last_event_id or ngx.var.arg_after or ""):match("^%d+%-%d+$") or "0-0"
  local connection, message = store.connect(beat_ms / 1000 + 5)
  if connection then
    say("event: ready\ndata:\n\n")
    message = follow(connection, store.of(me), after)
    connection:close()
  end
  if message then
    ngx.log(ngx.ERR, "events cannot be read: ", message)
    say("event: trouble\ndata:\n\n")
  end
end

return M
