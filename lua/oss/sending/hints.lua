--- What to do about an error of the service or of the transport.

local M = {}

local service = {
  AccessDenied = "Check the RAM policy of the access key and the bucket's ACL; for a wrong region use "
    .. "the endpoint named in err.fields.Endpoint.",
  AccessKeyIdAndSecurityTokenNotMatch = "The security token belongs to another access key: use the three "
    .. "values of one STS answer together.",
  BucketCallbackPolicyNotExist = "Create the bucket's callback policy first or give callback.url and "
    .. "callback.body instead of callback.policy.",
  FileAlreadyExists = "An object of that key exists and forbid_overwrite is set.",
  InvalidAccessKeyId = "Check access_key_id; keys that begin with STS. also need security_token.",
  InvalidBucketName = "Bucket names have 3 to 63 of a-z, 0-9 and -.",
  InvalidDigest = "content_md5 does not belong to this body.",
  InvalidSigningRegion = "Set region to the bucket's own, that of its endpoint.",
  InvalidSecurityToken = "The STS token is damaged or not for this region: fetch new credentials.",
  MissingContentLength = "Give length, or send the body as a string or file.",
  NoSuchBucket = "Check the bucket's name and that region or endpoint is the bucket's own.",
  NoSuchUpload = "The upload was completed or aborted, by whomever: begin a new one, without upload_id.",
  PublicEndpointForbidden = "This account must use a custom domain: endpoint = it, cname = true.",
  RequestTimeTooSkewed = "This machine's clock is more than 15 minutes off; set it by NTP.",
  SecondLevelDomainForbidden = "This endpoint wants the bucket in the host name: remove path_style.",
  SecurityTokenExpired = "Fetch new STS credentials; a credentials function is asked before each attempt.",
  SignatureDoesNotMatch = "Check access_key_secret first; then that no proxy changes headers or path.",
  TransferAccelerationDisabled = "Switch transfer acceleration on for the bucket, or remove accelerate.",
  UserDisable = "The account is disabled or has unpaid bills.",
}

local transport = {
  AnswerTooLarge = "Raise max_answer, or give file to get.",
  ConnectFailed = "Check the endpoint and the proxy, if there is one, their ports, and firewalls.",
  NotOss = "A proxy, a login page or another server answers in OSS's place: check endpoint and proxy.",
  CrcMismatch = "The bytes changed on their way: send them again.",
  ProxyFailed = "Check proxy, proxy_username and proxy_password.",
  ResolveFailed = "Check region and endpoint for a misspelling, and this machine's DNS.",
  TlsUntrusted = "The server's certificate is not trusted for this name: check the endpoint, or set ca_file "
    .. "(in nginx lua_ssl_trusted_certificate).",
}

local limits = {
  AnswerTimeout = { "answer_timeout", "The limit was %g seconds after the last byte" },
  ConnectTimeout = { "connect_timeout", "Check the endpoint and the network; the limit was %g seconds" },
  IdleTimeout = { "idle_timeout", "The limit was %g seconds without a byte" },
}

--- A hint for an error of the service, nil when there is nothing useful to say.
-- @tparam string code the error's code
-- @tparam string message its message
-- @treturn string|nil
function M.service(code, message)
  return message:find("nvalid signing region", 1, true) and service.InvalidSigningRegion or service[code]
end

--- A hint for an error of the transport, nil when there is nothing useful to say.
-- @tparam string code the error's code
-- @tparam[opt] string message its message
-- @tparam[opt] table request the request with its limits
-- @treturn string|nil
function M.transport(code, message, request)
  local limit = request and limits[code]
  if limit then
    return (limit[2] .. " (option '%s')."):format(request[limit[1]], limit[1])
  elseif code == "TlsFailed" and message and message:find("wrong version number", 1, true) then
    return "Does this port speak http? Then the endpoint begins with http://, not https://."
  end
  return transport[code]
end

return M
