--- Buckets: a folder for the objects and a small file of properties.

local lfs = require "lfs"
local errors = require "oss.emulator.errors"
local settings = require "oss.emulator.settings"
local files = require "oss.emulator.store.files"

local M = {}

local function properties(name)
  return settings.root .. "/buckets/" .. name .. ".json"
end

--- Whether a bucket may be called so.
-- @tparam string name
-- @treturn boolean
function M.is_name(name)
  return #name >= 3 and #name <= 63 and name:find("^[a-z0-9][a-z0-9-]*[a-z0-9]$") ~= nil
end

--- A bucket's properties: `{ name =, acl =, created = unix seconds, callbacks = {} }`.
-- @tparam string name
-- @treturn table|nil
function M.find(name)
  return files.load(properties(name))
end

--- Stores a bucket's properties.
-- @tparam table bucket
function M.save(bucket)
  files.save(properties(bucket.name), bucket)
end

--- Makes a bucket.
-- @tparam string name
-- @tparam string|nil acl
-- @treturn table
function M.create(name, acl)
  local bucket = { name = name, acl = acl or "private", created = ngx.time(), callbacks = {} }
  files.make_parents(settings.root .. "/objects/" .. name .. "/x")
  M.save(bucket)
  return bucket
end

--- The bucket of a request: made when it is missing and the settings allow that.
-- @tparam string name
-- @treturn table
function M.require(name)
  local bucket = M.find(name)
  if not bucket then
    if not settings.create_buckets then
      errors.raise("NoSuchBucket", { BucketName = name })
    end
    bucket = M.create(name)
  end
  return bucket
end

--- Removes an empty bucket.
-- @tparam string name
function M.delete(name)
  local folder = settings.root .. "/objects/" .. name
  if lfs.attributes(folder, "mode") and not lfs.rmdir(folder) then
    errors.raise("BucketNotEmpty", { BucketName = name })
  end
  os.remove(properties(name))
end

return M
