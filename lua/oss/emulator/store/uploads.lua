--- Multipart uploads under way: a folder each, one file a part.
--
-- A part's file name says all that is known of it, `00001-<MD5>-<CRC-64>`, so that a part comes into being by
-- one rename.

local lfs = require "lfs"
local core = require "oss.core"
local body = require "oss.emulator.body"
local errors = require "oss.emulator.errors"
local settings = require "oss.emulator.settings"
local files = require "oss.emulator.store.files"
local lock = require "oss.emulator.store.lock"

local M = {}

local function folder(bucket, id)
  return settings.root .. "/uploads/" .. bucket .. "/" .. id
end

--- Begins an upload.
-- @tparam string bucket
-- @tparam table upload `{ key =, object = what is known of the object }`
-- @treturn string upload id
function M.begin(bucket, upload)
  local id = files.random_hex(16)
  upload.initiated = ngx.time()
  files.save(folder(bucket, id) .. "/upload.json", upload)
  return id
end

--- Looks an upload up.
-- @tparam string bucket
-- @tparam string key
-- @tparam string id
-- @treturn table what `begin` was given
function M.find(bucket, key, id)
  local upload = id:find("^%x+$") and files.load(folder(bucket, id) .. "/upload.json")
  if not upload or upload.key ~= key then
    errors.raise("NoSuchUpload", { UploadId = id })
  end
  return upload
end

--- Runs a function while no other request works on the upload.
-- @tparam string id
-- @tparam function work
function M.locked(id, work)
  return lock.with("upload:" .. id, work)
end

--- The parts there are, by number; of a part sent twice the last.
-- @tparam string bucket
-- @tparam string id
-- @treturn table list of `{ number =, etag =, crc64 =, size =, modified =, path = }`
function M.parts(bucket, id)
  local top, found, numbers = folder(bucket, id), {}, {}
  for name in lfs.dir(top) do
    local number, etag, crc64 = name:match("^(%d+)%-(%x+)%-(%d+)$")
    if number then
      local attributes = lfs.attributes(top .. "/" .. name)
      number = tonumber(number)
      if not found[number] then
        numbers[#numbers + 1] = number
      end
      if not found[number] or attributes.modification > found[number].modified then
        found[number] = { number = number, etag = etag, crc64 = crc64, size = attributes.size,
          modified = attributes.modification, path = top .. "/" .. name }
      end
    end
  end
  table.sort(numbers)
  local parts = {}
  for i, number in ipairs(numbers) do
    parts[i] = found[number]
  end
  return parts
end

--- Stores a part; one of the same number is replaced.
-- @tparam string bucket
-- @tparam string key
-- @tparam string id
-- @tparam number number
-- @tparam table part a body
-- @tparam table digest of the body
-- @treturn string ETag without quotes
function M.add(bucket, key, id, number, part, digest)
  local etag = core.hex(digest.md5):upper()
  local prefix = ("%05d-"):format(number)
  local name = prefix .. etag .. "-" .. digest.crc64
  local temporary = body.keep(part)
  M.locked(id, function()
    -- It may have been completed or aborted while the body came in.
    if not pcall(M.find, bucket, key, id) then
      os.remove(temporary)
      errors.raise("NoSuchUpload", { UploadId = id })
    end
    local top = folder(bucket, id)
    files.move(temporary, top .. "/" .. name)
    for other in lfs.dir(top) do
      if other:sub(1, #prefix) == prefix and other ~= name then
        os.remove(top .. "/" .. other)
      end
    end
  end)
  return etag
end

--- Joins parts into one temporary file.
-- @tparam table parts
-- @treturn string path
-- @treturn string CRC-64 of the whole
function M.join(parts)
  local path = files.temporary()
  local file = assert(io.open(path, "wb"))
  local crc64 = "0"
  for _, part in ipairs(parts) do
    for slice in body.slices { path = part.path, size = part.size } do
      assert(file:write(slice))
    end
    crc64 = core.crc64_combine(crc64, part.crc64, part.size)
  end
  assert(file:close())
  return path, crc64
end

--- Forgets an upload and its parts.
-- @tparam string bucket
-- @tparam string id
function M.remove(bucket, id)
  local top = folder(bucket, id)
  os.remove(top .. "/upload.json")
  for name in lfs.dir(top) do
    if name ~= "." and name ~= ".." then
      os.remove(top .. "/" .. name)
    end
  end
  lfs.rmdir(top)
end

return M
