--- The three kinds of body as one: a string, a file, a reader.

local M = {}

--- Checks the body options.
-- @tparam table t checked options
-- @treturn nil|string what is wrong, naming the options
function M.check(t)
  local body, file, reader = t.body, t.file, t.reader
  if not (body or file or reader) then
    return "one of the options 'body', 'file' and 'reader' is missing"
  elseif body and (file or reader) or file and reader then
    return "only one of the options 'body', 'file' and 'reader' may be given"
  end
  if file and (file == "" or file:find("%z")) then
    return "option 'file' must be a path"
  end
  if not reader and (t.length or t.rewind) then
    return "options 'length' and 'rewind' belong to option 'reader'"
  end
end

--- Adds the body to a transport request.
-- @tparam table request to complete
-- @tparam table t checked options
function M.attach(request, t)
  if t.body then
    request.body = t.body
  elseif t.file then
    request.file = t.file
  elseif t.reader then
    request.feed = true
    request.length = t.length
  end
end

--- The length where it is known before sending.
-- @tparam table t checked options
-- @treturn integer|nil
function M.length(t)
  return t.body and #t.body or t.length
end

return M
