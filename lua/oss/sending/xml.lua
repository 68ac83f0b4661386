--- OSS's XML answers as Lua tables, by a kept parser.

local lxp = require "lxp"

local M = {}

--- Parses a document of elements and texts.
-- @tparam string text the answer's body
-- @treturn table|nil `{ name =, text =, [1..n] = children }`; texts are trimmed
-- @treturn string why it cannot be parsed
function M.parse(text)
  local root
  local open = {}
  local parser
  parser = lxp.new {
    StartElement = function(_, name)
      local element = { name = name, text = "" }
      if #open > 0 then
        table.insert(open[#open], element)
      elseif not root then
        root = element
      end
      open[#open + 1] = element
    end,
    EndElement = function()
      local element = table.remove(open)
      element.text = element.text:match("^%s*(.-)%s*$")
    end,
    CharacterData = function(_, data)
      local element = open[#open]
      if element then
        element.text = element.text .. data
      end
    end,
    -- OSS sends no document type; one could only carry entities made to blow up.
    StartDoctypeDecl = function()
      parser:stop()
    end,
  }
  local ok, message = parser:parse(text)
  if ok then
    ok, message = parser:parse()
  end
  pcall(parser.close, parser)
  if not ok or not root then
    return nil, tostring(message or "no element")
  end
  return root
end

--- The children of an element as one flat table of texts.
-- @tparam table element
-- @treturn table `{ [name] = text }`
function M.fields(element)
  local fields = {}
  for _, child in ipairs(element) do
    fields[child.name] = child.text
  end
  return fields
end

return M
