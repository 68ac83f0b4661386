--- Finds what the emulator runs on: nginx, its Lua module, and oss.core in the ABI of that module.

local shell = require "oss.emulator.host.shell"

local M = {}

local function exists(path)
  local file = io.open(path, "rb")
  if file then
    file:close()
  end
  return file ~= nil
end

--- Finds nginx.
-- @tparam string|nil wanted name or path
-- @treturn string|nil path
-- @treturn string what is missing
function M.nginx(wanted)
  local names = wanted and { wanted }
    or { "nginx", "/usr/sbin/nginx", "/usr/local/openresty/nginx/sbin/nginx", "openresty" }
  for _, name in ipairs(names) do
    local path = shell.output("command -v " .. shell.quote(name) .. " 2>/dev/null"):match("^(%S.-)%s*$")
    if path then
      return path
    end
  end
  return nil, "nginx is not installed (looked for " .. table.concat(names, ", ")
    .. "); on Debian: apt-get install nginx libnginx-mod-http-lua lua-resty-core"
end

--- Finds nginx's Lua module.
-- @tparam string nginx path
-- @treturn table|nil list of modules to load; empty when it is built in
-- @treturn string what is missing
function M.modules(nginx)
  local build = shell.output(shell.quote(nginx) .. " -V 2>&1")
  local folder = build:match("%-%-modules%-path=(%S+)")
  if folder and exists(folder .. "/ngx_http_lua_module.so") then
    local list = {}
    for _, name in ipairs { "ndk_http_module.so", "ngx_http_lua_module.so" } do
      if exists(folder .. "/" .. name) then
        list[#list + 1] = folder .. "/" .. name
      end
    end
    return list
  elseif build:find("ngx_lua", 1, true) or build:find("lua-nginx-module", 1, true) then
    return {}
  end
  return nil, "nginx has no Lua module (" .. nginx .. "); on Debian: apt-get install libnginx-mod-http-lua"
    .. " lua-resty-core; or use OpenResty"
end

-- The entries of a search path, made absolute.
local function absolute(path, base)
  local out = {}
  for entry in path:gmatch("[^;]+") do
    if entry:sub(1, 1) ~= "/" then
      entry = base .. "/" .. entry:gsub("^%./", "")
    end
    out[#out + 1] = entry
  end
  return out
end

local function holds(entries, module)
  local name = module:gsub("%.", "/")
  for _, entry in ipairs(entries) do
    if exists((entry:gsub("%?", (name:gsub("%%", "%%%%"))))) then
      return true
    end
  end
  return false
end

--- The search path for Lua modules in nginx: this interpreter's.
-- @tparam string base the current folder
-- @treturn string
function M.lua_path(base)
  return table.concat(absolute(package.path, base), ";") .. ";;"
end

--- The search path for C modules in nginx, which runs LuaJIT: that of this interpreter where a folder names
-- a Lua version other than 5.1, its 5.1 neighbour.
-- @tparam string base the current folder
-- @treturn string|nil
-- @treturn string what is missing
function M.lua_cpath(base)
  local entries = absolute(package.cpath, base)
  local is_51 = _VERSION == "Lua 5.1"
  for i, entry in ipairs(entries) do
    entries[i] = is_51 and entry or entry:gsub("/5%.%d/", "/5.1/")
  end
  if not holds(entries, "oss.core") then
    return nil, "oss/core.so for LuaJIT (the ABI of Lua 5.1) is not there; nginx needs it: luarocks --lua-version 5.1"
      .. " install lua-oss, or `make lua-5.1` in a checkout"
  end
  return table.concat(entries, ";") .. ";;"
end

return M
