--- `luaoss emulator`: the local OSS in the foreground, until interrupted.

local emulator = require "oss.emulator"

local M = { summary = "Runs a local OSS that performs callbacks to private addresses." }

--- Declares the options.
-- @tparam table command
function M.describe(command)
  command:option("--root", "Folder that keeps the objects."):count(1):argname "DIR"
  command:option("--port", "Port to listen on; a free one when left out."):convert(tonumber):argname "N"
  command:option("--admin-port", "Port for faults and the callback key, on loopback."):convert(tonumber):argname "N"
  command:option("--host", "Address to listen on.", "127.0.0.1")
  command:option("--access-key-id", "Access key id.", "emulator"):argname "ID"
  command:option("--access-key-secret", "Access key secret.", "emulator-secret"):argname "SECRET"
  command:option("--security-token", "Makes the key a temporary one."):argname "TOKEN"
  command:option("--region", "Region of the buckets.", "cn-hangzhou")
  command:option("--tls-cert", "Certificate (PEM): https instead of http."):argname "FILE"
  command:option("--tls-key", "Key of the certificate (PEM)."):argname "FILE"
  command:option("--workers", "Worker processes.", "1"):convert(tonumber):argname "N"
  command:flag("--anonymous", "Requests without signature may do everything.")
  command:flag("--public-callbacks-only", "Refuse private callback addresses, as OSS does.")
end

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

--- What to show once it runs.
-- @tparam table server
-- @treturn string
function M.banner(server)
  local lines = {
    "The local OSS runs at " .. server.url .. " (path style, or any host name).",
    "", "    export OSS_ENDPOINT=" .. quote(server.url), "    export OSS_REGION=" .. quote(server.region),
    "    export OSS_ACCESS_KEY_ID=" .. quote(server.access_key_id),
    "    export OSS_ACCESS_KEY_SECRET=" .. quote(server.access_key_secret),
  }
  if server.security_token then
    lines[#lines + 1] = "    export OSS_SESSION_TOKEN=" .. quote(server.security_token)
  end
  lines[#lines + 1] = ""
  lines[#lines + 1] = "Callbacks are signed with the key at " .. server.key_url
  lines[#lines + 1] = "Faults are ordered at             " .. server.admin_url .. "/faults"
  lines[#lines + 1] = "Objects and logs are kept in      " .. server.root
  lines[#lines + 1] = "Ctrl-C ends it."
  return table.concat(lines, "\n") .. "\n"
end

--- Runs it.
-- @tparam table options
-- @treturn number exit status
function M.run(options)
  if (options.tls_cert == nil) ~= (options.tls_key == nil) then
    io.stderr:write("luaoss emulator: --tls-cert and --tls-key go together\n")
    return 2
  end
  local ok, server, message = pcall(emulator.start, {
    root = options.root, port = options.port, admin_port = options.admin_port, host = options.host,
    access_key_id = options.access_key_id, access_key_secret = options.access_key_secret,
    security_token = options.security_token, region = options.region, workers = options.workers,
    anonymous = options.anonymous or false, private_callbacks = not options.public_callbacks_only,
    tls = options.tls_cert and { cert = options.tls_cert, key = options.tls_key } or nil,
  })
  if not ok or not server then
    io.stderr:write("luaoss emulator: ", tostring(ok and message or server), "\n")
    return 1
  end
  io.stdout:write(M.banner(server))
  io.stdout:flush()
  server:wait()
  server:stop()
  return 0
end

return M
