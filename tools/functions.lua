-- Finds functions that are too long to be read at a glance, by their indentation.
--   lua tools/functions.lua      prints TAP, exits 1 when a function has more than 60 lines

local most = 60

local function files(pattern)
  local list = {}
  local pipe = assert(io.popen("git ls-files -co --exclude-standard " .. pattern))
  for path in pipe:lines() do
    list[#list + 1] = path
  end
  pipe:close()
  return list
end

-- Code alone: without strings and comments.
local function bare(line)
  line = line:gsub("\\.", ""):gsub('"[^"]*"', '""'):gsub("'[^']*'", "''")
  return (line:gsub("%-%-.*$", ""))
end

-- Lua: from the line with `function` to the first `end` that is indented as that line. A line that has
-- both, such as a handler of one line, opens nothing; one that begins with `end` may open the next.
local function lua_functions(lines, found)
  local open = {} -- by indentation: where the function began
  for number, line in ipairs(lines) do
    local indent, code = #line:match("^%s*"), bare(line)
    local rest = code:match("^%s*end%f[^%w_](.*)$")
    if rest and open[indent] then
      found(open[indent], number)
      open[indent] = nil
    end
    local behind = (rest or code):match("%f[%w_]function%f[^%w_](.*)$")
    if behind and not behind:find("%f[%w_]end%f[^%w_]") then
      open[indent] = number
    end
  end
end

-- C: a name in the first column, then a brace in it, then its twin.
local function c_functions(lines, found)
  local name
  for number, line in ipairs(lines) do
    if line:find("^[%a_][%w_]*%(") then
      name = number
    elseif line == "}" and name then
      found(name, number)
      name = nil
    end
  end
end

local faults, checked = {}, 0

local function check(path, functions)
  local lines = {}
  for line in io.lines(path) do
    lines[#lines + 1] = line
  end
  functions(lines, function(first, last)
    checked = checked + 1
    if last - first + 1 > most then
      faults[#faults + 1] = ("%s:%d: %d lines: %s"):format(path, first, last - first + 1,
        lines[first]:match("^%s*(.-)%s*$"))
    end
  end)
end

for _, path in ipairs(files("'src/*.c'")) do
  check(path, c_functions)
end
for _, path in ipairs(files("'lua/*.lua'")) do
  check(path, lua_functions)
end

print("1..1")
for _, fault in ipairs(faults) do
  print("# " .. fault)
end
local ok = #faults == 0 and checked > 0
print((ok and "ok" or "not ok") .. " 1 - " .. checked .. " functions have at most " .. most .. " lines")
os.exit(ok and 0 or 1)
