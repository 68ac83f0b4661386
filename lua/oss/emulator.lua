--- A local OSS for people who build callback services: it stores what is uploaded, checks signatures as OSS
-- does, and calls services on private addresses, which the real OSS refuses to do.
--
-- It runs on nginx with its Lua module; this module starts and stops it from any Lua.
--
-- @module oss.emulator
-- @usage
-- local emulator = require "oss.emulator"
-- local server = assert(emulator.start { root = "/tmp/oss" })
-- print(server.url)                       -- http://127.0.0.1:PORT, to be used as endpoint with path style
-- server:stop()
--
-- Callback services must answer with JSON. OSS's Chinese manual allows XML, too, when the answer has the
-- Content-Type `application/xml`; the English one does not. A service that passes here pleases both.
--
-- Which bucket a request means is told in `oss.emulator.address`, faults in `oss.emulator.faults.plan`, the names
-- of the files under the root in `oss.emulator.store.names`.

local admin = require "oss.emulator.host.admin"
local config = require "oss.emulator.host.config"
local files = require "oss.common.files"
local locate = require "oss.emulator.host.locate"
local options = require "oss.emulator.host.options"
local root_folder = require "oss.emulator.host.root"
local shell = require "oss.emulator.host.shell"

local M = {}

local server_methods = {}
local server_mt = { __name = "oss.emulator", __index = server_methods }

-- What runs inside nginx needs, by module.
local packages = { cjson = "cjson", lfs = "filesystem", lxp = "expat" }

-- nginx, its Lua module and our own modules, or what to install.
local function find_tools(t, base)
  local nginx, message = locate.nginx(t.nginx)
  local modules, lua_cpath = nil, t.lua_cpath
  if nginx then
    modules, message = locate.modules(nginx)
  end
  if modules and not lua_cpath then
    lua_cpath, message = locate.lua_cpath(base)
  end
  if not modules or not lua_cpath then
    return nil, message
  end
  return { nginx = nginx, modules = modules, lua_path = t.lua_path or locate.lua_path(base), lua_cpath = lua_cpath }
end

-- What nginx said when it did not start, and what to install if that is the reason.
local function why_not(said)
  local missing = said:match("module '([%w_.]+)' not found")
  local package = missing and packages[missing]
  return "nginx did not start: " .. (said:match("%[emerg%][^\n]*") or said:match("error: ([^\n]*)") or said):sub(1, 600)
    .. (package and " Lua 5.1's " .. package .. " is missing (on Debian: apt-get install lua-" .. package .. ")" or "")
end

-- Starts nginx on given ports. nil, message, and whether a port was taken.
local function launch(t, tools, root, port, admin_port)
  local url = (t.tls and "https" or "http") .. "://" .. (t.host == "0.0.0.0" and "127.0.0.1" or t.host) .. ":" .. port
  local admin_url = "http://127.0.0.1:" .. admin_port
  root_folder.write_settings(root, t, { admin_url = admin_url })
  root_folder.write(root .. "/nginx.conf", config.write {
    modules = tools.modules, user = root_folder.user(), workers = t.workers, root = root, lua_path = tools.lua_path,
    lua_cpath = tools.lua_cpath, host = t.host, port = port, admin_port = admin_port, tls = t.tls,
  })
  local said = root .. "/logs/start.txt"
  -- The paths are in the configuration; those of the environment are for another Lua. nginx leaves memory to the
  -- system at its end, which a leak checker that is preloaded here would hold against it.
  local ok = shell.run(("umask 077; unset LUA_PATH LUA_CPATH LUA_INIT; ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 "
    .. "%s -p %s -c nginx.conf -e logs/error.log >%s 2>&1"):format(shell.quote(tools.nginx), shell.quote(root .. "/"),
    shell.quote(said)))
  if not ok then
    local text = files.read(said) or ""
    return nil, why_not(text), text:find("Address already in use", 1, true) ~= nil
  elseif not root_folder.await_pid(root) then
    return nil, "nginx started but wrote no pid file in " .. root, false
  end
  return setmetatable({ root = root, port = port, url = url, admin_url = admin_url,
    key_url = admin_url .. "/callback_pub_key_v1.pem", public_key = root_folder.public_key(root),
    access_key_id = t.access_key_id, access_key_secret = t.access_key_secret, security_token = t.security_token,
    region = t.region }, server_mt)
end

--- Starts an emulator.
-- @tparam table t
-- @tparam string t.root its folder, made when missing: objects, settings, logs. A second start with the same root
-- finds the objects again
-- @tparam[opt] number t.port a free one is chosen when it is left out
-- @tparam[opt] number t.admin_port for faults and the callback key; a free one is chosen when it is left out
-- @tparam[opt="127.0.0.1"] string t.host address to listen on; the admin port is always on loopback
-- @tparam[opt="emulator"] string t.access_key_id
-- @tparam[opt="emulator-secret"] string t.access_key_secret
-- @tparam[opt] string t.security_token makes the key a temporary one
-- @tparam[opt] table t.credentials further keys: a list of `{ id =, secret =, token =, expires = unix seconds }`
-- @tparam[opt="cn-hangzhou"] string t.region of all buckets; V4 signatures must name it
-- @tparam[opt] table t.tls `{ cert = file, key = file }`: https instead of http
-- @tparam[opt] table t.cname host name to bucket, `false` for path style
-- @tparam[opt=true] boolean t.create_buckets a bucket that is missing is made by its first use
-- @tparam[opt=false] boolean t.anonymous requests without signature may do everything
-- @tparam[opt=true] boolean t.private_callbacks false: private callback addresses are refused as OSS does
-- @tparam[opt=true] boolean t.cors pages of any origin may use it
-- @tparam[opt=1] number t.workers worker processes
-- @tparam[opt=false] boolean t.detached true: it goes on when this process ends without stopping it
-- @tparam[opt] string t.nginx name or path
-- @tparam[opt] string t.lua_path search path of Lua modules inside nginx
-- @tparam[opt] string t.lua_cpath search path of C modules (Lua 5.1 ABI) inside nginx
-- @treturn table|nil a server: `port`, `url`, `admin_url`, `key_url`, `public_key` (PEM), `root`, `access_key_id`,
-- `access_key_secret`, `security_token`, `region`
-- @treturn string why it could not start
function M.start(t)
  t = options.check(t, 3)
  local base = shell.output("pwd"):match("^(.-)\n*$")
  local tools, message = find_tools(t, base)
  if not tools then
    return nil, message
  end
  local root
  root, message = root_folder.prepare(t.root)
  if not root then
    return nil, message
  end
  for _ = 1, 20 do
    local port, admin_port = t.port or root_folder.free_port(), t.admin_port or root_folder.free_port()
    local server, taken
    server, message, taken = launch(t, tools, root, port, admin_port)
    if server or not taken or (t.port and t.admin_port) then
      return server, message
    elseif t.port and message:find(":" .. t.port .. " ", 1, true) then
      return nil, message
    end
  end
  return nil, message
end

--- Stops the emulator and waits until it is gone. The objects stay. Calling it again does nothing.
-- @treturn boolean|nil true
-- @treturn string what went wrong
function server_methods:stop()
  return root_folder.stop(self.root)
end

--- Waits until the emulator ends by itself, or SIGINT (Ctrl-C) or SIGTERM arrives.
function server_methods:wait()
  shell.run(([[trap 'over=1' INT TERM HUP; while [ -z "$over" ] && [ -e %s ]; do sleep 0.2; done]]):format(
    shell.quote(self.root .. "/nginx.pid")))
end

--- Lets a fault wait for requests to come.
-- @tparam table fault `{ fault = "status=503", count = 1 (0: always), method =, bucket =, key = ("a/*" too),
-- operation = "PutObject" }`; what is left out matches every request
-- @treturn boolean|nil true
-- @treturn string what is wrong with it
function server_methods:fault(fault)
  return admin.add_fault(self.admin_url, fault)
end

--- Forgets all waiting faults.
-- @treturn boolean|nil true
-- @treturn string what went wrong
function server_methods:clear()
  return admin.clear_faults(self.admin_url)
end

return M
