--- Keys as file names.
--
-- A bucket is flat: `a`, `a/` and `a/b` are three objects that can all exist. In a file system a name is a
-- file or a folder, so folders are marked:
--
--     exampledir/exampleobject.txt    exampledir%/exampleobject.txt
--     a                               a
--     a/                              a%/%slash
--     a//b                            a%/%/b
--     ..                              %2E%2E
--
-- Other bytes than letters, digits, `-_.~@=,()` and UTF-8 are written %XX; names longer than file systems take
-- go into folders marked `%+`. A `%` followed by anything but two hex digits is never made by the escape,
-- so different keys never meet.

local M = {}

local longest = 200

local function escape(part)
  part = part:gsub("[^%w%-_.~@=,()\128-\255]", function(c)
    return ("%%%02X"):format(c:byte())
  end)
  if part == "." or part == ".." then
    part = part:gsub("%.", "%%2E")
  end
  return part
end

--- The path of a key, relative to its bucket's folder.
-- @tparam string key
-- @treturn string
function M.path(key)
  local out = {}
  local function add(name, mark)
    while #name > longest do
      out[#out + 1] = name:sub(1, longest) .. "%+"
      name = name:sub(longest + 1)
    end
    out[#out + 1] = name .. mark
  end
  for part in key:gmatch("([^/]*)/") do
    add(escape(part), "%")
  end
  local last = escape(key:match("[^/]*$"))
  if last == "" then
    add("%slash", "")
  else
    add(last, "")
  end
  return table.concat(out, "/")
end

return M
