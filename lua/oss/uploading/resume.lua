--- The resume token of an upload under way: loaded, rebuilt, saved, closed.

local errors = require "oss.errors"
local multipart = require "oss.multipart"
local requests = require "oss.uploading.requests"

local M = {}

--- Saves the token, when there is a store.
-- @treturn nil|table an error
function M.save(op, state)
  local token = state.token
  if not token or not state.store then
    return nil
  end
  local ok, saved, message = op:call(state.store.save, token)
  if not ok or not saved then
    return errors.here("ResumeStoreFailed", "the resume token could not be saved: "
      .. tostring(not ok and saved or message or "save must return true"))
  end
end

-- The parts, or the whole, that hold what is to be sent now.
local function proved(token, source)
  if token.state == "completed" then
    return source.crc64 { offset = 0, size = source.size } == token.result.crc64
  end
  local kept = {}
  for _, part in ipairs(token.parts) do
    local planned = multipart.planned(part, source.size, token.part_size)
    if source.crc64(planned) == part.crc64 then
      kept[#kept + 1] = part
    end
  end
  token.parts, token.source = kept, source.identity
  return #kept > 0
end

-- Its parts would stay, and cost, for ever.
local function discard(op, token)
  local o = op.options
  if type(token) == "table" and token.state == "open" and token.bucket == o.bucket and token.key == o.key
    and type(token.upload_id) == "string" then
    requests.abort(op, token.upload_id)
  end
end

--- Loads the token and sees whether it belongs to this upload.
-- @treturn table|nil token
-- @treturn table error
function M.load(op, state)
  if not state.store then
    return nil
  end
  local o = op.options
  local ok, token, message = op:call(state.store.load)
  if not ok then
    return nil, errors.here("ResumeStoreFailed", "the resume token could not be loaded: " .. tostring(token))
  elseif token == nil then
    return nil, message and errors.here("ResumeStoreFailed", tostring(message)) or nil
  elseif type(token) ~= "table" then
    return nil, errors.here("ResumeStoreFailed", "load must return the table that was saved, or nil: got a "
      .. type(token))
  end
  local fits, reason = multipart.fits(token, o.bucket, o.key, state.source.identity)
  if fits and (not reason or proved(token, state.source)) then
    return token
  elseif op.interruption then
    return nil
  end
  discard(op, token)
  op.client.log("info", "%s: the resume token is not used: %s", tostring(op),
    fits and "what is to be sent has changed" or reason)
  return nil
end

--- A token rebuilt from what OSS has, checked against what is to be sent.
-- @treturn table|nil token
-- @treturn table error
function M.rebuild(op, state)
  local o, source = op.options, state.source
  local listed, err = requests.list(op, o.upload_id)
  if not listed then
    return nil, err
  end
  local part_size = multipart.part_size(source.size, o.part_size)
  if not o.part_size then
    local largest = 0
    for _, part in ipairs(listed) do
      largest = math.max(largest, part.size or 0)
    end
    -- The last part may be alone, and says nothing then.
    if largest >= multipart.min_part and largest * multipart.max_parts >= source.size then
      part_size = largest
    end
  end
  local token = multipart.token { bucket = o.bucket, key = o.key, upload_id = o.upload_id,
    part_size = part_size, source = source.identity }
  for _, part in ipairs(listed) do
    local planned = multipart.planned(part, source.size, part_size)
    if planned and part.etag then
      local crc = source.crc64(planned)
      if crc and crc == (part.crc64 or crc) then
        token.parts[#token.parts + 1] = { number = part.number, size = part.size, etag = part.etag, crc64 = crc }
      end
    end
  end
  return token
end

--- The outcome that a closed token remembers.
-- @treturn table|nil result, its field resumed set
-- @treturn table error
function M.result(token)
  local r = token.result
  if r.failed then
    local err = errors.new { stored = true }
    for name, value in pairs(r) do
      err[name] = value
    end
    return nil, err
  end
  local res = {}
  for name, value in pairs(r) do
    res[name] = value
  end
  res.resumed, res.headers = true, {}
  res.status = res.status or 200
  return res
end

--- What is stored is damaged: the next run shall upload anew.
function M.clear(op, state)
  if state.store then
    op:call(state.store.clear)
  end
end

--- The object is stored: the token is closed, whatever became of the callback.
function M.close(op, state, res, err)
  local token = state.token
  token.state, token.parts = "completed", {}
  local from = res or err
  token.result = { etag = from.etag, crc64 = from.crc64, version_id = from.version_id, status = from.status,
    request_id = from.request_id, attempts = op.attempts, failed = not res or nil,
    retryable = err and err.retryable, kind = err and err.kind, code = err and err.code, message = err and err.message,
    ec = err and err.ec, hint = err and err.hint }
  if res and res.callback then
    token.result.callback = { status = res.callback.status, body = res.callback.body,
      content_type = res.callback.content_type, json = res.callback.json }
  end
  local failure = M.save(op, state)
  if failure then
    op.client.log("error", "%s: %s", tostring(op), failure.message)
  end
end

return M
