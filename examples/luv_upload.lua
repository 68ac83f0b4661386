-- Uploads a file inside a luv event loop, which goes on with its other work meanwhile.
--
--   OSS_REGION=cn-hangzhou OSS_ACCESS_KEY_ID=... OSS_ACCESS_KEY_SECRET=... \
--   lua examples/luv_upload.lua FILE BUCKET KEY
--
-- The bytes are moved by a thread of the client's own. The loop watches one descriptor and polls
-- when it is readable; retries and time limits need no timer. Any loop that can watch a descriptor
-- does the same: cqueues, copas, lua-ev, GLib.

local oss = require "oss"
local uv = require "luv"

local path, bucket, key = arg[1], arg[2], arg[3]
if not key then
  io.stderr:write("usage: lua examples/luv_upload.lua FILE BUCKET KEY\n")
  os.exit(2)
end

local client = oss.client { engine = "thread" }
local watcher = uv.new_poll(client:fd())
local ticker = uv.new_timer()
local ticks, status = 0, 1

watcher:start("r", function()
  client:poll(0)
end)

-- The loop's other work.
ticker:start(0, 10, function()
  ticks = ticks + 1
end)

local function finish(res, err)
  if res then
    print("stored, ETag " .. res.etag)
    status = 0
  else
    print(err)
  end
  print("the loop's timer ran " .. ticks .. " times meanwhile")
  ticker:close()
  watcher:close() -- before the client closes the descriptor
  client:close()
end

client:start("upload", {
  bucket = bucket, key = key, file = path,
  rate_limit = tonumber(os.getenv("RATE_LIMIT")),
  on_progress = function(sent, total)
    print(("  sent %d of %d bytes"):format(sent, total))
  end,
  on_done = finish,
})

uv.run()
os.exit(status)
