--- The body of the present request as a reader, to be streamed to OSS in constant memory.
-- @module resty.oss.request_body

local slice_size = 64 * 1024

local function of_socket(socket, length)
  local left = length
  socket:settimeout(60000)
  return function()
    if left == 0 then
      return nil
    end
    local slice, message = socket:receive(math.min(left, slice_size))
    if not slice then
      return nil, "the request's body ended early: " .. message
    end
    left = left - #slice
    return slice
  end, length
end

-- nginx's sockets take neither chunks nor HTTP/2; nginx itself does, long bodies into a temporary file.
local function of_nginx()
  local fine, message = pcall(ngx.req.read_body)
  if not fine then
    return nil, "nginx does not take in the request's body: " .. tostring(message)
  end
  local data, path = ngx.req.get_body_data(), ngx.req.get_body_file()
  local file = path and assert(io.open(path, "rb"))
  local length = file and file:seek("end") or #(data or "")
  if file then
    file:seek("set", 0)
  end
  return function()
    if file then
      return file:read(slice_size)
    end
    local all = data
    data = nil
    return all
  end, length
end

--- Makes a reader of the body of the present request, which is not read before.
--
-- A body of HTTP/1 with a Content-Length goes from socket to socket; larger slices
-- (`lua_socket_buffer_size 64k`) cost less. Any other, chunked or of HTTP/2, is taken in by nginx first,
-- beyond `client_body_buffer_size` into a file. What is longer than `client_max_body_size` (1 MiB, unless
-- nginx.conf says more) nginx answers with 413, and nothing is sent to OSS.
-- @function request_body
-- @treturn function|nil for option `reader`
-- @treturn integer|string its length, for option `length`; or why there is none
-- @usage
-- local reader, length = oss.request_body()
-- local res, err = client:put{ bucket = "b", key = "k", reader = reader, length = length }
return function()
  local length = tonumber(ngx.var.content_length)
  if not length or ngx.var.http_transfer_encoding or (ngx.req.http_version() or 0) >= 2 then
    return of_nginx()
  elseif length == 0 then
    return function() end, 0
  end
  local socket, message = ngx.req.socket()
  if not socket then
    return nil, message
  end
  return of_socket(socket, length)
end
