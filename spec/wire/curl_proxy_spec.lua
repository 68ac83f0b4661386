-- Proxies, and the override of where to connect.

local curl = require "oss.curl"
local wire = require "spec.wire.server"

describe("a proxy of a curl transfer", function()
  local server, ca

  setup(function()
    server = wire.start(true)
    ca = server.dir .. "/ca.pem"
  end)

  teardown(function()
    server:stop()
  end)

  local function put(config, url)
    local loop = assert(curl.loop(config))
    local answer = wire.run(loop, { url = url, body = "12345" })
    loop:close()
    return answer
  end

  local function plain(host)
    return ("http://%s:%s/echo"):format(host or "127.0.0.1", server.port.http)
  end

  local function secure()
    return ("https://localhost:%s/echo"):format(server.port.https)
  end

  local function proxy(scheme, port, more)
    local config = { proxy = ("%s://localhost:%s"):format(scheme, server.port[port]),
      proxy_username = "pu", proxy_password = "pp", ca_file = ca }
    for name, value in pairs(more or {}) do
      config[name] = value
    end
    return config
  end

  local function through(counter, config, url)
    local before = server:stats()[counter]
    local answer = put(config, url)
    assert.is_nil(answer.error, answer.message)
    assert.equal(200, answer.status)
    assert.equal("12345", answer.body)
    assert.is_nil(answer.headers["x-proxy"])
    assert.equal(1, server:stats()[counter] - before)
  end

  it("forwards, over http", function()
    through("proxied", proxy("http", "proxy"), plain())
  end)

  it("tunnels https, over http", function()
    through("tunnels", proxy("http", "proxy"), secure())
  end)

  it("works over https, both ways", function()
    through("proxied", proxy("https", "tls_proxy"), plain())
    through("tunnels", proxy("https", "tls_proxy"), secure())
  end)

  it("works over socks5, with names looked up here or there", function()
    through("tunnels", proxy("socks5", "socks"), plain())
    through("tunnels", proxy("socks5", "socks"), secure())
    through("tunnels", proxy("socks5h", "socks"), plain("only-the-proxy-knows.test"))
  end)

  it("may have its credentials in the URL", function()
    local config = { proxy = ("http://pu:pp@localhost:%s"):format(server.port.proxy), ca_file = ca }
    through("tunnels", config, secure())
  end)

  it("must let us in", function()
    assert.equal(407, put(proxy("http", "proxy", { proxy_password = "wrong" }), plain()).status)
    for _, config in ipairs { proxy("http", "proxy", { proxy_password = "wrong" }),
      proxy("https", "tls_proxy", { proxy_username = "x" }), proxy("socks5", "socks", { proxy_password = "no" }) } do
      local answer = put(config, secure())
      assert.equal("ProxyFailed", answer.error, answer.message)
      assert.is_false(answer.sent_all)
      assert.is_nil(answer.message:find("wrong", 1, true))
    end
  end)

  it("must be there, and be trusted", function()
    assert.equal("ProxyFailed", put({ proxy = "http://no-such-proxy.invalid:1" }, plain()).error)
    local answer = put({ proxy = "http://127.0.0.1:1" }, plain())
    assert.is_truthy(({ ConnectFailed = true, ProxyFailed = true })[answer.error], answer.error)
    assert.equal("TlsUntrusted", put(proxy("https", "tls_proxy", { ca_file = server.dir .. "/other.pem" }),
      plain()).error)
  end)

  it("may be named by the environment", function()
    local before = server:stats().proxied
    local pipe = io.popen(("http_proxy=http://pu:pp@localhost:%s %s spec/support/one_put.lua %s 2>&1"):format(
      server.port.proxy, arg and arg[-1] or "lua5.4", plain()))
    local output = pipe:read("*a")
    pipe:close()
    assert.equal("200 12345\n", output)
    assert.equal(1, server:stats().proxied - before)
  end)

  it("is passed by for some hosts", function()
    local before = server:stats().proxied
    local answer = put(proxy("http", "proxy", { no_proxy = "127.0.0.1,x.test" }), plain())
    assert.equal("12345", answer.body)
    assert.equal(before, server:stats().proxied)
  end)

  it("is not needed to connect to another place", function()
    local config = { connect_to = { "bucket.oss.test:80:127.0.0.1:" .. server.port.http,
      "other.test:80:127.0.0.1:1" } }
    local answer = put(config, "http://bucket.oss.test/head")
    assert.is_nil(answer.error, answer.message)
    assert.is_truthy(answer.body:find("\nHost: bucket.oss.test\n", 1, true))
    assert.equal("ConnectFailed", put(config, "http://other.test/").error)
  end)
end)
