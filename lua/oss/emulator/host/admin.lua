--- Calls of the admin port from outside nginx.

local json = require "cjson.safe"

local M = {}

local function call(method, url, body)
  local curl = require "oss.curl"
  local loop = curl.loop {}
  local id, _, message = loop:submit { method = method, url = url, head = "Content-Type: application/json\r\n",
    body = body, connect_ms = 5000, total_ms = 10000 }
  local answer
  while id and not answer do
    loop:poll(1000)
    local kind, which, what = loop:event()
    while kind do
      if kind == "done" and which == id then
        answer = what
      end
      kind, which, what = loop:event()
    end
  end
  loop:close()
  if not answer then
    return nil, message
  elseif answer.error then
    return nil, answer.message or answer.error
  elseif answer.status ~= 200 then
    local fields = json.decode(answer.body)
    return nil, fields and fields.error or "status " .. answer.status
  end
  return answer.body
end

--- Adds a fault.
-- @tparam string url of the admin port
-- @tparam table fault
-- @treturn boolean|nil true
-- @treturn string what went wrong
function M.add_fault(url, fault)
  local text = assert(json.encode(fault))
  local body, message = call("POST", url .. "/faults", text)
  return body and true, message
end

--- Forgets all faults.
-- @tparam string url of the admin port
-- @treturn boolean|nil true
-- @treturn string what went wrong
function M.clear_faults(url)
  local body, message = call("DELETE", url .. "/faults")
  return body and true, message
end

return M
