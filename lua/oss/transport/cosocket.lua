--- The transport on nginx's cosockets: nothing here ever blocks the worker, except disk reads of
-- 64 KiB for a `file`, as nginx itself does them.
--
-- Certificates come from nginx.conf (`lua_ssl_trusted_certificate`, `lua_ssl_verify_depth`,
-- `lua_ssl_protocols`), names are resolved by its `resolver`.

local core = require "oss.core"
local exchange = require "oss.transport.cosocket.exchange"
local left_over = require "oss.transport.cosocket.left_over"
local places = require "oss.transport.cosocket.place"
local semaphore = require "ngx.semaphore"
local system = require "oss.transport.cosocket.system"

local M = {}

local transport_methods = {}
local transport_mt = { __name = "oss.transport.cosocket", __index = transport_methods }

local not_there = {
  proxy = "nginx's sockets know no proxies", proxy_username = "nginx's sockets know no proxies",
  proxy_password = "nginx's sockets know no proxies", client_cert = "client certificates are not there",
  client_key = "client certificates are not there", client_key_password = "client certificates are not there",
  ca_file = "say lua_ssl_trusted_certificate in nginx.conf",
  ca_path = "say lua_ssl_trusted_certificate in nginx.conf", tls_min = "say lua_ssl_protocols in nginx.conf",
}

--- Opens a transport.
-- @tparam table t the client's options
-- @tparam string user_agent
-- @treturn table|nil transport
-- @treturn string what is wrong, naming the option
function M.new(t, user_agent)
  for name, reason in pairs(not_there) do
    if t[name] ~= nil then
      return nil, ("option '%s' cannot be used with resty.oss: %s"):format(name, reason)
    end
  end
  local found, message = places.new(t)
  if not found then
    return nil, message
  end
  return setmetatable({ places = found, agent = "User-Agent: " .. user_agent .. "\r\n" }, transport_mt)
end

--- Sends a request and receives its answer; see `oss.direct_driver`.
-- @tparam table request
-- @tparam table op
-- @treturn table answer
function transport_methods:exchange(request, op)
  return exchange.run(self, request, op)
end

local sockets_in = { rewrite = true, server_rewrite = true, access = true, content = true, timer = true,
  ssl_cert = true, ssl_session_fetch = true, ssl_client_hello = true, preread = true }

--- Why no socket can be had at present.
-- @treturn string|nil code
-- @treturn string text
function transport_methods.obstacle()
  local phase = ngx.get_phase()
  if sockets_in[phase] then
    return nil
  end
  return "NoSockets", ("nginx has no sockets in the phase '%s': do it in a timer (ngx.timer.at), or earlier")
    :format(phase)
end

--- Runs a function beside the caller, as a light thread.
transport_methods.spawn = ngx.thread.spawn

--- Ends a light thread that the caller has spawned.
-- @treturn boolean|nil whether it was still running
transport_methods.kill = ngx.thread.kill

--- Yields for some time.
transport_methods.sleep = ngx.sleep

--- What stands for the present request.
function transport_methods.place()
  return ngx.ctx
end

local bell_methods = {}
local bell_mt = { __index = bell_methods }

function bell_methods:ring()
  self.semaphore:post(math.max(1, -self.semaphore:count()))
end

function bell_methods:wait(seconds)
  return self.semaphore:wait(seconds)
end

--- The work of an operation with a reader, which may read the present request's body.
-- @tparam function work
-- @treturn function
function transport_methods.reading(work)
  return transport_methods.obstacle() and work or function(op)
    return left_over.run(work, op)
  end
end

--- Makes a bell.
function transport_methods.bell()
  return setmetatable({ semaphore = assert(semaphore.new()) }, bell_mt)
end

--- Seconds of a clock that only goes forward.
transport_methods.now = system.now

--- Size and time of change of a file.
transport_methods.stat = system.stat

-- LuaJIT's own generator begins with the same number in every worker.
local seed, drawn = nil, 0

--- A number in [0, 1).
function transport_methods.random()
  seed = seed or ("%s %s %s"):format(ngx.worker.pid(), ngx.now(), tostring({}))
  drawn = drawn + 1
  local a, b, c, d = core.md5(seed .. drawn):byte(1, 4)
  return (((a * 256 + b) * 256 + c) * 256 + d) / 2 ^ 32
end

--- Nothing to free: nginx closes kept connections when they have been idle for a minute.
function transport_methods.close()
end

return M
