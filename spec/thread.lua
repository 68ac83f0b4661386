-- Every loop gets a thread of its own.
local curl = require "oss.curl"

local new_loop = curl.loop

function curl.loop(options)
  local copy = { thread = true }
  for name, value in pairs(type(options) == "table" and options or {}) do
    copy[name] = value
  end
  return new_loop(options and type(options) ~= "table" and options or copy)
end
