local cjson = require "cjson"
local clients = require "oss.client"
local core = require "oss.core"
local fake = require "spec.support.fake_transport"
local receiver_tokens = require "oss.receiver.token"

local now = 1764734706 -- 2025-12-03T04:05:06Z

local function new(options)
  local t = { region = "cn-hangzhou", access_key_id = "ak", access_key_secret = "sk",
    clock = function() return now end }
  for name, value in pairs(options or {}) do
    t[name] = value ~= "none" and value or nil
  end
  return assert(clients.new(t, function() return fake.new {} end))
end

local function merge(t, more)
  local new_table = {}
  for _, one in ipairs { t, more or {} } do
    for name, value in pairs(one) do
      new_table[name] = value
    end
  end
  return new_table
end

local function read_vectors(file_name)
  local file = assert(io.open("spec/vectors/" .. file_name .. ".json", "rb"))
  local list = cjson.decode(file:read("*a"))
  file:close()
  return list
end

-- A URL as what comes before its query, and the parameters by name.
local function split(url)
  local front, query = url:match("^([^?]*)%??(.*)$")
  local values = {}
  for pair in query:gmatch("[^&]+") do
    local name, value = pair:match("^([^=]*)=?(.*)$")
    assert.is_nil(values[core.unpercent(name)])
    values[core.unpercent(name)] = core.unpercent(value)
  end
  return front, values
end

local function raises(text, call)
  local ok, message = pcall(call)
  assert.is_false(ok)
  assert.truthy(message:find("permits_spec.lua:%d+: "), message)
  assert.truthy(message:find(text, 1, true), message)
end

local callback = { url = "http://callback.example.com:23450/oss",
  body = "bucket=${bucket}&object=${object}&etag=${etag}&size=${size}&mimeType=${mimeType}&my_var=${x:var1}",
  vars = { var1 = "value1", var2 = "值 2?>~" } }
local secret = "a secret of the service"

describe("presign", function()
  local signers_own = { ["x-oss-credential"] = true, ["x-oss-date"] = true, ["x-oss-expires"] = true,
    ["x-oss-signature-version"] = true, ["x-oss-signature"] = true, ["x-oss-additional-headers"] = true,
    ["x-oss-security-token"] = true, OSSAccessKeyId = true, Expires = true, Signature = true,
    ["security-token"] = true }

  for _, vector in ipairs(read_vectors "ali-oss") do
    if vector.kind == "url" then
      it("signs as ali-oss does: " .. vector.name, function()
        local wanted_front, wanted = split(vector.url)
        local client = new { endpoint = "http://oss-cn-hangzhou.aliyuncs.com", signature = vector.version,
          access_key_id = vector.id, access_key_secret = vector.secret, security_token = vector.token,
          additional_headers = vector.additional_headers }
        local t = { bucket = vector.bucket, key = vector.key, method = vector.method, expires = vector.expires,
          headers = {}, query = {} }
        for name, value in pairs(wanted) do
          if name == "partNumber" then
            t.part_number = tonumber(value)
          elseif name == "uploadId" then
            t.upload_id = value
          elseif not signers_own[name] then
            t.query[name] = value
          end
        end
        for i = 1, #vector.headers, 2 do
          t.headers[vector.headers[i]] = vector.headers[i + 1]
        end
        if vector.name:find("callback%-form$") then
          t.callback, t.query = callback, nil
        end
        local permit = assert(client:presign(t))
        local front, values = split(permit.url)
        assert.same(wanted, values)
        assert.equal(core.unpercent(wanted_front), core.unpercent(front)) -- ali-oss leaves !'()* as they are
        assert.equal(vector.method, permit.method)
        assert.same(t.headers, permit.headers)
        assert.equal(now + vector.expires, permit.expires_at)
      end)
    end
  end

  it("puts the callback into headers when that is wanted", function()
    local permit = assert(new():presign { bucket = "examplebucket", key = "k", callback = callback,
      callback_as = "headers", content_type = "image/png", meta = { a = 1 } })
    local _, values = split(permit.url)
    assert.is_nil(values.callback)
    assert.equal("PUT", permit.method)
    assert.equal("900", values["x-oss-expires"])
    assert.equal("image/png", permit.headers["Content-Type"])
    assert.equal("1", permit.headers["x-oss-meta-a"])
    assert.truthy(core.unbase64(permit.headers["x-oss-callback"]):find("callback.example.com:23450", 1, true))
    assert.truthy(core.unbase64(permit.headers["x-oss-callback-var"]):find("value1", 1, true))
  end)

  it("counts from `now`, or from the clock as the server corrected it", function()
    local client = new()
    client.skew = 100
    local _, values = split(assert(client:presign { bucket = "examplebucket", key = "k" }).url)
    assert.equal("20251203T040646Z", values["x-oss-date"])
    local permit = assert(client:presign { bucket = "examplebucket", key = "k", now = 1702743657, expires = 60 })
    _, values = split(permit.url)
    assert.equal("20231216T162057Z", values["x-oss-date"])
    assert.equal(1702743717, permit.expires_at)
  end)

  it("lets a token live as long as the URL and its upload", function()
    local permit = assert(new():presign { bucket = "examplebucket", key = "k", expires = 600,
      callback = { url = "http://example.com/cb", body = {}, token = { secret = secret, ttl = 60 } } })
    local _, values = split(permit.url)
    local token = cjson.decode(core.unbase64(values["callback-var"]))["x:token"]
    assert.equal(receiver_tokens.make(secret, now + 660, "examplebucket", "k"), token)
  end)

  it("signs with V1 for longer than a week, with V4 not", function()
    local week = 604800
    assert(new():presign { bucket = "examplebucket", key = "k", expires = week })
    raises("option 'expires' must be at most 604800 (7 days) with V4 signatures, got 604801", function()
      return (new():presign { bucket = "examplebucket", key = "k", expires = week + 1 })
    end)
    local permit = assert(new { signature = "v1" }:presign { bucket = "examplebucket", key = "k", expires = 2 * week })
    assert.equal(now + 2 * week, permit.expires_at)
  end)

  local place = { bucket = "examplebucket", key = "k" }
  for _, case in ipairs {
    { {}, "presign: option 'bucket' is missing", { bucket = "none" } },
    { {}, "presign: option 'key' is missing", { key = "none" } },
    { { expire = 5 }, "presign: unknown option 'expire'; did you mean 'expires'?" },
    { { expires = 0 }, "option 'expires' must be a whole number above 0, got 0" },
    { { method = "PATCH" }, "option 'method' must be one of PUT, POST, GET, HEAD, DELETE, got 'PATCH'" },
    { { callback_as = "query" }, "option 'callback_as' needs option 'callback'" },
    { { callback = { url = "x" } }, "presign: callback.url" },
    { { callback = callback, method = "GET" }, "option 'callback' belongs to a PUT" },
    { { callback = callback, method = "POST" }, "option 'callback' belongs to a PUT" },
    { { callback = callback, upload_id = "U", part_number = 1 }, "option 'callback' belongs to a PUT" },
    { { callback = callback, query = { callback = "x" } }, "a query parameter 'callback' exclude each other" },
    { { callback = callback, callback_as = "headers", headers = { ["X-OSS-Callback"] = "x" } },
      "option 'callback' excludes a callback in 'headers' or 'query'" },
    { { callback = callback, headers = { ["X-OSS-Callback"] = "x" } },
      "option 'callback' excludes a callback in 'headers' or 'query'" },
    { { callback = merge(callback, { retry = true }) }, "callback.retry is for uploads of this client" },
    { { part_number = 1 }, "option 'part_number' needs option 'upload_id'" },
    { { part_number = 1, upload_id = "U", method = "POST" }, "option 'part_number' needs method PUT" },
    { { part_number = 10001, upload_id = "U" }, "option 'part_number' must be 1 to 10000, got 10001" },
    { { upload_id = "U" }, "option 'upload_id' with method PUT needs option 'part_number'" },
    { { headers = { ["a b"] = "c" } }, "presign: " },
    { { headers = { a = "b\r\nc: d" } }, "presign: " },
  } do
    it("raises for " .. case[2], function()
      local t = merge(merge(place, case[1]))
      for name in pairs(case[3] or {}) do
        t[name] = nil
      end
      local client = new()
      raises(case[2], function() return (client:presign(t)) end)
    end)
  end

  it("needs credentials and an open client", function()
    raises("presign: the client is anonymous", function()
      return (new { anonymous = true, access_key_id = "none", access_key_secret = "none" }:presign(place))
    end)
    local client = new()
    client:close()
    raises("client: it is closed", function() return (client:presign(place)) end)
  end)

  it("returns an error when the credentials cannot be had", function()
    for _, provider in ipairs { function() return nil, "not now" end, function() error("not now") end,
      function() return {} end } do
      local permit, err = new { access_key_id = "none", access_key_secret = "none", credentials = provider }
        :presign(place)
      assert.is_nil(permit)
      assert.equal("local", err.kind)
      assert.equal("CredentialsFailed", err.code)
    end
  end)
end)

-- The conditions of a policy in one form, sorted.
local function conditions_of(policy)
  local list = {}
  for _, condition in ipairs(policy.conditions) do
    if condition[1] then
      list[#list + 1] = cjson.encode(condition)
    else
      for name, value in pairs(condition) do
        list[#list + 1] = cjson.encode { "eq", "$" .. name, value }
      end
    end
  end
  table.sort(list)
  return list
end

local function policy_of(form)
  return cjson.decode(core.unbase64(form.values.policy))
end

describe("form", function()
  for _, vector in ipairs(read_vectors "ali-oss") do
    if vector.kind == "post" and vector.version == "v4" then
      it("has the policy and the fields of ali-oss's: " .. vector.name, function()
        local client = new { endpoint = "http://oss-cn-hangzhou.aliyuncs.com", access_key_id = vector.id,
          access_key_secret = vector.secret, security_token = vector.token }
        local form = assert(client:form { bucket = "examplebucket", key_prefix = "user/eric/", expires = 3600,
          content_length_range = { 1, 10 }, success_action_status = 201,
          conditions = { { "in", "$content-type", { "image/jpg", "image/png" } } } })
        local wanted = cjson.decode(core.unbase64(vector.form.policy))
        assert.equal(wanted.expiration, policy_of(form).expiration)
        assert.same(conditions_of(wanted), conditions_of(policy_of(form)))
        assert.equal(vector.form["x-oss-credential"], form.values["x-oss-credential"])
        assert.equal(vector.form["x-oss-date"], form.values["x-oss-date"])
        local signer = core.signer { version = "v4", id = vector.id, secret = vector.secret, region = "cn-hangzhou" }
        assert.equal(vector.expected.signature, signer:policy(vector.form.policy, now))
        assert.equal(signer:policy(form.values.policy, now), form.values["x-oss-signature"])
        assert.equal("http://examplebucket.oss-cn-hangzhou.aliyuncs.com/", form.url)
        assert.equal("POST", form.method)
        assert.equal(now + 3600, form.expires_at)
        assert.equal(vector.token, form.values["x-oss-security-token"])
      end)
    end
  end

  it("pins every field but the policy and its signature", function()
    for _, version in ipairs { "v4", "v1" } do
      local form = assert(new { signature = version, security_token = "token" }:form { bucket = "examplebucket",
        key = "a \"b\"/中.txt", acl = "private", content_type = "text/plain", meta = { author = "Li" },
        cache_control = "no-cache", fields = { ["x-oss-meta-b"] = 5 }, callback = callback })
      local unpinned = { policy = true, ["x-oss-signature"] = true, Signature = true, OSSAccessKeyId = true }
      local pinned = {}
      for _, condition in ipairs(policy_of(form).conditions) do
        for name, value in pairs(condition) do
          pinned[name] = value
        end
      end
      assert.equal("examplebucket", pinned.bucket)
      local names = {}
      for _, field in ipairs(form.fields) do
        names[field.name] = true
        assert.equal(field.value, form.values[field.name])
        if not unpinned[field.name] then
          assert.equal(field.value, pinned[field.name], field.name)
        end
      end
      for _, name in ipairs { "key", "x-oss-object-acl", "x-oss-content-type", "x-oss-meta-author", "Cache-Control",
        "x-oss-meta-b", "callback", "x:var1", "x:var2", "success_action_status", "x-oss-security-token", "policy" } do
        assert.is_true(names[name], name)
      end
      assert.equal("200", form.values.success_action_status)
    end
  end)

  it("signs the policy", function()
    local form = assert(new { signature = "v1" }:form { bucket = "examplebucket", key = "k" })
    assert.equal(core.base64(core.hmac_sha1("sk", form.values.policy)), form.values.Signature)
    assert.equal("ak", form.values.OSSAccessKeyId)
    assert.is_nil(form.values["x-oss-date"])
  end)

  it("lets the sender choose the end of the key, and binds the token to its beginning", function()
    local form = assert(new():form { bucket = "examplebucket", key_prefix = "photos/", expires = 60,
      callback = { url = "http://example.com/cb", body = {}, token = { secret = secret } } })
    assert.equal("photos/${filename}", form.values.key)
    assert.equal(receiver_tokens.make(secret, now + 60 + 3600, "examplebucket", nil, "photos/"),
      form.values["x:token"])
    local found = false
    for _, condition in ipairs(policy_of(form).conditions) do
      found = found or condition[1] == "starts-with" and condition[2] == "$key" and condition[3] == "photos/"
    end
    assert.is_true(found)
    assert.equal("${filename}", assert(new():form { bucket = "examplebucket", key_prefix = "" }).values.key)
  end)

  it("writes a dollar sign so that OSS takes it for a character", function()
    local form = assert(new():form { bucket = "examplebucket", key = "a$b" })
    local text = core.unbase64(form.values.policy)
    assert.truthy(text:find([[{"key":"a\u0024b"}]], 1, true), text)
    assert.equal("a$b", policy_of(form).conditions[2].key)
  end)

  it("knows the three styles of address", function()
    local function url(options)
      return assert(new(options):form { bucket = "examplebucket", key = "k" }).url
    end
    assert.equal("https://examplebucket.oss-cn-hangzhou.aliyuncs.com/", url {})
    assert.equal("http://127.0.0.1:9000/examplebucket/", url { endpoint = "http://127.0.0.1:9000" })
    assert.equal("https://cdn.example.com/", url { endpoint = "cdn.example.com", cname = true })
  end)

  it("takes variables of the sender that a condition names", function()
    local with = { url = "http://example.com/cb", body = "note=${x:note}&uid=${x:uid}", vars = { uid = 5 } }
    local form = assert(new():form { bucket = "examplebucket", key = "k", callback = with,
      conditions = { { "starts-with", "$x:note", "" } } })
    assert.is_nil(form.values["x:note"])
    assert.equal("5", form.values["x:uid"])
    raises("the variable ${x:note} is used but not given; give it in vars, or let the sender", function()
      return (new():form { bucket = "examplebucket", key = "k", callback = with })
    end)
  end)

  for _, case in ipairs {
    { {}, "form: one of the options 'key' and 'key_prefix' is needed" },
    { { key = "a", key_prefix = "b" }, "form: one of the options 'key' and 'key_prefix' is needed" },
    { { key = "a/${filename}" }, "with '${filename}' in it write key_prefix = 'a/'" },
    { { key_prefix = "/a" }, "option 'key_prefix' must not begin with '/'" },
    { { key = "a", expires = 604801 }, "option 'expires' must be at most 604800" },
    { { key = "a", tags = { a = 1 } }, "form: option 'tags' belongs to client:put{}" },
    { { key = "a", content_length_range = { 5, 1 } }, "option 'content_length_range' must be { min, max }" },
    { { key = "a", content_length_range = { 1 } }, "option 'content_length_range' must be { min, max }" },
    { { key = "a", content_length_range = { -1, 1 } }, "option 'content_length_range' must be { min, max }" },
    { { key = "a", content_length_range = { 0, 6e9 } }, "option 'content_length_range' must be { min, max }" },
    { { key = "a", content_type = {} }, "option 'content_type' must be a string or a list of strings" },
    { { key = "a", content_type = { 5 } }, "option 'content_type' must be a string or a list of strings" },
    { { key = "a", success_action_status = 203 }, "must be one of 200, 201, 204, got '203'" },
    { { key = "a", success_action_status = 201, callback = callback },
      "option 'success_action_status' must be 200 with a callback" },
    { { key = "a", callback = callback, fields = { success_action_redirect = "http://example.com" } },
      "a redirect and a callback exclude each other" },
    { { key = "a", fields = { Key = "b" } }, "option 'fields': 'Key' is made by another option" },
    { { key = "a", fields = { ["x:a"] = "b" } }, "option 'fields': 'x:a' is made by another option" },
    { { key = "a", acl = "private", fields = { ["x-oss-object-acl"] = "b" } }, "is made by another option" },
    { { key = "a", fields = { a = {} } }, "option 'fields': the value of 'a' must be a string" },
    { { key = "a", fields = { a = "\255" } }, "the form field 'a' must be UTF-8" },
    { { key = "a", conditions = { "eq" } }, "option 'conditions': [1] must be like" },
    { { key = "a", conditions = { {} } }, "option 'conditions': [1] must be like" },
    { { key = "a", conditions = { { a = 5 } } }, "option 'conditions': [1] must be like" },
    { { key = "a", conditions = { { a = "b" }, { "like", "$a", "b" } } }, "option 'conditions': [2] must be like" },
    { { key = "a", conditions = { { "eq", "$a", {} } } }, "option 'conditions': [1] must be like" },
    { { key = "a", conditions = { { "in", "$a", "b" } } }, "option 'conditions': [1] must be like" },
    { { key = "a", conditions = { { "eq", "$a" } } }, "option 'conditions': [1] must be like" },
    { { key = "a", conditions = { a = "b" } }, "option 'conditions' must be a list" },
    { { key = "a", callback = merge(callback, { retry = true }) }, "callback.retry is for uploads" },
    { { key = "a", callback = { url = "http://example.com/cb" } }, "form: callback.body" },
    { { key_prefix = "", callback = { url = "http://example.com/cb", body = {}, token = { secret = secret } } },
      "option 'key_prefix' must not be empty with callback.token" },
  } do
    it("raises for " .. case[2] .. " " .. (next(case[1].conditions or {}) and "..." or ""), function()
      local client = new()
      raises(case[2], function() return (client:form(merge({ bucket = "examplebucket" }, case[1]))) end)
    end)
  end

  it("raises without a bucket, and for a wrong one", function()
    local client = new()
    raises("form: option 'bucket' is missing", function() return (client:form { key = "a" }) end)
    raises("form: option 'bucket' must be 3 to 63", function() return (client:form { bucket = "B", key = "a" }) end)
  end)
end)

describe("uploads with a token", function()
  local with = { url = "http://example.com/cb", body = { size = "${size}" }, token = { secret = secret, ttl = 60 } }

  local function token_of(request)
    local var = request.head:match("\r\nx%-oss%-callback%-var: ([^\r\n]*)") or request.body:match("callback%-var_(.*)$")
    return cjson.decode(core.unbase64(var))["x:token"]
  end

  local function client_of(script)
    local transport = fake.new(script)
    local client = assert(clients.new({ region = "cn-hangzhou", access_key_id = "ak", access_key_secret = "sk",
      clock = function() return now + transport.clock - 1000 end }, function() return transport end))
    return client, transport
  end

  local function ok(more)
    return merge({ headers = { etag = '"E"' } }, more)
  end

  it("make it for the object and the time", function()
    local client, transport = client_of { ok(), ok() }
    assert(client:put { bucket = "examplebucket", key = "k", body = "x", callback = with })
    assert(client:retry_callback { bucket = "examplebucket", key = "k", callback = with })
    local wanted = receiver_tokens.make(secret, now + 60, "examplebucket", "k")
    assert.equal(wanted, token_of(transport.requests[1]))
    assert.equal(wanted, token_of(transport.requests[2]))
  end)

  it("make it anew when a long upload is completed", function()
    local client, transport = client_of {
      ok { body = "<InitiateMultipartUploadResult><UploadId>U</UploadId></InitiateMultipartUploadResult>" },
      function(_, self)
        self.clock = self.clock + 5000
        return ok()
      end,
      ok { body = "{}" } }
    assert(client:upload { bucket = "examplebucket", key = "k", body = ("x"):rep(10), threshold = 1, callback = with })
    assert.is_nil(transport.requests[1].head:find("callback", 1, true))
    assert.is_nil(transport.requests[2].head:find("callback", 1, true))
    assert.equal(receiver_tokens.make(secret, now + 5060, "examplebucket", "k"), token_of(transport.requests[3]))
    assert.equal(2, select(2, transport.requests[3].head:gsub("x%-oss%-callback", "")))
  end)

  it("raise when no object is named", function()
    local client = client_of {}
    raises("callback.token: it is made for one object, and none is known here", function()
      return (client:request { method = "POST", callback = with })
    end)
  end)
end)
