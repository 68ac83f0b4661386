--- Content-Type from a key's extension.

local types = {
  ["7z"] = "application/x-7z-compressed", aac = "audio/aac", apk = "application/vnd.android.package-archive",
  avi = "video/x-msvideo", avif = "image/avif", bin = "application/octet-stream", bmp = "image/bmp",
  bz2 = "application/x-bzip2", css = "text/css", csv = "text/csv", doc = "application/msword",
  docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  eot = "application/vnd.ms-fontobject", epub = "application/epub+zip", flac = "audio/flac",
  flv = "video/x-flv", gif = "image/gif", gz = "application/gzip", heic = "image/heic", htm = "text/html",
  html = "text/html", ico = "image/x-icon", ics = "text/calendar", ipa = "application/octet-stream",
  jar = "application/java-archive", jpeg = "image/jpeg", jpg = "image/jpeg", js = "text/javascript",
  json = "application/json", jsonl = "application/x-ndjson", log = "text/plain", lua = "text/x-lua",
  m3u8 = "application/vnd.apple.mpegurl", m4a = "audio/mp4", md = "text/markdown", mid = "audio/midi",
  mjs = "text/javascript", mkv = "video/x-matroska", mov = "video/quicktime", mp3 = "audio/mpeg",
  mp4 = "video/mp4", mpeg = "video/mpeg", oga = "audio/ogg", ogg = "audio/ogg", ogv = "video/ogg",
  opus = "audio/opus", otf = "font/otf", pdf = "application/pdf", png = "image/png",
  ppt = "application/vnd.ms-powerpoint",
  pptx = "application/vnd.openxmlformats-officedocument.presentationml.presentation",
  rar = "application/vnd.rar", rtf = "application/rtf", sh = "application/x-sh", svg = "image/svg+xml",
  tar = "application/x-tar", tgz = "application/gzip", tif = "image/tiff", tiff = "image/tiff",
  ts = "video/mp2t", ttf = "font/ttf", txt = "text/plain", wasm = "application/wasm", wav = "audio/wav",
  weba = "audio/webm", webm = "video/webm", webp = "image/webp", woff = "font/woff", woff2 = "font/woff2",
  xhtml = "application/xhtml+xml", xls = "application/vnd.ms-excel",
  xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xml = "application/xml",
  xz = "application/x-xz", yaml = "application/yaml", yml = "application/yaml", zip = "application/zip",
  zst = "application/zstd",
}

local longest = -#"/x.jsonl" -- more than any extension needs

--- The type of a key, as OSS's SDKs do it: by extension, else application/octet-stream.
-- @tparam string key
-- @treturn string
return function(key)
  local extension = key:match("[^/]%.(%w+)$", longest)
  return extension and (types[extension] or types[extension:lower()]) or "application/octet-stream"
end
