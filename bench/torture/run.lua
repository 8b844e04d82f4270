--- The whole torture bench, but for the fault matrix, which ran on every Lua before: the table of
--- `make torture`. Any problem is named at the end, and is the exit status.
-- Run from the top of the tree: lua5.4 bench/torture/run.lua
-- Environment: SEEDS, FIRST, TASKS, TIMES, LUAS

local cap = require "bench.torture.cap"
local crashes = require "bench.torture.crashes"
local faults = require "bench.torture.faults"
local fleet = require "bench.torture.fleet"
local outage = require "bench.torture.outage"
local overshoot = require "bench.torture.overshoot"
local postgresql = require "spec.support.postgresql"
local scratch = require "spec.support.scratch"

local function number(name, default)
  return tonumber(os.getenv(name)) or default
end

local FIRST, SEEDS = number("FIRST", 1), number("SEEDS", 1000)
local TASKS, TIMES = number("TASKS", 200), number("TIMES", 200)

local LATE = 100 -- ms past a deadline that are a mistake of ours, and not of a busy machine
local MOST = { ratio = 1.25, late_refused = 0.1 } -- three of 41 creates are 7 % already

local function output_of(command)
  local pipe = assert(io.popen(command))
  local line = pipe:read "*l"
  pipe:close()
  return line or "none"
end

local function show_progress(seed)
  if seed % 50 == 0 then
    io.stderr:write("seed ", seed, "\n")
  end
end

-- `store`: nil for a file of each seed's own.
local function run_crashes(store, seeds)
  return crashes.run { store = store, first = FIRST, last = FIRST + seeds - 1,
    progress = show_progress }
end

local function run_fleet(store)
  return fleet.run { store = store, lease = 3, processes = 4, tasks = TASKS, seconds = 25 }
end

local function on_sqlite()
  local folder = scratch.new()
  local report = run_fleet("sqlite:" .. folder .. "/tasks.db")
  scratch.remove(folder)
  return report
end

local function on_postgresql(run, ...)
  local server = assert(postgresql.start(), "PostgreSQL is missing; sh .ci/install test")
  local ran, report = pcall(run, server.url, ...)
  server:stop()
  assert(ran, report)
  return report
end

local PARTS = {
  { "Kill", function()
    return run_crashes(nil, SEEDS)
  end },
  { "Kill on PostgreSQL", function()
    return on_postgresql(run_crashes, math.ceil(SEEDS / 6))
  end },
  { "Faults", function()
    local luas = {}
    for lua in (os.getenv "LUAS" or "lua5.4"):gmatch "%S+" do
      luas[#luas + 1] = lua
    end
    return faults.report(luas, function(lua)
      return ("build/torture/matrix-%s.txt"):format(lua)
    end)
  end },
  { "Outage", function()
    return outage.run(outage.MOMENTS)
  end },
  { "Overshoot", function()
    return overshoot.run(TIMES, LATE)
  end },
  { "Fleet on SQLite", on_sqlite },
  { "Fleet on PostgreSQL", function()
    return on_postgresql(run_fleet)
  end },
  { "Cap", function()
    return cap.run({ 1, 5, 20 }, 1, MOST)
  end },
}

local function show(name, part, problems)
  local ran, report = pcall(part)
  if not ran then
    report = { lines = { "  did not run" }, problems = { tostring(report) } }
  end
  print(("\n%s: %s"):format(name, table.concat(report.lines, "\n")))
  for _, problem in ipairs(report.problems) do
    problems[#problems + 1] = ("%s: %s"):format(name, problem)
  end
  io.stdout:flush()
end

print(("make torture SEEDS=%d FIRST=%d TASKS=%d TIMES=%d"):format(SEEDS, FIRST, TASKS, TIMES))
print(table.concat({
  output_of "uname -sr | cut -d- -f1",
  output_of "sed -n 's/^model name[^:]*: //p' /proc/cpuinfo",
  output_of "nproc" .. " processors",
  "libcurl " .. output_of "pkg-config --modversion libcurl",
  "SQLite " .. output_of "sqlite3 --version":match "^%S+",
  output_of "ls -d /usr/lib/postgresql/* | sed 's,.*/,PostgreSQL ,'",
  _VERSION,
}, "; "))
local problems = {}
for _, part in ipairs(PARTS) do
  show(part[1], part[2], problems)
end
print(("\n%d problems"):format(#problems))
for _, problem in ipairs(problems) do
  print("  " .. problem)
end
os.exit(#problems == 0 and 0 or 1)
