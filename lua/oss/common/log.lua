--- The log handler's side: levels, and masking of everything that must stay secret.

local M = {}

local levels = { error = 1, warn = 2, info = 3, debug = 4 }
M.levels = { "error", "warn", "info", "debug" }

local secret_headers = {
  ["authorization"] = true,
  ["proxy-authorization"] = true,
  ["x-oss-security-token"] = true,
  ["cookie"] = true,
}

local secret_parameters = {
  ["signature"] = true,
  ["x-oss-signature"] = true,
  ["security-token"] = true,
  ["x-oss-security-token"] = true,
}

--- Hides signatures and tokens in a URL, keeps the rest.
-- @tparam string url
-- @treturn string
function M.mask_url(url)
  url = url:gsub("^(%a[%w+.-]*://)[^/@?]*@", "%1***@")
  return (url:gsub("([?&])([^=&]+)=([^&]*)", function(mark, name, value)
    if secret_parameters[name:lower()] then
      value = "***"
    end
    return mark .. name .. "=" .. value
  end))
end

--- Hides secret headers in `Name: value` lines, keeps the rest.
-- @tparam string head lines that end in CRLF
-- @treturn string
function M.mask_head(head)
  return (head:gsub("([^\r\n:]+):[ \t]*([^\r\n]*)", function(name, value)
    if secret_headers[name:lower()] then
      value = "***"
    end
    return name .. ": " .. value
  end))
end

--- A logger over a user's handler; cheap when nothing would be logged.
-- @tparam function|nil handler `handler(level, message)`
-- @tparam string|nil level the least important level to log, default "info"
-- @tparam function raise takes what the handler raised: it must not change what is being done
-- @treturn function `log(level, message, ...)`: format arguments as in string.format
-- @treturn function `wants(level)`
function M.new(handler, level, raise)
  local threshold = handler and levels[level or "info"] or 0
  local function wants(wanted)
    return levels[wanted] <= threshold
  end
  local function log(at, message, ...)
    if levels[at] <= threshold then
      if select("#", ...) > 0 then
        message = message:format(...)
      end
      local thread = coroutine.create(handler)
      local ok, fault = coroutine.resume(thread, at, message)
      if not ok then
        raise(fault)
      elseif coroutine.status(thread) ~= "dead" then
        raise("the log handler must not yield")
      end
    end
  end
  return log, wants
end

return M
