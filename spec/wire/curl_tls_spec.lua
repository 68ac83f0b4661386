-- TLS: whom we trust, and who trusts us.

local curl = require "oss.curl"
local wire = require "spec.wire.server"

describe("TLS of a curl transfer", function()
  local server, ca

  setup(function()
    server = wire.start(true)
    ca = server.dir .. "/ca.pem"
  end)

  teardown(function()
    server:stop()
  end)

  local function put(config, url, request)
    local loop = assert(curl.loop(config))
    request = request or { body = "12345" }
    request.url = url
    local answer = wire.run(loop, request)
    loop:close()
    return answer
  end

  local function localhost(port)
    return "https://localhost:" .. server.port[port or "https"] .. "/echo"
  end

  local function assert_untrusted(answer)
    assert.equal("TlsUntrusted", answer.error, answer.message)
    assert.is_false(answer.sent_all)
    assert.equal(0, answer.sent)
    assert.equal(0, answer.status)
  end

  it("trusts the authority that it is given", function()
    local answer = put({ ca_file = ca }, localhost())
    assert.is_nil(answer.error, answer.message)
    assert.equal("12345", answer.body)
  end)

  it("keeps its connections", function()
    local loop = assert(curl.loop { ca_file = ca })
    for i = 1, 5 do
      local body = wire.noise(i * 12000)
      local answer = wire.run(loop, { url = localhost(), body = body })
      assert.is_nil(answer.error, answer.message)
      assert.is_true(answer.body == body)
      assert.equal(i > 1, answer.reused)
    end
    local answer = wire.run(loop, { url = localhost():gsub("/echo$", "/closing"), body = "1" })
    assert.is_true(answer.reused)
    loop:poll(0.1)
    answer = wire.run(loop, { url = localhost(), body = "2" })
    assert.equal("2", answer.body)
    assert.is_false(answer.reused)
    loop:close()
  end)

  it("brings an answer that is larger than what is received at once", function()
    local answer = put({ ca_file = ca }, localhost():gsub("/echo$", "/large?n=1000000"), { body = "1" })
    assert.is_nil(answer.error, answer.message)
    assert.equal(1000000, #answer.body)
  end)

  it("trusts nobody else by default", function()
    assert_untrusted(put({}, localhost()))
    assert_untrusted(put({ ca_file = server.dir .. "/other.pem" }, localhost()))
  end)

  it("looks at the name, too", function()
    local port = server.port.https
    assert_untrusted(put({ ca_file = ca }, "https://127.0.0.1:" .. port .. "/echo"))
    local config = { ca_file = ca, connect_to = { "oss.test:443:127.0.0.1:" .. port,
      "evil.test:443:127.0.0.1:" .. port } }
    assert.equal("12345", put(config, "https://oss.test/echo").body)
    assert_untrusted(put(config, "https://evil.test/echo"))
  end)

  it("is not verified when that is wanted", function()
    local answer = put({ tls_verify = false }, "https://127.0.0.1:" .. server.port.https .. "/echo")
    assert.is_nil(answer.error, answer.message)
    assert.equal("12345", answer.body)
  end)

  it("fails when the authority cannot be read", function()
    local answer = put({ ca_file = server.dir .. "/absent.pem" }, localhost())
    assert.equal("TlsFailed", answer.error)
    assert.is_truthy(answer.message:find("absent.pem", 1, true))
    assert.equal("TlsFailed", put({ ca_file = ca, client_cert = server.dir .. "/absent.pem" }, localhost()).error)
  end)

  it("has a lowest version", function()
    assert.equal("12345", put({ ca_file = ca, tls_min = "1.2" }, localhost("https12")).body)
    assert.equal("12345", put({ ca_file = ca, tls_min = "1.3" }, localhost("https")).body)
    local answer = put({ ca_file = ca, tls_min = "1.3" }, localhost("https12"))
    assert.equal("TlsFailed", answer.error, answer.message)
  end)

  it("shows a client certificate", function()
    local config = { ca_file = ca, client_cert = server.dir .. "/client.pem",
      client_key = server.dir .. "/client.key" }
    assert.equal("12345", put(config, localhost("mutual")).body)
    config.client_key = server.dir .. "/locked.key"
    config.client_key_password = "secret"
    assert.equal("12345", put(config, localhost("mutual")).body)
    config.client_key_password = "wrong"
    assert.equal("TlsFailed", put(config, localhost("mutual")).error)
    assert.is_truthy(put({ ca_file = ca }, localhost("mutual")).error)
  end)

  it("carries every kind and size of body", function()
    local loop = assert(curl.loop { ca_file = ca })
    for i, size in ipairs { 0, 1, 65535, 65536, 65537, 1000000 } do
      local data = wire.noise(size)
      for _, request in ipairs { { body = data }, { file = server:file("body", data) },
        { feed = true, reader = wire.reader { data } } } do
        request.url = localhost()
        local answer = wire.run(loop, request)
        assert.is_nil(answer.error, answer.message)
        assert.is_true(answer.body == data)
        assert.equal(answer.crc64, answer.received_crc64)
        assert.is_true(answer.reused or i == 1)
      end
    end
    loop:close()
  end)

  it("survives a server that goes away in the body", function()
    for _, query in ipairs { "at=head", "at=head&reset=1", "at=body&n=100000&reset=1", "at=answer&reset=1" } do
      local size = query:find("answer") and 100000 or 20000000
      local answer = put({ ca_file = ca }, (localhost():gsub("/echo", "/vanish?" .. query)),
        { body = wire.noise(size) })
      assert.is_truthy(answer.error)
      assert.equal(size == 100000, answer.sent_all)
    end
  end)

  it("needs a server that speaks it", function()
    local answer = put({ ca_file = ca }, "https://localhost:" .. server.port.http .. "/echo")
    assert.is_truthy(({ TlsFailed = true, TlsUntrusted = true })[answer.error], answer.error)
  end)
end)
