--- What nginx calls: once before the workers start, and for every request.

local answer = require "oss.emulator.answer"
local auth = require "oss.emulator.auth.check"
local address = require "oss.emulator.address"
local buckets = require "oss.emulator.store.buckets"
local cors = require "oss.emulator.cors"
local errors = require "oss.emulator.errors"
local faults = require "oss.emulator.faults.plan"
local log = require "oss.emulator.log"
local requests = require "oss.emulator.request"
local router = require "oss.emulator.router"
local settings = require "oss.emulator.settings"

local M = {}

local operations = {}
for _, room in ipairs { "objects", "multipart", "append", "buckets", "post", "process" } do
  for name, operation in pairs(require("oss.emulator.operations." .. room)) do
    operations[name] = operation
  end
end

--- Before the workers start.
-- @tparam string root
function M.init(root)
  settings.load(root)
end

local function perform(request)
  requests.resolve(request)
  local name = router.operation(request)
  request.operation = name
  faults.collect(request)
  faults.before(request)
  if name == "Options" then
    return cors.preflight(request)
  elseif not name then
    errors.raise("NotImplemented", { status = 501, message = "The local OSS does not have this operation." })
  end
  if request.bucket and not buckets.is_name(request.bucket) then
    errors.raise("InvalidBucketName", { BucketName = request.bucket })
  elseif request.key then
    address.check_key(request.key)
  end
  -- A form carries its signature inside; OSS ignores the header then.
  if name ~= "PostObject" then
    auth.request(request)
  end
  if request.bucket and name ~= "PutBucket" then
    buckets.require(request.bucket)
  end
  return operations[name](request)
end

-- Whatever happens becomes an answer; what is no error of OSS is a fault of the emulator and is logged.
local function attempt(request)
  local ok, reply = xpcall(function()
    return perform(request)
  end, function(err)
    if type(err) == "table" then
      return err
    end
    return { is_crash = true, message = debug.traceback(tostring(err), 2) }
  end)
  if ok then
    return reply
  elseif reply.is_cut then
    return nil
  elseif reply.is_crash then
    log.write(request, reply.message)
    reply = errors.new("InternalError")
  end
  return answer.refusal(request, reply)
end

--- A request of a client.
function M.serve()
  local request = requests.read()
  local reply = attempt(request)
  for _, path in ipairs(request.temporary) do
    os.remove(path)
  end
  if reply and faults.after(request) then
    cors.decorate(request, reply)
    answer.send(request, reply)
  else
    ngx.exit(444)
  end
end

--- What nginx itself refuses before Lua sees it.
function M.malformed()
  local request = { id = require("oss.emulator.store.files").random_hex(12), method = "GET", headers = {},
    host = ngx.var.http_host or "", time = ngx.time(), started = ngx.now(), faults = {} }
  answer.send(request, answer.refusal(request, errors.new("BadRequest")))
end

return M
