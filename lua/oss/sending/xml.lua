--- OSS's XML answers as Lua tables, by a kept parser.

local lxp = require "lxp"

local M = {}

-- OSS echoes what it was sent, control characters too, which XML 1.0 cannot hold.
local function without_controls(text)
  text = text:gsub("&#(x?)(%x+);", function(hex, digits)
    local code = tonumber(digits, hex == "x" and 16 or 10)
    local allowed = code and (code >= 32 or code == 9 or code == 10 or code == 13)
    return not allowed and "" or nil
  end)
  return (text:gsub("[%z\1-\8\11\12\14-\31]", ""))
end

-- Bytes between two pauses.
local stretch = 8192

local function feed(parser, text, pause)
  local ok, message
  for at = 1, #text, pause and stretch or math.max(1, #text) do
    ok, message = parser:parse(pause and text:sub(at, at + stretch - 1) or text)
    if not ok then
      return ok, message
    elseif pause then
      pause()
    end
  end
  return parser:parse()
end

--- Parses a document of elements and texts.
-- @tparam string text the answer's body
-- @tparam[opt] function pause lets others go on meanwhile, for a long one
-- @treturn table|nil `{ name =, text =, [1..n] = children }`; texts are trimmed
-- @treturn string why it cannot be parsed
function M.parse(text, pause)
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
  local ok, message = feed(parser, without_controls(text), pause)
  pcall(parser.close, parser)
  if not ok or not root then
    return nil, tostring(message or "no element")
  end
  return root
end

--- The texts of an element's descendants as one flat table; the first of a name wins.
-- @tparam table element
-- @tparam[opt] table fields to add to
-- @treturn table `{ [name] = text }`
function M.fields(element, fields)
  fields = fields or {}
  for _, child in ipairs(element) do
    if #child > 0 then
      M.fields(child, fields)
    elseif fields[child.name] == nil then
      fields[child.name] = child.text
    end
  end
  return fields
end

return M
