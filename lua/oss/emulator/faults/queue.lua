--- Faults waiting for requests to come, shared by all workers.

local json = require "cjson"

local M = {}

local function dict()
  return ngx.shared.oss_emulator
end

local function all()
  return json.decode(dict():get("faults") or "[]")
end

--- Adds a fault.
-- @tparam table fault `{ fault = text, count = number (default 1; 0: always), method =, bucket =, key =,
-- operation = }`; what is absent matches everything, `key` may end in `*`
-- @treturn number its id
function M.add(fault)
  local id = dict():incr("fault_id", 1, 0)
  fault.id = id
  dict():set("fault_left:" .. id, fault.count == 0 and 1e15 or fault.count or 1)
  local faults = all()
  faults[#faults + 1] = fault
  dict():set("faults", json.encode(faults))
  return id
end

--- Forgets all faults.
function M.clear()
  for _, fault in ipairs(all()) do
    dict():delete("fault_left:" .. fault.id)
  end
  dict():delete("faults")
end

--- What is waiting, with what is left of each.
-- @treturn table
function M.list()
  local faults = all()
  for _, fault in ipairs(faults) do
    fault.left = fault.count == 0 and "always" or math.max(0, dict():get("fault_left:" .. fault.id) or 0)
  end
  return faults
end

local function matches(fault, request)
  local key = fault.key
  if key and key:sub(-1) == "*" then
    key = key:sub(1, -2)
    if (request.key or ""):sub(1, #key) ~= key then
      return false
    end
  elseif key and key ~= request.key then
    return false
  end
  return (not fault.method or fault.method == request.method)
    and (not fault.bucket or fault.bucket == request.bucket)
    and (not fault.operation or fault.operation == request.operation)
end

--- Takes the faults that match a request; each is used up by one.
-- @tparam table request
-- @treturn table list of texts
function M.take(request)
  local taken = {}
  if not dict():get("faults") then
    return taken
  end
  for _, fault in ipairs(all()) do
    if matches(fault, request) then
      local left = dict():incr("fault_left:" .. fault.id, -1)
      if left and left >= 0 then
        taken[#taken + 1] = fault.fault
      end
    end
  end
  return taken
end

return M
