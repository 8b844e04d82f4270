--- The smallest program: one clip, no event loop.
--
--     COMETAPI_KEY=... lua5.4 blocking.lua https://example.com/clip.mp4 out

local kling = require "kling"

local url, folder = arg[1], arg[2] or "out"

local client = kling.new()
local job = client:submit { video_url = url, sound_effect_prompt = "rain on a tin roof" }
local result = assert(client:wait(job, 600))
for _, file in ipairs(assert(client:save(result, folder))) do
  print(file.path, file.bytes)
end
client:close()
