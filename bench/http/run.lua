--- What a status request costs, ours and others', side by side: the table of `make bench`.
-- Run from the top of the tree: lua5.4 bench/http/run.lua [quick|full]
--
-- Every program does the same: it follows tasks until the origin has counted so many answers.
-- Rounds are interleaved, medians are shown, and what a run with no requests costs is taken off.

local core = require "kling.core"
local origin = require "bench.http.origin"
local programs = require "bench.http.programs"

local PLANS = {
  quick = { rounds = 3, near = 4000, far = 2000, callgrind = 3000 },
  full = { rounds = 7, near = 20000, far = 10000, callgrind = 5000 },
}
local CELLS = {
  { protocol = "h1", place = "near", in_flight = { 1, 16, 100, 1000 } },
  { protocol = "tls", place = "near", in_flight = { 16 } },
  { protocol = "h2", place = "near", in_flight = { 1, 16, 100, 1000 } },
  { protocol = "h1", place = "far", in_flight = { 100, 1000 } },
  { protocol = "h2", place = "far", in_flight = { 100, 1000 } },
}
local COUNTED = { { "h1", 16 }, { "h1", 100 }, { "h2", 16 }, { "h2", 100 } }

local plan = PLANS[arg[1] or "quick"]

local function median(list)
  table.sort(list)
  return list[math.ceil(#list / 2)]
end

local LIMIT = 60 -- seconds for one run

-- One run: CPU and wall seconds, peak kilobytes; nil when the program failed or hung.
local function measure(server, command, requests)
  server:limit(requests)
  local pipe = assert(io.popen(
    ("build/bench/measure timeout %d %s 3>&1 >/dev/null 2>>build/bench/errors"):format(
      LIMIT, command)))
  local cpu, wall, peak, status = pipe:read("*n", "*n", "*n", "*n")
  pipe:close()
  if status == 0 then
    return cpu, wall, peak
  end
end

-- Enough of them that making the connections is a small part.
local function requests_of(cell, in_flight)
  return math.max(plan[cell.place], in_flight * 20)
end

local function measure_cell(server, cell, in_flight)
  local requests = requests_of(cell, in_flight)
  local costs = {}
  for _ = 1, plan.rounds do
    for _, program in ipairs(programs) do
      local command = program.command(server, cell, in_flight)
      local cost = costs[program] or { cpu = {}, wall = {}, peak = {} }
      costs[program] = cost
      local idle_cpu, idle_wall = measure(server, command, 0)
      local cpu, wall, peak = measure(server, command, requests)
      if idle_cpu and cpu then
        cost.cpu[#cost.cpu + 1] = (cpu - idle_cpu) / requests * 1e6
        cost.wall[#cost.wall + 1] = requests / (wall - idle_wall)
        cost.peak[#cost.peak + 1] = peak / 1024
      else
        cost.failed = (cost.failed or 0) + 1
      end
    end
  end
  return costs
end

local function show_cell(out, cell, in_flight, costs)
  out(("\n%s, %s, %d in flight (%d requests a run, %d runs)"):format(
    cell.protocol, cell.place, in_flight, requests_of(cell, in_flight), plan.rounds))
  out(("  %-28s %9s %7s %17s %11s %7s"):format(
    "", "CPU us", "ratio", "least .. most", "requests/s", "peak MB"))
  local base
  for _, program in ipairs(programs) do
    local cost = costs[program]
    if cost.failed then
      out(("  %-28s failed or hung in %d runs"):format(program.name, cost.failed))
    else
      local cpu = median(cost.cpu)
      base = base or cpu
      out(("  %-28s %9.1f %7.2f %8.1f .. %5.1f %11.0f %7.1f"):format(program.name, cpu, cpu / base,
        cost.cpu[1], cost.cpu[#cost.cpu], median(cost.wall), median(cost.peak)))
    end
  end
end

local function instructions(server, command, requests)
  server:limit(requests)
  local pipe = assert(io.popen(
    ("timeout %d valgrind --tool=callgrind --callgrind-out-file=/dev/null %s 2>&1; echo $?"):format(
      LIMIT, command)))
  local text = pipe:read "*a"
  pipe:close()
  return text:match "\n0\n$" and tonumber(text:match "Collected : (%d+)") or nil
end

local function show_instructions(out, server, protocol, in_flight)
  local cell = { protocol = protocol, place = "near" }
  out(("\ninstructions a request: %s, near, %d in flight"):format(protocol, in_flight))
  local base
  for _, program in ipairs(programs) do
    local command = program.command(server, cell, in_flight)
    local few = instructions(server, command, 1000)
    local many = few and instructions(server, command, 1000 + plan.callgrind)
    if many then
      local each = (many - few) / plan.callgrind
      base = base or each
      out(("  %-28s %9.0f %7.2f"):format(program.name, each, each / base))
    else
      out(("  %-28s failed or hung"):format(program.name))
    end
  end
end

local function run(server)
  local file = assert(io.open("bench/results/http.txt", "w"))
  local function out(line)
    print(line)
    file:write(line, "\n")
    file:flush()
  end
  out("lua5.4 bench/http/run.lua " .. (arg[1] or "quick"))
  out(programs.machine())
  for _, cell in ipairs(CELLS) do
    for _, in_flight in ipairs(cell.in_flight) do
      show_cell(out, cell, in_flight, measure_cell(server, cell, in_flight))
    end
  end
  for _, counted in ipairs(COUNTED) do
    show_instructions(out, server, counted[1], counted[2])
  end
  file:close()
end

local started = core.now()
local server = origin.start()
local ok, problem = pcall(run, server)
server:stop()
assert(ok, problem)
print(("%.0f s"):format(core.now() - started))
