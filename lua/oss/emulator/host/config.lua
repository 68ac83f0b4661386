--- The nginx configuration of an emulator.

local M = {}

local template = [[
# Made by oss.emulator; overwritten at every start.
${modules}
${user}
daemon on;
worker_processes ${workers};
worker_rlimit_nofile 8192;
pid nginx.pid;
# nginx adds the request line, signatures included, to what it logs about a request: only what is grave.
error_log logs/error.log crit;
thread_pool oss_emulator threads=4 max_queue=1024;
events { worker_connections 4096; }
http {
  log_format emulator '$remote_addr [$time_iso8601] $request_method $host$uri $status $body_bytes_sent'
                      ' ${request_time}s $sent_http_x_oss_request_id';
  access_log logs/access.log emulator;
  client_body_temp_path tmp/body;
  proxy_temp_path tmp/proxy;
  fastcgi_temp_path tmp/fastcgi;
  uwsgi_temp_path tmp/uwsgi;
  scgi_temp_path tmp/scgi;

  client_max_body_size 0;
  client_body_buffer_size 64k;
  client_header_buffer_size 4k;
  large_client_header_buffers 8 64k;
  client_body_timeout 60s;
  keepalive_timeout 60s;
  keepalive_requests 1000000;
  merge_slashes off;
  underscores_in_headers on;
  ignore_invalid_headers off;
  reset_timedout_connection on;
  default_type "";
  types { }
  etag off;
  if_modified_since off;

  lua_package_path '${lua_path}';
  lua_package_cpath '${lua_cpath}';
  lua_shared_dict oss_emulator 4m;
  lua_socket_log_errors off;
  lua_check_client_abort off;
  init_by_lua_block {
    local ok, message = pcall(function() require("oss.emulator.server").init("${root}") end)
    if not ok then
      io.stderr:write("error: ", tostring(message), "\n")
      error(message)
    end
  }
  init_worker_by_lua_block { require("oss.emulator.watch").start() }

  server {
    listen ${host}:${port}${ssl} default_server;
    server_name _;
    ${certificate}
    error_page 400 405 408 413 414 494 495 496 497 /oss-emulator-refusal;
    location = /oss-emulator-refusal {
      internal;
      content_by_lua_block { require("oss.emulator.server").malformed() }
    }
    location / {
      content_by_lua_block { require("oss.emulator.server").serve() }
    }
  }
  server {
    listen 127.0.0.1:${admin_port};
    access_log off;
    location / {
      content_by_lua_block { require("oss.emulator.admin").serve() }
    }
  }
}
]]

--- Writes the configuration.
-- @tparam table t modules, user, workers, root, lua_path, lua_cpath, host, port, admin_port, tls
-- @treturn string
function M.write(t)
  local modules = {}
  for i, path in ipairs(t.modules) do
    modules[i] = "load_module " .. path .. ";"
  end
  local values = {
    modules = table.concat(modules, "\n"), user = t.user and "user " .. t.user .. ";" or "",
    workers = t.workers, root = t.root, lua_path = t.lua_path, lua_cpath = t.lua_cpath, host = t.host, port = t.port,
    admin_port = t.admin_port, ssl = t.tls and " ssl" or "",
    certificate = t.tls and "ssl_certificate '" .. t.tls.cert .. "'; ssl_certificate_key '" .. t.tls.key .. "';"
      .. " ssl_protocols TLSv1.2 TLSv1.3;" or "",
    request_time = "${request_time}",
  }
  return (template:gsub("%${(%w+_?%w*)}", function(name)
    return tostring(values[name])
  end))
end

return M
