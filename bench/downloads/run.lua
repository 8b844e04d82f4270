--- Downloads beside those of curl, the program: lua5.4 bench/downloads/run.lua [quick|full]
--
-- Rounds are interleaved, medians are shown. What kling does more than curl: each file's SHA-256, a
-- look at what kind of file it is, a sync to the disk before it gets its name, and breaks, so that
-- no step is long. "curl; sha256sum; sync" does the first and the third.

local core = require "kling.core"
local long_clip = require "spec.support.long_clip"
local machine = require "bench.machine"
local origin = require "bench.http.origin"

local PLANS = {
  quick = { megabytes = 16, rounds = 3, sizes = { 1, 16, 64 } },
  full = { megabytes = 64, rounds = 5, sizes = { 1, 4, 16, 64, 256, 1024 } },
}
local kind = arg[1] or "quick"
local plan = assert(PLANS[kind], "usage: run.lua [quick|full]")
local MB = 1024 * 1024

local function kling(server, cell, folder)
  return ("lua5.4 bench/downloads/ours.lua %s %d %s %s"):format(
    cell.url, cell.count, folder, cell.protocol == "h1" and "" or server.ca)
end

local function curl(server, cell, folder)
  return ("curl --silent --http1.1 --parallel --parallel-max 8 --cacert %s -o '%s/#1' '%s?[1-%d]'"
    ):format(server.ca, folder, cell.url, cell.count)
end

local function curl_and_more(server, cell, folder)
  return ([[sh -c "%s; sha256sum %s/* >/dev/null; sync %s/*"]]):format(
    curl(server, cell, folder), folder, folder)
end

local PROGRAMS = {
  { name = "curl", command = curl },
  { name = "curl; sha256sum; sync", command = curl_and_more },
  { name = "kling", command = kling },
}

local function median(list)
  table.sort(list)
  return list[math.ceil(#list / 2)], list[1], list[#list]
end

-- CPU and wall seconds, peak megabytes. The folder is new, and nothing waits for the disk.
local function measure(server, cell, program)
  local folder = server.folder .. "/saved"
  os.execute(("rm -rf %s && mkdir %s && sync"):format(folder, folder))
  local pipe = assert(io.popen("build/bench/measure " .. program.command(server, cell, folder)
    .. " 3>&1 >/dev/null 2>>build/bench/errors"))
  local cpu, wall, peak, status = pipe:read("*n", "*n", "*n", "*n")
  pipe:close()
  assert(status == 0, program.name .. " failed")
  return cpu, wall, peak / 1024
end

local function measure_cell(server, cell)
  local costs = {}
  for _ = 1, plan.rounds do
    for _, program in ipairs(PROGRAMS) do
      local cost = costs[program] or { cpu = {}, wall = {} }
      costs[program] = cost
      cost.cpu[#cost.cpu + 1], cost.wall[#cost.wall + 1] = measure(server, cell, program)
    end
  end
  return costs
end

local function show(out, cell, costs)
  out(("\n%s, %d at once, %d MB each: %d runs"):format(
    cell.protocol == "h1" and "HTTP/1.1" or "TLS, HTTP/1.1", cell.count, plan.megabytes,
    plan.rounds))
  out(("  %-22s %8s %6s %8s %6s %14s %8s"):format(
    "", "CPU s", "ratio", "wall s", "ratio", "least .. most", "MB/s"))
  local base_cpu, base_wall
  for _, program in ipairs(PROGRAMS) do
    local cpu = median(costs[program].cpu)
    local wall, least, most = median(costs[program].wall)
    base_cpu, base_wall = base_cpu or cpu, base_wall or wall
    out(("  %-22s %8.3f %6.2f %8.3f %6.2f %6.2f .. %4.2f %8.0f"):format(program.name, cpu,
      cpu / base_cpu, wall, wall / base_wall, least, most, cell.count * plan.megabytes / wall))
  end
end

local function show_hash(out)
  local bytes = ("x"):rep(plan.megabytes * MB)
  local started = os.clock()
  core.sha256(bytes)
  out(("\nof kling's CPU time, for the SHA-256 of %d MB: %.3f s"):format(
    plan.megabytes, os.clock() - started))
end

local function show_memory(out, server)
  out "\npeak memory, MB, TLS, one file, by its size in MB"
  local head, ours = "", ""
  for _, megabytes in ipairs(plan.sizes) do
    long_clip(server.folder .. "/files/clip.mp4", megabytes * MB)
    local cell = { protocol = "tls", count = 1, url = server.urls.tls .. "/files/clip.mp4" }
    local _, _, peak = measure(server, cell, PROGRAMS[3])
    head, ours = head .. ("%7d"):format(megabytes), ours .. ("%7.1f"):format(peak)
  end
  out(("  %-22s%s\n  %-22s%s"):format("", head, "kling", ours))
end

local function run(server)
  local file = assert(io.open("bench/results/downloads.txt", "w"))
  local function out(line)
    print(line)
    file:write(line, "\n")
  end
  out(kind == "full" and "make bench-full" or "make bench")
  machine.describe(out)
  long_clip(server.folder .. "/files/clip.mp4", plan.megabytes * MB)
  for _, protocol in ipairs { "h1", "tls" } do
    for _, count in ipairs { 1, 8 } do
      local cell = {
        protocol = protocol, count = count, url = server.urls[protocol] .. "/files/clip.mp4",
      }
      show(out, cell, measure_cell(server, cell))
    end
  end
  show_hash(out)
  show_memory(out, server)
  file:close()
end

local server = origin.start()
local ok, problem = pcall(run, server)
server:stop()
assert(ok, problem)
