-- README's section on OpenResty, run as it stands there.

local local_oss = require "spec.support.local_oss"
local nginxes = require "spec.support.nginx"

local secret = ("s3cr3t"):rep(4)

describe("README's OpenResty", function()
  local place, nginx
  setup(function()
    place = local_oss.start()
    local text = local_oss.read("README.md"):match("\n## OpenResty\n(.-)\n## ")
    local dict, location = text:match("```nginx\n([^\n]+)\n\n(.-)\n```")
    local upload = text:match("```lua\n(.-)\n```")
    local key = place:path("key")
    local_oss.write(key, place.server.public_key)
    -- The local OSS signs with a key of its own, and is somewhere else than the real one.
    nginx = nginxes.start { place = place, level = "notice", values = { key = key, key_url = place.server.key_url,
      secret = secret },
      http = dict .. [[

      init_by_lua_block {
        local receiver = require "oss.receiver"
        receiver.keys["${key_url}"] = io.open("${key}", "rb"):read("*a")
        os.getenv = function(name) return name == "CALLBACK_SECRET" and "${secret}" or nil end
      }
      ]], server = location .. [[

      location = /upload {
        content_by_lua_block {
          local found = require "resty.oss"
          local place = { endpoint = ngx.var.endpoint, access_key_id = "emulator",
            access_key_secret = "emulator-secret" }
          local put = found.put
          found.put = function(t)
            for name, value in pairs(place) do
              t[name] = value
            end
            t.callback.url, t.callback.sni = "http://127.0.0.1:" .. ngx.var.server_port .. "/oss-callback", nil
            t.callback.token = ngx.var.arg_token ~= "none" and t.callback.token or nil
            return put(t)
          end
          ]] .. upload .. [[

          ngx.print(res and res.callback.body or tostring(err))
        }
      }
    ]] }
  end)
  teardown(function()
    nginx:stop()
    place:stop()
  end)

  it("is a service in fifteen lines, and an upload", function()
    local status, body = nginx:get("/upload", { method = "PUT", body = ("x"):rep(200000) })
    assert.equal(200, status)
    assert.equal("{\"Status\":\"OK\"}", body, nginx:log())
    assert.truthy(nginx:log():find("a.bin has 200000 bytes", 1, true))
    assert.equal(400, (nginx:get("/oss-callback", { method = "POST", body = "{}" })))
    -- What OSS has signed for somebody else.
    body = select(2, nginx:get("/upload?token=none", { method = "PUT", body = "x" }))
    assert.truthy(body:find("Error status : 400", 1, true), body)
    assert.truthy(nginx:log():find("callback refused: TokenMissing", 1, true))
  end)
end)
