--- The object that an explanation is about: the user's sample over one with usual values.

local core = require "oss.core"
local nearest = require "oss.common.nearest"
local template = require "oss.template"

local M = {}

local usual = {
  bucket = "examplebucket",
  object = "exampledir/photo 1.jpg",
  etag = "D8E8FCA2DC0F896FD7CB4CB0031BA249",
  size = "114020",
  mimeType = "image/jpeg",
  ["imageInfo.height"] = "539",
  ["imageInfo.width"] = "810",
  ["imageInfo.format"] = "jpg",
  crc64 = "13027479509578346683",
  contentMd5 = "2Oj8otwPiW/Xy0ywAxuiSQ==",
  vpcId = "",
  clientIp = "203.0.113.7",
  reqId = "66399AA50123456789ABCDEF",
  operation = "PutObject",
}

local names, kinds = {}, {}
for name in pairs(usual) do
  names[#names + 1] = name
  kinds[name] = core.callback_parts("${" .. name .. "}")[1].kind
end
table.sort(names)

--- A value as OSS would have it, or nil and what was expected.
local function text_of(name, value)
  if kinds[name] == "string" then
    local fine = type(value) == "string" and core.json_string(value) and not value:find("%c")
    return fine and value or nil, "a string of printable UTF-8"
  end
  local text = type(value) == "number" and template.number(value) or type(value) == "string" and value
  if text and (text:find("^%d+$") or text == "" and kinds[name] == "image_size") then
    return text
  end
  return nil, "a whole number"
end

local function shown(value)
  if type(value) == "string" then
    return "'" .. value:gsub("[%c\128-\255]", function(c)
      return ("\\x%02x"):format(c:byte())
    end) .. "'"
  end
  return type(value) == "number" and tostring(value) or "a " .. type(value)
end

--- Fills in what a sample leaves open.
-- @tparam table|nil sample values of the system variables by name
-- @treturn[1] table strings by name; an object that is no image has no `imageInfo.` but those given
-- @return[2] nil, message that names the field
function M.fill(sample)
  if sample ~= nil and type(sample) ~= "table" then
    return nil, "sample: expected a table of values by name, got " .. shown(sample)
  end
  local values = {}
  for name, value in pairs(sample or {}) do
    if not usual[name] then
      return nil, "sample." .. tostring(name) .. ": no such variable" .. nearest.clause(tostring(name), names)
    end
    local text, expected = text_of(name, value)
    if not text then
      return nil, "sample." .. name .. ": expected " .. expected .. ", got " .. shown(value)
    end
    values[name] = text
  end
  local is_image = (values.mimeType or usual.mimeType):find("^image/")
  for name, value in pairs(usual) do
    if values[name] == nil and (is_image or not name:find("^imageInfo")) then
      values[name] = value
    end
  end
  return values
end

return M
