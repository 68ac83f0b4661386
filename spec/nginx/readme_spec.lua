-- README's section on OpenResty, run as it stands there.

local local_oss = require "spec.support.local_oss"
local locate = require "oss.emulator.host.locate"
local nginxes = require "spec.support.nginx"

local secret = ("s3cr3t"):rep(4)

describe("README's OpenResty", function()
  local place, nginx
  setup(function()
    place = local_oss.start()
    local text = local_oss.read("README.md"):match("\n## OpenResty\n(.-)\n## ")
    local config = text:match("```nginx\n(.-)```")
    local upload = text:match("```lua\n(.-)\n```")
    -- Where the local OSS is, whose key, and where this nginx may write.
    local init = text:match("init_by_lua_block %b{}"):gsub("oss%-data", place.root .. "/oss")
    local keys = text:match("keys = %b{}"):gsub("http://[^\"]+", place.server.key_url)
    local replaced = { ["include [^\n]+"] = "${modules}\n${user} pid nginx.pid;",
      ["http {"] = "http { access_log off; client_body_temp_path tmp/body; proxy_temp_path tmp/proxy;"
        .. " fastcgi_temp_path tmp/fastcgi; uwsgi_temp_path tmp/uwsgi; scgi_temp_path tmp/scgi; " .. init,
      ["secrets = {"] = keys .. ", secrets = {", ["stderr"] = "logs/error.log" }
    for old, new in pairs(replaced) do
      local n
      config, n = config:gsub(old, (new:gsub("%%", "%%%%")))
      assert.equal(1, n, old)
    end
    config = config:gsub("listen 8080;", function()
      return [[listen 127.0.0.1:${port}; client_max_body_size 0; set $endpoint '${endpoint}';
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
      }]]
    end)
    nginx = nginxes.start { place = place, config = config, env = ("CALLBACK_SECRET=%s LUA_PATH='%s' LUA_CPATH='%s'")
      :format(secret, locate.lua_path "", assert(locate.lua_cpath "")) }
  end)
  teardown(function()
    nginx:stop()
    place:stop()
  end)

  it("is the same in Chinese, but for its comments", function()
    local bare = {}
    for i, name in ipairs { "README.md", "README.zh-CN.md" } do
      local lines = {}
      for line in local_oss.read(name):match("```nginx\n(.-)```"):gmatch("[^\n]+") do
        lines[#lines + 1] = line:gsub(" *%-%- .*$", ""):gsub(" *# .*$", "")
      end
      assert.equal(15, #lines)
      bare[i] = table.concat(lines, "\n")
    end
    assert.equal(bare[1], bare[2])
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
