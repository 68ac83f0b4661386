--- The transport on libcurl: submit, poll, events, feed, cancel, close. Seconds here, milliseconds
-- in C.

local curl = require "oss.curl"

local M = {}

local transport_methods = {}
local transport_mt = { __name = "oss.transport.curl", __index = transport_methods }

--- Opens a loop.
-- @tparam table t the client's options
-- @tparam string user_agent
-- @treturn table|nil transport
-- @treturn string why not
function M.new(t, user_agent)
  local loop, message = curl.loop {
    ca_file = t.ca_file, ca_path = t.ca_path, client_cert = t.client_cert, client_key = t.client_key,
    client_key_password = t.client_key_password, tls_verify = t.tls_verify ~= false, tls_min = t.tls_min,
    proxy = t.proxy, proxy_username = t.proxy_username, proxy_password = t.proxy_password,
    connect_to = t.connect_to, max_active = t.connections, user_agent = user_agent,
    thread = t.engine == "thread",
  }
  if not loop then
    return nil, message
  end
  return setmetatable({ loop = loop, connections = t.connections or 64 }, transport_mt)
end

--- Starts a transfer.
-- @tparam table request method, url, head, body fields, answer_max, answer_file, limits in seconds
-- @treturn integer|nil id
-- @treturn string error code
-- @treturn string text
function transport_methods:submit(request)
  request.connect_ms = request.connect_timeout * 1000
  request.idle_ms = request.idle_timeout * 1000
  request.answer_ms = request.answer_timeout * 1000
  return self.loop:submit(request)
end

--- Lets transfers go on.
-- @tparam number seconds how long to wait for something to happen, 0 to return at once
-- @treturn integer|nil events that wait
-- @treturn string error code: this process was forked from the loop's
-- @treturn string text
function transport_methods:poll(seconds)
  return self.loop:poll(seconds * 1000)
end

--- The next event: kind, id, and what belongs to it; nil when there is none.
function transport_methods:event()
  return self.loop:event()
end

--- Gives a transfer its next chunk; nil ends the body.
function transport_methods:feed(id, chunk)
  return self.loop:feed(id, chunk)
end

--- Ends a transfer without further events.
-- @treturn boolean whether it was there
-- @treturn boolean whether its whole body had gone out
function transport_methods:cancel(id)
  return self.loop:cancel(id)
end

--- A descriptor to watch, see `oss.client`.
-- @treturn integer|nil
-- @treturn string why there is none
function transport_methods:fd()
  return self.loop:fd()
end

--- Makes the descriptor readable after so many seconds, at most; the next poll ends that.
function transport_methods:alarm(seconds)
  self.loop:alarm(seconds * 1000)
end

--- Whether it can be used: it is open, and this is the process that opened it.
function transport_methods:usable()
  return self.loop:usable()
end

--- Frees everything.
function transport_methods:close()
  self.loop:close()
end

--- Size and time of change of a file.
-- @tparam string path
-- @treturn integer|nil bytes
-- @treturn string time of change, to compare with another
function transport_methods.stat(path)
  return curl.stat(path)
end

--- Seconds of a clock that only goes forward.
function transport_methods.now()
  return curl.now()
end

return M
