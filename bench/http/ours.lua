--- Status requests by this library: lua5.4 bench/http/ours.lua URL IN_FLIGHT [CA]
-- Follows IN_FLIGHT tasks without a pause between looks until each has ended.

local kling = require "kling"

local url, in_flight, ca = arg[1], tonumber(arg[2]), arg[3]
local client = assert(kling.new {
  api_key = os.getenv "COMETAPI_KEY" or "key", base_url = url, ca = ca, loop = "blocking",
  max_requests = in_flight, poll_interval = 1e-9, first_poll = 0, max_poll_interval = 1e-9,
})
local jobs = {}
for i = 1, in_flight do
  jobs[i] = client:attach(("8781062428%08d"):format(i))
end
for _, outcome in ipairs(kling.gather(jobs, 600)) do
  assert(outcome.result, outcome.failure)
end
