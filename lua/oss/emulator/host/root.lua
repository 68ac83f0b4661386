--- The emulator's folder as the starting process sees it: settings, keys, ports, the pid file.

local json = require "cjson"
local core = require "oss.core"
local files = require "oss.common.files"
local shell = require "oss.emulator.host.shell"

local M = {}

--- Writes a file that only its owner may read.
-- @tparam string path
-- @tparam string text
function M.write(path, text)
  -- Made empty first: under this umask only a new file gets the mode.
  shell.run("umask 077; rm -f " .. shell.quote(path) .. "; : > " .. shell.quote(path))
  assert(files.write(path, text))
end

-- A process that has ended but that nobody reaps can still be signalled; it counts as gone.
local alive = "{ kill -0 %s && ! grep -qs '^State:[[:space:]]*Z' /proc/%s/status; } 2>/dev/null"

-- The pid of a running emulator, nil when there is none.
local function running(root)
  local pid = (files.read(root .. "/nginx.pid") or ""):match("^%d+")
  if pid and shell.run(alive:format(pid, pid)) then
    return pid
  end
end

--- Makes the folder, its rooms and the callback key.
-- @tparam string root
-- @treturn string|nil the absolute path
-- @treturn string what went wrong
function M.prepare(root)
  local quoted = shell.quote(root)
  local said = shell.output(("umask 077; { mkdir -p %s && cd %s && mkdir -p logs tmp objects meta uploads buckets"
    .. " && pwd; } 2>&1"):format(quoted, quoted))
  local path = said:match("^(/[^\n]*)\n$")
  if not path then
    return nil, "cannot make the folder " .. root .. ": " .. said:gsub("%s+$", "")
  elseif running(path) then
    return nil, "an emulator runs in " .. path .. " already"
  end
  shell.run("rm -f " .. shell.quote(path) .. "/tmp/* 2>/dev/null")
  os.remove(path .. "/nginx.pid")
  if not files.read(path .. "/callback_key.pem") then
    -- 512 bits, as OSS's own key: services under test meet the same trouble with it.
    local private, public = core.rsa_generate(512)
    if not private then
      return nil, "cannot make the callback key: " .. tostring(public)
    end
    M.write(path .. "/callback_pub_key_v1.pem", public)
    M.write(path .. "/callback_key.pem", private)
  end
  return path
end

--- The public key of the callbacks.
-- @tparam string root
-- @treturn string PEM
function M.public_key(root)
  return files.read(root .. "/callback_pub_key_v1.pem")
end

--- Writes what the workers must know.
-- @tparam string root
-- @tparam table t options
-- @tparam table more
function M.write_settings(root, t, more)
  local credentials = { { id = t.access_key_id, secret = t.access_key_secret, token = t.security_token } }
  for _, credential in ipairs(t.credentials) do
    credentials[#credentials + 1] = credential
  end
  M.write(root .. "/emulator.json", json.encode {
    credentials = credentials, region = t.region, cname = t.cname, create_buckets = t.create_buckets,
    anonymous = t.anonymous, private_callbacks = t.private_callbacks, cors = t.cors, admin_url = more.admin_url,
    requester = "emulator",
    -- The shell's parent is this process.
    owner = not t.detached and tonumber(shell.output("echo $PPID")) or nil,
  })
end

--- Who nginx's workers run as: root's own, the files must be ours. Only root may say so.
-- @treturn string|nil
function M.user()
  local id, name, group = shell.output("id -u; id -un; id -gn"):match("^(%d+)%s+(%S+)%s+(%S+)")
  return id == "0" and name .. " " .. group or nil
end

-- Ports that somebody listens on, as far as the system tells.
local function is_taken(port)
  local pattern = (":%04X %%x+:%%x+ 0A"):format(port)
  for _, path in ipairs { "/proc/net/tcp", "/proc/net/tcp6" } do
    if (files.read(path) or ""):find(pattern) then
      return true
    end
  end
  return false
end

--- A port that is probably free, below those the system hands out itself.
-- @treturn number
function M.free_port()
  local random = io.open("/dev/urandom", "rb")
  local port
  repeat
    local a, b = random:read(2):byte(1, 2)
    port = 10000 + (a * 256 + b) % 22000
  until not is_taken(port)
  random:close()
  return port
end

--- Waits until nginx has written its pid file.
-- @tparam string root
-- @treturn boolean
function M.await_pid(root)
  return shell.run(("n=0; while [ ! -s %s ]; do n=$((n+1)); [ $n -gt 250 ] && exit 1; sleep 0.02; done"):format(
    shell.quote(root .. "/nginx.pid")))
end

--- Stops the nginx of a root and waits until it is gone.
-- @tparam string root
-- @treturn boolean|nil true
-- @treturn string what went wrong
function M.stop(root)
  local pid = running(root)
  if not pid then
    return true
  end
  local gone = shell.run(("kill -TERM %s; n=0; while %s; do n=$((n+1)); [ $n -gt 500 ] && exit 1; sleep 0.02; done")
    :format(pid, alive:format(pid, pid)))
  if not gone then
    return nil, "nginx (process " .. pid .. ") does not end"
  end
  return true
end

return M
