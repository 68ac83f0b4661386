--- Where resume tokens are kept: a file, or a store of the user's.

local json = require "cjson.safe"

local M = {}

local function read_all(path)
  local file = io.open(path, "rb")
  if not file then
    return nil
  end
  local text = file:read("*a")
  file:close()
  return text
end

--- Keeps the token in a file; written beside it and renamed, so that it is whole at any moment.
-- @tparam string path
-- @treturn table load, save, clear
function M.file(path)
  return {
    load = function()
      local text = read_all(path)
      return text and json.decode(text) or nil
    end,
    save = function(token)
      local text, message = json.encode(token)
      local beside = path .. ".new"
      local file
      if text then
        file, message = io.open(beside, "wb")
      end
      if not file then
        return nil, message
      end
      local ok
      ok, message = file:write(text)
      local closed, close_message = file:close()
      if ok and closed then
        ok, message = os.rename(beside, path)
      end
      return ok and closed, message or close_message
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
