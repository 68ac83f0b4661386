--- Medians, ratios and tables.

local M = {}

local function median(list)
  table.sort(list)
  local n = #list
  return n % 2 == 1 and list[(n + 1) / 2] or (list[n / 2] + list[n / 2 + 1]) / 2
end

local function per_operation(run)
  return run.cpu / run.operations
end

local function over(program, value)
  local list = {}
  for i, run in ipairs(program.runs) do
    list[i] = value(run)
  end
  return median(list)
end

-- The program that the others are compared with: of those that are marked, the cheapest.
local function limit_of(case)
  local best, cost
  for _, program in ipairs(case.programs) do
    local own = program.limit and over(program, per_operation)
    if own and (not best or own < cost) then
      best, cost = program, own
    end
  end
  return best
end

local function ratio(program, limit)
  local list = {}
  for i, run in ipairs(program.runs) do
    list[i] = per_operation(run) / per_operation(limit.runs[i])
  end
  return median(list)
end

local columns = {
  ratio = { "CPU, ratio", function(program, limit)
    return program == limit and "**1**" or ("%.2f"):format(ratio(program, limit))
  end },
  us = { "CPU, µs", function(program)
    local us = over(program, per_operation) * 1e6
    return (us < 10 and "%.2f" or "%.0f"):format(us)
  end },
  per_gib = { "CPU, s/GiB", function(program)
    return ("%.2f"):format(over(program, function(run)
      return run.cpu / program.gib
    end))
  end },
  gb = { "GB/s", function(program)
    return ("%.1f"):format(over(program, function(run)
      return run.operations * program.bytes / run.cpu / 1e9
    end))
  end },
  mib = { "MiB/s", function(program)
    return ("%.0f"):format(over(program, function(run)
      return program.gib * 1024 / run.wall
    end))
  end },
  rate = { "per second", function(program)
    return ("%.0f"):format(over(program, function(run)
      return run.operations / run.wall
    end))
  end },
  memory = { "peak, MiB", function(program)
    return ("%.1f"):format(over(program, function(run)
      return run.kib / 1024
    end))
  end },
  wait = { "median wait, ms", function(program)
    return ("%.2f"):format(over(program, function(run)
      return run.median
    end))
  end },
  worst = { "worst, ms", function(program)
    return ("%.1f"):format(over(program, function(run)
      return run.worst
    end))
  end },
  weight = { "bytes each", function(program)
    return ("%.0f"):format(over(program, function(run)
      return run.weight
    end))
  end },
}

local function line(cells)
  return "| " .. table.concat(cells, " | ") .. " |"
end

--- Makes the table of a case.
-- @tparam table case title, programs (with their runs), columns
-- @treturn string Markdown
function M.table(case)
  local limit = limit_of(case)
  local head, rule, lines = { case.what or "" }, { "---" }, {}
  for i, name in ipairs(case.columns) do
    head[i + 1], rule[i + 1] = columns[name][1], "---:"
  end
  for _, program in ipairs(case.programs) do
    local cells = { program.name }
    for i, name in ipairs(case.columns) do
      cells[i + 1] = columns[name][2](program, limit)
    end
    lines[#lines + 1] = line(cells)
  end
  return line(head) .. "\n" .. line(rule) .. "\n" .. table.concat(lines, "\n")
end

return M
