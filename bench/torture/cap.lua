--- Many tasks at once, at a service that runs only a few: how well the client learns how few.

local moved_clock = require "bench.torture.moved_clock"

local M = {}

local RATE = 60
local LIFE = 60 -- seconds
local SECONDS = { [1] = 2400, [5] = 1200, [20] = 600 } -- at best, by cap
local ROW = "  %6s %6s %10s %10s %8s %16s %16s"

local function percent(part, whole)
  return tonumber(whole) == 0 and "-" or ("%.1f %%"):format(100 * part / whole)
end

local function run(cap, share)
  local optimum = SECONDS[cap] * share
  local tasks = ("%d"):format(cap * optimum / LIFE)
  local _, output = moved_clock.start(RATE, "capped", { cap, tasks, LIFE }, {}):finish()
  local seconds, creates, refused, late, late_refused = output:match(
    "^(%S+) (%d+) (%d+) (%d+) (%d+)\n$")
  assert(seconds, output)
  return {
    cap = cap, tasks = tasks, optimum = optimum, seconds = tonumber(seconds),
    ratio = seconds / optimum, share = percent(refused, creates),
    late_share = percent(late_refused, late), late_refused = late_refused / late,
  }
end

--- Run it for these caps, with a `share` of the tasks. `most`: what is a problem, `{ ratio,
--- late_refused }`.
---@return table report `{ lines, problems }`
function M.run(caps, share, most)
  local report = { problems = {}, lines = {
    ("tasks of %d s, default options"):format(LIFE),
    ROW:format("cap", "tasks", "optimum s", "took s", "ratio", "creates refused", "after 2 lives"),
  } }
  for _, cap in ipairs(caps) do
    local it = run(cap, share)
    table.insert(report.lines, ROW:format(it.cap, it.tasks, ("%.0f"):format(it.optimum),
      ("%.0f"):format(it.seconds), ("%.2f"):format(it.ratio), it.share, it.late_share))
    for name, limit in pairs(most) do
      if it[name] > limit then
        table.insert(report.problems, ("cap %d: %s is %.2f"):format(cap, name, it[name]))
      end
    end
  end
  return report
end

return M
