-- Uploads with a resume token, for a spec that kills it:
--
--   lua resume_child.lua ENDPOINT FILE TOKEN [CALLBACK [WHERE SAVE]]
--
-- CALLBACK is a URL, or "" for none; with RETRY_CALLBACK in the environment it is fired again when it may have
-- failed. It kills itself before, during or after ("WHERE") the save of that number, or the one that closes the
-- token ("completed"). Prints how the upload ended.

local files = require "oss.common.files"
local oss = require "oss"

local function die()
  os.execute("kill -KILL $PPID")
end

local where, wanted, saves, replace = arg[5], arg[6], 0, files.replace

function files.replace(path, text)
  saves = saves + 1
  local here = wanted == tostring(saves) or wanted == "completed" and text:find('"state":"completed"', 1, true)
  if here and where == "before" then
    die()
  elseif here and where == "during" then
    files.write(path .. ".new", text:sub(1, math.floor(#text / 2)))
    die()
  end
  local ok, message = replace(path, text)
  if here then
    die()
  end
  return ok, message
end

local client = oss.client { endpoint = arg[1], region = "cn-hangzhou", access_key_id = "emulator",
  access_key_secret = "emulator-secret" }
local callback = arg[4] and arg[4] ~= "" and { url = arg[4], body = "a=${size}",
  retry = os.getenv("RETRY_CALLBACK") and true or nil } or nil
local res, err = client:upload { bucket = "examplebucket", key = "killed", file = arg[2], resume = arg[3],
  part_size = 102400, threshold = 102400, rate_limit = 4000000, callback = callback }
client:close()
if res then
  print("completed", res.settled and "settled" or "", res.resumed and "resumed" or "",
    res.callback and "called" or "")
else
  print(err.kind == "callback" and "completed" or "failed", err.code, "stored: " .. tostring(err.stored))
end
