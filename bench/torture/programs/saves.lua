--- Submits the jobs of a file, waits for them and saves them; started again, it goes on.
-- Usage: lua bench/torture/programs/saves.lua URL JOBS STORE FOLDER
--
-- JOBS: a line for each, its external id and its prompt.

local kling = require "kling"

local url, jobs_path, store, folder = arg[1], arg[2], arg[3], arg[4]

local VIDEO_ID = "861034216165875784"
local PATIENCE = 60 -- seconds; what takes longer is hung

local client = assert(kling.new {
  api_key = os.getenv "API_KEY", base_url = url, store = store, lease = 0.5,
  resolve = os.getenv "RESOLVE" or "resubmit", resolve_timeout = 1.5,
  first_poll = 0.05, poll_interval = 0.05, max_poll_interval = 0.1, loop = "blocking",
})

assert(client:reconcile())
local jobs = {}
for line in io.lines(jobs_path) do
  local id, prompt = line:match "^(%S+) (.+)$"
  jobs[#jobs + 1] = assert(client:submit {
    video_id = VIDEO_ID, sound_effect_prompt = prompt, external_task_id = id,
  })
end
for _, job in ipairs(jobs) do
  assert(client:wait(job, PATIENCE))
  assert(client:save(job, folder, { timeout = PATIENCE }))
end
client:close()
