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
  InvalidSecurityToken = "The STS token is damaged or not for this region: fetch new credentials.",
  MissingContentLength = "Give length, or send the body as a string or file.",
  NoSuchBucket = "Check the bucket's name and that region or endpoint is the bucket's own.",
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
  ConnectTimeout = "Check the endpoint and the network, or raise connect_timeout.",
  NotOss = "A proxy, a login page or another server answers in OSS's place: check endpoint and proxy.",
  CrcMismatch = "The bytes changed on their way: send them again.",
  ProxyFailed = "Check proxy, proxy_username and proxy_password.",
  ResolveFailed = "Check region and endpoint for a misspelling, and this machine's DNS.",
  TlsUntrusted = "The server's certificate is not trusted for this name: check the endpoint, or set ca_file.",
}

--- A hint for an error, nil when there is nothing useful to say.
-- @tparam string kind the error's kind
-- @tparam string code its code
-- @treturn string|nil
function M.of(kind, code)
  if kind == "service" then
    return service[code]
  elseif kind == "transport" then
    return transport[code]
  end
  return nil
end

return M
