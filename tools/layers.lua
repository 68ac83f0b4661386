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

-- Rooms, by a pattern of their paths: the names that they must `never` include or require, or those that they
-- may `only`. A name is what stands between the quotes or angles.
local c_rooms = {
  { "^src/core/",
    never = { "lua", "curl", "openssl", "^time%.h$", "^stdio%.h$", "^errno%.h$", "crypto/", "binding/" } },
  { "^src/crypto/", never = { "lua", "curl", "binding/" } },
  { "^src/curl/", never = { "lua", "openssl", "crypto/", "binding/" } },
}

local lua_rooms = {
  -- Only the transports and the emulator know where they run.
  { "^lua/oss/", never = { "^oss%.curl$", "^ngx", "^resty", "^socket", "^ssl" },
    except = { "^lua/oss/transport/", "^lua/oss/emulator" } },
  -- The emulator is for the command line and for those who ask for it.
  { "^lua/", never = { "^oss%.emulator" },
    except = { "^lua/oss/emulator", "^lua/oss/cli", "^lua/oss/init%.lua$" } },
  { "^lua/oss/common/", only = { "^oss%.common%.", "^oss%.core$" } },
  -- Operations are given their client; how bytes travel is its affair.
  { "^lua/oss/sending/", never = { "^oss%.client$", "driver$", "^oss%.transport" } },
  { "^lua/oss/uploading/", never = { "^oss%.client$", "driver$", "^oss%.transport" } },
  -- A service receives callbacks without anything that sends.
  { "^lua/oss/receiver",
    never = { "^oss%.sending", "^oss%.uploading", "^oss%.transport", "^oss%.client$", "driver$" } },
}

local faults, checked = {}, 0

local function matches(text, patterns)
  for _, pattern in ipairs(patterns or {}) do
    if text:find(pattern) then
      return true
    end
  end
  return false
end

local function check(path, rooms, verb, names)
  local has_room = false
  for _, room in ipairs(rooms) do
    if path:find(room[1]) and not matches(path, room.except) then
      has_room = true
      for name in pairs(names) do
        if matches(name, room.never) or (room.only and not matches(name, room.only)) then
          faults[#faults + 1] = path .. " " .. verb .. " " .. name
        end
      end
    end
  end
  checked = checked + (has_room and 1 or 0)
end

for _, path in ipairs(files("'src/*.[ch]'")) do
  local names = {}
  for name in read(path):gmatch('#%s*include%s*[<"]([^>"]+)[>"]') do
    names[name] = true
  end
  check(path, c_rooms, "includes", names)
end

for _, path in ipairs(files("'lua/*.lua'")) do
  local names = {}
  local text = read(path):gsub("%-%-[^\n]*", "")
  for name in text:gmatch("require%s*%(?%s*[\"']([%w_.]+)[\"']") do
    names[name] = true
  end
  -- Modules may also be required by a name that stands elsewhere, as in a table.
  for name in text:gmatch("[\"'](oss%.[%w_.]+)[\"']") do
    names[name] = true
  end
  if text:find("%f[%w_]ngx%f[^%w_]%s*[.%[]") then
    names.ngx = true
  end
  check(path, lua_rooms, "names", names)
end

table.sort(faults)
print("1..1")
for _, fault in ipairs(faults) do
  print("# " .. fault)
end
local ok = #faults == 0 and checked > 0
print((ok and "ok" or "not ok") .. " 1 - " .. checked .. " files keep to their layers")
os.exit(ok and 0 or 1)
