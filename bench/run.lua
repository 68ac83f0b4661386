--- Measures this library beside the limit and beside npm's ali-oss; prints tables in Markdown.
--
--     lua5.4 bench/run.lua [CASE...]     small medium many16 many64 file worker worker64 stream sign crc idle queue
--
-- The programs of a case run in turn, ROUNDS times over (5), the client on one CPU and the server on
-- another. Shown are medians; a ratio is the median of the ratios within a round. SIZE is that of the
-- file, in MiB (256). RESTY_HTTP names the folder that has resty/http.lua of lua-resty-http, to be compared
-- with in the cases of an nginx worker.

local report = require "bench.report"
local programs = require "bench.programs"

local rounds = tonumber(os.getenv("ROUNDS")) or 5
local all = { "small", "medium", "many16", "many64", "file", "worker", "worker64", "stream",
  "sign", "crc", "idle", "queue" }

local function run_case(name)
  local case = programs.case(name)
  for _ = 1, rounds do
    for _, program in ipairs(case.programs) do
      program.runs[#program.runs + 1] = programs.run(program)
    end
  end
  print("\n### " .. case.title .. "\n")
  print(report.table(case))
end

local wanted = #arg > 0 and arg or all
local server = programs.start()
local ok, message = xpcall(function()
  for _, name in ipairs(wanted) do
    run_case(name)
  end
end, debug.traceback)
server:stop()
if not ok then
  io.stderr:write(message, "\n")
  os.exit(1)
end
