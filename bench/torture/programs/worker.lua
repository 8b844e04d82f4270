--- One process of a fleet: submits its own tasks, and works until nobody has any left.
-- Usage: lua bench/torture/programs/worker.lua URL STORE NAME TASKS

local core = require "kling.core"
local kling = require "kling"

local url, store, name, tasks = arg[1], arg[2], arg[3], tonumber(arg[4])

local LEASE = tonumber(os.getenv "LEASE")
local VIDEO_ID = "861034216165875784"

local client = assert(kling.new {
  api_key = "key", base_url = url, store = store, lease = LEASE, user_agent = name,
  first_poll = 1, poll_interval = 1, max_poll_interval = 2, submit_timeout = math.huge,
  resolve = "resubmit", resolve_timeout = 3, loop = "blocking",
})

local jobs = {}
for i = 1, tasks do
  jobs[i] = assert(client:submit { video_id = VIDEO_ID, external_task_id = name .. "-" .. i })
end

local function work(seconds)
  local ends = core.now() + seconds
  repeat
    client:step(ends - core.now())
    client:dispatch()
  until core.now() >= ends
end

-- Another's tasks are taken over by asking for them now and then.
while #assert(client:pending()) > 0 do
  for _, job in ipairs(assert(client:reconcile())) do
    jobs[#jobs + 1] = job
  end
  work(LEASE / 4)
end
for _, job in ipairs(jobs) do
  local state, info = client:poll(job)
  assert(state == "succeeded", tostring(info.failure))
end
client:close()
