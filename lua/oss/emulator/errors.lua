--- OSS's errors: codes, statuses, messages, EC numbers, and the XML that carries them.
--
-- An operation refuses by raising: `errors.raise("NoSuchKey", { Key = key })`. The server catches
-- what was raised and answers with it.

local core = require "oss.core"
local xml = require "oss.emulator.xml"

local M = {}

-- code = { status, message, EC }; "" where OSS's own EC is not published.
local catalogue = {
  AccessDenied = { 403, "You have no right to access this object because of bucket acl.", "0003-00000001" },
  AccessForbidden = { 403, "CORSResponse: This CORS request is not allowed. This is usually because the evaluation"
    .. " of Origin, request method / Access-Control-Request-Method or Access-Control-Requet-Headers are not"
    .. " whitelisted by the resource's CORS spec.", "0011-00000003" },
  BadRequest = { 400, "The request could not be understood.", "" },
  BucketAlreadyExists = { 409, "The requested bucket name is not available. The bucket namespace is shared by all"
    .. " users of the system. Please select a different name and try again.", "" },
  BucketCallbackPolicyNotExist = { 404, "The bucket callback policy does not exist.", "" },
  BucketNotEmpty = { 409, "The bucket has objects. Please delete them first.", "0015-00000301" },
  CallbackFailed = { 203, "Callback to application server failed, please check your callbackUrl.", "0007-00000203" },
  EntityTooLarge = { 400, "Your proposed upload exceeds the maximum allowed size.", "0006-00000003" },
  EntityTooSmall = { 400, "Your proposed upload is smaller than the minimum allowed size.", "0042-00000213" },
  FieldItemTooLong = { 400, "Your form field item is too long.", "0006-00000110" },
  FileAlreadyExists = { 409, "The object you specified already exists and can not be overwritten.", "0026-00000021" },
  IncorrectNumberOfFilesInPOSTRequest = { 400, "POST requires exactly one file upload per request.", "" },
  InternalError = { 500, "We encountered an internal error. Please try again.", "" },
  InvalidAccessKeyId = { 403, "The OSS Access Key Id you provided does not exist in our records.", "0002-00000902" },
  InvalidArgument = { 400, "Invalid Argument.", "" },
  InvalidBucketName = { 400, "The specified bucket is not valid.", "0015-00000001" },
  InvalidDigest = { 400, "The Content-MD5 you specified was invalid.", "0017-00000107" },
  InvalidEncryptionAlgorithmError = { 400, "The Encryption request you specified is not valid."
    .. " Supported values: AES256/KMS/SM4.", "" },
  InvalidObjectName = { 400, "The specified object is not valid.", "0016-00000002" },
  InvalidPart = { 400, "One or more of the specified parts could not be found or the specified entity tag might"
    .. " not have matched the part's entity tag.", "0042-00000208" },
  InvalidPartOrder = { 400, "The list of parts was not in ascending order. Parts list must be specified in order"
    .. " by part number.", "0042-00000209" },
  InvalidPolicyDocument = { 400, "Invalid Policy: Invalid JSON.", "0006-00000206" },
  InvalidRange = { 416, "The requested range cannot be satisfied.", "" },
  InvalidSecurityToken = { 403, "The security token you provided is invalid.", "0002-00000003" },
  InvalidTag = { 400, "The tag is invalid.", "" },
  InvalidURI = { 400, "Couldn't parse the specified URI.", "" },
  MalformedPOSTRequest = { 400, "The body of your POST request is not well-formed multipart/form-data.", "" },
  MalformedXML = { 400, "The XML you provided was not well-formed or did not validate against our published"
    .. " schema.", "" },
  MaxPOSTPreDataLengthExceededError = { 400, "Your POST request fields preceding the upload file were too"
    .. " large.", "0006-00000112" },
  MetadataTooLarge = { 400, "Your metadata headers exceed the maximum allowed metadata size.", "" },
  MethodNotAllowed = { 405, "The specified method is not allowed against this resource.", "" },
  MissingArgument = { 400, "Missing Some Required Arguments.", "" },
  MissingContentLength = { 411, "You must provide the Content-Length HTTP header.", "" },
  NoSuchBucket = { 404, "The specified bucket does not exist.", "0015-00000101" },
  NoSuchKey = { 404, "The specified key does not exist.", "0026-00000001" },
  NoSuchUpload = { 404, "The specified upload does not exist. The upload ID may be invalid, or the upload may"
    .. " have been aborted or completed.", "0042-00000002" },
  NotImplemented = { 400, "A header you provided implies functionality that is not implemented.", "" },
  NotModified = { 304, "", "" },
  ObjectNotAppendable = { 409, "The object is not appendable", "0026-00000203" },
  PositionNotEqualToLength = { 409, "Position is not equal to file length", "0026-00000202" },
  PreconditionFailed = { 412, "At least one of the pre-conditions you specified did not hold.", "" },
  RequestIsNotMultiPartContent = { 400, "Bucket POST must be of the enclosure-type multipart/form-data.", "" },
  RequestTimeTooSkewed = { 403, "The difference between the request time and the current time is too large.",
    "0002-00000504" },
  SecondLevelDomainForbidden = { 403, "Please use virtual hosted style to access.", "0048-00000402" },
  SecurityTokenExpired = { 403, "The security token you provided has expired.", "0002-00000004" },
  ServiceUnavailable = { 503, "Please reduce your request rate.", "" },
  SignatureDoesNotMatch = { 403, "The request signature we calculated does not match the signature you provided."
    .. " Check your key and signing method.", "0002-00000040" },
}

--- The status that goes with a code, nil for a code that is not known here.
-- @tparam string code
-- @treturn number|nil
function M.status(code)
  return catalogue[code] and catalogue[code][1]
end

--- Makes an error without raising it.
-- @tparam string code
-- @tparam table|nil fields extra elements by name; `message`, `status`, `ec` and `headers` (a table of
-- answer headers) override the catalogue
-- @treturn table
function M.new(code, fields)
  local known = catalogue[code] or { 400, code, "" }
  local err = { code = code, status = known[1], message = known[2], ec = known[3], fields = {}, is_oss_error = true }
  for name, value in pairs(fields or {}) do
    if name == "message" or name == "status" or name == "ec" or name == "headers" then
      err[name] = value
    else
      err.fields[#err.fields + 1] = { name, value }
    end
  end
  table.sort(err.fields, function(a, b) return a[1] < b[1] end)
  return err
end

--- Ends the request with an error.
-- @tparam string code
-- @tparam table|nil fields as for `new`
function M.raise(code, fields)
  error(M.new(code, fields), 0)
end

--- Ends the request with InvalidArgument.
-- @tparam string message
-- @tparam string name ArgumentName
-- @tparam string|nil value ArgumentValue
-- @tparam string|nil ec
function M.argument(message, name, value, ec)
  M.raise("InvalidArgument", { message = message, ArgumentName = name, ArgumentValue = value, ec = ec })
end

--- The XML of an error.
-- @tparam table err
-- @tparam string request_id
-- @tparam string host_id
-- @treturn string
function M.document(err, request_id, host_id)
  local elements = {
    { "Code", err.code }, { "Message", err.message }, { "RequestId", request_id }, { "HostId", host_id },
  }
  for _, field in ipairs(err.fields) do
    elements[#elements + 1] = field
  end
  if err.ec and err.ec ~= "" then
    elements[#elements + 1] = { "EC", err.ec }
    elements[#elements + 1] = { "RecommendDoc", "https://api.aliyun.com/troubleshoot?q=" .. err.ec }
  end
  return xml.document("Error", elements)
end

--- The XML of an error as HEAD carries it.
-- @tparam string document
-- @treturn string the value of x-oss-err
function M.header(document)
  return core.base64(document)
end

return M
