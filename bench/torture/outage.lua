--- A service that cannot be reached for ten minutes, by a client with fifteen, on a moved clock.

local moved_clock = require "bench.torture.moved_clock"

local M = {}

local RATE = 60
local ROW = "  %-20s %-8s %8s %8s %8s %6s"

--- When the outage begins.
M.MOMENTS = { "before the create", "during the create", "during the wait", "during the download" }

local function start(moment)
  local resolver = os.tmpname()
  local folder = os.tmpname()
  os.remove(folder)
  local program = moved_clock.start(RATE, "outage", { moment, folder },
    { preload = { "resolver" }, env = { RESOLVER = resolver } })
  return function()
    local _, output = program:finish()
    os.remove(resolver)
    os.execute("rm -rf '" .. folder .. "'")
    return output
  end
end

-- A row of the table, and what is wrong with it.
local function read(moment, output)
  local code, seconds, after, troubles, bills, message = output:match(
    "^(%S+) (%S+) (%S+) (%d+) (%d+) ([^\n]*)")
  if not code then
    return moment, output
  end
  local row = ROW:format(moment, code, seconds, after, troubles, bills)
  if code ~= "ok" then
    return row, message
  elseif bills ~= "1" then
    return row, bills .. " bills"
  end
  return row, tonumber(after) <= 0 and "the outage was not in its way" or nil
end

--- Run it for these moments, all at the same time.
---@return table report `{ lines, problems }`
function M.run(moments)
  local report = { problems = {}, lines = {
    "an outage of 600 s: no name, no resolver, refused, dropped, silent, a page; tasks take 100 s",
    ROW:format("begins", "outcome", "s", "s after", "failed", "bills"),
  } }
  local ends = {}
  for i, moment in ipairs(moments) do
    ends[i] = start(moment)
  end
  for i, moment in ipairs(moments) do
    local row, problem = read(moment, ends[i]())
    table.insert(report.lines, row)
    table.insert(report.problems, problem and ("outage %s: %s"):format(moment, problem))
  end
  return report
end

return M
