--- The admin port, on loopback only: the callback key and the faults to come.
--
--     GET    /callback_pub_key_v1.pem   the public key that callbacks are signed with
--     GET    /faults                    what is waiting
--     POST   /faults                    {"fault": "status=503", "count": 2, "method": "PUT", "key": "a/*"}
--     DELETE /faults                    forget all

local json = require "cjson.safe"
local faults = require "oss.emulator.faults.plan"
local queue = require "oss.emulator.faults.queue"
local settings = require "oss.emulator.settings"

local M = {}

local known = { fault = "string", count = "number", method = "string", bucket = "string", key = "string",
  operation = "string" }

local function refuse(message)
  return 400, json.encode { error = message }
end

local function add_fault()
  ngx.req.read_body()
  local fault = json.decode(ngx.req.get_body_data() or "")
  if type(fault) ~= "table" then
    return refuse("a JSON object is wanted")
  end
  for name, value in pairs(fault) do
    if type(value) ~= known[name] then
      return refuse("'" .. tostring(name) .. "' is unknown or not a " .. (known[name] or "known name"))
    end
  end
  local plan, message = faults.parse(fault.fault or "")
  if not plan or not next(plan) then
    return refuse(message or "'fault' is missing")
  end
  return 200, json.encode { id = queue.add(fault) }
end

local routes = {
  ["GET /callback_pub_key_v1.pem"] = function()
    return 200, settings.public_key, "application/x-pem-file"
  end,
  ["GET /faults"] = function()
    local list = queue.list()
    return 200, #list > 0 and json.encode(list) or "[]"
  end,
  ["POST /faults"] = add_fault,
  ["DELETE /faults"] = function()
    queue.clear()
    return 200, "{}"
  end,
}

--- A request on the admin port.
function M.serve()
  local route = routes[ngx.req.get_method() .. " " .. ngx.var.uri]
  local status, text, content_type = 404, '{"error":"no such path"}', nil
  if route then
    status, text, content_type = route()
  end
  ngx.status = status
  ngx.header["Content-Type"] = content_type or "application/json"
  ngx.header["Content-Length"] = #text
  ngx.print(text)
end

return M
