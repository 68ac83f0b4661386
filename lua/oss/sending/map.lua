--- Many operations with one call: bounded in number, results in order, one summary.

local errors = require "oss.errors"
local nearest = require "oss.common.nearest"

local M = {}

local function count(summary, op)
  local res, err = op.result, op.err
  if res then
    summary.bytes = summary.bytes + (op.sent or 0)
    summary.done = summary.done + 1
  elseif err.kind == "callback" then
    summary.bytes = summary.bytes + (op.sent or 0)
    summary.callbacks_failed = summary.callbacks_failed + 1
  else
    summary.failed = summary.failed + 1
  end
end

-- The next option table: from a list, or from a function that returns one after the other.
local function iterator(list)
  if type(list) == "function" then
    return list
  end
  local i = 0
  return function()
    i = i + 1
    return list[i]
  end
end

-- A key that does not belong into a list, such as an option's name.
local function stray_key(list)
  local n = 0
  for i in ipairs(list) do
    n = i
  end
  for key in pairs(list) do
    if type(key) ~= "number" or key < 1 or key > n then
      return key
    end
  end
end

local known = { verb = "string", concurrency = "number", on_each = "function" }

--- Checks the arguments of `client:map`, and every entry of a list before any is started.
-- @tparam table client
-- @param list what the user gave
-- @param settings what the user gave
-- @treturn nil|string what is wrong
function M.check(client, list, settings)
  if type(list) ~= "table" and type(list) ~= "function" then
    return "map: a list of option tables is expected, or a function that returns them, got " .. type(list)
  elseif type(settings) ~= "table" then
    return "map: the settings must be a table, got " .. type(settings)
  end
  local key = type(list) == "table" and stray_key(list)
  if key then
    return ("map: a list of option tables is expected, { { ... }, ... }; this one has the key '%s'"):format(
      tostring(key))
  end
  for name, value in pairs(settings) do
    if not known[name] then
      return ("map: unknown setting '%s'%s"):format(tostring(name),
        nearest.clause(tostring(name), { "verb", "concurrency", "on_each" }))
    elseif type(value) ~= known[name] then
      return ("map: setting '%s' must be a %s, got %s"):format(name, known[name], type(value))
    end
  end
  local n = settings.concurrency
  if n and (n < 1 or n % 1 ~= 0 or n > 1e6) then
    return ("map: setting 'concurrency' must be a whole number above 0, got %g"):format(n)
  end
  local verb = settings.verb or "put"
  local unknown = client.unknown(verb)
  if unknown then
    return "map: " .. unknown
  end
  for i, t in ipairs(type(list) == "table" and list or {}) do
    local _, message = client:prepare(verb, t)
    if message then
      return ("map: entry %d: %s"):format(i, message)
    end
  end
end

--- Runs an operation for each option table.
-- @tparam table client
-- @tparam table|function list of option tables
-- @tparam table settings verb, concurrency, on_each
-- @treturn {table,...} `{ result =, err = }` for each, in the order of the list
-- @treturn table summary: total, done, failed, callbacks_failed, bytes, seconds
function M.run(client, list, settings)
  local next_one, verb = iterator(list), settings.verb or "put"
  local limit = settings.concurrency or 16
  local results, ended = {}, {}
  local summary = { total = 0, done = 0, failed = 0, callbacks_failed = 0, bytes = 0 }
  local began, running = client:now(), 0
  local function settle()
    local n = 0
    while ended[n + 1] do -- a handler may have others end meanwhile
      n = n + 1
      local op = ended[n]
      local i = op.index
      running = running - 1
      results[i] = { result = op.result, err = op.err }
      count(summary, op)
      if settings.on_each then
        settings.on_each(i, op.result, op.err)
      end
    end
    for i = n, 1, -1 do
      ended[i] = nil
    end
  end
  local more = true
  while more or running > 0 do
    while more and running < limit do
      local t = next_one()
      if t == nil then
        more = false
      else
        local i = summary.total + 1
        summary.total = i
        local value, message = client:prepare(verb, t)
        if message then -- of an iterator: what runs already is not given up for it
          results[i] = { err = errors.here("InvalidArgument", message) }
          summary.failed = summary.failed + 1
        else
          local op = client:make(verb, t, 4, value)
          op.collector, op.index, running = ended, i, running + 1 -- before it can end
          client.driver:start(op)
        end
      end
    end
    client:poll(60)
    settle()
  end
  summary.seconds = client:now() - began
  return results, summary
end

return M
