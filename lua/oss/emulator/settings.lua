--- What the emulator was started with, as the workers see it.
--
-- One table for the whole worker, read from `emulator.json` in the root before the workers start.

local files = require "oss.common.files"
local json = require "cjson"

local M = {}

--- Fills the table.
-- @tparam string root the emulator's folder
function M.load(root)
  for name, value in pairs(json.decode(assert(files.read(root .. "/emulator.json")))) do
    M[name] = value
  end
  M.root = root
  M.private_key = assert(files.read(root .. "/callback_key.pem"))
  M.public_key = assert(files.read(root .. "/callback_pub_key_v1.pem"))
  M.key_url = M.admin_url .. "/callback_pub_key_v1.pem"
  M.by_id = {}
  for _, credential in ipairs(M.credentials) do
    M.by_id[credential.id] = credential
  end
end

return M
