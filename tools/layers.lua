-- Proves the layers by reading includes and requires.
--   lua tools/layers.lua      prints TAP, exits 1 when an arrow points the wrong way

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

local function files(pattern)
  local list = {}
  local pipe = assert(io.popen("git ls-files -co --exclude-standard " .. pattern))
  for path in pipe:lines() do
    list[#list + 1] = path
  end
  pipe:close()
  return list
end

-- What a room may not name. Patterns match what stands between the quotes or angles.
local c_rooms = {
  { "src/core/", { "lua", "curl", "openssl", "^time%.h$", "^stdio%.h$", "^errno%.h$", "crypto/", "binding/" } },
  { "src/crypto/", { "lua", "curl", "binding/" } },
  { "src/curl/", { "lua", "openssl", "crypto/", "binding/" } },
}

local lua_rooms = {
  -- Only the transports and the emulator know where they run.
  { "^lua/oss/", { "^oss%.curl$", "^ngx", "^resty", "^socket", "^ssl" },
    except = { "^lua/oss/transport/", "^lua/oss/emulator" } },
}

local faults, checked = {}, 0

for _, path in ipairs(files("'src/*.[ch]'")) do
  for _, room in ipairs(c_rooms) do
    if path:sub(1, #room[1]) == room[1] then
      checked = checked + 1
      for name in read(path):gmatch('#%s*include%s*[<"]([^>"]+)[>"]') do
        for _, forbidden in ipairs(room[2]) do
          if name:find(forbidden) then
            faults[#faults + 1] = path .. " includes " .. name
          end
        end
      end
    end
  end
end

local function excepted(room, path)
  for _, pattern in ipairs(room.except) do
    if path:find(pattern) then
      return true
    end
  end
end

for _, path in ipairs(files("'lua/*.lua'")) do
  for _, room in ipairs(lua_rooms) do
    if path:find(room[1]) and not excepted(room, path) then
      checked = checked + 1
      local text = read(path):gsub("%-%-[^\n]*", "")
      for name in text:gmatch("require%s*%(?%s*[\"']([%w_.]+)[\"']") do
        for _, forbidden in ipairs(room[2]) do
          if name:find(forbidden) then
            faults[#faults + 1] = path .. " requires " .. name
          end
        end
      end
      if text:find("%f[%w_]ngx%f[^%w_]%s*[.%[]") then
        faults[#faults + 1] = path .. " names ngx"
      end
    end
  end
end

print("1..1")
for _, fault in ipairs(faults) do
  print("# " .. fault)
end
print((#faults == 0 and checked > 0 and "ok" or "not ok") .. " 1 - " .. checked .. " files keep to their layers")
os.exit(#faults == 0 and checked > 0 and 0 or 1)
