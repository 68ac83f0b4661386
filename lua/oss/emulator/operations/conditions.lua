--- Conditional and partial reads.

local core = require "oss.core"
local errors = require "oss.emulator.errors"

local M = {}

local function contains(list, etag)
  for item in list:gmatch("[^,]+") do
    item = item:match('^%s*"?(.-)"?%s*$')
    if item == etag or item == "*" then
      return true
    end
  end
  return false
end

--- Raises NotModified or PreconditionFailed when the request's conditions say so.
-- @tparam table headers of the request
-- @tparam table object
-- @tparam table answer_headers what a 304 carries
function M.check(headers, object, answer_headers)
  local function failed(name)
    errors.raise("PreconditionFailed", { Condition = name })
  end
  local function not_modified()
    errors.raise("NotModified", { headers = { ["ETag"] = answer_headers["ETag"],
      ["Last-Modified"] = answer_headers["Last-Modified"] } })
  end
  local function time(name)
    return headers[name] and core.parse_date(headers[name])
  end
  if headers["if-match"] and not contains(headers["if-match"], object.etag) then
    failed("If-Match")
  end
  local unmodified, modified = time("if-unmodified-since"), time("if-modified-since")
  if unmodified and object.modified > unmodified then
    failed("If-Unmodified-Since")
  elseif headers["if-none-match"] and contains(headers["if-none-match"], object.etag) then
    not_modified()
  elseif not headers["if-none-match"] and modified and object.modified <= modified then
    not_modified()
  end
end

--- The bytes a request wants.
-- A range that cannot be served gives the whole object, unless `x-oss-range-behavior: standard` asks for
-- what HTTP says.
-- @tparam table headers of the request
-- @tparam number size of the object
-- @treturn number|nil first byte; nil for the whole object
-- @treturn number last byte
function M.range(headers, size)
  local text = headers.range
  local first, last = (text or ""):match("^%s*bytes%s*=%s*(%d*)%s*%-%s*(%d*)%s*$")
  if not first or (first == "" and last == "") then
    return nil
  end
  local standard = headers["x-oss-range-behavior"] == "standard"
  first, last = tonumber(first), tonumber(last)
  if not first then
    first, last = math.max(0, size - last), size - 1
  end
  last = last or size - 1
  if last >= size and standard then
    last = size - 1
  end
  if first > last or last >= size then
    if standard then
      errors.raise("InvalidRange", { ActualObjectSize = ("%d"):format(size), RangeRequested = text,
        headers = { ["Content-Range"] = ("bytes */%d"):format(size) } })
    end
    return nil
  end
  return first, last
end

return M
