-- Every rule: an input that breaks it, what the message says, and its neighbour that passes.

local callback = require "oss.callback"

local function with(changes)
  local t = { url = "http://example.com/uploaded", body = "object=${object}" }
  for name, value in pairs(changes) do
    t[name] = value
  end
  return t
end

local function json(body, changes)
  local t = with(changes or {})
  t.body, t.body_type = body, "json"
  return t
end

local function url(text)
  return with { url = text }
end

local long = ("x"):rep(3840)

-- rule, field, what the message must say, a breaking callback, a callback next to it that passes
local errors = {
  { "url.missing", "url", "give one to five URLs", with { url = {} }, url { "http://example.com/" } },
  { "url.missing", "url[2]", "no URL", url { "http://a.com", "" }, url { "http://a.com", "http://b.com" } },
  { "url.count", "url", "more than five",
    url { "http://a.com", "http://a.com", "http://a.com", "http://a.com", "http://a.com", "http://a.com" },
    url { "http://a.com", "http://a.com", "http://a.com", "http://a.com", "http://a.com" } },
  { "url.semicolon", "url", "%3B", url "http://a.com/;id", url "http://a.com/%3Bid" },
  { "url.semicolon", "url", "as a list", url "http://a.com/;http://b.com/", url { "http://a.com/", "http://b.com/" } },
  { "url.scheme", "url", "http:// or https://", url "example.com/up", url "HTTP://example.com/up" },
  { "url.scheme", "url", "'ftp'", url "ftp://example.com/up", url "http://example.com/up" },
  { "url.scheme", "url", "http", url "http:/example.com", url "http://example.com" },
  { "url.scheme", "url", "http", url " http://example.com", url "http://example.com" },
  { "url.user", "url", "'@example.com'", url "http://me:secret@example.com/", url "http://example.com/@me" },
  { "url.host", "url", "no valid host", url "http:///path", url "http://a.com/path" },
  { "url.host", "url", "punycode", url "http://例.com/", url "http://xn--fsq.com/" },
  { "url.host", "url", "'a..com'", url "http://a..com/", url "http://a.com./" },
  { "url.host", "url", "'-a.com'", url "http://-a.com/", url "http://a-b.com/" },
  { "url.host", "url", "'a b.com'", url "http://a b.com/", url "http://a_b.com/" },
  { "url.host", "url", "'1.2.3'", url "http://1.2.3/", url "http://1.2.3.4/" },
  { "url.host", "url", "'1.2.3.256'", url "http://1.2.3.256/", url "http://1.2.3.255/" },
  { "url.host", "url", "'01.2.3.4'", url "http://01.2.3.4/", url "http://1.2.3.4/" },
  { "url.host", "url", "no valid host", url("http://" .. ("a"):rep(64) .. ".com/"),
    url("http://" .. ("a"):rep(63) .. ".com/") },
  { "url.ipv6", "url", "IPv4", url "http://[2001:db8::1]/", url "http://8.8.8.8/" },
  { "url.ipv6", "url", "IPv4", url "http://2001:db8::1/", url "http://8.8.8.8:1/" },
  { "url.port", "url", "'0'", url "http://a.com:0/", url "http://a.com:1/" },
  { "url.port", "url", "'65536'", url "http://a.com:65536/", url "http://a.com:65535/" },
  { "url.port", "url", "'test'", url "http://a.com:test/", url "http://a.com/:test" },
  { "url.port", "url", "'a.com:'", url "http://a.com:/", url "http://a.com/" },
  { "url.port", "url", "'-1'", url "http://a.com:-1/", url "http://a.com:80/" },
  { "url.fragment", "url", "'#top'", url "http://a.com/x#top", url "http://a.com/x%23top" },
  { "url.character", "url", "percent-encoded", url "http://a.com/中文?a=1", url "http://a.com/%E4%B8%AD?a=1" },
  { "url.character", "url", "'中文'", url "http://a.com/?a=中文&b=1", url "http://a.com/?a=%E4%B8%AD&b=1" },
  { "url.character", "url", "%20", url "http://a.com/a b", url "http://a.com/a%20b" },
  { "url.character", "url", "'\\x0d\\x0a'", url "http://a.com/a\r\nb", url "http://a.com/a%0D%0Ab" },
  { "url.character", "url", "\\x7f", url "http://a.com/\127", url "http://a.com/~" },
  { "url.escape", "url", "%25", url "http://a.com/100%", url "http://a.com/100%25" },
  { "url.escape", "url", "'%zz'", url "http://a.com/%zz", url "http://a.com/%aF" },
  { "host.syntax", "host", "without scheme", with { host = "http://a.com" }, with { host = "a.com" } },
  { "host.syntax", "host", "bare name", with { host = "a.com\r\nX: 1" }, with { host = "a.com:8080" } },
  { "host.syntax", "host", "bare name", with { host = "a.com/path" }, with { host = "121.101.166.30" } },
  { "host.syntax", "host", "bare name", with { host = "a.com:0" }, with { host = "a.com:1" } },
  { "body.missing", "body", "is empty", with { body = "" }, with { body = "x" } },
  { "body.utf8", "body", "base64", with { body = "a=\255" }, with { body = "a=ÿ" } },
  { "body.parentheses", "body", "'$(object)'; write ${object}, with braces",
    with { body = "bucket=${bucket}&object=$(object)" }, with { body = "price=$(5,00)&object=${object}" } },
  { "body.placeholder", "body", "closed by }", with { body = "a=${object" }, with { body = "a=$object" } },
  { "body.placeholder", "body", "no spaces", with { body = "a=${ object }" }, with { body = "a=${object}" } },
  { "body.placeholder", "body", "'${}&b=1'", with { body = "a=${}&b=1" }, with { body = "a=$&b=1" } },
  { "body.unknown", "body", "did you mean ${mimeType}?", with { body = "${mimetype}" }, with { body = "${mimeType}" } },
  { "body.unknown", "body", "did you mean ${imageInfo.height}?", with { body = "${imageInfo.heigth}" },
    with { body = "${imageInfo.height}" } },
  { "body.unknown", "body", "did you mean ${object}?", with { body = "${key}" }, with { body = "${object}" } },
  { "body.unknown", "body", "did you mean ${x:uid}?", with { body = "${uid}", vars = { uid = 1 } },
    with { body = "${x:uid}", vars = { uid = 1 } } },
  { "body.unknown", "body", "names are bucket, object, etag, size, mimeType, imageInfo.height, imageInfo.width, "
      .. "imageInfo.format, crc64, contentMd5, vpcId, clientIp, reqId, operation, and x:...",
    with { body = "${something}" }, with { body = "${operation}" } },
  { "body.unknown", "body", "'${x:}'", with { body = "${x:}" }, with { body = "${x:a}", vars = { a = 1 } } },
  { "body.variable", "body", "give it in vars", with { body = "${x:other}", vars = {} },
    with { body = "${x:other}", vars = { other = "" } } },
  { "body.variable", "body", "did you mean ${x:order_id}?", with { body = "${x:orderid}", vars = { order_id = 1 } },
    with { body = "${x:order_id}", vars = { ["x:order_id"] = 1 } } },
  { "body.variable", "body", "did you mean ${size}?", with { body = "${x:size}" }, with { body = "${size}" } },
  { "body.quoted", "body", "write ${object} alone, without quotes", json '{"a":"${object}"}', json '{"a":${object}}' },
  { "body.quoted", "body", "'${x:v}'; write ${x:v} alone", json('{"a":"b ${x:v}"}', { vars = { v = 1 } }),
    json('{"a":"b \\" ","c":${x:v}}', { vars = { v = 1 } }) },
  { "body.quoted", "body", "'${crc64}'", json '{"a":"${crc64}"}', json '{"a":${crc64}}' },
  { "body.image_size", "body", 'put it into quotes: "${imageInfo.width}"', json '{"w":${imageInfo.width}}',
    json '{"w":"${imageInfo.width}"}' },
  { "body.image_size", "body", "'${imageInfo.height}'", json '[${imageInfo.height}]',
    json '["${size}","${imageInfo.height}x${imageInfo.width}",${imageInfo.format}]' },
  { "body.json", "body", "'\"b\":1}'", json '{"a":${object} "b":1}', json '{"a":${object}, "b":1}' },
  { "body.json", "body", "'{\"a\":1'", json '{"a":1', json '{"a":1}' },
  { "body.json", "body", "backslashes", json '{\\"a\\":${size}}', json '{"\\"a\\"":${size}}' },
  { "body.json", "body", "without further backslashes", json [[{\"a\":${object}}]], json [[{"a":${object}}]] },
  { "body.json", "body", [['\"a\":${object},\"w\":${']],
    json [[{\"a\":${object},\"w\":${imageInfo.width},\"c\":\"d\"}]], json [[{"a":${object},"c":"\"d\""}]] },
  { "body.json", "body", "'\\\"d\\\"}'", json [[{"a":${object},"c":\"d\"}]], json [[{"c\\":"d"}]] },
  { "body.json", "body", "value of its own", json '{"a":${bucket}/${object}}', json '{"a":[${bucket},${object}]}' },
  { "body.json", "body", "'${object}, \"size\":1}'", json '{"a":1 ${object}, "size":1}', json '{"a":1, "size":1}' },
  { "body.json", "body", "''a':1}'", json "{'a':1}", json '{"a":-1.5e+3}' },
  { "body.json", "body", "JSON", json '{"a":01}', json '{"a":0.1}' },
  { "body.json", "body", "JSON", json '{"a":1,}', json '{"a":[],"b":{},"c":null,"d":true,"e":false}' },
  { "body.json", "body", "JSON", json '{"a":"\\x41"}', json '{"a":"\\u0041\\n"}' },
  { "body.json", "body", "JSON", json '{"a":"b\nc"}', json ' {\n "a" : "b" }\r\n' },
  { "body.json", "body", "JSON", json('[' .. ("["):rep(64) .. ("]"):rep(65)), json(("["):rep(64) .. ("]"):rep(64)) },
  { "body_type.value", "body_type", "form or json", with { body_type = "xml" }, with { body_type = "form" } },
  { "body_type.value", "body_type", "without parameters", with { body_type = "application/json; charset=utf-8" },
    with { body_type = "application/x-www-form-urlencoded" } },
  { "vars.empty", "vars", "no name", with { vars = { [""] = 1 } }, with { vars = {} } },
  { "vars.empty", "vars", "no name", with { vars = { ["x:"] = 1 } }, with { vars = {} } },
  { "vars.prefix", "vars", "'x:x:uid'", with { vars = { ["x:x:uid"] = 1 } },
    with { vars = { ["x:uid"] = 1 }, body = "${x:uid}" } },
  { "vars.case", "vars", "lower case", with { vars = { userId = 1 } },
    with { vars = { user_id2 = 1 }, body = "${x:user_id2}" } },
  { "vars.name", "vars", "'user-id'", with { vars = { ["user-id"] = 1 } },
    with { vars = { ["键值1"] = 1 }, body = "${x:键值1}" } },
  { "vars.name", "vars", "'a\\xff'", with { vars = { ["a\255"] = 1 } }, with { vars = { a = 1 }, body = "${x:a}" } },
  { "vars.twice", "vars", "'x:uid'", with { vars = { uid = 1, ["x:uid"] = 2 }, body = "${x:uid}" },
    with { vars = { uid = 1, uid2 = 2 }, body = "${x:uid}${x:uid2}" } },
  { "vars.utf8", "vars", "base64", with { vars = { a = "\255" }, body = "${x:a}" },
    with { vars = { a = "ÿ\0\r\n" }, body = "${x:a}" } },
  { "vars.size", "vars", "5 KB", with { vars = { a = long:sub(1, 3840 - 10 + 1) }, body = "${x:a}" },
    with { vars = { a = long:sub(1, 3840 - 10) }, body = "${x:a}" } },
  { "body.size", "body", "5 KB", with { url = "http://a.com/", body = long:sub(1, 3840 - 49 + 1) },
    with { url = "http://a.com/", body = long:sub(1, 3840 - 49) } },
  { "policy.alone", "policy", "remove the other fields", with { policy = "p" }, { policy = "p" } },
  { "policy.alone", "policy", "remove", { policy = "p", vars = { a = 1 } }, { policy = "p", vars = {} } },
  { "policy.name", "policy", "'a\\x0ab'", { policy = "a\nb" }, { policy = "策略" } },
  { "body.size", "body", "5 KB", { policy = long }, { policy = long:sub(1, 3000) } },
  -- the table itself
  { "callback.type", "", "table, got string", "http://a.com/", with {} },
  { "callback.field", "callbackUrl", "did you mean 'url'?", with { callbackUrl = "http://a.com/" }, with {} },
  { "callback.field", "customValue", "did you mean 'vars'?", with { customValue = {} }, with { vars = {} } },
  { "callback.field", "contentType", "did you mean 'body_type'?", with { contentType = "json" }, with {} },
  { "callback.field", "bodytype", "did you mean 'body_type'?", with { bodytype = "json" }, with {} },
  { "callback.field", "sn", "did you mean 'sni'?", with { sn = true }, with {} },
  { "callback.field", "colour", "valid: body, body_type, host, policy, retry, sni, token, url, vars",
    with { colour = 1 }, with {} },
  { "callback.field", "1", "no such field", with { "http://a.com" }, with {} },
  { "url.type", "url", "a string or a list", with { url = 5 }, url "http://a.com" },
  { "url.type", "url", "[1] is a nil", url { a = "http://a.com" }, url { "http://a.com" } },
  { "url.type", "url", "[2] is a number", url { "http://a.com", 2 }, url { "http://a.com", "http://b.com" } },
  { "host.type", "host", "a string, got number", with { host = 5 }, with { host = "5.5.5.5" } },
  { "body.type", "body", "a table or a string", with { body = true }, with { body = "true" } },
  { "body_type.type", "body_type", "a string", with { body_type = 1 }, with { body_type = "form" } },
  { "sni.type", "sni", "without quotes", with { sni = "true" }, with { sni = false } },
  { "retry.type", "retry", "true or a table with attempts, delay, max_delay, got number", with { retry = 3 },
    with { retry = true } },
  { "retry.field", "retry.attemps", "did you mean 'attempts'?", with { retry = { attemps = 2 } },
    with { retry = { attempts = 2 } } },
  { "retry.field", "retry.1", "valid: attempts, delay, max_delay", with { retry = { 3 } }, with { retry = false } },
  { "retry.value", "retry.delay", "above 0", with { retry = { delay = "1" } }, with { retry = { delay = 1 } } },
  { "retry.value", "retry.max_delay", "above 0", with { retry = { max_delay = 0 } },
    with { retry = { max_delay = 0.1 } } },
  { "retry.value", "retry.attempts", "above 0", with { retry = { attempts = 0 / 0 } }, with { retry = {} } },
  { "policy.type", "policy", "a string", { policy = 1 }, { policy = "1" } },
  { "vars.type", "vars", "a table", with { vars = "a" }, with { vars = {} } },
  { "vars.type", "vars", "names must be strings", with { vars = { "a" } }, with { vars = {} } },
  { "vars.type", "vars.a", "got table", with { vars = { a = {} }, body = "${x:a}" },
    with { vars = { a = false }, body = "${x:a}" } },
  { "vars.type", "vars.a", "a finite number", with { vars = { a = 1 / 0 }, body = "${x:a}" },
    with { vars = { a = 1e300 }, body = "${x:a}" } },
}

local warnings = {
  { "sni.https", "sni", "Error status : 502.", url "https://example.com/",
    with { url = "https://example.com/", sni = true } },
  { "sni.https", "sni", "set sni", url { "http://1.2.3.4/", "https://example.com/" },
    with { url = "https://example.com/", sni = false } },
  { "sni.https", "sni", "set sni", url { "https://1.2.3.4/", "https://example.com/" }, url "https://1.2.3.4/" },
  { "sni.http", "sni", "remove it", with { sni = true },
    with { sni = true, url = { "https://a.com", "http://a.com" } } },
  { "url.private", "url", "'127.0.0.1'", url "http://127.0.0.1:8080/", url "http://128.0.0.1:8080/" },
  { "url.private", "url", "local OSS", url "http://10.1.2.3/", url "http://11.1.2.3/" },
  { "url.private", "url", "local OSS", url "http://172.16.0.1/", url "http://172.15.0.1/" },
  { "url.private", "url", "local OSS", url "http://172.31.0.1/", url "http://172.32.0.1/" },
  { "url.private", "url", "local OSS", url "http://192.168.1.1/", url "http://192.169.1.1/" },
  { "url.private", "url", "local OSS", url "http://169.254.1.1/", url "http://169.253.1.1/" },
  { "url.private", "url", "local OSS", url "http://100.100.100.200/", url "http://100.128.0.1/" },
  { "url.private", "url", "local OSS", url "http://0.0.0.0/", url "http://1.0.0.0/" },
  { "url.private", "url", "local OSS", url "http://224.0.0.1/", url "http://223.0.0.1/" },
  { "url.private", "url", "'localhost'", url "http://localhost/", url "http://localhost.com/" },
  { "url.private", "url", "local OSS", url "http://api.LOCALHOST/", url "http://apilocalhost.com/" },
  { "url.private", "url", "local OSS", url "http://nas.local./", url "http://nas.locals/" },
  { "url.private", "url[2]", "'my'", url { "http://a.com", "http://my/" }, url { "http://a.com", "http://my.com/" } },
  { "url.placeholder", "url", "in the body only", url "http://a.com/?o=${object}", url "http://a.com/?o=object" },
  { "body.not_json", "body", "form", json "a plain sentence", json "[]" },
  { "body.form", "body", "body type json", with { body = '{"a":${object}}', body_type = "form" },
    with { body = '{"a":${object}}' } },
  { "body.encoded", "body", "leave ${...} as it reads", with { body = "a=%24%7Bobject%7D" }, with { body = "a=%24" } },
  { "vars.unused", "vars", "use it in the body as ${x:uid}", with { vars = { ["x:uid"] = 5 } },
    with { vars = { ["x:uid"] = 5 }, body = "${x:uid}" } },
  { "vars.unused", "vars", "use it in the body as ${x:uid}", with { vars = { uid = 5 } },
    with { vars = { uid = 5 }, body = "${x:uid}" } },
  { "vars.unused", "vars", "does not send it", with { vars = { uid = 5, ui = 1 }, body = "${x:uid}" },
    with { vars = { uid = 5, ui = 1 }, body = "${x:uid}${x:ui}" } },
}

describe("callback rule", function()
  local function describes(message, rule, field, text)
    field = field ~= "" and "." .. field or ""
    assert.equal("callback" .. field .. ":", message:sub(1, #field + 9), message)
    assert.truthy(message:find("[" .. rule .. "]", 1, true), message)
    assert.truthy(message:find(text, 1, true), message)
  end

  for i, case in ipairs(errors) do
    local rule, field, text, broken, whole = (table.unpack or unpack)(case) -- luacheck: ignore 143
    it(i .. " " .. rule, function()
      local prepared, err = callback.prepare(broken)
      assert.is_nil(prepared)
      describes(err, rule, field, text)
      assert.is_nil(err:find("\n"), "one mistake, one line: " .. err)
      prepared, err = callback.prepare(whole)
      assert.is_truthy(prepared, err)
    end)
  end

  for i, case in ipairs(warnings) do
    local rule, field, text, odd, whole = (table.unpack or unpack)(case) -- luacheck: ignore 143
    it(i .. " " .. rule .. " (warning)", function()
      local prepared = assert(callback.prepare(odd))
      assert.equal(1, #prepared.warnings)
      describes(prepared.warnings[1], rule, field, text)
      prepared = assert(callback.prepare(whole))
      assert.same({}, prepared.warnings)
    end)
  end

  it("names every mistake of one callback, one line each", function()
    local _, err = callback.prepare { url = "example.com", body = "${objct}&$(size)", vars = { Uid = 1 } }
    local rules = {}
    for line in err:gmatch("[^\n]+") do
      rules[#rules + 1] = line:match("%[([%w_.]+)%]$")
    end
    assert.same({ "url.scheme", "body.unknown", "body.parentheses", "vars.case" }, rules)
  end)

  it("tells errors before warnings when there are many", function()
    local vars = {}
    for i = 1, 40 do
      vars["v" .. i] = i
    end
    local _, err = callback.prepare { url = "http://a.com/", body = "x", vars = vars, host = "-" }
    assert.truthy(err:find("host.syntax", 1, true))
    vars = { BAD = 1 }
    for i = 1, 40 do
      vars["v" .. i] = i
    end
    vars["zz-z"] = 1
    _, err = callback.prepare { url = "http://a.com/", body = "x", vars = vars }
    assert.truthy(err:find("vars.case", 1, true))
    assert.truthy(err:find("'zz-z'", 1, true))
  end)

  it("never shows a password of a URL", function()
    for _, text in ipairs { "http://a.com;http://me:hunter2@b.com", "ftp://me:hunter2@a.com/",
      "http://me:hunter2@a.com/", "me:hunter2@a.com" } do
      local _, err = callback.prepare(url(text))
      assert.is_nil(err:find("hunter2", 1, true), err)
    end
  end)

  it("leaves variables of form fields open when told so", function()
    local t = with { body = "${x:uid}${x:other}", vars = { uid = 1 } }
    assert.is_nil(callback.prepare(t))
    assert.is_truthy(callback.prepare(t, { open_vars = true }))
  end)
end)
