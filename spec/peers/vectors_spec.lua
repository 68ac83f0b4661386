-- Requests that other clients once signed, sent again as they were to a local OSS whose clock is set back.
--
-- This OSS has no buckets and makes none: a request whose signature holds ends with NoSuchBucket, whatever its
-- operation, and one whose signature does not hold never gets that far. Forms are signed inside: they are stored.

local cjson = require "cjson"
local core = require "oss.core"
local client = require "spec.nginx.emulator_client"

local function load_vectors(name)
  local file = assert(io.open("spec/vectors/" .. name .. ".json", "rb"))
  local text = file:read("*a")
  file:close()
  return cjson.decode(text)
end

-- Those that the local OSS refuses before it looks at the signature, or that are no whole requests.
local left_out = {
  ["v1-head-acl"] = "PutObjectACL is not there",
  ["v1-url"] = "versions are not there",
  ["v1-url-token"] = "versions are not there",
  ["v4-put-cloudbox"] = "cloud boxes are not there",
  ["v1-post-policy-string"] = "its policy wants a key that it does not have",
  ["v1-post"] = "no whole form",
  ["v4-post"] = "no whole form",
  ["v4-documentation"] = "the page's signature is not of the page's secret",
}

-- A key has one token or none and an OSS one region: what does not go together needs an OSS of its own.
local function region_of(v)
  return ((v.region or "cn-hangzhou"):gsub("^oss%-", ""))
end

local function place_of(v)
  return region_of(v) .. (v.token and " with tokens" or "") .. (v.kind == "post" and " for forms" or "")
end

local function start_places(vectors)
  local places = {}
  for _, v in ipairs(vectors) do
    local name = place_of(v)
    places[name] = places[name] or { region = region_of(v), create_buckets = v.kind == "post", credentials = {},
      cname = { ["static.example.org"] = "examplebucket", ["oss.internal.example"] = false } }
    table.insert(places[name].credentials, { id = v.id, secret = v.secret, token = v.token })
  end
  for name, options in pairs(places) do
    places[name] = client.start(options)
  end
  return places
end

-- The target as it was on the wire; one SDK resolves the dots of a key that it signed with them.
local function target_of(v)
  local target = v.url:match("^https?://[^/]+(.*)$")
  if v.target_differs then
    target = "/" .. core.percent(v.key, true) .. (target:match("%?.*$") or "")
  end
  return target
end

local function clock_fault(v)
  return ("x-emulator-fault: clock=%d"):format(v.now - os.time())
end

-- The bytes of a request; `change` may alter the header's values and the target.
local function bytes_of(v, change)
  local lines = { ("%s %s HTTP/1.1"):format(v.method, change(target_of(v))),
    "Host: " .. v.url:match("^https?://([^/]+)"), clock_fault(v) }
  local length, chunked
  for i = 1, #v.headers, 2 do
    local name, value = v.headers[i]:lower(), v.headers[i + 1]
    length = name == "content-length" and tonumber(value) or length
    chunked = chunked or name == "transfer-encoding"
    lines[#lines + 1] = v.headers[i] .. ": " .. (name == "authorization" and change(value) or value)
  end
  if not length and not chunked and v.method ~= "GET" then
    lines[#lines + 1] = "Content-Length: 0"
  end
  local body = chunked and "5\r\nhello\r\n0\r\n\r\n" or ("x"):rep(length or 0)
  return table.concat(lines, "\r\n") .. "\r\n\r\n" .. body
end

local function unchanged(text)
  return text
end

-- A function that puts another signature of the same length in the place of this one.
local function spoil(signature)
  return function(text)
    for _, written in ipairs { signature, core.percent(signature) } do
      local first = text:find(written, 1, true)
      if first then
        return text:sub(1, first - 1) .. (text:sub(first, first) == "a" and "b" or "a") .. text:sub(first + 1)
      end
    end
    return text
  end
end

-- The callback of a form is not signed, and its host is nobody's.
local function form_fields(v, change)
  local fields = {}
  for name, value in pairs(v.form) do
    if name ~= "callback" then
      fields[#fields + 1] = { name, change(value) }
    end
  end
  return fields
end

local function code_of(answer)
  return answer.status .. " " .. (answer.body:find("<Code>") and client.xml(answer).Code or "")
end

describe("the local OSS, sent what others signed:", function()
  local vectors, places = {}, {}

  setup(function()
    places = start_places(vectors)
  end)

  teardown(function()
    for _, place in pairs(places) do
      place:stop()
    end
  end)

  local function send(v, change)
    local place = places[place_of(v)]
    if v.kind == "post" then
      return code_of(place:post(form_fields(v, change), { content = "hello" },
        { host = "examplebucket.oss-cn-hangzhou.aliyuncs.com", extra = clock_fault(v) .. "\r\n" }))
    end
    return code_of(place:exchange(bytes_of(v, change), v.method))
  end

  for _, source in ipairs { "ali-oss", "debian-go", "protocol" } do
    for _, v in ipairs(load_vectors(source)) do
      if not left_out[v.name] then
        vectors[#vectors + 1] = v
        it(source .. " " .. v.name, function()
          local passed = v.kind == "post" and v.form.success_action_status .. " " or "404 NoSuchBucket"
          assert.equal(passed, send(v, unchanged))
          assert.equal("403 SignatureDoesNotMatch", send(v, spoil(v.expected.signature)))
        end)
      end
    end
  end
end)
