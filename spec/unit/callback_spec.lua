local callback = require "oss.callback"
local cjson = require "cjson"
local core = require "oss.core"
local hints = require "oss.callback.hints"
local refusals = require "oss.callback.refusals"
local vectors = require "spec.support.callback_vectors"

local function decoded(base64)
  return core.unbase64(base64)
end

describe("core callback", function()
  for _, vector in ipairs(vectors) do
    it("encodes as ali-oss does: " .. vector.name, function()
      assert.is_true(core.callback_check(vector))
      local text, vars = core.callback_encode(vector)
      assert.equal(vector.callback, text)
      assert.equal(vector.callback_var, vars)
    end)
  end

  it("raises for what has a wrong type", function()
    for _, call in ipairs {
      function() core.callback_check() end,
      function() core.callback_check { urls = "http://a.com" } end,
      function() core.callback_check { urls = { 5 } } end,
      function() core.callback_check { body = 5 } end,
      function() core.callback_check { sni = "true" } end,
      function() core.callback_encode { vars = { "a", 5 } } end,
      function() core.callback_expand("x", "text/plain", {}) end,
      function() core.callback_expand("x", "json", { a = 5 }) end,
      function() core.callback_expand("x", "json", { "a" }) end,
      function() core.callback_expand(5, "json", {}) end,
      function() core.callback_parts(5) end,
      function() core.callback_string_to_verify("/") end,
    } do
      assert.is_false(pcall(call))
    end
  end)

  it("gives the parts of a problem to programs", function()
    local ok, problems = core.callback_check { urls = { "http://a.com", "http://b.com:x" }, body = "${objct}" }
    assert.is_false(ok)
    assert.equal(2, #problems)
    assert.same({ "url", "url.port", 2, "x", false },
      { problems[1].field, problems[1].rule, problems[1].index, problems[1].piece, problems[1].warning })
    assert.same({ "body", "body.unknown", "${objct}", "object" },
      { problems[2].field, problems[2].rule, problems[2].piece, problems[2].nearest })
    assert.is_nil(problems[2].index)
    assert.is_string(problems[2].text)
    assert.is_string(problems[2].cure)
    local _, warnings = core.callback_check { urls = { "http://a.com" }, body = "a", vars = { "uid", "1" } }
    assert.equal("use it in the body as ${x:uid}", warnings[1].cure)
  end)

  describe("expand", function()
    local values = {
      bucket = "b", object = 'a b/c"\\é\n', size = "42", mimeType = "text/plain", etag = "E",
      ["x:v"] = "1+1=2&${size}",
    }
    local cases = {
      { "form", "o=${object}&v=${x:v}&s=${size}&w=${imageInfo.width}&f=${imageInfo.format}",
        "o=a%20b%2Fc%22%5C%C3%A9%0A&v=1%2B1%3D2%26%24%7Bsize%7D&s=42&w=&f=" },
      { "form", "constant text & ü stays: $5", "constant text & ü stays: $5" },
      { "form", "${etag}", "E" },
      { "json", '{"o":${object},"v":${x:v},"s":${size}}', '{"o":"a b/c\\"\\\\é\\n","v":"1+1=2&${size}","s":42}' },
      { "json", '{"w":"${imageInfo.width}","f":${imageInfo.format},"u":${x:other},"i":${vpcId}}',
        '{"w":"","f":"","u":"","i":""}' },
      { "json", '{"w":${imageInfo.width}}', '{"w":}' },
      { "json", '{"o":"${bucket}"}', '{"o":""b""}' },
      { "application/json", "${size}", "42" },
      { "application/x-www-form-urlencoded", "${object}", "a%20b%2Fc%22%5C%C3%A9%0A" },
    }
    for i, case in ipairs(cases) do
      it(case[1] .. " " .. i, function()
        assert.equal(case[3], core.callback_expand(case[2], case[1], values))
      end)
    end

    it("does what OSS was seen to do, in a form", function()
      assert.equal("filename=zmaplex%2F20210407_14%3A31%3A41_286180%2F20200130021612_pnfqp.jpg&size=112595",
        core.callback_expand("filename=${object}&size=${size}", "form", {
          object = "zmaplex/20210407_14:31:41_286180/20200130021612_pnfqp.jpg", size = "112595" }))
    end)

    it("does what OSS was seen to do, in JSON", function()
      assert.equal('{"name":"2f7b2ccf30e9270ea920f1ab8a4037a546a2f0d5.jpg","source_name":'
        .. '"1/1_hFRtDLgM_2f7b2ccf30e9270ea920f1ab8a4037a546a2f0d5.jpg","size":114020,"pic_info":"810,539"}',
        core.callback_expand('{"name":${x:fname},"source_name":${object},"size":${size},'
          .. '"pic_info":"${imageInfo.width},${imageInfo.height}"}', "json", {
          ["x:fname"] = "2f7b2ccf30e9270ea920f1ab8a4037a546a2f0d5.jpg", size = "114020",
          object = "1/1_hFRtDLgM_2f7b2ccf30e9270ea920f1ab8a4037a546a2f0d5.jpg",
          ["imageInfo.width"] = "810", ["imageInfo.height"] = "539" }))
    end)

    it("refuses what OSS refuses", function()
      for _, body in ipairs { "${foo}", "$(object)", "${object", "${}", "${ object }" } do
        local text, err = core.callback_expand(body, "form", {})
        assert.is_nil(text, body)
        assert.is_string(err)
      end
      assert.is_nil(core.callback_expand("${object}", "json", { object = "\255" }))
      assert.equal("%FF", core.callback_expand("${object}", "form", { object = "\255" }))
    end)
  end)

  it("builds the string to verify", function()
    local cases = {
      { "/index.php?id=1&index=2", "bucket=yonghu-test", "/index.php?id=1&index=2\nbucket=yonghu-test" },
      { "/a%20b/%E4%B8%AD+c?x=%20+?y", "b\nc\0", "/a b/中+c?x=%20+?y\nb\nc\0" },
      { "/", "", "/\n" },
      { "/100%", "", "/100%\n" },
      { "/%zz%4", "", "/%zz%4\n" },
      { "/%?", "", "/%?\n" },
    }
    for _, case in ipairs(cases) do
      assert.equal(case[3], core.callback_string_to_verify(case[1], case[2]))
    end
    assert.equal("5b74fc97cc385b45c6c8b7782d5a2140",
      core.hex(core.md5(core.callback_string_to_verify(cases[1][1], cases[1][2]))))
    for _, target in ipairs { "", "*", "http://a.com/" } do
      assert.is_nil(core.callback_string_to_verify(target, ""))
    end
  end)

  it("takes URLs apart", function()
    assert.same({ scheme = "https", host = "a.com", port = 8443, target = "/x?y=1", private = false },
      core.callback_url "https://a.com:8443/x?y=1")
    assert.same({ scheme = "http", host = "10.0.0.1", port = 80, target = "/", private = true },
      core.callback_url "http://10.0.0.1")
    assert.equal("/?a", core.callback_url("https://a.com?a").target)
    assert.equal(443, core.callback_url("https://a.com?a").port)
    local url, err = core.callback_url "http://[::1]/"
    assert.is_nil(url)
    assert.truthy(err:find("url.ipv6", 1, true))
  end)
end)

describe("callback.prepare", function()
  it("makes JSON of a table and variables of numbers and booleans", function()
    local prepared = assert(callback.prepare {
      url = { "https://a.com/up", "https://b.com/up" }, host = "c.com", sni = true,
      body = { size = "${size}", uid = "${x:uid}", ok = "${x:ok}", share = "${x:share}" },
      vars = { uid = 5.0, ["x:ok"] = true, share = 0.5 },
    })
    assert.equal('{"callbackUrl":"https://a.com/up;https://b.com/up","callbackBody":'
      .. '"{\\"ok\\":${x:ok},\\"share\\":${x:share},\\"size\\":${size},\\"uid\\":${x:uid}}",'
      .. '"callbackHost":"c.com","callbackBodyType":"application/json","callbackSNI":true}', decoded(prepared.callback))
    assert.equal('{"x:share":"0.5","x:uid":"5","x:ok":"true"}', decoded(prepared.callback_var))
    assert.same({ ["x:uid"] = "5", ["x:ok"] = "true", ["x:share"] = "0.5" }, prepared.vars)
    assert.same({}, prepared.warnings)
    assert.equal("json", prepared.body_type)
  end)

  it("escapes once, keeps UTF-8, and no value can add a variable", function()
    local vars = { name = '", "x:role":"admin', quote = 'é"\\\n' }
    local prepared = assert(callback.prepare { url = "http://a.com/", body = "${x:name}${x:quote}", vars = vars })
    assert.same({ ["x:name"] = vars.name, ["x:quote"] = vars.quote }, cjson.decode(decoded(prepared.callback_var)))
    assert.truthy(decoded(prepared.callback_var):find("é", 1, true))
  end)

  local types = {
    { "object={a}", nil, nil, "form" },
    { '{"a":${size}}', nil, "application/json", "json" },
    { ' \n["${size}"]', nil, "application/json", "json" },
    { "a=1", "form", "application/x-www-form-urlencoded", "form" },
    { "a=1", "application/x-www-form-urlencoded", "application/x-www-form-urlencoded", "form" },
    { "[1]", "application/json", "application/json", "json" },
    { { a = 1 }, nil, "application/json", "json" },
    { { a = 1 }, "form", "application/x-www-form-urlencoded", "form" },
    { { a = 1 }, "json", "application/json", "json" },
  }
  for i, case in ipairs(types) do
    it("chooses the body type " .. i, function()
      local prepared = assert(callback.prepare { url = "http://a.com/", body = case[1], body_type = case[2] })
      assert.equal(case[3], cjson.decode(decoded(prepared.callback)).callbackBodyType)
      assert.equal(case[4], prepared.body_type)
    end)
  end

  it("sends SNI as a JSON boolean, and only when it is given", function()
    for _, case in ipairs { { true, true }, { false, false }, {} } do
      local prepared = assert(callback.prepare { url = "https://a.com/", body = "a", sni = case[1] })
      assert.equal(case[2], cjson.decode(decoded(prepared.callback)).callbackSNI)
    end
  end)

  it("takes a policy of the bucket", function()
    local prepared = assert(callback.prepare { policy = "test_2" })
    assert.equal('{"callbackPolicy":"test_2"}', decoded(prepared.callback))
    assert.is_nil(prepared.callback_var)
  end)

  it("does not change what it is given", function()
    local t = { url = { "http://a.com/" }, body = { a = { "${x:b}" } }, vars = { b = 1 } }
    assert(callback.prepare(t))
    assert.same({ url = { "http://a.com/" }, body = { a = { "${x:b}" } }, vars = { b = 1 } }, t)
  end)

  it("gives the same bytes each time", function()
    local function make()
      local vars, body = {}, {}
      for i = 1, 30 do
        vars["v" .. i], body["k" .. i] = i, "${x:v" .. i .. "}"
      end
      return assert(callback.prepare { url = "http://a.com/", body = body, vars = vars })
    end
    assert.same(make(), make())
  end)

  it("never raises, whatever it is given", function()
    for _, value in ipairs { 5, "x", {}, { 1 }, { url = {} }, { url = { {} } }, { body = {} }, { vars = { {} } } } do
      local prepared, err = callback.prepare(value)
      assert.is_nil(prepared)
      assert.equal("callback", err:sub(1, 8))
    end
    assert.is_nil(callback.prepare(nil))
  end)
end)

describe("callback.encode", function()
  it("gives both texts and the warnings", function()
    local text, vars, warnings = callback.encode { url = "https://a.com/", body = "a" }
    assert.equal('{"callbackUrl":"https://a.com/","callbackBody":"a"}', decoded(text))
    assert.is_nil(vars)
    assert.equal(1, #warnings)
  end)

  it("raises at the caller's line", function()
    local ok, err = pcall(function()
      callback.encode { url = "a.com", body = "a" }
    end)
    assert.is_false(ok)
    assert.truthy(err:find("callback_spec.lua:%d+: callback%.url"), err)
  end)

  it("takes the callback of an upload, with retry and token", function()
    local t = { url = "http://a.com/", body = { size = "${size}" }, retry = { attempts = 2 },
      token = { secret = ("s"):rep(32) } }
    local text, vars = callback.encode(t, { bucket = "examplebucket", key = "a", now = 1700000000 })
    assert.is_nil(decoded(text):find("retry", 1, true))
    assert.truthy(decoded(text):find("${x:token}", 1, true))
    assert.is_string(cjson.decode(decoded(vars))["x:token"])
    assert.same({ attempts = 2 }, t.retry)
  end)

  it("names what is wrong with the place of a token", function()
    local t = { url = "http://a.com/", body = {}, token = { secret = ("s"):rep(32) } }
    for _, case in ipairs {
      { "x", "place: expected a table with bucket, key and now, got string" },
      { 5, "place: expected a table with bucket, key and now, got number" },
      { { bucket = 5 }, "place.bucket: expected a string, got number" },
      { { bucket = "b", key = "k", now = "1" }, "place.now: expected a number, got string" },
      { { bukcet = "b" }, "place.bukcet: no such field; did you mean 'bucket'?" },
      { nil, "callback.token: it is made for one object, and none is known here; give bucket, key and now" },
    } do
      local ok, err = pcall(function()
        callback.encode(t, case[1])
      end)
      assert.is_false(ok)
      assert.equal(1, select(2, err:gsub("callback_spec%.lua:%d+: ", "")), err)
      assert.truthy(err:find(case[2], 1, true), err)
    end
  end)
end)

describe("callback.explain", function()
  local function has(text, ...)
    for _, wanted in ipairs { ... } do
      assert.truthy(text:find(wanted, 1, true), wanted .. "\nis not in\n" .. text)
    end
  end

  it("shows what is sent and what is received, in both body types", function()
    local text = callback.explain {
      url = { "https://example.com:23450/up?from=oss", "http://b.example.com/" },
      body = { mimeType = "${mimeType}", size = "${size}", uid = "${x:uid}" }, vars = { uid = "5 é" },
    }
    has(text, '{"callbackUrl":"https://example.com:23450/up?from=oss;http://b.example.com/","callbackBody":'
      .. '"{\\"mimeType\\":${mimeType},\\"size\\":${size},\\"uid\\":${x:uid}}"', '{"x:uid":"5 é"}',
      "POST /up?from=oss HTTP/1.1\n", "Host: example.com:23450\n", "Content-Type: application/json\n",
      "User-Agent: aliyun-oss-callback\n", '\n\n  {"mimeType":"image/jpeg","size":114020,"uid":"5 é"}\n',
      'body_type = "form":\n  mimeType=image%2Fjpeg&size=114020&uid=5%20%C3%A9\n',
      "goes on to:\n  http://b.example.com/",
      "sni.https", "of 5120 bytes")
    local body = '{"mimeType":"image/jpeg","size":114020,"uid":"5 é"}'
    has(text, "Content-Length: " .. #body .. "\n", "Content-MD5: " .. core.base64(core.md5(body)) .. "\n")
  end)

  it("takes the user's sample", function()
    local text = callback.explain({ url = "http://a.com", body = "o=${object}&s=${size}&w=${imageInfo.width}" },
      { object = "a/b c", size = 5, mimeType = "text/plain" })
    has(text, "POST / HTTP/1.1\n", "Host: a.com\n", "\n  o=a%2Fb%20c&s=5&w=\n")
    assert.is_nil(text:find("no image", 1, true))
  end)

  it("shows what becomes of image sizes for other files", function()
    local text = callback.explain { url = "http://a.com", body = '{"pic":"${imageInfo.width},${imageInfo.height}"}' }
    has(text, '{"pic":"810,539"}', 'no image:\n  {"pic":","}')
  end)

  local other_forms = {
    { "object=${object}&size=${size}", nil, 'body_type = "json":\n  object="exampledir/photo 1.jpg"&size=114020\n',
      "body.not_json" },
    { '{"o":${object}}', nil, 'body_type = "form":\n  {"o":exampledir%2Fphoto%201.jpg}\n', "body.form" },
    { "${x:v}", "json", 'body_type = "form":\n  a%20b\n' },
    { "${size}", nil, 'body_type = "json":\n  114020\n' },
    { '{"o":"${object}"}', "form", 'With body_type = "json" it cannot be sent:\n  callback.body: ', "body.quoted" },
    { { tags = { 1 } }, nil, 'With body_type = "form" it cannot be sent:\n  callback.body.tags: ', "body.nested" },
    { { o = "a ${object}" }, "form", 'With body_type = "json" it cannot be sent:\n  callback.body.o: ', "body.mixed" },
    { { o = ("ä"):rep(900) }, nil, 'With body_type = "form" it cannot be sent:\n', "body.size" },
  }
  for i, case in ipairs(other_forms) do
    it("shows the other body type, or why there is none " .. i, function()
      local text = callback.explain { url = "http://a.com", body = case[1], body_type = case[2],
        vars = case[1] == "${x:v}" and { v = "a b" } or nil }
      has(text, case[3], case[4] and "[" .. case[4] .. "]" or "body_type")
    end)
  end

  it("shows the callback of an upload, with retry and token", function()
    has(callback.explain { url = "http://a.com", body = { size = "${size}" }, retry = true,
      token = { secret = ("s"):rep(32) } }, '"bucket":"examplebucket"', '"size":114020', '"token":"')
  end)

  it("shows the host that is given, and policies", function()
    has(callback.explain { url = "http://a.com", body = "a", host = "b.com" }, "Host: b.com\n")
    has(callback.explain { policy = "p" }, '{"callbackPolicy":"p"}', "policy of the bucket")
  end)

  it("raises at the caller's line, for the sample too", function()
    local good = { url = "http://a.com", body = "a" }
    for _, case in ipairs {
      { {}, nil, "callback.url" },
      { good, "x", "sample: expected a table of values by name, got 'x'" },
      { good, { objct = 1 }, "sample.objct: no such variable; did you mean 'object'?" },
      { good, { "photo.jpg" }, "sample.1: no such variable" },
      { good, { size = "abc" }, "sample.size: expected a whole number, got 'abc'" },
      { good, { size = "" }, "sample.size: expected a whole number, got ''" },
      { good, { size = {} }, "sample.size: expected a whole number, got a table" },
      { good, { size = -1 }, "sample.size: expected a whole number, got -1" },
      { good, { ["imageInfo.width"] = 1.5 }, "sample.imageInfo.width: expected a whole number, got 1.5" },
      { good, { object = 5 }, "sample.object: expected a string" },
      { good, { object = "\255" }, "sample.object: expected a string of printable UTF-8, got '\\xff'" },
      { good, { bucket = "a\r\nb" }, "sample.bucket: expected a string of printable UTF-8, got 'a\\x0d\\x0ab'" },
      { good, { mimeType = false }, "sample.mimeType: expected a string" },
    } do
      local ok, err = pcall(function()
        callback.explain(case[1], case[2])
      end)
      assert.is_false(ok)
      assert.equal(1, select(2, err:gsub("%f[%w_]callback_spec%.lua:%d+: ", "")), err)
      has(err, case[3])
    end
  end)

  it("takes every variable in the sample", function()
    local sample = { bucket = "b1", object = "o", etag = "E", size = 0, mimeType = "text/plain",
      ["imageInfo.height"] = "", ["imageInfo.width"] = "7", ["imageInfo.format"] = "png", crc64 = "1",
      contentMd5 = "M=", vpcId = "v", clientIp = "1.2.3.4", reqId = "R", operation = "PostObject" }
    local body = {}
    for name in pairs(sample) do
      body[name] = "${" .. name .. "}"
    end
    has(callback.explain({ url = "http://a.com", body = body }, sample),
      '{"bucket":"b1","clientIp":"1.2.3.4","contentMd5":"M=","crc64":"1","etag":"E","imageInfo.format":"png",'
      .. '"imageInfo.height":"","imageInfo.width":"7","mimeType":"text/plain","object":"o","operation":"PostObject",'
      .. '"reqId":"R","size":0,"vpcId":"v"}', "x-oss-bucket: b1\n", "x-oss-request-id: R\n")
  end)
end)

describe("callback.hints", function()
  local cases = {
    { "Error status : 502.", "0007-00000203", "callback.sni = true" },
    { "Error status : 301.", "0007-00000203", "redirects" },
    { "Error status : 400.", nil, "verification of the signature" },
    { "Error status : 401.", nil, "login" },
    { "Error status : 403.", nil, "forbade" },
    { "Error status : 404.", nil, "path" },
    { "Error status : 405.", nil, "POST" },
    { "Error status : 500.", nil, "log" },
    { "Error status : 418.", nil, "418" },
    { "Error status : 204.", nil, "Only status 200" },
    { "Error status : -1.OSS can not connect to your callbackUrl, please check it.", nil, "reachable" },
    { "Error status : -1. OSS can not connect to your callbackUrl, please check it.", nil, "reachable" },
    { "Error status : -1 8.8.8.8:9090 reply timeout, cost:5000ms, timeout:5000ms (err -4, errno115)", nil,
      "5 seconds" },
    { "Cost too long time.", nil, "5 seconds" },
    { "Response body is not valid json format.", "0007-00000205", "byte order mark" },
    { "Error Status : 400.User server missing content-length.", nil, "Content-Length" },
    { "Error Status : 400.User server return invalid conent-length value.", nil, "Content-Length" },
    { "Error Status : 400.User server return too long content-length value.", nil, "1 MB" },
    { "Get image info failed.", nil, "imageInfo" },
    { "Too many callback requests.", nil, "retry the callback later" },
    { "Callback to application server failed, please check your callbackUrl.", nil, "reachable" },
    { "CallbackFailed", nil, "Do not upload again" },
    { "something new", "0007-00000203", "200" },
    { nil, "0007-00000205", "JSON" },
    { "CallbackFailed", "0007-00000205", "JSON" },
    { nil, "0007-00000008", "public" },
    { "InvalidArgument", "0007-00000014", "without quotes" },
    { "The callback signature version is invalid.", nil, "1.0" },
  }
  for _, case in ipairs(cases) do
    it(tostring(case[1]) .. " " .. tostring(case[2]), function()
      local hint = callback.hints(case[1], case[2])
      assert.is_string(hint)
      assert.truthy(hint:find(case[3], 1, true), hint)
    end)
  end

  it("has one for every refusal, by message and by EC", function()
    assert.equal(22, #refusals.list)
    for _, refusal in ipairs(refusals.list) do
      assert.truthy(refusal.ec or refusal.message)
      if refusal.ec then
        assert.equal(refusal.hint, hints.find("InvalidArgument", refusal.ec))
      end
      if refusal.message then
        assert.equal(refusal.hint, hints.find(refusal.message))
      end
    end
  end)

  it("says nothing about what it does not know", function()
    assert.is_nil(hints.find("NoSuchKey", "0026-00000001"))
    assert.is_nil(hints.find(nil, nil))
  end)
end)
