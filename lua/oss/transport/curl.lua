--- The transport on libcurl: a loop of `oss.curl`, made from a client's options.

local curl = require "oss.curl"

local M = {}

--- Opens a loop.
-- @tparam table t the client's options
-- @tparam string user_agent
-- @treturn userdata|nil transport
-- @treturn string why not
function M.new(t, user_agent)
  return curl.loop {
    ca_file = t.ca_file, ca_path = t.ca_path, client_cert = t.client_cert, client_key = t.client_key,
    client_key_password = t.client_key_password, tls_verify = t.tls_verify ~= false, tls_min = t.tls_min,
    proxy = t.proxy, proxy_username = t.proxy_username, proxy_password = t.proxy_password,
    connect_to = t.connect_to, max_active = t.connections, user_agent = user_agent,
    thread = t.engine == "thread",
  }
end

return M
