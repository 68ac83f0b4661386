-- Uploads a file with a callback and a progress line, and tells the three outcomes apart.
--
--   OSS_REGION=cn-hangzhou OSS_ACCESS_KEY_ID=... OSS_ACCESS_KEY_SECRET=... \
--   lua examples/upload_file.lua FILE BUCKET KEY CALLBACK_URL
--
-- Endpoint and credentials come from the environment.

local oss = require "oss"

local path, bucket, key, callback_url = arg[1], arg[2], arg[3], arg[4]
if not callback_url then
  io.stderr:write("usage: lua examples/upload_file.lua FILE BUCKET KEY CALLBACK_URL\n")
  os.exit(2)
end

local res, err = oss.put {
  bucket = bucket,
  key = key,
  file = path,
  callback = {
    url = callback_url,
    body = {
      bucket = "${bucket}", object = "${object}", size = "${size}", mimeType = "${mimeType}",
      crc64 = "${crc64}", uid = "${x:uid}", album = "${x:album}",
    },
    vars = { uid = 12345, album = "holidays/\"été\"" },
  },
  on_progress = function(sent, total)
    print(("  sent %d of %d bytes"):format(sent, total))
  end,
}

if res then
  print("stored and called back")
  print("  the service answered: " .. res.callback.body)
  print("  ETag " .. res.etag .. ", CRC-64 " .. res.crc64 .. ", request id " .. res.request_id)
elseif err.kind == "callback" then
  print("stored, but the callback failed")
  print("  " .. err.code .. ": " .. err.message)
  print("  hint: " .. tostring(err.hint))
  print("  ETag " .. err.etag .. ", CRC-64 " .. err.crc64 .. ", request id " .. tostring(err.request_id))
else
  print("not stored, or nobody knows: stored = " .. tostring(err.stored))
  print("  " .. tostring(err))
  os.exit(1)
end
