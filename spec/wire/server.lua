-- Starts the misbehaving server for a spec, and drives transfers against it.

local curl = require "oss.curl"

local M = {}

local server_methods = {}
local server_mt = { __index = server_methods }

-- The first lines that a shell command prints. Sanitizers stay out of it.
local function shell(command)
  local pipe = assert(io.popen("env -u LD_PRELOAD sh -c '" .. command .. "'", "r"))
  local text = pipe:read("*a")
  pipe:close()
  return (text:gsub("\n$", ""))
end

--- A directory of its own for a spec.
function M.directory()
  return shell "mktemp -d"
end

local make_certificates = [[
cd %s || exit 1
new() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout $1.key -subj /CN=$1 "$@"; }
key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
openssl req -x509 $key -keyout ca.key -out ca.pem -subj "/CN=test authority"
openssl req -x509 $key -keyout other.key -out other.pem -subj "/CN=other authority"
for name in server client; do
  openssl req $key -keyout $name.key -out $name.csr -subj /CN=$name
  echo "subjectAltName=DNS:localhost,DNS:oss.test" > $name.ext
  openssl x509 -req -days 2 -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile $name.ext \
    -out $name.pem
done
openssl ec -in client.key -aes128 -passout pass:secret -out locked.key
]]

--- Starts the server.
-- @tparam[opt] boolean tls make certificates and listen with TLS, too
-- @treturn table port of each kind, dir, pid
function M.start(tls)
  local server = setmetatable({ dir = M.directory() }, server_mt)
  if tls then
    shell("(" .. make_certificates:format(server.dir):gsub("'", "'\\''") .. ") >/dev/null 2>&1")
  end
  -- The child is not of this build, nor perhaps of this Lua.
  local command = ("exec env -u LD_PRELOAD -u LUA_CPATH LUA_PATH='./?.lua;;' sh -c "
    .. "'echo $$; exec lua5.4 spec/wire/server/main.lua %s'"):format(tls and server.dir or "")
  server.pipe = assert(io.popen(command, "r"))
  server.pid = server.pipe:read("*l")
  local line = assert(server.pipe:read("*l"), "the server did not start")
  server.port = {}
  for name, port in line:gmatch("(%S+)=(%d+)") do
    server.port[name] = port
  end
  server.url = "http://127.0.0.1:" .. server.port.http
  return server
end

--- Ends the process and removes its directory.
function server_methods:stop()
  shell("kill -KILL " .. self.pid .. "; rm -rf " .. self.dir)
  self.pipe:close()
end

--- The server's counters.
function server_methods:stats()
  local loop = curl.loop()
  local answer = M.run(loop, { method = "GET", url = self.url .. "/stats" })
  loop:close()
  local stats = {}
  for name, value in answer.body:gmatch("(%w[%w_]*)=(%d+)") do
    stats[name] = tonumber(value)
  end
  return stats
end

--- Writes a file into the server's directory.
function server_methods:file(name, content)
  local path = self.dir .. "/" .. name
  local file = assert(io.open(path, "wb"))
  assert(file:write(content))
  assert(file:close())
  return path
end

--- The content of a file, nil when there is none.
function M.read(path)
  local file = io.open(path, "rb")
  local content = file and file:read("*a")
  if file then
    file:close()
  end
  return content
end

-- Handles one event; returns the answer of the transfer that is waited for.
local function handle(loop, request, wanted, kind, id, a, b, c)
  if kind == "done" and id == wanted then
    return a
  elseif kind == "need" and request.reader then
    loop:feed(id, request.reader())
  elseif kind == "progress" and request.on_progress then
    request.on_progress(a, b, c, id)
  end
end

--- Submits a request and polls until it is done. Fields besides those of oss.curl: `reader`
-- (returns chunks, then nil) and `on_progress(sent, total, received, id)`.
function M.run(loop, request)
  request.method = request.method or "PUT"
  local id = assert(loop:submit(request))
  local deadline = curl.now() + 60
  while curl.now() < deadline do
    loop:poll(1)
    local function drain(kind, ...)
      if kind then
        local answer = handle(loop, request, id, kind, ...)
        return answer or drain(loop:event())
      end
    end
    local answer = drain(loop:event())
    if answer then
      return answer
    end
  end
  error("the transfer did not end within a minute")
end

--- A reader over a list of chunks.
function M.reader(chunks)
  local i = 0
  return function()
    i = i + 1
    return chunks[i]
  end
end

--- Bytes that do not repeat soon, always the same ones.
function M.noise(n)
  local parts, x = {}, 12345
  for i = 1, 997 do
    x = (x * 16807) % 2147483647
    parts[i] = string.char(x % 256)
  end
  local block = table.concat(parts)
  return block:rep(math.floor(n / 997) + 1):sub(1, n)
end

return M
