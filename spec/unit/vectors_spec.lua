-- Signatures that others computed, stage by stage, from the request as it was on the wire.

local cjson = require "cjson"
local core = require "oss.core"

local function load_vectors(name)
  local file = assert(io.open("spec/vectors/" .. name .. ".json", "rb"))
  local text = file:read("*a")
  file:close()
  return cjson.decode(text)
end

-- What a signer adds, in the head and in the query.
local own_headers = {
  v4 = { authorization = true, ["x-oss-date"] = true, ["x-oss-content-sha256"] = true,
    ["x-oss-security-token"] = true },
  v1 = { authorization = true, date = true, ["x-oss-security-token"] = true },
}
local own_parameters = {
  v4 = { ["x-oss-signature-version"] = true, ["x-oss-credential"] = true, ["x-oss-date"] = true,
    ["x-oss-expires"] = true, ["x-oss-additional-headers"] = true, ["x-oss-security-token"] = true,
    ["x-oss-signature"] = true },
  v1 = { OSSAccessKeyId = true, Expires = true, Signature = true, ["security-token"] = true },
}

local function split_url(url)
  local scheme, host, path, query = url:match("^(https?)://([^/]+)(/[^?]*)%??(.*)$")
  assert.is_string(scheme, url)
  local parameters = {}
  for name, value in query:gmatch("([^&=]+)=?([^&]*)") do
    parameters[#parameters + 1] = assert(core.unpercent(name))
    parameters[#parameters + 1] = assert(core.unpercent(value))
  end
  return { scheme = scheme, host = host, path = assert(core.unpercent(path)), query = parameters }
end

local function without(list, own, fold)
  local kept = {}
  for i = 1, #list, 2 do
    local name = fold and list[i]:lower() or list[i]
    if not own[name] then
      kept[#kept + 1] = list[i]
      kept[#kept + 1] = list[i + 1]
    end
  end
  return kept
end

-- "name: value" lines of a flat list, in an order of their own.
local function sorted_lines(list, fold)
  local lines = {}
  for i = 1, #list, 2 do
    lines[#lines + 1] = (fold and list[i]:lower() or list[i]) .. ": " .. list[i + 1]
  end
  table.sort(lines)
  return table.concat(lines, "\n")
end

local function head_lines(head)
  local list = {}
  for name, value in head:gmatch("([^:]+): ([^\r]*)\r\n") do
    list[#list + 1] = name
    list[#list + 1] = value
  end
  return list
end

local function signer_of(v)
  return assert(core.signer {
    version = v.version, id = v.id, secret = v.secret, token = v.token, region = v.region,
    product = v.product, additional_headers = v.additional_headers,
  })
end

local function request_of(v)
  local wire = split_url(v.url)
  return {
    method = v.method, scheme = wire.scheme, host = wire.host, bucket = v.bucket, key = v.key,
    path_style = v.path_style,
    query = v.kind == "url" and without(wire.query, own_parameters[v.version]) or wire.query,
    headers = without(v.headers, own_headers[v.version], true),
  }
end

local function check_stages(v, stages)
  local want = v.expected
  if want.canonical_request then
    assert.equal(want.canonical_request, stages.canonical_request)
  end
  if want.canonical_request_sha256 then
    assert.equal(want.canonical_request_sha256, core.hex(core.sha256(stages.canonical_request)))
  end
  if want.string_to_sign then
    assert.equal(want.string_to_sign, stages.string_to_sign)
  end
  assert.equal(want.signature, stages.signature)
  if want.authorization then
    assert.equal(want.authorization, stages.authorization)
  end
  if want.signing_key then
    local key = want.signing_key:gsub("%x%x", function(digits)
      return string.char(tonumber(digits, 16))
    end)
    assert.equal(want.signature_of_key, core.hex(core.hmac_sha256(key, stages.string_to_sign)))
  end
end

local function check_url(v, url)
  local have, sent = split_url(url), split_url(v.url)
  assert.equal(sent.scheme, have.scheme)
  assert.equal(sent.host, have.host)
  if not v.target_differs then
    assert.equal(sent.path, have.path)
  end
  assert.equal(sorted_lines(sent.query), sorted_lines(have.query))
end

local function check_head(v, head)
  assert.equal(sorted_lines(v.headers, true), sorted_lines(head_lines(head), true))
end

local checks = {}

function checks.header(v)
  local signer, request = signer_of(v), request_of(v)
  check_stages(v, assert(signer:stages(request, v.now)))
  local url, head = assert(signer:sign(request, v.now))
  check_url(v, url)
  if v.name ~= "v4-documentation" then -- the page has no Authorization that its secret would give
    check_head(v, head)
  end
end

function checks.url(v)
  local signer, request = signer_of(v), request_of(v)
  check_stages(v, assert(signer:stages(request, v.now, v.expires)))
  local url, head = assert(signer:presign(request, v.now, v.expires))
  check_url(v, url)
  check_head(v, head)
end

function checks.post(v)
  local signer = signer_of(v)
  assert.equal(v.expected.signature, assert(signer:policy(v.form.policy, v.now)))
  if v.version == "v4" then
    assert.equal(v.form["x-oss-credential"], assert(signer:credential(v.now)))
    assert.equal(v.form["x-oss-date"], core.date_iso(v.now))
    assert.equal(v.form["x-oss-signature"], v.expected.signature)
  else
    assert.equal(v.form.Signature, v.expected.signature)
  end
end

for _, source in ipairs { "ali-oss", "debian-go", "protocol" } do
  describe("signatures of " .. source, function()
    local seen = {}
    for _, v in ipairs(load_vectors(source)) do
      seen[v.kind] = true
      it(v.name .. (v.call and ": " .. v.call or ""), function()
        checks[v.kind](v)
      end)
    end
    assert(seen.header)
  end)
end

describe("one signer for many requests", function()
  it("gives the same as a fresh one", function()
    local signers, count = {}, 0
    for _, v in ipairs(load_vectors("ali-oss")) do
      if v.kind ~= "post" then
        local name = table.concat({ v.version, v.id, v.region, v.product or "",
          table.concat(v.additional_headers or {}, ";") }, "|")
        signers[name] = signers[name] or signer_of(v)
        local stages = assert(signers[name]:stages(request_of(v), v.now, v.expires))
        assert.equal(v.expected.signature, stages.signature)
        count = count + 1
      end
    end
    assert.equal(76, count)
  end)
end)

describe("CRC-64", function()
  local function bytes(hex)
    return (hex:gsub("%x%x", function(digits)
      return string.char(tonumber(digits, 16))
    end))
  end

  for _, v in ipairs(load_vectors("crc64")) do
    it(v.id, function()
      local data = bytes(v.inputs.data_hex)
      assert.equal(v.expected.crc64, core.crc64(data, v.inputs.init))
    end)
  end

  for _, v in ipairs(load_vectors("crc64-combine")) do
    it(v.id, function()
      local inputs = v.inputs
      assert.equal(v.expected.crc64, core.crc64_combine(inputs.crc1, inputs.crc2, inputs.length2))
      if inputs.data1_hex and inputs.data2_hex then
        assert.equal(inputs.crc1, core.crc64(bytes(inputs.data1_hex)))
        assert.equal(inputs.crc2, core.crc64(bytes(inputs.data2_hex)))
        assert.equal(v.expected.crc64, core.crc64(bytes(inputs.data1_hex .. inputs.data2_hex)))
      end
    end)
  end
end)

describe("callbacks that OSS signed", function()
  for _, v in ipairs(load_vectors("received")) do
    local signature = core.unbase64(v.authorization)

    it(v.name .. " verifies", function()
      local text = assert(core.callback_string_to_verify(v.target, v.body))
      if v.string then
        assert.equal(v.string, text)
        assert.equal(v.md5, core.hex(core.md5(text)))
      end
      assert.is_true(core.rsa_verify_md5(v.public_key, text, signature))
    end)

    it(v.name .. " is refused with any byte changed", function()
      local text = assert(core.callback_string_to_verify(v.target, v.body))
      for i = 1, #signature do
        for _, bit in ipairs { 1, 128 } do
          local byte = signature:byte(i)
          local other = byte >= bit and byte % (2 * bit) >= bit and byte - bit or byte + bit
          local changed = signature:sub(1, i - 1) .. string.char(other) .. signature:sub(i + 1)
          assert.is_false(core.rsa_verify_md5(v.public_key, text, changed))
        end
      end
      for i = 1, #text do
        local changed = text:sub(1, i - 1) .. string.char((text:byte(i) + 1) % 256) .. text:sub(i + 1)
        assert.is_false(core.rsa_verify_md5(v.public_key, changed, signature))
      end
      assert.is_false(core.rsa_verify_md5(v.public_key, text .. "\n", signature))
      assert.is_false(core.rsa_verify_md5(v.public_key, text, signature .. "\0"))
      assert.is_false(core.rsa_verify_md5(v.public_key, text, ""))
    end)
  end
end)
