-- What OSS answers to each callback that it refuses, and what it makes of the others.

local callback = require "oss.callback"
local core = require "oss.core"
local vectors = require "spec.support.callback_vectors"
local wire = require "oss.callback.wire"

local whole = '{"callbackUrl":"http://a.com/up","callbackBody":"a=${object}"}'

local function of(json, vars)
  return { header = core.base64(json), header_var = vars and core.base64(vars) }
end

describe("callback wire", function()
  it("reads what ali-oss sends", function()
    local config = assert(wire.parse { header = vectors[1].callback, header_var = vectors[1].callback_var })
    assert.same({
      urls = { { scheme = "https", host = "cb.example.com", port = 443, private = false,
        target = "/oss?from=sdk&lang=%E4%B8%AD%E6%96%87", text = vectors[1].urls[1] } },
      host = "cb.example.com", body = vectors[1].body, body_type = "json", content_type = "application/json",
      sni = true, vars = { ["x:uid"] = "~~~???>>>", ["x:order_id"] = "42" },
    }, config)
    config = assert(wire.parse { query = vectors[2].callback, query_var = vectors[2].callback_var })
    assert.same({ ["x:var1"] = "value1", ["x:var2"] = "值 2?>~" }, config.vars)
    assert.equal("form", config.body_type)
    assert.equal("application/x-www-form-urlencoded", config.content_type)
    assert.is_false(config.sni)
    assert.is_nil(config.host)
  end)

  it("reads what this library sends", function()
    local prepared = assert(callback.prepare { url = { "http://a.com/1", "http://b.com/2" }, body = { a = "${x:b}" },
      vars = { b = 'c"d' } })
    local config = assert(wire.parse { header = prepared.callback, header_var = prepared.callback_var })
    assert.equal("http://b.com/2", config.urls[2].text)
    assert.equal('{"a":"c\\"d"}', core.callback_expand(config.body, config.body_type, config.vars))
  end)

  it("knows when there is none", function()
    local config, err = wire.parse { header_var = "x" }
    assert.is_nil(config)
    assert.is_nil(err)
  end)

  it("takes the fields of a form", function()
    local config = assert(wire.parse { form = core.base64(whole), form_vars = { ["x:Any"] = "1" } })
    assert.same({ ["x:Any"] = "1" }, config.vars)
  end)

  local accepted = {
    { "URLs without a scheme", '{"callbackUrl":"121.101.166.30/test.php;www.abc.com:80","callbackBody":"a"}', nil,
      function(c)
        assert.equal("http 121.101.166.30 /test.php",
          c.urls[1].scheme .. " " .. c.urls[1].host .. " " .. c.urls[1].target)
        assert.equal("www.abc.com", c.urls[2].host)
      end },
    { "a semicolon behind the last", '{"callbackUrl":"http://a.com;","callbackBody":"a"}', nil,
      function(c) assert.equal(1, #c.urls) end },
    { "private addresses", '{"callbackUrl":"http://127.0.0.1:8080/","callbackBody":"a"}', nil,
      function(c) assert.is_true(c.urls[1].private) end },
    { "unknown keys", '{"callbackUrl":"http://a.com","callbackBody":"a","calbackBodyType":"x"}', nil,
      function(c) assert.equal("form", c.body_type) end },
    { "a host without a dot behind a scheme or in front of a port",
      '{"callbackUrl":"http://service/up;service:8080","callbackBody":"a"}', nil,
      function(c) assert.equal("service service", c.urls[1].host .. " " .. c.urls[2].host) end },
    { "a stage, an action and the versions that there are", '{"callbackUrl":"http://a.com","callbackBody":"a",'
      .. '"callbackStage":"s","callbackFailureAction":"f","callbackSignatureVersion":"2.0"}', nil,
      function(c) assert.equal("a", c.body) end },
    { "a sentence as JSON", '{"callbackUrl":"http://a.com","callbackBody":"春水","callbackBodyType":"application/json"}',
      nil, function(c) assert.equal("春水", c.body) end },
    { "an empty host", '{"callbackUrl":"http://a.com","callbackBody":"a","callbackHost":""}', nil,
      function(c) assert.is_nil(c.host) end },
    { "numbers and booleans as variables", whole, '{"x:a":42,"x:b":true,"x:c":0.5,"x:键":""}',
      function(c) assert.same({ ["x:a"] = "42", ["x:b"] = "true", ["x:c"] = "0.5", ["x:键"] = "" }, c.vars) end },
    { "a variable that nobody gave", '{"callbackUrl":"http://a.com","callbackBody":"a=${x:a}"}', nil,
      function(c) assert.equal("a=", core.callback_expand(c.body, c.body_type, c.vars)) end },
    { "a policy", '{"callbackPolicy":"p"}', nil, function(c) assert.equal("p", c.policy) end },
    { "additional headers", '{"callbackUrl":"http://a.com","callbackBody":"a","additionalHeaders":{"key1":"v"}}', nil,
      function(c) assert.same({ key1 = "v" }, c.additional_headers) end },
  }
  for _, case in ipairs(accepted) do
    it("accepts " .. case[1], function()
      case[4](assert(wire.parse(of(case[2], case[3]))))
    end)
  end

  local both = of(whole)
  both.query = both.header
  local both_vars = of(whole, "{}")
  both_vars.query_var = both_vars.header_var
  local private = of '{"callbackUrl":"192.168.0.1","callbackBody":"a"}'
  private.public_only = true

  local function config(members)
    return of('{"callbackUrl":"http://a.com","callbackBody":"a",' .. members .. "}")
  end
  local function urls(text)
    return of('{"callbackUrl":' .. text .. ',"callbackBody":"a"}')
  end
  local function body(text)
    return of('{"callbackUrl":"http://a.com","callbackBody":' .. text .. "}")
  end
  local function vars(text)
    return of(whole, text)
  end

  -- The messages and ECs are spelled out here, as OSS documents them.
  local refused = {
    { of(whole .. (" "):rep(3840)), "0007-00000001", "The length of callback exceed max value." },
    { { header = "x123-*&" }, "0007-00000002", "The callback configuration is not base64 encoded." },
    { of "not json", "0007-00000003", "The callback configuration is not json format." },
    { of '{"callbackBody":"{"a":1}"}', "0007-00000003", "The callback configuration is not json format." },
    { of '"text"', "0007-00000003", "The callback configuration is not json format." },
    { of "[1]", "0007-00000003", "The callback configuration is not json format." },
    { of " []", "0007-00000003", "The callback configuration is not json format." },
    { of " {}", "0007-00000004", "The callback url configuration is invalid." },
    { of '{"callbackBody":"a"}', "0007-00000004", "The callback url configuration is invalid." },
    { urls '""', "0007-00000004", "The callback url configuration is invalid." },
    { urls "5", "0007-00000004", "The callback url configuration is invalid." },
    { urls '"my"', "0007-00000004", "The callback url configuration is invalid." },
    { urls '"http://a.com;my"', "0007-00000004", "The callback url configuration is invalid." },
    { urls '"my/path"', "0007-00000004", "The callback url configuration is invalid." },
    { urls '"www.callback-example.com:test"', "0007-00000004", "The callback url configuration is invalid." },
    { urls '"http://a.com;;http://b.com"', "0007-00000004", "The callback url configuration is invalid." },
    { urls '"http://[::1]/"', "0007-00000004", "The callback url configuration is invalid." },
    { urls '"my1.com;my2.com;my3.com;my4.com;my5.com;my6.com;"', "0007-00000005",
      "The number of callback url exceed max value." },
    { private, "0007-00000008", "Private address is forbidden to callback." },
    { config '"callbackHost":5', "0007-00000009", "The callback host configuration is invalid." },
    { body "5", "0007-00000010", "The callback body is invalid." },
    { body '"object=$(object)"', "0007-00000010", "The callback body is invalid." },
    { body '"object=${objct}"', "0007-00000010", "The callback body is invalid." },
    { body '"object=${object"', "0007-00000010", "The callback body is invalid." },
    { body '""', "0007-00000011", "The callback body is empty." },
    { of '{"callbackUrl":"http://a.com"}', "0007-00000011", "The callback body is empty." },
    { config '"callbackBodyType":5', "0007-00000012", "The callback body type configuration is invalid." },
    { config '"callbackBodyType":"text/plain"', "0007-00000013", "The body type of callback is not supported." },
    { config '"callbackSNI":"true"', "0007-00000014", "The callback sni is invalid." },
    { config '"callbackSNI":1', "0007-00000014", "The callback sni is invalid." },
    { config '"callbackStage":5', "0007-00000015" },
    { config '"callbackStage":null', "0007-00000015" },
    { config '"callbackStage":""', "0007-00000016" },
    { config '"callbackFailureAction":true', "0007-00000017" },
    { config '"callbackFailureAction":["a"]', "0007-00000017" },
    { config '"callbackSignatureVersion":"3.0"', nil, "The callback signature version is invalid." },
    { config '"callbackSignatureVersion":1', nil, "The callback signature version is invalid." },
    { config '"additionalHeaders":{"X-OSS-a":"b"}', "0007-00000026" },
    { config '"additionalHeaders":{"a":5}', "0007-00000026" },
    { config '"additionalHeaders":"a"', "0007-00000026" },
    { both, "0007-00000027", "Either the callback query string parameter or the x-oss-callback header should be "
      .. "specified, not both." },
    { both_vars, nil, "Either the callback-var query string parameter or the x-oss-callback-var header should be "
      .. "specified, not both.", "callback-var" },
    { vars('{"x:a":"' .. ("b"):rep(3840) .. '"}'), "0007-00000101", "The length of callback var exceed max value.",
      "callback-var" },
    { { header = core.base64(whole), header_var = "%" }, nil, "The callback var is not expecten json.",
      "callback-var" },
    { vars '[]', nil, "The callback var is not expecten json.", "callback-var" },
    { vars '["x:a"]', nil, "The callback var is not expecten json.", "callback-var" },
    { vars '{"a":"b"}', nil, "The callback var is not expecten json.", "callback-var" },
    { vars '{"x:":"b"}', nil, "The callback var is not expecten json.", "callback-var" },
    { vars '{"x:A":"b"}', nil, "The callback var is not expecten json.", "callback-var" },
    { vars '{"x:a":{}}', nil, "The callback var is not expecten json.", "callback-var" },
    { vars '{"x:a":null}', nil, "The callback var is not expecten json.", "callback-var" },
  }
  for i, case in ipairs(refused) do
    it(("refuses %d %s"):format(i, case[3] or case[2]), function()
      local parsed, err = wire.parse(case[1])
      assert.is_nil(parsed)
      assert.equal("InvalidArgument", err.code)
      assert.equal(400, err.status)
      assert.equal(case[2], err.ec)
      assert.is_string(err.message)
      if case[3] then
        assert.equal(case[3], err.message)
      end
      local argument = case[2] == "0007-00000008" and "callbackUrl" or case[4] or "callback"
      assert.equal(argument, err.argument_name)
      assert.is_string(err.argument_value)
    end)
  end

  it("shows the decoded text as the argument's value", function()
    local _, err = wire.parse(urls "5")
    assert.equal('{"callbackUrl":5,"callbackBody":"a"}', err.argument_value)
  end)
end)
