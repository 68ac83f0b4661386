--- The nearest of some valid names, for messages about misspelt ones.

local M = {}

--- Damerau-Levenshtein distance (adjacent swaps count once), in bytes.
local function distance(a, b)
  local rows = {}
  for i = 0, #a do
    rows[i] = { [0] = i }
  end
  for j = 0, #b do
    rows[0][j] = j
  end
  for i = 1, #a do
    for j = 1, #b do
      local same = a:byte(i) == b:byte(j)
      local best = math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1,
        rows[i - 1][j - 1] + (same and 0 or 1))
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        best = math.min(best, rows[i - 2][j - 2] + 1)
      end
      rows[i][j] = best
    end
  end
  return rows[#a][#b]
end

--- Finds the nearest name.
-- @tparam string word what was written
-- @tparam {string,...} names the valid names
-- @treturn string|nil the nearest, nil when none is near (about a third of the letters wrong)
function M.of(word, names)
  local best, best_distance
  local folded = word:lower():gsub("[-_ ]", "")
  for _, name in ipairs(names) do
    local d = distance(folded, (name:lower():gsub("[-_ ]", "")))
    if not best or d < best_distance or (d == best_distance and name < best) then
      best, best_distance = name, d
    end
  end
  if best and best_distance <= math.max(1, math.floor(#word / 3)) then
    return best
  end
  return nil
end

--- A clause for an error message: `; did you mean 'x'?` or the list of all names.
-- @tparam string word what was written
-- @tparam {string,...} names the valid names
-- @treturn string
function M.clause(word, names)
  local near = M.of(word, names)
  if near then
    return "; did you mean '" .. near .. "'?"
  end
  local sorted = {}
  for i, name in ipairs(names) do
    sorted[i] = name
  end
  table.sort(sorted)
  return "; valid: " .. table.concat(sorted, ", ")
end

return M
