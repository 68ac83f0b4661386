--- Writes OSS's XML answers.

local M = {}

local entities = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["\r"] = "&#13;" }

-- XML 1.0 has no way to write the other control characters; OSS tells its users to ask for
-- encoding-type=url then.
local function escape(text)
  return (tostring(text):gsub('[&<>"\r]', entities):gsub("[%z\1-\8\11\12\14-\31]", "?"))
end

local function append(out, elements, indent)
  for _, element in ipairs(elements) do
    local name, value = element[1], element[2]
    if type(value) == "table" then
      out[#out + 1] = indent .. "<" .. name .. ">\n"
      append(out, value, indent .. "  ")
      out[#out + 1] = indent .. "</" .. name .. ">\n"
    else
      out[#out + 1] = indent .. "<" .. name .. ">" .. escape(value) .. "</" .. name .. ">\n"
    end
  end
end

--- A whole document.
-- @tparam string root name of the root element
-- @tparam table elements list of `{ name, text }` or `{ name, { elements } }`
-- @treturn string
function M.document(root, elements)
  local out = { '<?xml version="1.0" encoding="UTF-8"?>\n' }
  append(out, { { root, elements } }, "")
  return table.concat(out)
end

return M
