--- Whole files: read, written, replaced so that they are whole at any moment.

local M = {}

--- Reads a file.
-- @tparam string path
-- @treturn[1] string
-- @return[2] nil, message
function M.read(path)
  local file, message = io.open(path, "rb")
  if not file then
    return nil, message
  end
  local text
  text, message = file:read("*a")
  file:close()
  if text then
    return text
  end
  return nil, message
end

--- Writes a file.
-- @tparam string path
-- @tparam string text
-- @treturn[1] boolean true
-- @return[2] nil, message; what is in the file then is anybody's guess
function M.write(path, text)
  local file, message = io.open(path, "wb")
  if not file then
    return nil, message
  end
  local written, closed, close_message
  written, message = file:write(text)
  closed, close_message = file:close()
  if written and closed then
    return true
  end
  return nil, message or close_message
end

--- Replaces a file: written beside it and renamed. It has its old content or the new one, whatever happens.
-- @tparam string path
-- @tparam string text
-- @treturn[1] boolean true
-- @return[2] nil, message
function M.replace(path, text)
  local beside = path .. ".new"
  local ok, message = M.write(beside, text)
  if ok then
    ok, message = os.rename(beside, path)
  end
  if not ok then
    os.remove(beside)
    return nil, message
  end
  return true
end

return M
