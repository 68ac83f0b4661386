--- V4 signatures: HMAC-SHA256 with a day's key, in the header or in the URL.

local core = require "oss.core"
local common = require "oss.emulator.auth.common"
local errors = require "oss.emulator.errors"
local settings = require "oss.emulator.settings"

local M = {}

-- EC numbers by the place the credential stands in.
local in_header = { name = "Authorization", what = "Authorization header", credential = "0002-00000205",
  date = "0002-00000212", region = "0002-00000228", product = "0002-00000227", suffix = "0002-00000213" }
local in_query = { name = "x-oss-credential", what = "x-oss-credential", credential = "0002-00000218",
  date = "0002-00000223", region = "0002-00000226", product = "0002-00000225", suffix = "0002-00000224" }
local in_form = { name = "x-oss-credential", what = "x-oss-credential", credential = "0002-00000710",
  date = "0002-00000709", region = "0002-00000711", product = "0002-00000712", suffix = "0002-00000713" }

-- AK/20231216/cn-hangzhou/oss/aliyun_v4_request
local function scope(text, place)
  local function refuse(what, ec)
    errors.argument("Invalid " .. what .. " in " .. place.what .. ".", place.name, text, ec)
  end
  local id, date, region, product, suffix = (text or ""):match("^([^/]+)/([^/]*)/([^/]*)/([^/]*)/([^/]*)$")
  if not id then
    refuse("credential", place.credential)
  elseif suffix ~= "aliyun_v4_request" then
    refuse("request suffix", place.suffix)
  elseif product ~= "oss" then
    refuse("signing product", place.product)
  elseif not date:find("^%d%d%d%d%d%d%d%d$") then
    refuse("signing date", place.date)
  elseif region ~= settings.region then
    refuse("signing region", place.region)
  end
  return { id = id, date = date, place = place, text = text }
end

local function check_day(parts, date)
  if date:sub(1, 8) ~= parts.date then
    errors.argument("Invalid signing date in " .. parts.place.what .. ".", parts.place.name, parts.text,
      parts.place.date)
  end
end

local function signer(credential, additional)
  local names = {}
  for name in (additional or ""):gmatch("[^;]+") do
    names[#names + 1] = name
  end
  return core.signer { version = "v4", id = credential.id, secret = credential.secret, token = credential.token,
    region = settings.region, additional_headers = #names > 0 and names or nil }
end

local function read_date(text, ec)
  local time = text and text:find("^%d%d%d%d%d%d%d%dT%d%d%d%d%d%dZ$") and core.parse_date(text)
  if not time then
    errors.raise("AccessDenied", { message = "OSS authentication requires a valid Date.", ec = ec })
  end
  return time
end

local function authorization(text)
  local fields = {}
  for name, value in text:gmatch("%s*([^=,]+)=([^,]*)") do
    fields[name] = value:match("^%s*(.-)%s*$")
  end
  if not fields.Signature or fields.AdditionalHeaders == "" then
    errors.argument("Authorization header is invalid.", "Authorization", nil, fields.Signature and "0002-00000209"
      or "0002-00000204")
  end
  return fields
end

--- Checks an Authorization header.
-- @tparam table request
-- @tparam string text what follows the name of the algorithm
function M.header(request, text)
  local fields, headers = authorization(text), request.headers
  local parts = scope(fields.Credential, in_header)
  local credential = common.credential(parts.id, headers["x-oss-security-token"], request.time)
  local date = headers["x-oss-date"]
  local time = read_date(date, date and "0002-00000502" or "0002-00000503")
  if headers["x-oss-content-sha256"] ~= "UNSIGNED-PAYLOAD" then
    errors.argument("x-oss-content-sha256 must be UNSIGNED-PAYLOAD.", "x-oss-content-sha256",
      headers["x-oss-content-sha256"], "0002-00000216")
  end
  common.check_skew(time, request.time)
  check_day(parts, date)
  common.compare(signer(credential, fields.AdditionalHeaders), common.signed_request(request, {}), parts.id,
    fields.Signature, time)
end

local in_url = { ["x-oss-signature-version"] = true, ["x-oss-credential"] = true, ["x-oss-date"] = true,
  ["x-oss-expires"] = true, ["x-oss-additional-headers"] = true, ["x-oss-security-token"] = true,
  ["x-oss-signature"] = true }

--- Checks a signed URL.
-- @tparam table request
function M.query(request)
  local args = request.args
  if args["x-oss-signature-version"] ~= "OSS4-HMAC-SHA256" or not args["x-oss-signature"] then
    errors.argument("Invalid signature version or missing signature.", "x-oss-signature-version",
      args["x-oss-signature-version"], "0002-00000215")
  end
  local parts = scope(args["x-oss-credential"], in_query)
  local credential = common.credential(parts.id, args["x-oss-security-token"], request.time)
  local time = read_date(args["x-oss-date"], "0002-00000502")
  local validity = tonumber(args["x-oss-expires"])
  if not validity or validity % 1 ~= 0 or validity < 1 or validity > 604800 then
    errors.argument("x-oss-expires must be between 1 and 604800 seconds.", "x-oss-expires", args["x-oss-expires"],
      "0002-00000232")
  end
  check_day(parts, args["x-oss-date"])
  if time > request.time + common.skew then
    errors.raise("AccessDenied", { message = "Request is not yet valid.", ec = "0002-00000230",
      ServerTime = common.iso(request.time) })
  elseif request.time > time + validity then
    errors.raise("AccessDenied", { message = "Request has expired.", ec = "0002-00000069",
      Expires = common.iso(time + validity), ServerTime = common.iso(request.time) })
  end
  common.compare(signer(credential, args["x-oss-additional-headers"]), common.signed_request(request, in_url),
    parts.id, args["x-oss-signature"], time, validity)
end

--- Checks the signature of a form's policy.
-- @tparam function field value of a form field by lower-case name
-- @tparam number now
-- @treturn table the credential
function M.form(field, now)
  local parts = scope(field("x-oss-credential"), in_form)
  local credential = common.credential(parts.id, field("x-oss-security-token"), now)
  local date, provided = field("x-oss-date"), field("x-oss-signature")
  local time = read_date(date, "0002-00000502")
  check_day(parts, date)
  if time > now + common.skew or now > time + 604800 then
    common.check_skew(time, now)
  end
  local calculated = signer(credential):policy(field("policy"), time)
  if not core.equal(calculated, provided or "") then
    errors.raise("SignatureDoesNotMatch", { OSSAccessKeyId = parts.id, SignatureProvided = provided,
      StringToSign = field("policy") })
  end
  return credential
end

return M
