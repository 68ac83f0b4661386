--- The command line, `luaoss`. Each command is a module of `oss.cli`: `describe(parser)` declares its options,
-- `run(options)` does it and gives the exit status.

local argparse = require "argparse"

local M = {}

local commands = { "emulator" }

--- Runs a command.
-- @tparam {string,...} arguments as in `arg`
-- @treturn number exit status
function M.main(arguments)
  local parser = argparse("luaoss", "Uploads to Alibaba Cloud OSS with callbacks: tools.")
  parser:require_command(true):command_target("command")
  local runs = {}
  for _, name in ipairs(commands) do
    local command = require("oss.cli." .. name)
    command.describe(parser:command(name, command.summary))
    runs[name] = command.run
  end
  local options = parser:parse(arguments)
  return runs[options.command](options)
end

return M
