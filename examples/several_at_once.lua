--- Several clips at once, still without an event loop: they take as long as the slowest.
--
--     COMETAPI_KEY=... lua5.4 several_at_once.lua out https://example.com/a.mp4 https://...

local kling = require "kling"

local folder = arg[1]

local client = kling.new { max_running = 5 }
local jobs = {}
for i = 2, #arg do
  jobs[#jobs + 1] = client:submit { video_url = arg[i], sound_effect_prompt = "rain on a tin roof" }
end

-- one after the other, in the order in which they end
while #jobs > 0 do
  local job, result, failure = assert(client:next(jobs, 600))
  if result then
    for _, file in ipairs(assert(client:save(result, folder))) do
      print(file.path, file.bytes)
    end
  else
    io.stderr:write(tostring(job), ": ", failure.message, "\n", failure.hint, "\n")
  end
end
client:close()
