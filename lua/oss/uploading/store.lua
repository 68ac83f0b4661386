--- Where resume tokens are kept: a file, or a store of the user's.

local files = require "oss.common.files"
local json = require "cjson.safe"

local M = {}

--- Keeps the token in a file that is whole at any moment.
-- @tparam string path
-- @treturn table load, save, clear
function M.file(path)
  return {
    load = function()
      local text = files.read(path)
      return text and json.decode(text) or nil
    end,
    save = function(token)
      local text, message = json.encode(token)
      if not text then
        return nil, message
      end
      return files.replace(path, text)
    end,
    clear = function()
      os.remove(path)
      return true
    end,
  }
end

--- Checks the option `resume`.
-- @tparam string|table resume a path, or a table with the functions load, save and clear
-- @treturn table|nil load, save, clear
-- @treturn string what is wrong
function M.open(resume)
  if type(resume) == "string" then
    return M.file(resume)
  end
  for _, name in ipairs { "load", "save", "clear" } do
    if type(resume[name]) ~= "function" then
      return nil, "option 'resume' must be a path, or a table with the functions load, save and clear"
    end
  end
  return resume
end

return M
