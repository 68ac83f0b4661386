-- What a frame pays for uploads that go on behind it: `client:poll(0)` sixty times a second, the wall
-- time and the CPU time of its own thread measured around each.
--
--   lua frame.lua FILE PORT MUTE_PORT DEAD_PORT    as bench/frame/run calls it
--
-- FRAMES (1200), ENGINE ("thread") and RATE (bytes per second, unlimited) come from the environment.

local clock = require "bench.clock"
local oss = require "oss"

local file, port, mute_port, dead_port = arg[1], arg[2], arg[3], arg[4]
local frames = tonumber(os.getenv("FRAMES") or 1200)
local engine = os.getenv("ENGINE") or "thread"
local rate = tonumber(os.getenv("RATE"))

local function client_of(endpoint)
  return oss.client { endpoint = "https://" .. endpoint, region = "cn-hangzhou", access_key_id = "a",
    access_key_secret = "b", tls_verify = false, engine = engine, path_style = true }
end

-- Plays so many frames. `busy(client)` is called in each, outside of what is measured, and may start
-- something. Returns wall and CPU seconds of each frame, and those of the frames that `is_end()` picks.
local function play(client, count, busy, is_end)
  local walls, cpus, end_walls, end_cpus = {}, {}, {}, {}
  collectgarbage()
  local at = clock.wall()
  for _ = 1, count do
    busy(client)
    at = at + 1 / 60
    clock.sleep_until(at)
    local wall, cpu = clock.wall(), clock.cpu()
    client:poll(0)
    cpu, wall = clock.cpu() - cpu, clock.wall() - wall
    local ended = is_end and is_end()
    table.insert(ended and end_cpus or cpus, cpu)
    table.insert(ended and end_walls or walls, wall)
  end
  return walls, cpus, end_walls, end_cpus
end

local function quantile(sorted, share)
  return sorted[math.max(1, math.ceil(#sorted * share))] * 1e6
end

local function report(name, walls, cpus, more)
  table.sort(walls)
  table.sort(cpus)
  print(("%-36s %6d %8.1f %8.1f %8.1f %8.1f %8.1f %8.1f  %s"):format(name, #walls, quantile(walls, 0.5),
    quantile(walls, 0.999), quantile(walls, 1), quantile(cpus, 0.5), quantile(cpus, 0.999), quantile(cpus, 1),
    more or ""))
end

-- The same thing again and again, with at most one under way; `make` gives its options.
local function again(verb, make)
  local state = { done = 0, failed = 0, starting = 0 }
  local function on_done(res, err)
    state.op, state.done, state.failed = nil, state.done + (res and 1 or 0), state.failed + (err and 1 or 0)
    state.err = err or state.err
  end
  return state, function(client)
    if not state.op then
      local t = make()
      t.bucket, t.key, t.on_done, t.rate_limit = "examplebucket", "frame", on_done, rate
      local cpu = clock.cpu()
      state.op = client:start(verb, t)
      state.starting = math.max(state.starting, clock.cpu() - cpu)
    end
  end
end

local size = io.open(file, "rb"):seek("end")

local function idle(name, client)
  local walls, cpus = play(client, frames, function() end)
  report(name, walls, cpus)
end

local function upload(name, verb, bytes, make)
  local client = client_of("127.0.0.1:" .. port)
  local state, busy = again(verb, make)
  local began, before = clock.wall(), 0
  local walls, cpus, end_walls, end_cpus = play(client, frames, busy, function()
    local more = state.done > before
    before = state.done
    return more
  end)
  local seconds = clock.wall() - began
  local sent = state.done * bytes + (state.op and state.op:status().sent or 0)
  local err = state.err
  client:close()
  report(name, walls, cpus, ("%.0f MiB/s; start: %.0f us CPU at most"):format(sent / 2 ^ 20 / seconds,
    state.starting * 1e6))
  if #end_walls > 0 then
    report("  frames in which one ends", end_walls, end_cpus)
  end
  assert(state.done > 0 and not err, tostring(err or "none was done"))
end

local function stall(name, endpoint)
  local client = client_of(endpoint)
  local state, busy = again("put", function() return { body = "x", connect_timeout = 1, attempts = 1 } end)
  local walls, cpus = play(client, 240, busy)
  local began, failed = clock.wall(), state.failed
  client:close()
  report(name, walls, cpus, ("%d failed; close: %.1f ms"):format(failed, (clock.wall() - began) * 1e3))
  assert(failed > 0, "nothing failed")
end

print(("%s, engine %s, a file of %d MiB over TLS, again and again"):format(rawget(_G, "jit") and jit.version
  or _VERSION, engine, size / 2 ^ 20))
print(("%-36s %6s %8s %8s %8s %8s %8s %8s"):format("client:poll(0) at 60 Hz, us", "frames", "wall p50", "p99.9",
  "max", "CPU p50", "p99.9", "max"))
idle("the clocks alone", { poll = function() end })
do
  local client = client_of("127.0.0.1:" .. port)
  idle("nothing to do", client)
  client:close()
end
local function whole()
  return { file = file }
end
upload("put of the file", "put", size, whole)
upload("upload in parts, three at a time", "upload", size, whole)
do
  local body = ("0123456789abcdef"):rep(8 * 2 ^ 20) -- 128 MiB
  upload("the same of a string", "upload", #body, function() return { body = body } end)
  local kept = { load = function() end, save = function() return true end, clear = function() end }
  upload("the same with a token", "upload", #body, function() return { body = body, resume = kept } end)
  local chunk = body:sub(1, 65536 - 8)
  upload("the same of a reader", "upload", #body, function()
    local n = 0
    return { reader = function()
      n = n + 1
      return n <= 2048 and ("%08d"):format(n) .. chunk or nil
    end }
  end)
end
stall("a name that takes 3 s to be unknown", "bucket.slow")
stall("a host that does not answer SYN", "127.0.0.1:" .. dead_port)
stall("a host that does not begin TLS", "127.0.0.1:" .. mute_port)
