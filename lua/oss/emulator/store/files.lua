--- Files and folders under the root: made on the side, moved into place.

local files = require "oss.common.files"
local lfs = require "lfs"
local json = require "cjson"
local settings = require "oss.emulator.settings"

local M = {}

local random = assert(io.open("/dev/urandom", "rb"))

--- Random upper-case hex, for request ids, upload ids and temporary names.
-- @tparam number bytes
-- @treturn string twice as many digits
function M.random_hex(bytes)
  return (random:read(bytes):gsub(".", function(c)
    return ("%02X"):format(c:byte())
  end))
end

--- A name for a file that does not exist yet, in the objects' file system.
-- @treturn string
function M.temporary()
  return settings.root .. "/tmp/" .. M.random_hex(12)
end

--- Makes the folders above a path.
-- @tparam string path
function M.make_parents(path)
  local folder = path:match("^(.*)/[^/]*$")
  if lfs.attributes(folder, "mode") then
    return
  end
  M.make_parents(folder)
  lfs.mkdir(folder)
end

--- Moves a finished file into place; folders that are missing (or vanish meanwhile) are made.
-- @tparam string from
-- @tparam string to
function M.move(from, to)
  local ok, message
  for _ = 1, 20 do
    M.make_parents(to)
    ok, message = os.rename(from, to)
    if ok then
      return
    end
  end
  error("cannot move a file into place: " .. tostring(message), 0)
end

--- Removes a file and the folders it leaves empty, up to a folder that stays.
-- @tparam string path
-- @tparam string top
function M.remove(path, top)
  os.remove(path)
  local folder = path:match("^(.*)/[^/]*$")
  while #folder > #top and lfs.rmdir(folder) do
    folder = folder:match("^(.*)/[^/]*$")
  end
end

--- Writes a whole file on the side.
-- @tparam string text
-- @treturn string its temporary path
function M.write(text)
  local path = M.temporary()
  assert(files.write(path, text))
  return path
end

--- Writes a table as JSON, atomically.
-- @tparam string path
-- @tparam table value
function M.save(path, value)
  M.move(M.write(json.encode(value)), path)
end

--- Reads a table that `save` wrote.
-- @tparam string path
-- @treturn table|nil
function M.load(path)
  local text = files.read(path)
  return text and json.decode(text)
end

return M
