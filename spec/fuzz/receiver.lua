-- What must hold for everything that is sent to a callback service, whoever sent it. An input reads
-- like a request: the target, headers, an empty line, the body; lines end with LF.

package.path = "lua/?.lua;lua/?/init.lua;" .. package.path

local cjson = require "cjson"
local core = require "oss.core"
local memory = require "oss.receiver.memory"
local receiver = require "oss.receiver"

local now = 1715051173

-- Beside RSA, whose signatures are dear to make, one that is cheap and as hard to guess, so that most
-- inputs get past it.
local own_key, own_url = "the key of the fuzz target", "https://gosspublic.alicdn.com/key_of_the_fuzz_target.pem"
local rsa_verify_md5 = core.rsa_verify_md5

function core.rsa_verify_md5(key, text, signature)
  if key == own_key then
    return signature == core.hmac_sha256(own_key, text)
  end
  return rsa_verify_md5(key, text, signature)
end

-- ---- what is known

local function read_vectors()
  local file = assert(io.open("spec/vectors/received.json", "rb"))
  local list = cjson.decode(file:read("*a"))
  file:close()
  return list
end

-- Texts that OSS has signed.
local genuine = {}
for _, vector in ipairs(read_vectors()) do
  genuine[vector.target .. "\n" .. vector.body] = true
end

-- The tokens of the corpus, all of this secret, and what they permit.
local secret = "the secret of the fuzz target"
local permits = {
  { bucket = "examplebucket", key = "dir/a.txt" },
  { bucket = "examplebucket", prefix = "photos/" },
}
for _, permit in ipairs(permits) do
  local scope = permit.key and "key" or tostring(#permit.prefix)
  permit.token = ("1.2000000000.%s.%s"):format(scope, core.hex(core.hmac_sha256(secret,
    table.concat({ "oss callback token 1", "2000000000", scope, permit.bucket, permit.key or permit.prefix }, "\n"))))
end

local function is_permitted(fields)
  for _, permit in ipairs(permits) do
    local object = fields.object
    if fields.token == permit.token and fields.bucket == permit.bucket
      and (object == permit.key or permit.prefix and object:find(permit.prefix, 1, true) == 1) then
      return true
    end
  end
  return false
end

-- ---- readers of another make

local function unescape(text)
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local function signed_text(target, body)
  local path, query = target:match("^([^?]*)(.*)$")
  return unescape(path) .. query .. "\n" .. body
end

local function same(strict, lenient)
  if type(strict) ~= "table" or type(lenient) ~= "table" then
    return strict == lenient -- whole numbers that doubles cannot hold stay text
      or type(strict) == "string" and type(lenient) == "number" and math.abs(lenient) >= 2 ^ 53
      and tonumber(strict) + 0.0 == lenient + 0.0
  end
  for name, value in pairs(strict) do
    if not same(value, lenient[name]) then
      return false
    end
  end
  for name in pairs(lenient) do
    if strict[name] == nil then
      return false
    end
  end
  return true
end

local function lenient_form(body)
  local fields = {}
  for name, value in body:gmatch("([^&=]+)=?([^&]*)") do
    fields[unescape(name:gsub("+", " "))] = unescape(value:gsub("+", " "))
  end
  return fields
end

-- ---- what must hold

local function take(ok, refusal)
  if ok then
    return ok
  end
  assert(type(refusal.code) == "string" and #refusal.message > 0 and refusal.status >= 400, "half a refusal")
  assert(refusal.code ~= "KeyInvalid", "the keys are fine")
  return nil, refusal.code
end

local function verify(t, more)
  local all = { method = "POST", uri = t.uri, headers = t.headers, body = t.body, now = now }
  for name, value in pairs(more or {}) do
    all[name] = value
  end
  return take(receiver.verify(all))
end

-- The sender chooses the key's URL; no other place must be asked for it.
local function check_place(url)
  local path = url:match("^https://gosspublic%.alicdn%.com/(.+)$")
  assert(path and not path:find("[^%w._/-]") and not path:find("..", 1, true), "fetches from a place of the sender's")
end

local function check_as_it_came(t)
  if verify(t, { cache = memory.new(4), fetch = function(url)
    check_place(url)
    return t.body -- no key, or one that nobody has made a signature with
  end }) then
    assert(genuine[signed_text(t.uri, t.body)], "accepted what OSS never signed")
  end
end

local function signed(t)
  local headers = { ["Authorization"] = core.base64(core.hmac_sha256(own_key, signed_text(t.uri, t.body))),
    ["x-oss-pub-key-url"] = core.base64(own_url) }
  for name, value in pairs(t.headers) do
    if name:lower() == "content-type" then
      headers[name] = value
    end
  end
  return { uri = t.uri, headers = headers, body = t.body }
end

local function is_clear(uri)
  local path = unescape(uri:match("^[^?]*"))
  return uri:sub(1, 1) == "/" and not uri:find("\n", 1, true) and not path:find("[?\n]")
end

-- The same signature must fit no other request, not even one whose signed text is the same.
local function check_borders(t)
  local others = { { t.uri, t.body .. "\n" }, { t.uri .. "?", t.body } }
  local line, rest = t.body:match("^(.-)\n(.*)$")
  if line then
    others[#others + 1] = { t.uri .. "\n" .. line, rest }
    others[#others + 1] = { t.uri .. "%0A" .. line, rest }
  end
  local path, query = t.uri:match("^(.-)%?(.*)$")
  if path then
    others[#others + 1] = { path .. "%3F" .. query, t.body }
  end
  for _, other in ipairs(others) do
    assert(not verify({ uri = other[1], headers = t.headers, body = other[2] }, { keys = { [own_url] = own_key } }),
      "one signature fits two requests")
  end
end

local function check_token(t)
  local replay = receiver.memory_replay(4, function() return now end)
  local more = { keys = { [own_url] = own_key }, secrets = { "another secret, older", secret }, replay = replay }
  local ok, code = verify(t, more)
  if not ok then
    return assert(code ~= "Replayed", "refused at the first as if it were the second")
  end
  local fields = assert(receiver.parse { headers = t.headers, body = t.body })
  assert(is_permitted(fields), "accepted a token that permits something else")
  assert(type(fields.reqId) == "string" and fields.reqId ~= "", "accepted without an id")
  ok, code = verify(t, more)
  assert(not ok and code == "Replayed", "accepted twice")
end

local function check_signed(t)
  local ok, code = verify(t, { keys = { [own_url] = own_key } })
  assert(not ok == not is_clear(t.uri), code or "accepted a target of two meanings")
  if ok then
    check_borders(t)
    check_token(t)
  end
end

local types = { json = "application/json", form = "application/x-www-form-urlencoded" }

local function parse(content_type, body)
  return take(receiver.parse { headers = { ["Content-Type"] = content_type }, body = body })
end

local function check_body(body)
  local value = parse(types.json, body)
  assert(not value or same(value, cjson.decode(body)), "JSON is read in another way")
  local fields = parse(types.form, body)
  if fields then
    assert(same(fields, lenient_form(body)), "a form is read in another way")
    local written = {}
    for name, text in pairs(fields) do
      written[#written + 1] = core.percent(name) .. "=" .. core.percent(text)
    end
    assert(same(fields, parse(types.form, table.concat(written, "&"))), "a form written again is another")
  end
end

local function read(input)
  local head, body = input:match("^(.-)\n\n(.*)$")
  local uri = (head or input):match("^[^\n]*")
  local headers = {}
  for name, value in (head or ""):sub(#uri + 1):gmatch("\n([^\n:]+): ?([^\n]*)") do
    local before = headers[name]
    headers[name] = before and { before, value } or value
  end
  return { uri = uri, headers = headers, body = body or "" }
end

return function(input)
  local t = read(input)
  take(receiver.parse { headers = t.headers, body = t.body })
  check_as_it_came(t)
  check_signed(signed(t))
  check_body(t.body)
end
