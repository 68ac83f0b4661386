--- Buckets and keys: what is missing, and by which of OSS's rules one is refused.

local core = require "oss.core"

local M = {}

--- Which rule a bucket or key breaks.
-- @tparam table t options
-- @treturn nil|string what is wrong, naming the option
function M.fault(t)
  local bucket, key = t.bucket, t.key
  if bucket and (#bucket < 3 or #bucket > 63 or not bucket:match("^[a-z0-9][a-z0-9-]*[a-z0-9]$")) then
    return ("option 'bucket' must be 3 to 63 of a-z, 0-9 and '-', '-' not first or last, got '%s'")
      :format(bucket)
  elseif not key then
    return nil
  elseif #key > 1023 then
    return ("option 'key' must be 1 to 1023 bytes long, got %d"):format(#key)
  elseif key:match("^[/\\]") then
    return ("option 'key' must not begin with '%s'"):format(key:sub(1, 1))
  elseif key:find("[\r\n%z]") then
    return "option 'key' must not hold CR, LF or NUL"
  elseif not core.json_string(key) then
    return "option 'key' must be UTF-8"
  end
end

--- Checks that bucket and key are there. The rest is checked with the whole request.
-- @tparam table t options
-- @tparam boolean wants_key whether a key must be there
-- @treturn nil|string what is wrong, naming the option
function M.missing(t, wants_key)
  if not t.bucket then
    return "option 'bucket' is missing"
  elseif wants_key and not t.key then
    return M.fault(t) or "option 'key' is missing"
  elseif t.key == "" then
    return "option 'key' must be 1 to 1023 bytes long, got 0"
  end
end

return M
