-- A small web service that receives OSS's callbacks, for trying things on one's own machine.
--
--   lua examples/callback_service.lua [PORT [KEY_URL KEY_FILE]]
--
-- It checks each callback's signature, prints what it received, and answers with JSON. Paths that
-- begin with /refuse are answered with status 403. KEY_URL and KEY_FILE add a public key, such as
-- the emulator's, to OSS's own. It serves one request at a time and asks for no token (`secrets`), so it
-- believes whatever OSS signs for anybody: a real service does better.

local socket = require "socket"
local oss = require "oss"

local keys = {}
if arg[2] then
  local file = assert(io.open(arg[3], "rb"))
  keys[arg[2]] = file:read("*a")
  file:close()
end

local function read_request(peer)
  local method, uri = (peer:receive("*l") or ""):match("^(%u+) (%S+) HTTP/1%.[01]$")
  if not method then
    return nil
  end
  local headers = {}
  for line in function() return peer:receive("*l") end do
    if line == "" then
      break
    end
    local name, value = line:match("^([^:]+):%s*(.-)%s*$")
    if name then
      headers[name:lower()] = value
    end
  end
  local length = tonumber(headers["content-length"]) or 0
  local body = length > 0 and peer:receive(length) or ""
  return { method = method, uri = uri, headers = headers, body = body, keys = keys }
end

local function answer(peer, status, body)
  peer:send(("HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
    .. "Connection: close\r\n\r\n%s"):format(status, #body, body))
end

local function serve(peer)
  local request = read_request(peer)
  if not request then
    return
  end
  local verified, reason = oss.receiver.verify(request)
  print("  service received: " .. request.method .. " " .. request.uri)
  print("  service received: " .. request.body)
  print("  verified: " .. (verified and "yes" or "no, " .. reason))
  if not verified then
    answer(peer, "400 Bad Request", '{"Status":"refused"}')
  elseif request.uri:match("^/refuse") then
    answer(peer, "403 Forbidden", '{"Status":"not today"}')
  else
    answer(peer, "200 OK", '{"Status":"OK"}')
  end
end

local server = assert(socket.bind("127.0.0.1", tonumber(arg[1]) or 0))
local _, port = server:getsockname()
io.stdout:setvbuf("line")
print("listening on http://127.0.0.1:" .. port)
while true do
  local peer = server:accept()
  if peer then
    peer:settimeout(5)
    serve(peer)
    peer:close()
  end
end
