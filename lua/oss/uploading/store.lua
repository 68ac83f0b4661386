--- Where resume tokens are kept: a file, or a store of the user's.

local files = require "oss.common.files"
local json = require "cjson.safe"
local multipart = require "oss.multipart"

local M = {}

local not_found = 2 -- ENOENT

-- The token in a file, nil when there is none; nil and a message for a file that is none of ours. The first
-- byte tells, so that a large file is not read.
local function load(path)
  local file, message, number = io.open(path, "rb")
  if not file then
    return nil, number ~= not_found and message or nil
  end
  local first, read_message = file:read(1)
  local text = first == "{" and file:read("*a")
  file:close()
  if not first and not read_message then
    return nil
  end
  local token = text and json.decode(first .. text)
  if not multipart.is_token(token) then
    return nil, ("'%s' exists and is no resume token: delete it, or choose another path for 'resume'"):format(path)
  end
  return token
end

--- Keeps the token in a file that is whole at any moment. What `load` refuses must not be saved over or cleared.
-- @tparam string path
-- @treturn table load, save, clear
function M.file(path)
  return {
    load = function()
      return load(path)
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
-- @tparam[opt] string file what is uploaded
-- @treturn table|nil load, save, clear
-- @treturn string what is wrong
function M.open(resume, file)
  if type(resume) == "string" then
    if file == resume or file == resume .. ".new" then
      return nil, "option 'resume' must be another path than 'file': the token would replace what is to be sent"
    end
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
