--- What many waiting tasks cost in one client: lua5.4 bench/tasks.lua [N ...]
-- Memory is that of the process, before and after; the collector's count is Lua's part of it. Each
-- task has been looked at once, at bench/http's origin; the next look is an hour off.

local core = require "kling.core"
local kling = require "kling"
local origin = require "bench.http.origin"

local COUNTS = { 10, 100, 1000, 10000, 100000 }
local STEPS = 20000
local REQUESTS = 16

if #arg > 0 then
  COUNTS = {}
  for i = 1, #arg do
    COUNTS[i] = tonumber(arg[i])
  end
end

local function resident()
  local file = assert(io.open "/proc/self/statm")
  local _, pages = file:read("*n", "*n")
  file:close()
  return pages * 4096
end

local function lua_bytes()
  collectgarbage()
  collectgarbage()
  return collectgarbage "count" * 1024
end

local function new_client(url)
  return assert(kling.new {
    api_key = "key", base_url = url, loop = "blocking", duplicate_window = 0,
    first_poll = 3600, poll_interval = 3600, max_poll_interval = 3600, max_requests = REQUESTS,
  })
end

local function seconds_per(times, f)
  local started = core.now()
  for i = 1, times do
    f(i)
  end
  return (core.now() - started) / times
end

local function submit_cost(count)
  local client = new_client "http://127.0.0.1:9"
  local cost = seconds_per(count, function()
    client:submit { video_id = "861034216165875784" }
  end)
  client:close()
  return cost
end

-- Until each task has been looked at once. The last of them says so too.
local function look_at_all(client, jobs)
  repeat
    client:step(1)
    client:dispatch()
  until client:timeout() > 1000 and select(2, client:poll(jobs[#jobs])).status
end

-- What is measured is the memory of tasks, not that of Lua's garbage.
local function attach(client, jobs, count)
  for i = 1, count do
    jobs[i] = core.raw.attach(client, ("8781062428%08d"):format(i), core.uuid())
    if i % 1000 == 0 then
      collectgarbage()
    end
  end
  return jobs
end

local function measure(server, count)
  local client = new_client(server.urls.h1 .. "/near")
  local jobs = {}
  look_at_all(client, attach(client, {}, REQUESTS)) -- libcurl's own, once
  for i = 1, count do
    jobs[i] = false
  end
  local lua_before, before = lua_bytes(), resident()
  attach(client, jobs, count)
  look_at_all(client, jobs)
  local lua_after, after = lua_bytes(), resident()
  local step = seconds_per(STEPS, function()
    client:step(0)
  end)
  print(("%7d tasks: %4.0f bytes each in C, %3.0f in Lua; step(0) %.2f us; submit %.1f us"):format(
    count, (after - before - lua_after + lua_before) / count, (lua_after - lua_before) / count,
    step * 1e6, submit_cost(count) * 1e6))
  client:close()
end

local server = origin.start()
server:limit(1e9)
local ok, problem = pcall(function()
  for _, count in ipairs(COUNTS) do
    measure(server, count)
  end
end)
server:stop()
assert(ok, problem)
