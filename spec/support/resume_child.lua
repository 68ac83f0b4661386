-- Uploads with a resume token, for a spec that kills it: lua resume_child.lua ENDPOINT FILE TOKEN
local oss = require "oss"
local client = oss.client { endpoint = arg[1], region = "cn-hangzhou", access_key_id = "emulator",
  access_key_secret = "emulator-secret" }
oss.assert(client:upload { bucket = "examplebucket", key = "killed", file = arg[2], resume = arg[3],
  part_size = 102400, threshold = 102400, rate_limit = 4000000 })
client:close()
io.stdout:write("completed\n")
