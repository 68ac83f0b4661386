--- Signed URLs: one request that somebody else may send for a while.

local headers = require "oss.sending.headers"
local names = require "oss.sending.names"
local objects = require "oss.sending.objects"

local M = {}

local most_parts = 10000

-- Only PutObject and CompleteMultipartUpload fire a callback.
local function check_callback(t, method)
  local stores = method == "PUT" and not t.upload_id or method == "POST" and t.upload_id
  if t.callback and not stores then
    return "option 'callback' belongs to a PUT of the object, or to the POST with 'upload_id' that completes it"
  elseif t.callback and type(t.callback) == "table" and t.callback.retry then
    return "callback.retry is for uploads of this client: it does not see how others' uploads end"
  elseif t.callback_as and not t.callback then
    return "option 'callback_as' needs option 'callback'"
  end
  for name in pairs(t.callback and t.query or {}) do
    if name == "callback" or name == "callback-var" then
      return "option 'callback' and a query parameter '" .. name .. "' exclude each other"
    end
  end
end

local function check_upload(t, method)
  if t.part_number and not t.upload_id then
    return "option 'part_number' needs option 'upload_id'"
  elseif t.part_number and method ~= "PUT" then
    return "option 'part_number' needs method PUT"
  elseif t.part_number and t.part_number > most_parts then
    return ("option 'part_number' must be 1 to %d, got %.0f"):format(most_parts, t.part_number)
  elseif t.upload_id and method == "PUT" and not t.part_number then
    return "option 'upload_id' with method PUT needs option 'part_number'; method POST completes the upload"
  end
end

local function query_of(t)
  local query = {}
  if t.part_number then
    query[1], query[2] = "partNumber", ("%d"):format(t.part_number)
  end
  if t.upload_id then
    query[#query + 1] = "uploadId"
    query[#query + 1] = t.upload_id
  end
  return headers.query(t, query)
end

local function add_callback(client, t, list, query, place)
  if t.callback_as == "headers" then
    return headers.add_callback(client, list, t, place)
  end
  if headers.has_callback(list) then
    return "option 'callback' excludes a callback in 'headers' or 'query'"
  end
  local prepared, message = headers.callback(client, t.callback, place)
  if not prepared then
    return message
  end
  query[#query + 1] = "callback"
  query[#query + 1] = prepared.callback
  if prepared.callback_var then
    query[#query + 1] = "callback-var"
    query[#query + 1] = prepared.callback_var
  end
end

--- Checks everything and makes the request value.
-- @tparam table client
-- @tparam table t checked options
-- @tparam number _ now
-- @tparam number ends unix seconds at which the URL ends to be valid
-- @treturn table|nil the request value
-- @treturn string what is wrong, naming the option
function M.prepare(client, t, _, ends)
  local method = t.method or "PUT"
  local message = names.missing(t, true) or check_upload(t, method) or check_callback(t, method)
  local list, query
  if not message then
    list, message = headers.build("presign", t)
  end
  if list then
    query, message = query_of(t)
  end
  if query and t.callback then
    message = add_callback(client, t, list, query, { bucket = t.bucket, key = t.key, now = ends })
  end
  if message then
    return nil, message
  end
  return objects.value(client, method, t, list, query)
end

--- Signs it.
-- @tparam userdata signer
-- @tparam table value the request value
-- @tparam table when now, expires
-- @treturn table|nil url, method, headers
-- @treturn string what is wrong
function M.sign(signer, value, when)
  local url, message = signer:presign(value, when.now, when.expires)
  if not url then
    return nil, message
  end
  local permit = { url = url, method = value.method, headers = {} }
  for i = 1, #value.headers, 2 do
    permit.headers[value.headers[i]] = value.headers[i + 1]
  end
  return permit
end

return M
