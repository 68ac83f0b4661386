-- A proxy that signs what passes, in front of the local OSS and of a server that shows what it got.

local core = require "oss.core"
local local_oss = require "spec.support.local_oss"
local nginxes = require "spec.support.nginx"
local wire = require "spec.wire.server"

describe("sign_proxy", function()
  local place, nginx, service, server
  setup(function()
    place = local_oss.start()
    service = place:service()
    server = wire.start()
    local proxy = [[
      proxy_pass $oss_url;
      proxy_http_version 1.1;
      proxy_request_buffering off;
    ]]
    nginx = nginxes.start { place = place, values = { service = service, other = server.url, proxy = proxy },
      server = [[
      location /files/ {
        set $oss_url "";
        access_by_lua_block {
          local client = require("spec.support.worker").client { signature = ngx.var.arg_signature,
            security_token = ngx.var.arg_sts }
          require("resty.oss").sign_proxy { client = client, bucket = "examplebucket",
            method = ngx.req.get_method(), key = ngx.var.uri:sub(8), meta = { author = "Li" },
            callback = ngx.var.arg_callback and { url = "${service}/" .. ngx.var.arg_callback,
              body = { object = "$" .. "{object}", size = "$" .. "{size}" } } or nil }
        }
        ${proxy}
      }
      location /shown/ {
        set $oss_url "";
        access_by_lua_block {
          local client = require("resty.oss").client { endpoint = "${other}", region = "cn-hangzhou",
            access_key_id = "emulator", access_key_secret = "emulator-secret", security_token = "token" }
          require("resty.oss").sign_proxy { client = client, bucket = "head", key = "k y",
            method = ngx.req.get_method(), pass = { "X-Wanted" } }
        }
        ${proxy}
      }
      location /fixed {
        set $oss_url "";
        access_by_lua_block {
          local mine = require("resty.oss").client { endpoint = "${other}", region = "cn-hangzhou",
            credentials = function() return nil, "STS is away" end }
          require("resty.oss").sign_proxy { client = mine, bucket = "head", key = "k" }
        }
        ${proxy}
      }
    ]] }
  end)
  teardown(function()
    nginx:stop()
    place:stop()
    server:stop()
  end)

  local function fetch(key)
    return nginx:run("return oss.assert(client:get { bucket = 'examplebucket', key = ... })", key)
  end

  for _, signature in ipairs { "v4", "v1" } do
    it("stores what passes, signed with " .. signature, function()
      local status, body, headers = nginx:get("/files/dir/a%20b+c%C3%A9%3F.txt?signature=" .. signature, {
        method = "PUT", body = "Hello OSS", headers = { ["Content-Type"] = "text/x-mine; a=b",
          ["Content-MD5"] = "8PGMLGauHdUSvc1DZvdtow==" } })
      assert.equal(200, status, body)
      assert.is_string(headers["x-oss-request-id"])
      local got = fetch("dir/a b+cé?.txt")
      assert.equal("Hello OSS", got.body)
      assert.equal("text/x-mine; a=b", got.content_type)
      assert.equal("Li", got.meta.author)
    end)
  end

  it("hands the callback's answer to the client, and its failure", function()
    local status, body = nginx:get("/files/cb.txt?callback=cb", { method = "PUT", body = "12345" })
    assert.equal(200, status)
    assert.equal('{"Status":"OK"}', body)
    assert.truthy(local_oss.read(place.service_log):find('{"object":"cb.txt","size":5}', 1, true))
    status, body = nginx:get("/files/cb.txt?callback=refuse", { method = "PUT", body = "12345" })
    assert.equal(203, status)
    assert.truthy(body:find("CallbackFailed", 1, true))
  end)

  it("streams a long body", function()
    local body = ("0123456789abcdef"):rep(1000000)
    assert.equal(200, (nginx:get("/files/long", { method = "PUT", body = body })))
    local crc = nginx:run "return client:head({ bucket = 'examplebucket', key = 'long' }).crc64"
    assert.equal(core.crc64(body), crc)
  end)

  it("fetches, with ranges", function()
    nginx:get("/files/f", { method = "PUT", body = "0123456789" })
    local status, body = nginx:get("/files/f", { headers = { Range = "bytes=2-4" } })
    assert.equal(206, status)
    assert.equal("234", body)
  end)

  it("lets no header of the client pass that does not belong there", function()
    local _, body = nginx:get("/shown/x?a=b&x-oss-process=y", { method = "PUT", body = "12345", headers = {
      Authorization = "Basic abc", Cookie = "session=1", ["X-Oss-Object-Acl"] = "public-read",
      ["x-oss-security-token"] = "mine", ["x-oss-callback"] = "e30=", Date = "yesterday", Range = "bytes=0-1",
      ["X-Forwarded-For"] = "10.0.0.1", ["X-Anything"] = "1", ["X-Wanted"] = "2", Referer = "http://page",
      ["User-Agent"] = "browser", ["Cache-Control"] = "no-cache", ["Accept-Encoding"] = "gzip" } })
    local seen = {}
    for line in body:gmatch("[^\n]+") do
      local name, value = line:match("^([%w-]+): (.*)$")
      if name then
        assert.is_nil(seen[name:lower()])
        seen[name:lower()] = value
      end
    end
    assert.truthy(body:find("^PUT /head/k%%20y HTTP/1.1\n"), body)
    assert.equal(server.url:match("//(.*)$"), seen.host)
    assert.truthy(seen.authorization:find("^OSS4%-HMAC%-SHA256 Credential=emulator/"))
    assert.equal("token", seen["x-oss-security-token"])
    assert.equal("2", seen["x-wanted"])
    assert.equal("5", seen["content-length"])
    local names = {}
    for name in pairs(seen) do
      names[#names + 1] = name
    end
    table.sort(names)
    assert.equal("authorization connection content-length content-type host x-oss-content-sha256 x-oss-date "
      .. "x-oss-security-token x-wanted", table.concat(names, " "))
  end)

  it("lets none of very many headers pass", function()
    local headers = {}
    for i = 1, 150 do
      headers["X-Many-" .. i] = "1"
    end
    local status, body = nginx:get("/shown/x", { method = "PUT", body = "12345", headers = headers })
    assert.equal(200, status)
    assert.is_nil(body:lower():find("x-many", 1, true))
  end)

  it("signs no empty header, which nginx does not send on", function()
    for _, signature in ipairs { "v4", "v1" } do
      local status, body = nginx:get("/files/empty.txt?signature=" .. signature, { method = "PUT", body = "x",
        headers = { ["Content-Type"] = "", ["Content-MD5"] = "" } })
      assert.equal(200, status, body)
    end
    assert.equal("text/plain", fetch("empty.txt").content_type)
  end)

  it("takes no name into 'pass' that OSS acts on", function()
    for _, name in ipairs { "Authorization", "cookie", "DATE", "x-oss-acl", "X-Oss-Security-Token" } do
      local raised = nginx:run("return select(2, pcall(oss.sign_proxy, { client = client, pass = { 'X-Fine', ... } }))",
        name)
      assert.truthy(raised:find("option 'pass': [2] must be", 1, true), raised)
    end
  end)

  it("answers by itself what cannot pass", function()
    assert.equal(405, (nginx:get("/fixed")))
    assert.equal(502, (nginx:get("/fixed", { method = "PUT", body = "x" })))
    assert.equal(400, (nginx:get("/files/", { method = "PUT", body = "x" })))
    assert.truthy(nginx:log():find("STS is away", 1, true))
  end)

  it("raises wrong options", function()
    local function message(code)
      return nginx:run("return select(2, pcall(function() oss.sign_proxy(" .. code .. ") end))")
    end
    for code, text in pairs { [""] = "a table of options is expected", ["{}"] = "option 'client' must be",
      ["{ client = client }"] = "option 'bucket' is missing", ["{ client = client, body = '' }"] = "'body'",
      ["{ client = client, callback_as = 'query' }"] = "'callback_as'",
      ["{ client = client, pass = { 'x-oss-acl' } }"] = "option 'pass': [1]",
      ["{ client = client, bucket = 'abc', key = 'k', callback = {} }"] = "callback" } do
      local raised = message(code)
      assert.truthy(raised:find("^spec:1: sign_proxy: "), raised)
      assert.truthy(raised:find(text, 1, true), raised)
    end
  end)
end)
