-- What is left of a request's body is never answered as the client's next request.

local nginxes = require "spec.support.nginx"
local local_oss = require "spec.support.local_oss"
local socket = require "socket"
local wire = require "spec.wire.server"

describe("the rest of a request's body", function()
  local place, nginx, server
  setup(function()
    place = local_oss.start()
    server = wire.start()
    nginx = nginxes.start { place = place, values = { other = server.url }, http = [[
      init_by_lua_block {
        -- Clients and bodies of the locations.
        function away() return require("spec.support.worker").client { endpoint = "http://127.0.0.1:1" } end
        function body() return require("resty.oss").request_body() end
        function options(t)
          t.bucket, t.key, t.attempts = t.bucket or "examplebucket", t.key or "k", 1
          t.reader, t.length = body()
          return t
        end
      }
    ]], server = [[
      location = /refused { content_by_lua_block { ngx.say(tostring(select(2, away():put(options {})))) } }
      location = /exit {
        content_by_lua_block { local _, err = away():put(options {}) ngx.exit(err and 502 or 200) }
      }
      location = /token {
        content_by_lua_block {
          local client = require("resty.oss").client { endpoint = "${other}", region = "cn-hangzhou",
            credentials = function() return nil, "STS is away" end }
          ngx.say(tostring(select(2, client:put(options {}))))
        }
      }
      location = /early {
        content_by_lua_block {
          local client = require("spec.support.worker").client { endpoint = "${other}" }
          local _, err = client:put(options { bucket = "early", expect = false })
          ngx.status = 502
          ngx.say(tostring(err))
          ngx.exit(502)
        }
      }
      location = /early_background {
        content_by_lua_block {
          local client = require("spec.support.worker").client { endpoint = "${other}" }
          local _, err = client:start("put", options { bucket = "early", expect = false }):wait()
          ngx.status = 502
          ngx.say(tostring(err))
          ngx.exit(502)
        }
      }
      location = /upload {
        content_by_lua_block {
          ngx.say(tostring(select(2, away():upload(options { part_size = 102400, threshold = 1 }))))
          ngx.exit(200)
        }
      }
      location = /append {
        content_by_lua_block {
          local client = require("spec.support.worker").client()
          ngx.say(tostring(select(2, client:append(options { key = "appended", position = 5 }))))
          ngx.exit(200)
        }
      }
      location = /raises { content_by_lua_block { body()() error "mine" } }
      location = /raises_late { content_by_lua_block { body()() ngx.say "late" ngx.flush(true) error "mine" } }
      location = /handler_upload {
        content_by_lua_block {
          local _, err = require("spec.support.worker").client():upload(options { part_size = 102400,
            threshold = 1, on_progress = function() error "mine" end })
          ngx.status = 502
          ngx.say(tostring(err))
          ngx.exit(502)
        }
      }
      location = /spawned {
        content_by_lua_block {
          local client = require("spec.support.worker").client { endpoint = "${other}" }
          client:start("put", options { bucket = "early", expect = false })
          ngx.say "spawned"
        }
      }
      location = /whole_later {
        lua_socket_buffer_size 4k;
        content_by_lua_block {
          require("spec.support.worker").client():start("put", options { key = "later",
            on_done = function(res, err) ngx.say(res and "stored" or tostring(err)) end })
        }
      }
      location = /whole_thread {
        content_by_lua_block {
          local reader = body()
          reader()
          ngx.thread.spawn(function()
            local slice, err
            repeat
              slice, err = reader()
              ngx.sleep(0.15)
            until not slice
            ngx.say(err or "stored")
          end)
        }
      }
      location = /stalled {
        content_by_lua_block {
          require("oss.transport.cosocket.left_over").idle = 0.2
          local client = require("spec.support.worker").client { endpoint = "${other}" }
          client:put(options { bucket = "early", expect = false })
          ngx.exit(502)
        }
      }
      location = /handler {
        content_by_lua_block {
          local client = require("spec.support.worker").client()
          local _, err = client:put(options { on_progress = function(sent) if sent > 0 then error "mine" end end })
          ngx.status = 502
          ngx.say(tostring(err))
          ngx.exit(502)
        }
      }
      location = /never { content_by_lua_block { body() ngx.say "never" } }
      location = /never_exit { content_by_lua_block { body() ngx.exit(403) } }
      location = /some { lua_socket_buffer_size 1k; content_by_lua_block { body()() ngx.say "some" } }
      location = /whole {
        content_by_lua_block {
          local res, err = require("spec.support.worker").client():put(options {})
          ngx.say(res and "stored" or tostring(err))
        }
      }
    ]] }
  end)
  teardown(function()
    nginx:stop()
    place:stop()
    server:stop()
  end)

  local inner = "GET /alive HTTP/1.1\r\nHost: spec.test\r\n\r\n"

  local function post(path, body, rest, more)
    local connection = assert(socket.connect("127.0.0.1", nginx.port))
    connection:settimeout(20)
    connection:send("POST " .. path .. " HTTP/1.1\r\nHost: spec.test\r\nContent-Length: " .. #body .. "\r\n\r\n"
      .. body:sub(1, -1 - (rest or 0)))
    if rest then
      socket.sleep(0.3)
      connection:send(body:sub(-rest))
    end
    connection:send(more or "GET /alive HTTP/1.1\r\nHost: spec.test\r\nConnection: close\r\n\r\n")
    local whole, _, part = connection:receive("*a")
    connection:close()
    return whole or part
  end

  local function answers(text)
    return select(2, text:gsub("HTTP/1%.1 %d%d%d", "")), select(2, text:gsub("\r\n\r\nalive", ""))
  end

  local closes = { raises = true, raises_late = true }
  for path, text in pairs { refused = "ConnectFailed", exit = "502", token = "STS is away", early = "403",
    early_background = "403", upload = "ConnectFailed", append = "status 409", raises = "500",
    raises_late = "late", handler = "mine", handler_upload = "mine", spawned = "spawned",
    never = "never", never_exit = "403", some = "some" } do
    for _, n in ipairs { 1, 400, 12000 } do
      for _, rest in ipairs { 0, 39 } do
        it(("is no request: /%s, %d times, the last %d bytes late"):format(path, n, rest), function()
          local answer = post("/" .. path, inner:rep(n), rest > 0 and rest or nil)
          local all, alive = answers(answer)
          assert.truthy(answer:find(text, 1, true), answer)
          assert.same(closes[path] and { 1, 0 } or { 2, 1 }, { all, alive }, answer)
        end)
      end
    end
  end

  it("leaves the connection to the next request when it was read", function()
    for _, path in ipairs { "/whole", "/whole_later", "/whole_thread" } do
      for _, n in ipairs { 1, 12000 } do
        local answer = post(path, inner:rep(n), 39)
        assert.truthy(answer:find("stored", 1, true), path .. answer)
        assert.same({ 2, 1 }, { answers(answer) })
      end
    end
  end)

  it("ends the request when the rest does not come, with the reason in the log", function()
    local connection = assert(socket.connect("127.0.0.1", nginx.port))
    connection:settimeout(20)
    connection:send("POST /stalled HTTP/1.1\r\nHost: spec.test\r\nContent-Length: 1000\r\n\r\n12345")
    assert.equal("HTTP/1.1 500 Internal Server Error", (connection:receive("*l")))
    connection:send(inner:rep(30))
    local whole, _, part = connection:receive("*a")
    connection:close()
    assert.is_nil((whole or part):find("alive", 1, true))
    assert.truthy(nginx:log():find("cannot be dropped: [^\n]*status 403"))
  end)
end)
