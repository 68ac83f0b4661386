--- Objects: a readable file under `objects/` and what is known of it under `meta/`.
--
-- The two are moved into place one after the other under a lock. A reader that meets a file which is not the
-- one described (someone edited it by hand, or the machine died in between) describes it anew.
--
-- An object is `{ type = "Normal"|"Multipart"|"Appendable", size =, etag = without quotes, crc64 = decimal,
-- md5 = base64|nil, headers = { name = value }, acl =, storage_class =, tags = count, modified = unix seconds,
-- ino =, touched = }`.

local lfs = require "lfs"
local core = require "oss.core"
local body = require "oss.emulator.body"
local errors = require "oss.emulator.errors"
local settings = require "oss.emulator.settings"
local files = require "oss.emulator.store.files"
local lock = require "oss.emulator.store.lock"
local names = require "oss.emulator.store.names"

local M = {}

local function hex_upper(raw)
  return core.hex(raw):upper()
end
M.hex_upper = hex_upper

local function paths(bucket, key)
  local path = names.path(key)
  return settings.root .. "/objects/" .. bucket .. "/" .. path,
    settings.root .. "/meta/" .. bucket .. "/" .. path .. ".json"
end

local function identity(path)
  local attributes = lfs.attributes(path)
  if attributes and attributes.mode == "file" then
    return ("%.0f"):format(attributes.ino), attributes.size, attributes.modification
  end
end

local function describes(object, path)
  local ino, size, touched = identity(path)
  if object.ino ~= ino then
    return false
  end
  if object.type == "Appendable" then
    return size >= object.size
  end
  return size == object.size and touched == object.touched
end

-- A file without a true description gets one from its bytes.
local function describe(path, meta)
  local ino, size, touched = identity(path)
  if not ino then
    os.remove(meta)
    return nil
  end
  local digest = body.digest { path = path, size = size }
  local object = { type = "Normal", size = size, etag = hex_upper(digest.md5), crc64 = digest.crc64,
    md5 = core.base64(digest.md5), headers = {}, tags = 0, modified = touched, ino = ino, touched = touched }
  files.save(meta, object)
  return object
end

local function read(bucket, key)
  local path, meta = paths(bucket, key)
  local object = files.load(meta)
  if object and describes(object, path) then
    return object, path, meta
  elseif not object and not identity(path) then
    return nil
  end
  return nil, path, meta
end

local function name(bucket, key)
  return "object:" .. bucket .. "/" .. key
end

--- Looks an object up.
-- @tparam string bucket
-- @tparam string key
-- @treturn table|nil the object
-- @treturn string its file
function M.find(bucket, key)
  local object, path, meta = read(bucket, key)
  if not object and path then
    return lock.with(name(bucket, key), function()
      object, path, meta = read(bucket, key)
      if not object and path then
        object = describe(path, meta)
      end
      return object, path
    end)
  end
  return object, path
end

--- Looks an object up and opens its file: both belong together even while it is being replaced.
-- @treturn table|nil the object
-- @treturn file
function M.open(bucket, key)
  for _ = 1, 50 do
    local object, path = M.find(bucket, key)
    if not object then
      return nil
    end
    local file = io.open(path, "rb")
    if file and describes(object, path) then
      return object, file
    elseif file then
      file:close()
    end
  end
  error("an object that never holds still: " .. bucket .. "/" .. key, 0)
end

--- Stores a temporary file as an object.
-- @tparam string bucket
-- @tparam string key
-- @tparam string temporary path; taken away also when the object is refused
-- @tparam table object what is known of it
-- @tparam boolean|nil forbid refuse when the key exists
function M.put(bucket, key, temporary, object, forbid)
  lock.with(name(bucket, key), function()
    local path, meta = paths(bucket, key)
    if forbid and identity(path) then
      os.remove(temporary)
      errors.raise("FileAlreadyExists")
    end
    object.ino, object.size, object.touched = identity(temporary)
    object.modified = ngx.time()
    files.move(temporary, path)
    files.save(meta, object)
  end)
end

--- Adds a body to the end of an appendable object; makes the object when it is not there.
-- @tparam string bucket
-- @tparam string key
-- @tparam number position where the client believes the end to be
-- @tparam table more a body
-- @tparam table fresh what is known of the object, used when it is new
-- @treturn table the object as it is now
function M.append(bucket, key, position, more, fresh)
  return lock.with(name(bucket, key), function()
    local object, path, meta = read(bucket, key)
    if not object and path then
      object = describe(path, meta)
    end
    if object and object.type ~= "Appendable" then
      errors.raise("ObjectNotAppendable")
    end
    local length = object and object.size or 0
    if position ~= length then
      errors.raise("PositionNotEqualToLength", { headers = {
        ["x-oss-next-append-position"] = ("%d"):format(length),
        ["x-oss-hash-crc64ecma"] = object and object.crc64 or "0" } })
    end
    if not object then
      object = fresh
      path, meta = paths(bucket, key)
      object.size, object.crc64 = 0, "0"
      files.move(files.write(""), path)
    end
    local file = assert(io.open(path, "r+b"))
    file:seek("set", object.size)
    local crc64 = core.crc64_new()
    for slice in body.slices(more) do
      assert(file:write(slice))
      crc64:update(slice)
    end
    assert(file:close())
    object.crc64 = core.crc64_combine(object.crc64, crc64:value(), more.size)
    object.size = object.size + more.size
    object.etag = hex_upper(core.md5(files.random_hex(16)))
    object.ino = identity(path)
    object.modified = ngx.time()
    files.save(meta, object)
    return object
  end)
end

--- Removes an object; that it was not there is no error.
-- @tparam string bucket
-- @tparam string key
function M.delete(bucket, key)
  lock.with(name(bucket, key), function()
    local path, meta = paths(bucket, key)
    files.remove(meta, settings.root .. "/meta/" .. bucket)
    files.remove(path, settings.root .. "/objects/" .. bucket)
  end)
end

return M
