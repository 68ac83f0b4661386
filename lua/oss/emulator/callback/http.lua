--- One POST to a callback service, within a time limit: OSS's own client, as far as it shows.

local M = {}

M.limit = 5
local longest_body = 1024 * 1024
local longest_line = 16 * 1024

-- A socket whose every step gets what is left of the time.
local function timed(deadline)
  local socket = ngx.socket.tcp()
  return socket, function()
    local left = math.floor((deadline - ngx.now()) * 1000)
    if left <= 0 then
      return false
    end
    socket:settimeouts(left, left, left)
    return true
  end
end

local function connect(socket, url, callback)
  local ok, message = socket:connect(url.address, url.port)
  if ok and url.scheme == "https" then
    -- Without a name no SNI is sent. OSS's own policy on certificates is not known; none is checked here.
    ok, message = socket:sslhandshake(nil, callback.sni and url.host or nil, false)
  end
  return ok, message
end

local function reason(message)
  return message == "timeout" and "timeout" or "unreachable"
end

local function read_line(socket, still)
  if not still() then
    return nil, "timeout"
  end
  local line, message, partial = socket:receive("*l")
  if not line then
    return nil, message, partial
  elseif #line > longest_line then
    return nil, "too long"
  end
  return line
end

local function read_head(socket, still)
  local status, headers
  repeat
    local line, message = read_line(socket, still)
    if not line then
      return nil, message
    end
    status = tonumber(line:match("^HTTP/1%.%d (%d%d%d)"))
    if not status then
      return nil, "no HTTP"
    end
    headers = {}
    while true do
      line, message = read_line(socket, still)
      if not line then
        return nil, message
      elseif line == "" then
        break
      end
      local name, value = line:match("^([^:%s]+):%s*(.-)%s*$")
      if name then
        headers[name:lower()] = value
      end
    end
  until status >= 200
  return status, headers
end

-- The answer's rules, in the order in which OSS complains.
local function read_answer(socket, still)
  local status, headers = read_head(socket, still)
  if not status then
    return nil, reason(headers)
  elseif status ~= 200 then
    return nil, tostring(status)
  elseif not headers["content-length"] then
    return nil, "no-length"
  end
  local length = headers["content-length"]:match("^%d+$")
  length = tonumber(length)
  if not length or length == 0 then
    return nil, "bad-length"
  elseif length > longest_body then
    return nil, "too-long"
  elseif not still() then
    return nil, "timeout"
  end
  local body, message = socket:receive(length)
  if not body then
    return nil, message == "timeout" and "timeout" or "not-json"
  end
  return { body = body, content_type = headers["content-type"] }
end

--- Posts.
-- @tparam table url scheme, host, address, port, target
-- @tparam table callback with sni
-- @tparam {string,...} lines the head, without the empty line
-- @tparam string body
-- @treturn table|nil `{ body =, content_type = }`
-- @treturn string how it failed, a name of `oss.emulator.callback.outcome`
function M.post(url, callback, lines, body)
  local socket, still = timed(ngx.now() + M.limit)
  still()
  local ok, message = connect(socket, url, callback)
  if not ok then
    return nil, reason(message)
  end
  local answer
  if not still() then
    answer, message = nil, "timeout"
  else
    ok, message = socket:send(table.concat(lines, "\r\n") .. "\r\n\r\n" .. body)
    if ok then
      answer, message = read_answer(socket, still)
    else
      message = reason(message)
    end
  end
  socket:close()
  return answer, message
end

return M
