--- What V1 and V4 share: the key's owner, its security token, the clock, the comparison.

local core = require "oss.core"
local errors = require "oss.emulator.errors"
local settings = require "oss.emulator.settings"

local M = {}

M.skew = 900

--- A time as OSS writes it in errors.
-- @tparam number seconds
-- @treturn string
function M.iso(seconds)
  return os.date("!%Y-%m-%dT%H:%M:%S.000Z", seconds)
end

--- Finds an access key and judges the security token that came with it.
-- @tparam string id
-- @tparam string|nil token
-- @tparam number now
-- @treturn table `{ id =, secret =, token = }`
function M.credential(id, token, now)
  local credential = settings.by_id[id]
  if not credential or (credential.token and not token) then
    errors.raise("InvalidAccessKeyId", { OSSAccessKeyId = id })
  elseif token and token ~= credential.token then
    errors.raise("InvalidSecurityToken")
  elseif credential.expires and now >= credential.expires then
    errors.raise("SecurityTokenExpired")
  end
  return credential
end

--- Refuses a request whose clock is more than a quarter of an hour off.
-- @tparam number time the request's
-- @tparam number now the server's
function M.check_skew(time, now)
  if math.abs(time - now) > M.skew then
    errors.raise("RequestTimeTooSkewed", { MaxAllowedSkewMilliseconds = "900000", RequestTime = M.iso(time),
      ServerTime = M.iso(now) })
  end
end

--- The request as the signer takes it.
-- @tparam table request
-- @tparam table left_out query parameters that are not signed, by name
-- @treturn table
function M.signed_request(request, left_out)
  local query, headers = {}, {}
  for i = 1, #request.query, 2 do
    if not left_out[request.query[i]] then
      query[#query + 1] = request.query[i]
      query[#query + 1] = request.query[i + 1]
    end
  end
  for i = 1, #request.header_list, 2 do
    local name = request.header_list[i]:lower()
    if name ~= "host" and name ~= "authorization" then
      headers[#headers + 1] = request.header_list[i]
      headers[#headers + 1] = request.header_list[i + 1]
    end
  end
  return { method = request.method, scheme = request.scheme, host = request.host, bucket = request.bucket,
    key = request.key, path_style = request.path_style or nil, query = query, headers = headers }
end

--- Signs as the client should have, and compares.
-- @tparam table signer
-- @tparam table request as `signed_request` made it
-- @tparam string id
-- @tparam string provided signature
-- @param ... the time, and for URLs the validity, as the signer takes them
function M.compare(signer, request, id, provided, ...)
  local stages, message = signer:stages(request, ...)
  if not stages then
    errors.raise("InvalidArgument", { message = message })
  elseif not core.equal(stages.signature, provided) then
    errors.raise("SignatureDoesNotMatch", {
      OSSAccessKeyId = id, SignatureProvided = provided, StringToSign = stages.string_to_sign,
      StringToSignBytes = core.hex(stages.string_to_sign):upper():gsub("..", "%0 "),
      CanonicalRequest = stages.canonical_request,
    })
  end
end

return M
