-- Writes README's option tables from lua/oss/schema.lua.
--   lua tools/readme.lua           rewrites README.md
--   lua tools/readme.lua --check   says whether it is up to date, as TAP

local schema = require "oss.schema"

local function row(option)
  local default = option.default
  if default == nil then
    default = ""
  elseif type(default) == "string" and option.values then
    default = "`" .. default .. "`"
  else
    default = tostring(default)
  end
  local text = option[3]
  if option.values then
    text = text .. ": `" .. table.concat(option.values, "`, `") .. "`"
  end
  if option.header and option.header ~= option[3] then
    text = text .. " (" .. option.header .. ")"
  end
  return ("| `%s` | %s | %s | %s |"):format(option[1], (option[2]:gsub("|", " or ")), default, text)
end

local titles = { client = "`oss.client{}` and `oss.put{}`", ["every operation"] = "Every operation",
  bodies = "`put`, `upload`, `append`, `request`: one of the bodies", put = "`put` and `upload`",
  upload = "`upload`", append = "`append` (and those of `put`, but no callback)",
  retry_callback = "`retry_callback`", get = "`get`", head = "`head`",
  delete = "`delete`", request = "`request`", permits = "`presign` and `form`",
  presign = "`presign` (and `put`'s headers, `headers`, `query`, `version_id`, `process`)",
  form = "`form` (and of `put`'s headers those that forms may have)", verify = "`oss.receiver.verify`",
  parse = "`oss.receiver.parse` and `verify`" }

local lines = {}
for _, group in ipairs(schema.tables) do
  lines[#lines + 1] = "\n### " .. titles[group[1]] .. "\n"
  lines[#lines + 1] = "| option | type | default | meaning |\n|---|---|---|---|"
  for _, option in ipairs(group[2]) do
    lines[#lines + 1] = row(option)
  end
end
local tables = table.concat(lines, "\n") .. "\n"

local file = assert(io.open("README.md", "rb"))
local old = file:read("*a")
file:close()
local head, tail = old:match("^(.-<!%-%- options %-%->\n).-(<!%-%- /options %-%->.*)$")
local new = head .. tables .. tail

if arg[1] == "--check" then
  print("1..1")
  print((new == old and "ok" or "not ok") .. " 1 - README's option tables (lua tools/readme.lua rewrites them)")
  os.exit(new == old and 0 or 1)
end
file = assert(io.open("README.md", "wb"))
file:write(new)
file:close()
