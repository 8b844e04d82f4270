--- Submits many tasks at once to a service that runs only a few, and tells how well that went.
-- Usage: lua bench/torture/programs/capped.lua CAP TASKS SECONDS
--
-- The emulator runs in this process, so that a moved clock is the same for both. Prints the seconds
-- it took, the creates and those of them refused with 1303: all in all, and after the warm-up.

local core = require "kling.core"
local cqueues = require "cqueues"
local emulator = require "kling.emulator"
local kling = require "kling"

local cap, tasks, life = tonumber(arg[1]), tonumber(arg[2]), tonumber(arg[3])

local WARM_UP = 2 -- tasks' lives
local VIDEO_ID = emulator.sample_video_id

local function run_tasks(service)
  local client = assert(kling.new {
    api_key = "key", base_url = service:url(), loop = "cqueues",
    submit_timeout = math.huge,
  })
  local jobs = {}
  for i = 1, tasks do
    jobs[i] = client:submit { video_id = VIDEO_ID, external_task_id = core.uuid() }
  end
  for _, outcome in ipairs(kling.gather(jobs, math.huge)) do
    assert(outcome.result, outcome.failure)
  end
  client:close()
end

-- Creates and those refused, from a moment on.
local function count(service, since)
  local creates, refused = 0, 0
  for _, entry in ipairs(service:log()) do
    if entry.request == "create" and entry.at >= since then
      creates = creates + 1
      refused = refused + (entry.status == 429 and 1 or 0)
    end
  end
  return creates, refused
end

local service = emulator.new {
  cap = cap, http2 = false, ffmpeg = false, life = { submitted = life / 2, processing = life / 2 },
}
assert(service:listen())
local cq = cqueues.new()
local serving = true
cq:wrap(function()
  while serving do
    cqueues.poll(service, 1)
    assert(service:step(0))
  end
end)
cq:wrap(function()
  local started = core.now()
  local first = service.clock:now()
  run_tasks(service)
  local seconds = core.now() - started
  local creates, refused = count(service, 0)
  local late, late_refused = count(service, first + WARM_UP * life)
  print(("%.1f %d %d %d %d"):format(seconds, creates, refused, late, late_refused))
  serving = false
end)
assert(cq:loop())
service:close()
