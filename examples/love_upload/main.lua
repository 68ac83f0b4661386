-- A game that uploads a file while its ship keeps flying: no frame waits for the network.
--
--   OSS_REGION=cn-hangzhou OSS_ACCESS_KEY_ID=... OSS_ACCESS_KEY_SECRET=... \
--   BUCKET=examplebucket love examples/love_upload FILE
--
-- Or drop a file on the window. NOWIN=1 plays without one and ends with the upload.
-- LÖVE runs LuaJIT: lua-oss must be installed for Lua 5.1, or LUA_PATH and LUA_CPATH lead to it.

local oss = require "oss"

local bucket = os.getenv("BUCKET") or "examplebucket"
local headless = love.graphics == nil
local client, op
local status = "drop a file here"
local time, slowest = 0, 0

local function name_of(path)
  return path:match("[^/\\]+$")
end

local function done(res, err)
  if res then
    status = "stored, ETag " .. res.etag
  else
    status = tostring(err)
  end
  print(status)
  print(("the slowest poll took %.3f ms"):format(slowest * 1000))
  if headless then
    love.event.quit(res and 0 or 1)
  end
end

local function upload(path)
  slowest = 0
  status = "uploading " .. name_of(path)
  op = client:start("upload", {
    bucket = bucket, key = "love/" .. name_of(path), file = path,
    rate_limit = tonumber(os.getenv("RATE_LIMIT")),
    on_done = done,
  })
end

function love.load(arguments)
  client = oss.client { engine = "thread" }
  if arguments[1] then
    upload(arguments[1])
  elseif headless then
    error("which file?")
  end
end

function love.filedropped(file)
  upload(file:getFilename())
end

-- Once a frame: takes what the client's thread has to tell. It never waits.
function love.update(dt)
  time = time + dt
  local began = love.timer.getTime()
  client:poll(0)
  slowest = math.max(slowest, love.timer.getTime() - began)
end

local function draw_ship()
  local x, y = time * 120 % 760 - 60, 130 + 50 * math.sin(time * 2)
  love.graphics.push()
  love.graphics.translate(x, y)
  love.graphics.rotate(math.cos(time * 2) * 0.4)
  love.graphics.setColor(1, 0.6, 0.2)
  love.graphics.polygon("fill", -28, -6, -42 - 8 * math.sin(time * 40), 0, -28, 6)
  love.graphics.setColor(0.9, 0.9, 1)
  love.graphics.polygon("fill", 32, 0, -24, -16, -14, 0, -24, 16)
  love.graphics.setColor(0.3, 0.5, 0.9)
  love.graphics.circle("fill", 4, 0, 6)
  love.graphics.pop()
end

local function draw_stars()
  love.graphics.setColor(1, 1, 1, 0.6)
  for i = 1, 60 do
    love.graphics.points((i * 97 - time * (10 + i % 5 * 12)) % 640, i * 53 % 230 + 10)
  end
end

local function draw_progress(share)
  love.graphics.setColor(0.25, 0.25, 0.35)
  love.graphics.rectangle("fill", 40, 270, 560, 24, 6)
  love.graphics.setColor(0.3, 0.8, 0.5)
  love.graphics.rectangle("fill", 40, 270, math.max(12, 560 * share), 24, 6)
end

function love.draw()
  love.graphics.clear(0.05, 0.05, 0.12)
  draw_stars()
  draw_ship()
  local state = op and op:status()
  if state and state.total and state.total > 0 then
    draw_progress(math.min(1, state.sent / state.total))
  end
  love.graphics.setColor(1, 1, 1)
  love.graphics.print(status, 40, 302)
  love.graphics.print(("%d frames a second, slowest poll %.3f ms"):format(love.timer.getFPS(), slowest * 1000),
    40, 322)
end

function love.keypressed(key)
  if key == "escape" then
    love.event.quit()
  end
end

function love.quit()
  client:close()
end

if headless then
  function love.errorhandler(message)
    io.stderr:write(debug.traceback(message), "\n")
    return function()
      return 1
    end
  end
end
