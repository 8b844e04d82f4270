--- Many tasks that run at once, where the service lists tasks and where it does not: requests, CPU
-- and how late an end is known. lua5.4 bench/list.lua [TASKS ...]
--
-- "no list": the service has none; "found": it has one, which is found out on the way; "known": a
-- store remembers that.
-- The tasks are made together and take 15 s in the median (lognormal, sigma 0.4); the options are
-- a third of the defaults, as 15 s are of 45.

local core = require "kling.core"
local kling = require "kling"
local origin = require "bench.http.origin"

local COUNTS = { 100, 1000, 10000 }
local MEDIAN = 15 -- seconds
local ID = "8781062428%08d"

if #arg > 0 then
  COUNTS = {}
  for i = 1, #arg do
    COUNTS[i] = tonumber(arg[i])
  end
end

local function new_client(url, on_change)
  return assert(kling.new {
    api_key = "key", base_url = url, loop = "blocking", on_change = on_change,
    first_poll = 1, poll_interval = 1, max_poll_interval = 5,
  })
end

-- How the ends came to be known: by how many requests, and how late on average.
local function follow(server, path, count, fact)
  assert(server:ask(("/crowd/begin?n=%d&median=%d"):format(count, MEDIAN)))
  local began, ended, late, longest = core.now(), 0, 0, 0
  local cpu = os.clock()
  local client
  client = new_client(server.urls.h1 .. path, function(job, state)
    if state == "succeeded" then
      local result = assert(client:wait(job, 0))
      ended = ended + 1
      late = late + core.now() - began - (result.updated_at - result.created_at)
    end
  end)
  core.raw.learn(client, { roundup = fact })
  for i = 1, count do
    client:attach(ID:format(i))
  end
  while ended < count do
    local started = os.clock()
    client:step(0)
    longest = math.max(longest, os.clock() - started)
    client:step(0.05)
    client:dispatch()
  end
  cpu = os.clock() - cpu
  fact = core.raw.gateway(client).roundup
  client:close()
  local queries, lists = server:ask("/crowd/counts"):match "(%d+) (%d+)"
  return { queries = queries + 0, lists = lists + 0, cpu = cpu, late = late / count, fact = fact,
    longest = longest }
end

local function show(count, name, r)
  print(("%6d tasks, %-8s %7d queries %5d pages, %6.2f requests and %5.0f us a task, "
    .. "known %4.1f s late; longest step(0) %.1f ms of CPU"):format(count, name, r.queries, r.lists,
    (r.queries + r.lists) / count, r.cpu / count * 1e6, r.late, r.longest * 1e3))
end

local function share(r, of)
  return ("%.3f of the requests, %.2f of the CPU"):format(
    (r.queries + r.lists) / (of.queries + of.lists), r.cpu / of.cpu)
end

local function compare(server, count)
  local alone = follow(server, "/alone", count)
  local found = follow(server, "/crowd", count)
  local known = follow(server, "/crowd", count, "works")
  assert(found.fact == "works" and known.fact == "works", "the list was not found to work")
  show(count, "no list:", alone)
  show(count, "found:", found)
  show(count, "known:", known)
  print(("%6d tasks: found: %s; known: %s"):format(count, share(found, alone),
    share(known, alone)))
end

local server = origin.start()
local ok, problem = pcall(function()
  for _, count in ipairs(COUNTS) do
    compare(server, count)
  end
end)
server:stop()
assert(ok, problem)
