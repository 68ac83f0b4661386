-- Clients that others wrote, driving the local OSS.
--
-- A script has one theme and prints one line of JSON for each check, `{"name": ..., "ok": true}` or `{"name": ...,
-- "detail": why not}`, and `{"done": number of checks}` at its end. Each check becomes a test.

local cjson = require "cjson"
local local_oss = require "spec.support.local_oss"

local M = {}

M.token = { id = "STS.peer", secret = "peer-secret", token = "peer/token+with==specials" }
M.expired = { id = "STS.expired", secret = "expired-secret", token = "expired-token", expires = 1 }

local function output(command)
  local pipe = assert(io.popen(command .. "; echo \" status $?\""))
  local text, status = pipe:read("*a"):match("^(.-)%s* status (%d+)%s*$")
  pipe:close()
  return text, tonumber(status)
end

-- The environment of a script: where the local OSS is, who may use it, and where the service writes. A proxy
-- that was good for installing is of no use on loopback.
local function environment(place, service)
  local server, words = place.server, { "no_proxy='*' NO_PROXY='*'" }
  for name, value in pairs {
    OSS_PORT = server.port, OSS_ID = server.access_key_id, OSS_SECRET = server.access_key_secret,
    STS_ID = M.token.id, STS_SECRET = M.token.secret, STS_TOKEN = M.token.token,
    EXPIRED_ID = M.expired.id, EXPIRED_SECRET = M.expired.secret, EXPIRED_TOKEN = M.expired.token,
    SERVICE_URL = service, SERVICE_LOG = place.service_log, FOLDER = place.root,
  } do
    words[#words + 1] = ("%s='%s'"):format(name, value)
  end
  return table.concat(words, " ")
end

-- Appends the checks of a script; its own end is one of them.
local function run(script, command, all)
  local text, status = output(command .. " 2>&1")
  local checks, finished, rest = {}, false, {}
  for line in text:gmatch("[^\n]+") do
    local ok, check = pcall(cjson.decode, line)
    if ok and type(check) == "table" and check.name then
      check.name = (script:match("(%w+)%.%w+$") or script:match("%w+")) .. ": " .. check.name
      checks[#checks + 1] = check
    elseif ok and type(check) == "table" and check.done then
      finished = check.done == #checks and #checks > 0
    else
      rest[#rest + 1] = line
    end
  end
  checks[#checks + 1] = { name = script .. " comes to its end", ok = finished and status == 0,
    detail = ("status %s\n%s"):format(status, table.concat(rest, "\n")) }
  for _, check in ipairs(checks) do
    all[#all + 1] = check
  end
end

local function run_all(t, folder)
  local place = local_oss.start { credentials = { M.token, M.expired } }
  local checks = {}
  local ok, message = pcall(function()
    local service = place:service()
    for _, script in ipairs(t.scripts) do
      run(script, ("%s timeout 60 %s spec/peers/%s"):format(environment(place, service),
        t.command:gsub("FOLDER", folder), script), checks)
    end
  end)
  place:stop()
  return assert(ok and checks, message)
end

--- Runs the scripts of a client; it is installed when it is not here yet.
-- t: tool and package as for `spec/peers/install`, command with FOLDER in it, scripts; optional: machines without the
-- tool, such as those that `make deps` sets up, do not run them
-- Gives a list of checks: { name =, ok =, detail = }, or { name =, skipped = true } when there is no client to run.
function M.checks(t)
  local folder, status = output(("spec/peers/install %s %s"):format(t.tool, t.package))
  if status == 0 then
    return run_all(t, folder)
  elseif os.getenv("CI") == "true" and not (t.optional and status == 2) then
    return { { name = "is installed", ok = false, detail = folder } }
  end
  return { { name = "skipped: " .. folder, skipped = true } }
end

return M
