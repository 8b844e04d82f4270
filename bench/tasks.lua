--- What many waiting tasks cost in one client: lua5.4 bench/tasks.lua [N ...]
-- Memory is what malloc has given out, its own overhead included, after minus before; the tasks'
-- next look is an hour off. Times are CPU time. Writes build/bench/tasks.dat for bench/tasks.gp.

local heap = require "bench_heap" -- first: see there

local core = require "kling.core"
local kling = require "kling"
local machine = require "bench.machine"
local origin = require "bench.http.origin"

local COUNTS = { 10, 100, 1000, 10000, 100000 }
local EARLIER = 320 -- tasks: until the client has all connections it will have
local STEPS = 20000
local SUBMITS = 20000 -- to be timed, at least
local DATA = "build/bench/tasks.dat"

if #arg > 0 then
  COUNTS = {}
  for i = 1, #arg do
    COUNTS[i] = tonumber(arg[i])
  end
end

local function new_client(url)
  return assert(kling.new {
    api_key = "key", base_url = url, loop = "blocking",
    first_poll = 3600, poll_interval = 3600, max_poll_interval = 3600,
  })
end

-- No two are the same: a game's, say, with a prompt for each clip.
local function submit(client, number)
  return client:submit {
    video_id = "861034216165875784",
    sound_effect_prompt = "rain on a tin roof, take " .. number,
  }
end

local function attach(client, number)
  return client:attach(("8781062428%08d"):format(number))
end

local function is_accepted(client, job)
  local state = client:poll(job)
  return state == "submitted" or state == "processing"
end

-- Until nothing is to be done for an hour.
local function settle(client, last)
  repeat
    client:step(1)
    client:dispatch()
  until client:timeout() > 1000 and is_accepted(client, last)
end

local function used()
  collectgarbage()
  collectgarbage()
  return heap.bytes()
end

-- Bytes a task in C, and in Lua, since `c` and `lua`.
local function since(c, lua, count)
  local c_now, lua_now = used()
  return { c = (c_now - c) / count, lua = (lua_now - lua) / count }
end

local function descriptors()
  local pipe = assert(io.popen("ls /proc/" .. core.pid() .. "/fd | wc -l"))
  local count = pipe:read "*n"
  pipe:close()
  return count
end

local function seconds_per(times, f)
  local started = os.clock()
  for i = 1, times do
    f(i)
  end
  return (os.clock() - started) / times
end

-- Room for the jobs first: the list is the program's.
local function list_of(count)
  local jobs = {}
  for i = 1, count do
    jobs[i] = false
  end
  return jobs
end

-- After some that were there already: what a client needs once is not counted.
local function memory_of(url, count, make)
  local client, jobs = new_client(url), list_of(EARLIER + count)
  for i = 1, EARLIER do
    jobs[i] = make(client, i)
  end
  settle(client, jobs[EARLIER])
  local c, lua = used()
  for i = EARLIER + 1, EARLIER + count do
    jobs[i] = make(client, i)
  end
  local unsent = since(c, lua, count)
  settle(client, jobs[EARLIER + count])
  return unsent, since(c, lua, count), client, jobs
end

local function time_of_submits(url, count)
  local client = new_client(url)
  local seconds = seconds_per(count, function(i)
    submit(client, i)
  end)
  client:close()
  return seconds
end

-- Those of a few are too quick to be timed once.
local function mean_time_of_submits(url, count)
  local rounds = math.ceil(SUBMITS / count)
  local seconds = 0
  for _ = 1, rounds do
    seconds = seconds + time_of_submits(url, count)
    collectgarbage() -- the client is not to be collected while the next one is timed
    collectgarbage()
  end
  return seconds / rounds
end

local function measure(server, count)
  local url = server.urls.h1 .. "/near"
  local found = { count = count }
  local before = descriptors()
  local client
  found.unsent, found.submitted, client = memory_of(url, count, submit)
  found.step = seconds_per(STEPS, function()
    client:step(0)
  end)
  found.descriptors = descriptors() - before
  client:close()
  local _
  _, found.attached, client = memory_of(url, count, attach)
  client:close()
  found.submit = mean_time_of_submits(url, count)
  return found
end

local function both(part)
  return ("%6.0f %5.0f %5.0f"):format(part.c, part.lua, part.c + part.lua)
end

local function report(found)
  print(("%7d %s  %s  %s  %7.1f  %7.2f  %6d"):format(found.count, both(found.submitted),
    both(found.attached), both(found.unsent), found.submit * 1e6, found.step * 1e6,
    found.descriptors))
end

local function write_data(rows)
  local file = assert(io.open(DATA, "w"))
  for _, found in ipairs(rows) do
    file:write(("%d %.1f %.1f %.2f %.3f\n"):format(found.count, found.submitted.c,
      found.submitted.lua, found.submit * 1e6, found.step * 1e6))
  end
  file:close()
end

print "make bench-tasks"
machine.describe(print)
print [[

Bytes a task: in C, in Lua with the job object, both. Microseconds of CPU a call: `submit` before
anything is sent; `step(0)` while all wait and nothing is due. Descriptors: the client's, of which a
program polls one, with those of its connections. Tables grow by doubling: of few tasks one shows.

          submitted, waiting   attached, waiting     not sent yet        submit  step(0)  descrip-
  tasks      C   Lua  both       C   Lua  both       C   Lua  both         us       us     tors]]

local server = origin.start()
server:limit(1e9)
local rows = {}
local ok, problem = pcall(function()
  for i, count in ipairs(COUNTS) do
    rows[i] = measure(server, count)
    report(rows[i])
  end
end)
server:stop()
assert(ok, problem)
write_data(rows)
