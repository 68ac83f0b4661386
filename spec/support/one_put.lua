-- Puts "12345" to a URL and prints what comes back: for what an environment does to a transfer.
--   lua spec/support/one_put.lua URL

local curl = require "oss.curl"
local wire = require "spec.wire.server"

local loop = assert(curl.loop())
local answer = wire.run(loop, { url = arg[1], body = "12345" })
io.write(answer.error or answer.status, " ", answer.message or answer.body, "\n")
loop:close()
