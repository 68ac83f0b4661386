-- Clients whose uploads in parts need no network.

local clients = require "oss.client"
local core = require "oss.core"
local fake = require "spec.support.fake_transport"
local multipart = require "oss.multipart"

local M = {}

-- Answers each request of an upload; `refusals[n]` is answered in front to the n-th part.
function M.new(refusals)
  local sent = {}
  local transport = fake.new(function(request)
    local query = request.url:match("%?(.*)") or ""
    local number = tonumber(query:match("partNumber=(%d+)"))
    if number then
      local refusal = refusals and table.remove(refusals[number] or {}, 1)
      sent[number] = not refusal and request or sent[number]
      return refusal or { headers = { etag = '"P"' } }
    elseif query:find("uploads", 1, true) then
      return { body = "<InitiateMultipartUploadResult><UploadId>U</UploadId></InitiateMultipartUploadResult>" }
    elseif request.method == "POST" then
      local crc = "0"
      for _, one in ipairs(sent) do
        crc = core.crc64_combine(crc, core.crc64(one.body), #one.body)
      end
      return { headers = { ["x-oss-hash-crc64ecma"] = crc },
        body = '<CompleteMultipartUploadResult><ETag>"E"</ETag></CompleteMultipartUploadResult>' }
    end
    return { headers = { etag = '"E"' } }
  end)
  local client = assert(clients.new({ region = "cn-hangzhou", access_key_id = "ak", access_key_secret = "sk",
    random = function() return 0 end }, function() return transport end))
  return client, sent, transport
end

function M.options(more)
  local t = { bucket = "examplebucket", key = "big", part_size = multipart.min_part, threshold = multipart.min_part }
  for name, value in pairs(more) do
    t[name] = value
  end
  return t
end

return M
