-- The example direct-upload in headless Chromium.

local cjson = require "cjson"

local function output(command)
  local pipe = assert(io.popen(command .. "; echo \" status $?\""))
  local text, status = pipe:read("*a"):match("^(.-)%s* status (%d+)%s*$")
  pipe:close()
  return text, tonumber(status)
end

-- What stands in the way of running it, nil when nothing does.
local function missing()
  for _, tool in ipairs { "chromium", "node", "redis-server", "redis-cli" } do
    if select(2, output("command -v " .. tool)) ~= 0 then
      return tool .. " is not installed"
    end
  end
end

-- A script prints a line of JSON for each check; its own end is one of them.
local function run(script, folder)
  local text, status = output(("env -u LD_PRELOAD NODE_PATH=%s/node_modules no_proxy='*' timeout 120 node "
    .. "spec/browser/direct_upload/%s 2>&1"):format(folder, script))
  local checks, finished, rest = {}, false, {}
  for line in text:gmatch("[^\n]+") do
    local ok, check = pcall(cjson.decode, line)
    if ok and type(check) == "table" and check.name then
      checks[#checks + 1] = check
    elseif ok and type(check) == "table" and check.done then
      finished = check.done == #checks and #checks > 0
    else
      rest[#rest + 1] = line
    end
  end
  checks[#checks + 1] = { name = script .. " comes to its end", ok = finished and status == 0,
    detail = ("status %s\n%s"):format(status, table.concat(rest, "\n")) }
  return checks
end

describe("the page of direct-upload:", function()
  local reason, folder = missing(), nil
  if not reason then
    local status
    folder, status = output("spec/peers/install npm playwright-core@1.59.1")
    reason = status ~= 0 and folder or nil
  end
  if reason and os.getenv("CI") == "true" then
    error(reason)
  elseif reason then
    pending("skipped: " .. reason)
    return
  end
  for _, script in ipairs { "uploads.js", "failures.js" } do
    for _, check in ipairs(run(script, folder)) do
      it(check.name, function()
        assert(check.ok, check.detail)
      end)
    end
  end
end)
