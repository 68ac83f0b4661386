--- The callback of an upload: read and judged before anything is stored, called when it is.

local arguments = require "oss.emulator.callback.arguments"
local buckets = require "oss.emulator.store.buckets"
local deliver = require "oss.emulator.callback.deliver"
local errors = require "oss.emulator.errors"

local M = {}

--- The callback of a request with headers or a query.
-- @tparam table request
-- @treturn table|nil a callback
function M.of_request(request)
  return arguments.read({
    header = request.headers["x-oss-callback"], header_var = request.headers["x-oss-callback-var"],
    query = request.args.callback, query_var = request.args["callback-var"],
  }, buckets.find(request.bucket))
end

--- The callback of a form.
-- @tparam table request
-- @tparam table fields by lower-case name
-- @treturn table|nil a callback
function M.of_form(request, fields)
  local vars = {}
  for name, value in pairs(fields) do
    if name:sub(1, 2) == "x:" then
      vars[name] = value
    end
  end
  return arguments.read({ form = fields.callback, form_vars = vars }, buckets.find(request.bucket))
end

--- Calls the service, when there is one to call, and makes its answer the uploader's.
-- @tparam table request
-- @tparam table|nil callback
-- @tparam table object as it is stored
-- @tparam table reply what is answered without a callback
-- @treturn table a reply
function M.finish(request, callback, object, reply)
  if not callback then
    return reply
  end
  local answer, failure = deliver.deliver(request, callback, object)
  if not answer then
    local err = errors.new("CallbackFailed", { message = failure.message, ec = failure.ec, headers = reply.headers })
    return require("oss.emulator.answer").refusal(request, err)
  end
  reply.headers["Content-Type"] = answer.content_type or "application/json"
  return { status = 200, headers = reply.headers, body = answer.body }
end

return M
