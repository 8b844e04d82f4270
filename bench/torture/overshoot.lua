--- How much later than its deadline a call returns, when a server or a resolver never answers.

local child = require "bench.torture.child"

local M = {}

local HUNG = 120 -- seconds
local ROW = "  %-16s %-10s %10s %10s %10s"

--- What is called, with a deadline.
M.CALLS = { "wait", "wait, attached", "query", "list", "save" }

--- How the host is called: an address, or a name that the resolver is asked for.
M.SILENT = { server = "127.0.0.1", resolver = "torture.example" }

local function run(call, silent, times)
  local resolver, folder = os.tmpname(), os.tmpname()
  os.remove(folder)
  local file = assert(io.open(resolver, "w"))
  file:write "silent"
  file:close()
  local status, output = child.run("overshoot", { call, M.SILENT[silent], times },
    { preload = { "resolver" }, env = { RESOLVER = resolver, FOLDER = folder }, limit = HUNG })
  os.remove(resolver)
  os.execute("rm -rf '" .. folder .. "'")
  assert(status == 0, status == child.KILLED and "it hung" or output)
  return output:match "(%S+) (%S+) (%S+)"
end

--- Each call so many times. `most`: what overshoot, in milliseconds, is a problem.
---@return table report `{ lines, problems }`
function M.run(times, most)
  local report = { problems = {}, lines = {
    ("ms past the deadline, of %d calls; then what close() took"):format(times),
    ROW:format("call", "silent", "largest", "median", "close"),
  } }
  for _, silent in ipairs { "server", "resolver" } do
    for _, call in ipairs(M.CALLS) do
      local largest, median, closing = run(call, silent, times)
      table.insert(report.lines, ROW:format(call, silent, largest, median, closing))
      if tonumber(largest) > most or tonumber(closing) > most then
        table.insert(report.problems, ("%s, silent %s: %s ms late, close took %s ms"):format(
          call, silent, largest, closing))
      end
    end
  end
  return report
end

return M
