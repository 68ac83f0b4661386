--- What every upload of a body must pass.

local core = require "oss.core"
local errors = require "oss.emulator.errors"

local M = {}

local largest = 5 * 1024 * 1024 * 1024

--- Refuses an upload by its head alone.
-- @tparam table request
function M.head(request)
  local length = request.headers["content-length"]
  if not length and not request.headers["transfer-encoding"] then
    errors.raise("MissingContentLength")
  elseif length and tonumber(length) > largest then
    errors.raise("EntityTooLarge", { MaxSizeAllowed = ("%d"):format(largest), ProposedSize = length })
  end
  for _, name in ipairs { "If-Modified-Since", "If-Unmodified-Since", "If-Match", "If-None-Match" } do
    if request.headers[name:lower()] then
      errors.raise("NotImplemented", { Header = name })
    end
  end
end

--- Compares a body with the Content-MD5 that was sent, when there is one.
-- @tparam string|nil sent
-- @tparam string calculated raw
function M.md5(sent, calculated)
  local raw = sent and core.unbase64(sent)
  if sent and (not raw or #raw ~= 16 or raw ~= calculated) then
    errors.raise("InvalidDigest", { ContentMD5 = sent, CalculatedMD5 = core.base64(calculated) })
  end
end

return M
