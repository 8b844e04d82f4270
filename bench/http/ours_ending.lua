--- Looks that each end a task: lua5.4 bench/http/ours_ending.lua URL IN_FLIGHT TASKS UNTIL [CA]
-- UNTIL: attached (no look is made), ended (the core has the result), decoded (the program has).

local kling = require "kling"

local url, in_flight, tasks, until_what, ca =
  arg[1], tonumber(arg[2]), tonumber(arg[3]), arg[4], arg[5]
local client = assert(kling.new {
  api_key = os.getenv "COMETAPI_KEY" or "key", base_url = url, ca = ca, loop = "blocking",
  max_requests = in_flight, first_poll = 0, poll_interval = 1e-9, max_poll_interval = 1e-9,
})
local jobs = {}
for i = 1, tasks do
  jobs[i] = client:attach(("8781062428%08d"):format(i))
end
local left = until_what == "attached" and 0 or tasks
while left > 0 do
  left = left - client:step(1)
end
if until_what == "decoded" then
  for _, outcome in ipairs(kling.gather(jobs, 60)) do
    assert(outcome.result, outcome.failure)
  end
end
os.exit(0, true)
