--- Uploads of any size: a plain put when small, else parts in parallel, resumable.

local body = require "oss.sending.body"
local errors = require "oss.errors"
local names = require "oss.sending.names"
local multipart = require "oss.multipart"
local objects = require "oss.sending.objects"
local put = require "oss.sending.put"
local parts = require "oss.uploading.parts"
local reading = require "oss.uploading.reading"
local requests = require "oss.uploading.requests"
local resume = require "oss.uploading.resume"
local sources = require "oss.uploading.source"
local stores = require "oss.uploading.store"

local M = {}

local default_threshold = 16 * 1024 * 1024

local function check_sizes(t)
  local wanted = t.part_size
  if wanted and (wanted < multipart.min_part or wanted > multipart.max_part) then
    return ("option 'part_size' must be 102400 to 5368709120 bytes, got %.0f"):format(wanted)
  end
  if t.length and t.length > multipart.max_object then
    return ("option 'length' must be at most %.0f: OSS takes no larger object"):format(multipart.max_object)
  end
  local part = multipart.part_size(t.length, wanted, true)
  if t.reader and (t.memory_limit or reading.default_memory) < part then
    return ("option 'memory_limit' must be at least one part: %.0f bytes"):format(part)
  end
  if t.reader and (t.resume or t.upload_id) then
    return "options 'resume' and 'upload_id' need 'file' or 'body': a reader cannot go back"
  end
end

--- Checks everything that can be wrong before a byte is sent.
-- @tparam table client
-- @tparam table t checked options
-- @treturn table|nil what `work` needs
-- @treturn string what is wrong, naming the option
function M.prepare(client, t)
  local message = names.missing(t, true) or body.check(t) or check_sizes(t)
  local store, value
  if not message and t.resume then
    store, message = stores.open(t.resume, t.file)
  end
  if not message then
    value, message = objects.prepare(client, "upload", "PUT", t)
  end
  if message then
    return nil, message
  end
  return { value = value, store = store }
end

local function begin(op, state)
  local id, err = requests.initiate(op, state.headers)
  if not id then
    return nil, err
  end
  state.resumed = false
  local o = op.options
  return multipart.token { bucket = o.bucket, key = o.key, upload_id = id, part_size = state.part_size,
    source = state.source.identity }
end

local function run_once(op, state)
  state.part_size = state.token and state.token.part_size
    or multipart.part_size(state.source.size, op.options.part_size, state.source.is_reader)
  local err
  if not state.token then
    state.token, err = begin(op, state)
    err = err or resume.save(op, state)
  end
  if not err then
    state.done = 0
    for _, part in ipairs(state.token.parts) do
      state.done = state.done + part.size
    end
    err = parts.send(op, state)
  end
  if err then
    return nil, err
  end
  parts.tell(op)
  if not state.source.is_same() then
    resume.clear(op, state)
    return nil, errors.here("FileChanged", "the file changed while it was uploaded: nothing was stored")
  end
  return requests.complete(op, state.headers, state.token.upload_id, state.token.parts, state.resumed)
end

local function run(op, state)
  local res, err = run_once(op, state)
  if err and err.code == "NoSuchUpload" and state.resumed and not err.stored then
    op.client.log("info", "%s: the upload id of the token is gone; starting anew", tostring(op))
    state.token, state.done, op.sent = nil, 0, 0
    res, err = run_once(op, state)
  end
  if res or err.kind == "callback" then
    resume.close(op, state, res, err)
    op.remember = function(later)
      resume.close(op, state, later)
    end
  elseif err.stored then
    resume.clear(op, state)
  elseif state.token then
    err.upload_id = state.token.upload_id
    local keeps = state.store and err.code ~= "FileChanged" or op.options.upload_id
    if not keeps and err.stored == false then
      err.upload_id = not requests.abort(op, err.upload_id) and err.upload_id or nil
    end
  end
  return res, err
end

-- The first part of a reader of unknown length is as long as what would be one plain put; nil and true when
-- that is all there is.
local function begin_reader(op, source, threshold)
  local first, err = source:next(math.min(math.max(threshold, source.part_size), source.limit))
  local is_all = not err and source.ended and (not first or first.size < threshold)
  if is_all then
    op.options = setmetatable({ body = first and first.block or "", reader = false, length = false, rewind = false },
      { __index = op.options })
  end
  return first, is_all, err
end

local function send_parts(op, prepared, source, first)
  local o = op.options
  local state = { source = source, first = first, store = prepared.store, headers = prepared.value.headers,
    done = 0, parallel = o.parallel or 3 }
  op.upload, op.observe, op.total = state, parts.observe, source.size
  local token, err = resume.load(op, state)
  if not token and not err and o.upload_id then
    token, err = resume.rebuild(op, state)
  end
  if op.interruption then
    err = parts.stopped(op.interruption)
  end
  if err then
    return nil, err
  elseif token and token.state == "completed" then
    return resume.result(token)
  end
  state.token, state.resumed = token, token ~= nil
  local res
  res, err = run(op, state)
  local either = res or err
  either.attempts = op.attempts
  return res, err
end

local function work(op, prepared, source)
  local threshold = op.options.threshold or default_threshold
  if source.size then
    if source.size < threshold and not op.options.upload_id then
      return put.work(op, prepared.value)
    end
    return send_parts(op, prepared, source)
  end
  local first, is_all, err = begin_reader(op, source, threshold)
  if op.interruption then
    return nil, parts.stopped(op.interruption)
  elseif err then
    return nil, err
  elseif is_all then
    return put.work(op, prepared.value)
  end
  return send_parts(op, prepared, source, first)
end

--- The work of an upload.
-- @tparam table op
-- @tparam table prepared by `prepare`
-- @treturn table|nil result, as of put; resumed is true when an earlier run had completed it
-- @treturn table error
function M.work(op, prepared)
  local source, message = sources.open(op)
  if op.interruption then
    return nil, parts.stopped(op.interruption)
  elseif not source then
    return nil, errors.here("FileRead", message)
  elseif source.size and source.size > multipart.max_object then
    return nil, errors.here("EntityTooLarge", ("OSS takes objects of up to %.0f bytes"):format(multipart.max_object))
  end
  local res, err = work(op, prepared, source)
  if source.is_reader then
    source:close()
  end
  return res, err
end

return M
