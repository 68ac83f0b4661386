--- Uploads of any size: a plain put when small, else parts in parallel, resumable.

local body = require "oss.sending.body"
local errors = require "oss.errors"
local names = require "oss.sending.names"
local multipart = require "oss.multipart"
local objects = require "oss.sending.objects"
local put = require "oss.sending.put"
local parts = require "oss.uploading.parts"
local requests = require "oss.uploading.requests"
local resume = require "oss.uploading.resume"
local sources = require "oss.uploading.source"
local stores = require "oss.uploading.store"

local M = {}

local default_threshold = 16 * 1024 * 1024
local default_memory = 128 * 1024 * 1024

local function check_sizes(t)
  local part = t.part_size or multipart.default_part
  if part < multipart.min_part or part > multipart.max_part then
    return ("option 'part_size' must be 102400 to 5368709120 bytes, got %.0f"):format(part)
  end
  if t.reader and (t.memory_limit or default_memory) < part then
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
    store, message = stores.open(t.resume)
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
    or multipart.part_size(state.source.size, op.options.part_size)
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
  parts.observe(op)
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
      requests.abort(op, err.upload_id)
      err.upload_id = nil
    end
  end
  return res, err
end

--- The work of an upload.
-- @tparam table op
-- @tparam table prepared by `prepare`
-- @treturn table|nil result, as of put; resumed is true when an earlier run had completed it
-- @treturn table error
function M.work(op, prepared)
  local o = op.options
  local source, message = sources.open(o, op.client.stat, op.client.pause)
  if not source then
    return nil, errors.here("FileRead", message)
  end
  local small = source.size and source.size < (o.threshold or default_threshold)
  if not source.size then
    local piece, failure = source.take(op, o.threshold or default_threshold)
    if failure then
      return nil, errors.here("ReaderFailed", failure)
    end
    small = source.is_done()
    if small then
      op.options = setmetatable({ body = piece or "", reader = false, length = false, rewind = false },
        { __index = o })
    else
      source.give_back(piece)
    end
  end
  if small then
    return put.work(op, prepared.value)
  end
  local state = { source = source, store = prepared.store, headers = prepared.value.headers, done = 0,
    parallel = o.parallel or 3 }
  if source.is_reader then
    local part_size = multipart.part_size(source.size, o.part_size)
    local room = math.floor((o.memory_limit or default_memory) / part_size)
    state.parallel = math.max(1, math.min(state.parallel, room - 1))
  end
  op.upload, op.observe, op.total = state, parts.observe, source.size
  local token, err = resume.load(op, state)
  if not token and not err and o.upload_id then
    token, err = resume.rebuild(op, state)
  end
  if err then
    return nil, err
  elseif token and token.state == "completed" then
    return resume.result(token)
  end
  state.token, state.resumed = token, token ~= nil
  return run(op, state)
end

return M
