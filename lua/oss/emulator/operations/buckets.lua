--- Buckets, as far as clients of uploads need them: make, ask, remove, and the callback policies.

local body = require "oss.emulator.body"
local buckets = require "oss.emulator.store.buckets"
local errors = require "oss.emulator.errors"
local parser = require "oss.sending.xml"
local settings = require "oss.emulator.settings"
local xml = require "oss.emulator.xml"

local M = {}

local acls = { ["private"] = true, ["public-read"] = true, ["public-read-write"] = true }

local function done(status)
  return { status = status, headers = {}, body = "" }
end

local function existing(request)
  local bucket = buckets.find(request.bucket)
  if not bucket then
    errors.raise("NoSuchBucket", { BucketName = request.bucket })
  end
  return bucket
end

function M.PutBucket(request)
  local acl = request.headers["x-oss-acl"]
  if acl and not acls[acl] then
    errors.argument("Invalid bucket acl.", "x-oss-acl", acl)
  end
  body.receive(request)
  local bucket = buckets.find(request.bucket) or buckets.create(request.bucket, acl)
  if acl then
    bucket.acl = acl
    buckets.save(bucket)
  end
  local reply = done(200)
  reply.headers["Location"] = "/" .. request.bucket
  return reply
end

function M.HeadBucket(request)
  existing(request)
  local reply = done(200)
  reply.headers["x-oss-bucket-region"] = "oss-" .. settings.region
  return reply
end

function M.DeleteBucket(request)
  existing(request)
  buckets.delete(request.bucket)
  return done(204)
end

function M.GetBucketInfo(request)
  local bucket = existing(request)
  local location = "oss-" .. settings.region
  return { status = 200, headers = { ["Content-Type"] = "application/xml" }, body = xml.document("BucketInfo", {
    { "Bucket", {
      { "CreationDate", os.date("!%Y-%m-%dT%H:%M:%S.000Z", bucket.created) },
      { "ExtranetEndpoint", location .. ".aliyuncs.com" }, { "IntranetEndpoint", location .. "-internal.aliyuncs.com" },
      { "Location", location }, { "Region", settings.region }, { "Name", bucket.name },
      { "StorageClass", "Standard" }, { "DataRedundancyType", "LRS" },
      { "AccessControlList", { { "Grant", bucket.acl } } },
      { "Owner", { { "DisplayName", "emulator" }, { "ID", "emulator" } } },
    } },
  }) }
end

function M.PutBucketCallbackPolicy(request)
  local bucket = existing(request)
  local root = parser.parse(body.text(body.receive(request), 1024 * 1024))
  if not root or root.name ~= "BucketCallbackPolicy" then
    errors.raise("MalformedXML")
  end
  local policies = {}
  for _, item in ipairs(root) do
    local fields = parser.fields(item)
    if item.name ~= "PolicyItem" or not fields.PolicyName or not fields.Callback then
      errors.raise("MalformedXML")
    end
    policies[#policies + 1] = { name = fields.PolicyName, callback = fields.Callback, var = fields.CallbackVar }
  end
  bucket.callbacks = policies
  buckets.save(bucket)
  return done(200)
end

function M.GetBucketCallbackPolicy(request)
  local bucket = existing(request)
  if #bucket.callbacks == 0 then
    errors.raise("BucketCallbackPolicyNotExist")
  end
  local items = {}
  for i, policy in ipairs(bucket.callbacks) do
    items[i] = { "PolicyItem", { { "PolicyName", policy.name }, { "Callback", policy.callback },
      { "CallbackVar", policy.var or "" } } }
  end
  return { status = 200, headers = { ["Content-Type"] = "application/xml" },
    body = xml.document("BucketCallbackPolicy", items) }
end

function M.DeleteBucketCallbackPolicy(request)
  local bucket = existing(request)
  bucket.callbacks = {}
  buckets.save(bucket)
  return done(204)
end

return M
