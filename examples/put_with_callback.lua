-- Uploads an object; OSS calls the application server; its answer comes back.
-- The Lua twin of the official Java demo of upload callbacks.
--
--   OSS_ENDPOINT=https://oss-cn-hangzhou.aliyuncs.com OSS_ACCESS_KEY_ID=... OSS_ACCESS_KEY_SECRET=... \
--   BUCKET=examplebucket KEY=exampledir/exampleobject.txt CALLBACK_URL=https://example.com:23450 \
--   lua examples/put_with_callback.lua

local oss = require "oss"

local client = oss.client {
  endpoint = os.getenv("OSS_ENDPOINT") or "https://oss-cn-hangzhou.aliyuncs.com",
  region = os.getenv("OSS_REGION"),
  access_key_id = os.getenv("OSS_ACCESS_KEY_ID"),
  access_key_secret = os.getenv("OSS_ACCESS_KEY_SECRET"),
}

local res, err = client:put {
  bucket = os.getenv("BUCKET") or "examplebucket",
  key = os.getenv("KEY") or "exampledir/exampleobject.txt",
  body = "Hello OSS",
  callback = {
    url = os.getenv("CALLBACK_URL") or "http://example.com:23450",
    host = os.getenv("CALLBACK_HOST"),
    body = [[{"mimeType":${mimeType},"size":${size},"var1":${x:var1},"var2":${x:var2}}]],
    vars = { var1 = "value1", var2 = "value2" },
  },
}

client:close()

if res then
  print("ETag:      " .. res.etag)
  print("callback:  " .. res.callback.body)
elseif err.kind == "service" or err.kind == "callback" then
  print("OSS answered with an error. The object is " .. (err.stored and "stored." or "not stored."))
  print("Message:   " .. err.message)
  print("Code:      " .. err.code)
  print("RequestId: " .. tostring(err.request_id))
  print("HostId:    " .. tostring(err.host_id))
  os.exit(1)
else
  print("The request failed on this side of the network, or on its way.")
  print("Message:   " .. err.message)
  os.exit(1)
end
