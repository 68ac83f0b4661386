--- Which operation a request asks for.

local M = {}

-- Sub-resources of OSS that this emulator does not have.
local elsewhere = {
  "acl", "tagging", "symlink", "restore", "cors", "lifecycle", "website", "logging", "referer", "encryption",
  "versioning", "versions", "versionId", "replication", "inventory", "worm", "style", "location", "stat", "live",
  "vod", "requestPayment", "qosInfo", "transferAcceleration", "metaQuery", "seal", "delete", "policyStatus",
  "publicAccessBlock", "resourceGroup", "cname", "accessPoint", "httpsConfig", "asyncFetch",
}

local function for_key(method, args)
  if method == "PUT" then
    return (args.uploadId or args.partNumber) and "UploadPart" or "PutObject"
  elseif method == "GET" then
    return args.uploadId and "ListParts" or "GetObject"
  elseif method == "HEAD" then
    return "HeadObject"
  elseif method == "DELETE" then
    return args.uploadId and "AbortMultipartUpload" or "DeleteObject"
  elseif method == "POST" then
    return args.uploads and "InitiateMultipartUpload" or args.uploadId and "CompleteMultipartUpload"
      or args.append and "AppendObject" or args["x-oss-process"] and "ProcessObject" or nil
  end
end

local function for_bucket(method, args)
  if args.policy and args.comp == "callback" then
    return method == "PUT" and "PutBucketCallbackPolicy" or method == "GET" and "GetBucketCallbackPolicy"
      or method == "DELETE" and "DeleteBucketCallbackPolicy" or nil
  elseif method == "GET" then
    return args.bucketInfo and "GetBucketInfo" or nil
  end
  return method == "PUT" and "PutBucket" or method == "HEAD" and "HeadBucket" or method == "DELETE" and "DeleteBucket"
    or method == "POST" and "PostObject" or nil
end

--- The operation's name.
-- @tparam table request
-- @treturn string|nil nil when OSS or this emulator has no such operation
function M.operation(request)
  local method, args = request.method, request.args
  if method == "OPTIONS" then
    return "Options"
  end
  for _, name in ipairs(elsewhere) do
    if args[name] ~= nil then
      return nil
    end
  end
  if request.headers["x-oss-copy-source"] then
    return nil
  end
  if request.key then
    return for_key(method, args)
  elseif request.bucket then
    return for_bucket(method, args)
  end
end

return M
