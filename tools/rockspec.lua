-- Writes the file lists of the rockspec from the tree.
--   lua tools/rockspec.lua           rewrites rockspec/lua-oss-scm-1.rockspec
--   lua tools/rockspec.lua --check   says whether it is up to date, as TAP

local path = "rockspec/lua-oss-scm-1.rockspec"

local function files(pattern)
  local list = {}
  local pipe = assert(io.popen("git ls-files -co --exclude-standard " .. pattern .. " | LC_ALL=C sort"))
  for name in pipe:lines() do
    list[#list + 1] = name
  end
  pipe:close()
  return list
end

local function quoted(list)
  local lines = {}
  for _, name in ipairs(list) do
    lines[#lines + 1] = ('        "%s",\n'):format(name)
  end
  return table.concat(lines)
end

local lua_modules = {}
for _, name in ipairs(files("'lua/*.lua'")) do
  local module = name:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
  lua_modules[#lua_modules + 1] = ('    ["%s"] = "%s",\n'):format(module, name)
end

local text = ([[
rockspec_format = "3.0"
package = "lua-oss"
version = "scm-1"
source = {
  url = "git+https://github.com/lua-oss/lua-oss.git",
}
description = {
  summary = "Uploads to Alibaba Cloud OSS, with upload callbacks",
  detailed = "Uploads objects to Alibaba Cloud OSS, has OSS call your web service, and hands back its answer.",
  license = "MIT",
}
dependencies = {
  "lua >= 5.1, < 5.5",
  "lua-cjson >= 2.1",
  "luaexpat >= 1.3",
}
-- Only `library`: a check for the header fails where headers live in a directory of the architecture.
external_dependencies = {
  CURL = { library = "curl" },
  CRYPTO = { library = "crypto" },
}
-- File lists: lua tools/rockspec.lua
build = {
  type = "builtin",
  modules = {
    ["oss.core"] = {
      sources = {
%s      },
      libraries = { "crypto" },
      incdirs = { "src", "$(CRYPTO_INCDIR)" },
      libdirs = { "$(CRYPTO_LIBDIR)" },
    },
    ["oss.curl"] = {
      sources = {
%s      },
      libraries = { "curl", "pthread" },
      incdirs = { "src", "$(CURL_INCDIR)" },
      libdirs = { "$(CURL_LIBDIR)" },
    },
%s  },
  install = {
    bin = { "bin/luaoss" },
  },
}
]]):format(
  quoted(files("'src/core/*.c' 'src/crypto/*.c' 'src/binding/core*.c'")),
  quoted(files("src/core/err.c src/core/buf.c src/core/encode.c 'src/core/crc64/*.c' 'src/curl/*.c' "
    .. "'src/binding/curl*.c'")),
  table.concat(lua_modules))

if arg[1] == "--check" then
  local file = io.open(path, "rb")
  local same = file and file:read("*a") == text
  print("1..1")
  print((same and "ok" or "not ok") .. " 1 - the rockspec lists every file (lua tools/rockspec.lua rewrites it)")
  os.exit(same and 0 or 1)
end
local file = assert(io.open(path, "wb"))
file:write(text)
file:close()
