-- Measures what happens to events when a node and a consumer are killed under load.
--
--   make && lua5.4 examples/direct-upload/scale_test.lua [UPLOADS [UPLOADERS]]
--
-- Starts the example with two nodes and two consumers. The uploaders are processes of their own that do what the
-- page does: ask a node for a permit (another one when it is gone), send the form to OSS, have a node settle what
-- OSS could not tell. After a third of the uploads one consumer is killed while it holds events, after two thirds
-- one node, both with SIGKILL. At the end what the uploaders were told is compared with what was handled. Exit
-- status 1: something was lost or handled twice.

local json = require "cjson"
local http = require "socket.http"
local ltn12 = require "ltn12"
local socket = require "socket"

http.TIMEOUT = 30
local visitor = ("0123456789abcdef"):rep(2)
local here = arg[0]:match("^(.*)/[^/]*$") or "."

local function post(url, content_type, body)
  local parts = {}
  local ok, status = http.request { method = "POST", url = url, source = ltn12.source.string(body),
    sink = ltn12.sink.table(parts), headers = { ["Content-Type"] = content_type, ["Content-Length"] = #body,
      cookie = "visitor=" .. visitor } }
  return ok and status, table.concat(parts)
end

-- ---- an uploader

-- Asks one node, or the other one when it is gone.
local function ask(nodes, n, path, question)
  for i = 0, #nodes - 1 do
    local status, answer = post(nodes[(n + i) % #nodes + 1] .. path, "application/json", json.encode(question))
    if status == 200 then
      return json.decode(answer), i > 0
    end
  end
end

local function form_body(fields, bytes)
  local boundary, parts = "direct-upload-0123456789", {}
  for _, field in ipairs(fields) do
    parts[#parts + 1] = ('--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'):format(boundary, field.name,
      field.value)
  end
  parts[#parts + 1] = ('--%s\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n'
    .. 'Content-Type: image/png\r\n\r\n%s\r\n--%s--\r\n'):format(boundary, bytes, boundary)
  return table.concat(parts), "multipart/form-data; boundary=" .. boundary
end

-- One upload, as a line: key, how it ended, the event's id, which node gave the permit, whether it was known before.
local function upload(nodes, n, name)
  local permit, is_second = ask(nodes, n, "/permit", { name = name .. ".png" })
  if not permit then
    return "- no-permit - -"
  end
  permit.fields[#permit.fields + 1] = { name = "x-oss-content-type", value = "image/png" }
  local body, content_type = form_body(permit.fields, name .. ("."):rep(10000))
  local status, answer = post(permit.url, content_type, body)
  local ending, event = "told", status == 200 and json.decode(answer)
  if status == 203 then
    ending, event = "settled", (ask(nodes, n, "/settle", { key = permit.key, token = permit.token }))
  elseif not event then
    ending = "status-" .. tostring(status)
  end
  return ("%s %s %s %s%s"):format(permit.key, event and ending or ending .. "-failed", event and event.id or "-",
    is_second and "second" or "first", event and event.is_new == false and "-again" or "")
end

local function run_uploader(log, count, index, nodes)
  local file = assert(io.open(log, "w"))
  file:setvbuf("line")
  for n = 1, count do
    file:write(upload(nodes, n + index, ("u%d-%d"):format(index, n)), "\n")
  end
  file:write("end\n")
  file:close()
end

if arg[1] == "uploader" then
  run_uploader(arg[2], tonumber(arg[3]), tonumber(arg[4]), { arg[5], arg[6] })
  os.exit(0)
end

-- ---- the whole

local uploads, uploaders = tonumber(arg[1]) or 3000, tonumber(arg[2]) or 8
local each = math.ceil(uploads / uploaders)
uploads = each * uploaders

local function output(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read("*a")
  pipe:close()
  return text
end

local function read(path)
  local file = io.open(path, "rb")
  local text = file and file:read("*a") or ""
  if file then
    file:close()
  end
  return text
end

local function start()
  local pipe = assert(io.popen("NODES=2 CONSUMERS=2 CLAIM_AFTER_MS=1000 HANDLE_MS=2 exec " .. here .. "/start"))
  local place = { pipe = pipe }
  for line in pipe:lines() do
    local name, value = line:match("^([%w-]+): *(.*)$")
    if name then
      place[name] = value
    elseif line:find("Ctrl-C", 1, true) then
      return place
    end
  end
  error("the example did not start")
end

local function redis(place, command)
  return json.decode(output(("redis-cli -p %s --json %s"):format(place.redis:match("%d+$"), command)))
end

-- The logs of all uploaders, read as one.
local function lines(place)
  local text = {}
  for i = 1, uploaders do
    text[i] = read(place.folder .. "/uploader-" .. i)
  end
  return table.concat(text)
end

local function await(what, test)
  for _ = 1, 2400 do
    if test() then
      return
    end
    socket.sleep(0.05)
  end
  error("it took too long: " .. what)
end

local function processes(place, name)
  local pid = read(place.folder .. "/" .. name .. "/nginx.pid"):match("%d+")
  return pid, read(("/proc/%s/task/%s/children"):format(pid, pid))
end

-- A signal for nginx's master and workers alike.
local function signal(place, name, what)
  os.execute(("kill -%s %s %s"):format(what, processes(place, name)))
end

-- Seconds of processor time of a node's workers; the system counts in hundredths.
local function cpu(place, name)
  local ticks = 0
  for pid in select(2, processes(place, name)):gmatch("%d+") do
    local user, system = read("/proc/" .. pid .. "/stat"):match("%) " .. ("%S+ "):rep(11) .. "(%d+) (%d+)")
    ticks = ticks + user + system
  end
  return ticks / 100
end

local function memory(place)
  return tonumber(output(("redis-cli -p %s INFO memory"):format(place.redis:match("%d+$"))):match("used_memory:(%d+)"))
end

local function count(text, pattern)
  return select(2, text:gsub(pattern, ""))
end

-- Events that a consumer has got and not committed.
local function held(place, name)
  for _, consumer in ipairs(redis(place, "XINFO CONSUMERS '{uploads}:events' handlers")) do
    if consumer.name == name then
      return consumer.pending
    end
  end
  return 0
end

local function measure(place)
  for i = 1, uploaders do
    os.execute(("%s %s uploader %s/uploader-%d %d %d %s &"):format(arg[-1], arg[0], place.folder, i, each, i,
      place.nodes))
  end
  local from = socket.gettime()
  local times = { memory = memory(place), cpu = cpu(place, "node-2") }
  await("a third", function() return count(lines(place), "\n") >= uploads / 3 end)
  -- Stopped first, to be sure that it holds something.
  await("a consumer that holds events", function()
    signal(place, "consumer-1", "STOP")
    times.left = held(place, "consumer-1")
    signal(place, "consumer-1", times.left > 0 and "KILL" or "CONT")
    return times.left > 0
  end)
  await("two thirds", function() return count(lines(place), "\n") >= uploads * 2 / 3 end)
  signal(place, "node-1", "KILL")
  await("the uploads' end", function() return count(lines(place), "end\n") == uploaders end)
  times.uploading = socket.gettime() - from
  await("the consumer", function()
    local group = redis(place, "XINFO GROUPS '{uploads}:events'")[1]
    return group.pending == 0 and group.lag == 0
  end)
  times.all = socket.gettime() - from
  times.memory, times.cpu = memory(place) - times.memory, cpu(place, "node-2") - times.cpu
  return times
end

local function milliseconds(id)
  return tonumber(id:match("^%d+"))
end

local function report(place, times)
  local said, text = {}, lines(place)
  for key, id in text:gmatch("(%S+) %S+ (%d+%-%d+) %S+\n") do
    said[id] = key
  end
  local told, twice, strange, waits, by = 0, 0, 0, {}, {}
  local seen = {}
  for _, entry in ipairs(redis(place, "XRANGE '{uploads}:handled' - +")) do
    local id, name = entry[2][2], entry[2][4]
    twice = twice + (seen[id] and 1 or 0)
    strange = strange + (said[id] and 0 or 1)
    seen[id] = true
    by[name] = (by[name] or 0) + 1
    waits[#waits + 1] = milliseconds(entry[1]) - milliseconds(id)
  end
  local lost = 0
  for id in pairs(said) do
    told = told + 1
    lost = lost + (seen[id] and 0 or 1)
  end
  table.sort(waits)
  local claimed = 0
  for n in read(place.folder .. "/consumer-2/logs/error.log"):gmatch("claims (%d+) events") do
    claimed = claimed + tonumber(n)
  end
  local function callbacks(node)
    return count(read(place.folder .. "/" .. node .. "/logs/access.log"), "POST /oss%-callback [^\n]-\" 200 ")
  end
  local function line(name, value)
    print(("%-58s %s"):format(name, value))
  end
  line("uploads", uploads)
  line("uploaders at the same time", uploaders)
  line("uploads a second, as long as they lasted", ("%.0f"):format(uploads / times.uploading))
  line("the uploader was told of the event by OSS's answer", count(text, " told "))
  line("stored but not announced, then settled by a node", count(text, " settled "))
  line("not stored, or unknown", uploads - told)
  line("permits of the second node, after the first one's death", count(text, " second"))
  line("callbacks answered by node 1, and by node 2", callbacks("node-1") .. ", " .. callbacks("node-2"))
  line("processor milliseconds of node 2 for each of its requests", ("%.2f"):format(1000 * times.cpu
    / count(read(place.folder .. "/node-2/logs/access.log"), "\n")))
  line("bytes in Redis for each event, its marker and its result", ("%.0f"):format(times.memory / uploads))
  line("callbacks that came for the second time", count(text, "%-again\n"))
  line("events in the stream", ("%d"):format(redis(place, "XLEN '{uploads}:events'")))
  line("held by consumer 1 when it was killed", ("%d"):format(times.left))
  line("claimed by consumer 2", claimed)
  line("handled by consumer 1, and by consumer 2", (by["consumer-1"] or 0) .. ", " .. (by["consumer-2"] or 0))
  line("milliseconds from event to result: median, 99 %, longest", ("%d, %d, %d"):format(waits[math.ceil(#waits / 2)],
    waits[math.ceil(#waits * 0.99)], waits[#waits]))
  line("seconds until all was handled, after the last upload", ("%.1f"):format(times.all - times.uploading))
  line("events lost", lost)
  line("events handled twice", twice)
  line("events handled that no uploader knows of", strange)
  return lost + twice + strange == 0 and told == uploads
end

local place = start()
local ok, message = pcall(function()
  return report(place, measure(place))
end)
os.execute("kill " .. place.pid)
place.pipe:close()
if not ok then
  io.stderr:write(message, "\n")
end
os.exit(ok and message and 0 or 1)
