--- Running commands from any Lua.

local M = {}

--- Quotes a text for the shell.
-- @tparam string text
-- @treturn string
function M.quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

--- Runs a command.
-- @tparam string command
-- @treturn boolean whether it ended with status 0
function M.run(command)
  local ok, _, status = os.execute(command)
  if type(ok) == "number" then
    return ok == 0
  end
  return ok == true and (status == nil or status == 0)
end

--- Runs a command and takes its output.
-- @tparam string command
-- @treturn string
function M.output(command)
  local pipe = assert(io.popen(command, "r"))
  local text = pipe:read("*a")
  pipe:close()
  return text
end

return M
