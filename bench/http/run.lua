--- What a status request costs, ours and others', side by side: the first table of `make bench`.
-- Run from the top of the tree: lua5.4 bench/http/run.lua [quick|full]
--
-- Every program does the same: it follows tasks until the origin has counted so many answers.
-- Rounds are interleaved, medians are shown, and what a run with no requests costs is taken off.

local core = require "kling.core"
local machine = require "bench.machine"
local measure = require "bench.http.measure"
local origin = require "bench.http.origin"
local programs = require "bench.http.programs"
local report = require "bench.http.report"

-- `turns`: how often each task is looked at, at least.
local PLANS = {
  quick = {
    rounds = { near = 3, far = 2 }, requests = 1500, turns = { near = 10, far = 5 },
    cells = {
      { "h1", "near", { 1, 16, 100, 1000 } }, { "h2", "near", { 16, 100 } },
      { "h1", "far", { 1000 } }, { "h2", "far", { 1000 } },
    },
    counts = { { "h1", 16, 300 }, { "h2", 16, 600 } },
  },
  full = {
    rounds = { near = 5, far = 3 }, requests = 10000, turns = { near = 20, far = 15 },
    cells = {
      { "h1", "near", { 1, 16, 100, 1000 } }, { "tls", "near", { 1, 16, 100, 1000 } },
      { "h2", "near", { 1, 16, 100, 1000 } }, { "h1", "far", { 1, 16, 100, 1000 } },
      { "tls", "far", { 1, 16, 100, 1000 } }, { "h2", "far", { 1, 16, 100, 1000 } },
    },
    counts = {
      { "h1", 16, 800 }, { "h1", 100, 800 }, { "h2", 16, 3200 }, { "h2", 100, 3200 },
    },
  },
}
local kind = arg[1] or "quick"
local plan = assert(PLANS[kind], "usage: run.lua [quick|full]")

local function takes_part(program, cell)
  return not program.missing and cell.in_flight <= (program.most or math.huge)
    and (not program.protocols or program.protocols[cell.protocol])
end

-- Behind 150 ms the time is spent waiting: as many requests as the turns need, and no more.
local function requests_of(cell)
  local turns = cell.in_flight * plan.turns[cell.place]
  return cell.place == "far" and turns or math.max(plan.requests, turns)
end

-- A program that fails or hangs is not tried again in this cell.
local function add(costs, program, cost)
  local all = costs[program] or { cpu = {}, per_second = {}, p50 = {}, p99 = {}, peak = {} }
  costs[program] = all
  all.failed = not cost
  for name, value in pairs(cost or {}) do
    table.insert(all[name], value)
  end
end

local function measure_cell(server, cell)
  cell.requests = requests_of(cell)
  for _ = 1, cell.rounds do
    for _, program in ipairs(programs) do
      local is_out = cell.costs[program] and cell.costs[program].failed
      if takes_part(program, cell) and not is_out then
        add(cell.costs, program, measure.cost(server, program, cell, cell.requests))
      end
    end
  end
  report.cell(print, programs, cell)
  return cell
end

local function measure_cells(server)
  local cells = {}
  for _, row in ipairs(plan.cells) do
    for _, in_flight in ipairs(row[3]) do
      cells[#cells + 1] = measure_cell(server, {
        protocol = row[1], place = row[2], in_flight = in_flight, costs = {},
        rounds = plan.rounds[row[2]],
      })
    end
  end
  return cells
end

-- Behind 150 ms: how many answers are there at once is luck, and near by the same program's figure
-- moves by 8 % with it. Here it moves by 1 % over HTTP/1.1; over HTTP/2, where whatever comes wakes
-- all requests of the connection, by 10 % in 800 requests and by 3 in four times as many.
local function count_cells(server)
  local cells = {}
  for i, row in ipairs(plan.counts) do
    local cell = { protocol = row[1], place = "far", in_flight = row[2], costs = {} }
    for _, program in ipairs(programs) do
      if takes_part(program, cell) and not program.counts then
        cell.costs[program] = measure.counts(server, program, cell, row[3])
      end
    end
    cells[i] = cell
  end
  return cells
end

local function write(path, fill)
  local file = assert(io.open(path, "w"))
  fill(function(line)
    file:write(line, "\n")
  end)
  file:close()
end

local function head(out)
  out(kind == "full" and "make bench-full" or "make bench")
  machine.describe(out)
  for _, program in ipairs(programs) do
    if program.missing then
      out(("left out, for it is not here: %s (%s)"):format(program.name, program.missing))
    end
  end
  out ""
end

local function run(server)
  local cells = measure_cells(server)
  local counts = count_cells(server)
  write("bench/results/http.txt", function(out)
    head(out)
    report.ratios(out, programs, cells)
    report.counts(out, programs, counts)
    for _, cell in ipairs(cells) do
      report.cell(out, programs, cell)
    end
  end)
  write("bench/results/how_fast.md", function(out)
    report.markdown(out, programs, cells, counts)
  end)
  report.data("build/bench", programs, cells)
end

head(print)
local started = core.now()
local server = origin.start()
local ok, problem = pcall(run, server)
server:stop()
assert(ok, problem)
print(("\nbench/results/http.txt, in %.0f s"):format(core.now() - started))
