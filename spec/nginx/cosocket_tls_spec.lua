-- TLS over cosockets, with an authority made for this run.

local nginxes = require "spec.support.nginx"
local socket = require "socket"
local wire = require "spec.wire.server"

describe("a cosocket transfer over TLS", function()
  local server, nginx, blind
  setup(function()
    server = wire.start(true)
    local http = "lua_ssl_verify_depth 3; lua_ssl_protocols TLSv1.2 TLSv1.3;"
    nginx = nginxes.start { http = http .. " lua_ssl_trusted_certificate " .. server.dir .. "/ca.pem;" }
    blind = nginxes.start { http = http }
  end)
  teardown(function()
    nginx:stop()
    blind:stop()
    server:stop()
  end)

  -- t: the client's options
  local function put(t, body, where)
    return (where or nginx):run([[
      local port, t, size = ...
      local name = t.name or "oss.test"
      t.name, t.endpoint = nil, "https://" .. name
      t.connect_to = { name .. ":443:127.0.0.1:" .. port }
      local client = new_client(t)
      return exchange({ url = "https://" .. name .. "/echo", body = noise(size) }, { client = client })
    ]], server.port.https, t, body or 5)
  end

  it("moves bodies both ways", function()
    for _, size in ipairs { 0, 5, 65536, 1000000 } do
      local answer = put({}, size)
      assert.is_nil(answer.error, answer.message)
      assert.equal(size, answer.received)
      assert.equal(answer.crc64, answer.received_crc64)
    end
  end)

  it("keeps a connection for the same name and verification alone", function()
    assert.is_true(put({}).reused)
    assert.is_false(put({ tls_verify = false }).reused)
    assert.is_true(put({ tls_verify = false }).reused)
    assert.is_false(put({ name = "localhost" }).reused)
    assert.is_true(put({}).reused)
  end)

  it("refuses a certificate of another name", function()
    local answer = put { name = "oss.example" }
    assert.equal("TlsUntrusted", answer.error)
    assert.is_false(answer.sent_all)
    assert.equal(0, answer.status)
  end)

  it("refuses an authority that it does not know, and says what nginx wants", function()
    local answer = put({}, 5, blind)
    assert.equal("TlsUntrusted", answer.error)
    assert.truthy(answer.message:find("lua_ssl_trusted_certificate", 1, true))
    assert.is_nil(put({ tls_verify = false }, 5, blind).error)
  end)

  it("fails at a server without TLS", function()
    local answer = nginx:run([[
      return exchange { url = "https://127.0.0.1:" .. (...) .. "/echo" }
    ]], server.port.http)
    assert.truthy(answer.error == "TlsFailed" or answer.error == "ConnectTimeout", answer.error)
    assert.is_false(answer.sent_all)
  end)

  it("bounds the handshake by the time to connect", function()
    local silent = assert(socket.bind("127.0.0.1", 0)) -- accepted by the system, answered by nobody
    local answer, took = nginx:run([[
      local silent, now = ..., require("oss.transport.cosocket").new({}, "").now
      local began = now()
      local answer = exchange { url = "https://127.0.0.1:" .. silent .. "/", connect_timeout = 0.2 }
      return answer, now() - began
    ]], (select(2, silent:getsockname())))
    silent:close()
    assert.equal("ConnectTimeout", answer.error)
    assert.is_true(took >= 0.19 and took < 4, took)
  end)

  it("has no options that nginx.conf decides, or nginx does not have", function()
    for name, text in pairs { ca_file = "lua_ssl_trusted_certificate", ca_path = "lua_ssl_trusted_certificate",
      tls_min = "lua_ssl_protocols", proxy = "proxies", proxy_username = "proxies",
      client_cert = "client certificates", client_key = "client certificates" } do
      local message = nginx:run([[
        local name, file = ...
        local values = { tls_min = "1.2", proxy = "http://proxy.test" }
        return select(2, pcall(oss.client, { region = "cn-hangzhou", [name] = values[name] or file }))
      ]], name, server.dir .. "/ca.pem")
      assert.truthy(message:find("option '" .. name .. "' cannot be used with resty.oss", 1, true), message)
      assert.truthy(message:find(text, 1, true), message)
    end
  end)
end)
