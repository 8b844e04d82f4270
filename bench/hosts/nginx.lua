--- How long another endpoint of an nginx worker takes, idle and while 50 requests wait for tasks.
-- Run from the top of the tree: lua5.4 bench/hosts/nginx.lua

local cqueues = require "cqueues"
local emulator = require "spec.support.emulator"
local nginx = require "spec.hosts.nginx_server_process"

local WAITS = 50
local LIFE = { submitted = 1, processing = 4 } -- seconds
local IDLE = 1000 -- requests

local function percentile(sorted, share)
  return sorted[math.max(1, math.ceil(share * #sorted))] * 1000
end

local function show(title, latencies)
  table.sort(latencies)
  local p50, p99 = percentile(latencies, 0.5), percentile(latencies, 0.99)
  print(("nginx: %-38s p50 %.2f ms, p99 %.2f ms, longest %.2f ms (%d requests)"):format(
    title, p50, p99, latencies[#latencies] * 1000, #latencies))
  return p50, p99
end

-- One at a time, for as long as `is_wanted(count)`.
local function measure(process, is_wanted)
  local latencies = {}
  while is_wanted(#latencies) do
    local status, _, seconds = process:ask "/at_once_in_lua"
    assert(status == 200)
    latencies[#latencies + 1] = seconds
  end
  return latencies
end

local function all_are_good(answers)
  for _, answer in ipairs(answers) do
    if answer[1] ~= 200 then
      return false
    end
  end
  return #answers == WAITS
end

local function run(server, process)
  local idle = measure(process, function(count)
    return count < IDLE
  end)
  local go_on, answers = process:ask_at_once("/wait", WAITS)
  while #server:tasks() < WAITS do
    go_on(0.02)
  end
  local started = cqueues.monotime()
  local loaded = measure(process, function()
    return not go_on(0) and cqueues.monotime() - started < LIFE.processing - 1
  end)
  assert(go_on(60) and all_are_good(answers), "not every wait was answered")
  local p50, p99 = show("another endpoint, idle", idle)
  local title = ("another endpoint, %d waits in flight"):format(WAITS)
  local loaded_p50, loaded_p99 = show(title, loaded)
  print(("nginx: ratio of those                        p50 %.1f, p99 %.1f"):format(
    loaded_p50 / p50, loaded_p99 / p99))
  assert(loaded[#loaded] < LIFE.processing, "a request waited for another's task")
end

local server = emulator.start { life = LIFE }
local process = nginx.start(server.url)
local ok, problem = pcall(run, server, process)
process:stop()
server:stop()
assert(ok, problem)
