--- Runs the fault matrix under this Lua and writes how each case ended, a line for each.
-- Usage: lua bench/torture/programs/matrix.lua FILE

local cases = require "bench.torture.cases"
local matrix = require "bench.torture.matrix"

local file = assert(io.open(arg[1], "w"))
for _, transport in ipairs(matrix.TRANSPORTS) do
  local all = cases.all(transport)
  local outcomes = matrix.run(transport, all)
  for _, case in ipairs(all) do
    local outcome = outcomes[case.name]
    file:write(("%s\t%s\t%s\t%s\n"):format(
      transport, case.name, outcome.summary, outcome.details or ""))
  end
end
assert(file:close())
