--- Runs a program of bench/http/programs.lua and says what a request costs it. What a run with no
--- requests but each task's last costs is taken off.

local M = {}

local LIMIT = 20 -- seconds for one run
local COUNTED_LIMIT = 120 -- for one in which something is counted
local ERRORS = "build/bench/errors"
local SAID = "build/bench/said" -- what the program wrote

local function contents(path)
  local file = io.open(path)
  local text = file and file:read "*a" or ""
  if file then
    file:close()
  end
  return text
end

-- CPU and wall seconds, peak kilobytes; nil when the program failed or hung.
local function run(command, limit)
  local pipe = assert(io.popen(("build/bench/measure timeout %d %s 3>&1 >%s 2>>%s"):format(
    limit or LIMIT, command, SAID, ERRORS)))
  local cpu, wall, peak, status = pipe:read("*n", "*n", "*n", "*n")
  pipe:close()
  if status == 0 then
    return cpu, wall, peak
  end
end

-- A load generator runs for a time and says what it has done.
local function measure_load(server, program, command)
  server:limit(1e9)
  local cpu, wall, peak = run(command)
  local requests = cpu and tonumber(contents(SAID):match(program.counts))
  if requests and requests > 0 then
    return { cpu = cpu / requests * 1e6, per_second = requests / wall, peak = peak / 1024 }
  end
end

function M.requests(program, requests)
  return math.ceil(requests * (program.share or 1))
end

--- `cpu` in microseconds a request, requests `per_second`, `p50` and `p99` in milliseconds from one
--- look at a task to the next, `peak` in megabytes; nil when the program failed or hung.
function M.cost(server, program, cell, requests)
  local command = program.command(server, cell)
  if program.counts then
    return measure_load(server, program, command)
  end
  requests = M.requests(program, requests)
  server:limit(0)
  local idle_cpu, idle_wall = run(command)
  server:limit(requests)
  local cpu, wall, peak = run(command)
  if not (idle_cpu and cpu) then
    return nil
  end
  local p50, p99 = server:latency()
  return {
    cpu = (cpu - idle_cpu) / requests * 1e6, per_second = requests / (wall - idle_wall),
    p50 = p50 and p50 * 1e3, p99 = p99 and p99 * 1e3, peak = peak / 1024,
  }
end

local CALLGRIND = "valgrind --tool=callgrind --trace-children=yes --callgrind-out-file=/dev/null"

local function instructions(command)
  local line = ("timeout %d %s %s 2>&1; echo $?"):format(COUNTED_LIMIT, CALLGRIND, command)
  local pipe = assert(io.popen(line))
  local text = pipe:read "*a"
  pipe:close()
  return text:match "\n0\n$" and tonumber(text:match "Collected : (%d+)") or nil
end

local COUNTED = "build/bench/allocations.txt"

local function allocations(command)
  os.remove(COUNTED)
  run(("env BENCH_ALLOCATIONS=%s LD_PRELOAD=build/bench/allocations.so %s"):format(
    COUNTED, command), COUNTED_LIMIT)
  return tonumber(contents(COUNTED))
end

local function counted(count, server, command, few, many)
  server:limit(few)
  local before = count(command)
  server:limit(many)
  local after = before and count(command)
  return after and (after - before) / (many - few)
end

--- Instructions (callgrind) and calls of the allocator a request; nil for what cannot be counted.
function M.counts(server, program, cell, requests)
  local command = program.command(server, cell)
  local few = 5 * cell.in_flight
  local many = few + M.requests(program, requests)
  local each = counted(instructions, server, command, few, many)
  return {
    instructions = each,
    failed = not each,
    -- nginx's memory is pools and LuaJIT's own allocator
    allocations = not program.is_nginx and counted(allocations, server, command, few, many) or nil,
  }
end

return M
