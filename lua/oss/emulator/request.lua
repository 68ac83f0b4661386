--- What came in, as one table that the operations read.
--
-- `id`, `method`, `scheme`, `host`, `path` (raw), `query` (flat list, decoded), `args` (by name), `headers` (by
-- lower-case name), `header_list` (flat, as it came), `bucket`, `key`, `path_style`, `client_ip`, `time` (unix
-- seconds by the server's clock), `started`, `faults`, `temporary` (files to remove at the end).

local core = require "oss.core"
local address = require "oss.emulator.address"
local errors = require "oss.emulator.errors"
local settings = require "oss.emulator.settings"
local files = require "oss.emulator.store.files"

local M = {}

local function read_headers()
  local list, by_name = {}, {}
  for name, value in pairs(ngx.req.get_headers(0, true)) do
    if type(value) == "table" then
      value = table.concat(value, ",")
    elseif value == true then
      value = ""
    end
    list[#list + 1] = name
    list[#list + 1] = value
    by_name[name:lower()] = value
  end
  return list, by_name
end

local function read_query(text)
  local list, by_name = {}, {}
  for pair in (text or ""):gmatch("[^&]+") do
    local name, value = pair:match("^([^=]*)=?(.*)$")
    name, value = core.unpercent(name), core.unpercent(value)
    if not name or not value then
      errors.raise("InvalidURI")
    end
    list[#list + 1] = name
    list[#list + 1] = value
    if by_name[name] == nil then
      by_name[name] = value
    end
  end
  return list, by_name
end

--- Reads the head of the current request; nothing is judged yet.
-- @treturn table
function M.read()
  local list, headers = read_headers()
  local target = ngx.var.request_uri
  local path, query = target:match("^([^?]*)%??(.*)$")
  return {
    id = files.random_hex(12), started = ngx.now(), method = ngx.req.get_method(), scheme = ngx.var.scheme,
    host = headers.host or "", path = path, raw_query = query, headers = headers, header_list = list,
    client_ip = ngx.var.remote_addr, time = ngx.time(), faults = {}, temporary = {}, query = {}, args = {},
  }
end

--- Finds out what the request means: query, bucket and key.
-- @tparam table request as `read` made it
function M.resolve(request)
  request.query, request.args = read_query(request.raw_query)
  request.bucket, request.key, request.path_style =
    address.resolve(request.host, request.path, settings.cname)
end

return M
