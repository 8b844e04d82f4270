--- Under luv: each clip in a coroutine of its own, and the rest of the program runs on.
--
--     COMETAPI_KEY=... luajit luv.lua out https://example.com/a.mp4 https://...

local uv = require "luv"
local kling = require "kling"

local folder = arg[1]

local client = kling.new()

for i = 2, #arg do
  coroutine.wrap(function()
    local job = client:submit { video_url = arg[i], sound_effect_prompt = "rain on a tin roof" }
    local result = assert(client:wait(job, 600))
    for _, file in ipairs(assert(client:save(result, folder))) do
      print(file.path, file.bytes)
    end
  end)()
end

uv.run()
client:close()
