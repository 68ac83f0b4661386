--- Width, height and format of a picture, from the first bytes of its file.

local M = {}

local function big(text, at)
  local a, b = text:byte(at, at + 1)
  return a * 256 + b
end

local function little(text, at)
  local a, b = text:byte(at, at + 1)
  return b * 256 + a
end

local function png(head)
  if #head >= 24 and head:sub(1, 8) == "\137PNG\r\n\26\n" then
    return { format = "png", width = big(head, 17) * 65536 + big(head, 19),
      height = big(head, 21) * 65536 + big(head, 23) }
  end
end

local function gif(head)
  if #head >= 10 and head:find("^GIF8[79]a") then
    return { format = "gif", width = little(head, 7), height = little(head, 9) }
  end
end

-- Frame headers are C0 to CF, but for C4, C8 and CC.
local function is_frame(marker)
  return marker >= 0xC0 and marker <= 0xCF and marker ~= 0xC4 and marker ~= 0xC8 and marker ~= 0xCC
end

-- A JPEG is a chain of segments; the frame's header may come behind long ones.
local function jpeg(head, file)
  if head:sub(1, 2) ~= "\255\216" then
    return nil
  end
  local at = 2
  for _ = 1, 1000 do
    file:seek("set", at)
    local segment = file:read(9)
    if not segment or #segment < 9 or segment:byte(1) ~= 0xFF then
      return nil
    end
    local marker = segment:byte(2)
    if marker == 0xFF then
      at = at + 1
    elseif is_frame(marker) then
      return { format = "jpg", height = big(segment, 6), width = big(segment, 8) }
    else
      at = at + 2 + big(segment, 3)
    end
  end
end

--- Looks at a file.
-- @tparam string path
-- @treturn table|nil `{ format =, width =, height = }`; nil when it is no picture known here
function M.info(path)
  local file = io.open(path, "rb")
  if not file then
    return nil
  end
  local head = file:read(32) or ""
  local info = png(head) or gif(head) or jpeg(head, file)
  file:close()
  return info
end

return M
