--- The body of the present request as a reader, to be streamed to OSS in constant memory.
-- @module resty.oss.request_body

local left_over = require "oss.transport.cosocket.left_over"

local slice_size = 64 * 1024

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
--
-- nginx would take what is left of a body for the client's next request. So the rest is read and dropped
-- before an operation that failed returns, and when the handler returns. When it does not come within 30
-- seconds, or 5 without a byte, the request ends with 500, the reason in the log, and the connection is
-- closed. What nobody has begun to read nginx itself drops. Only who calls `ngx.exit` with a body half read,
-- by himself or by an operation that still runs, must do so with 444, or say `keepalive_timeout 0`.
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
  return left_over.reader(length), length
end
