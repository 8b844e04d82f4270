--- Under copas: each clip in a coroutine of its own, and the rest of the program runs on.
--
--     COMETAPI_KEY=... lua5.1 copas.lua out https://example.com/a.mp4 https://...

local copas = require "copas"
local kling = require "kling"

local folder = arg[1]

local client = kling.new()
local running = #arg - 1

local function give_sound(url)
  local job = client:submit { video_url = url, sound_effect_prompt = "rain on a tin roof" }
  local files, message = client:save(job, folder, { timeout = 600 })
  for _, file in ipairs(files or {}) do
    print(file.path, file.bytes)
  end
  if not files then
    io.stderr:write(message, "\n")
  end
  running = running - 1
end

for i = 2, #arg do
  copas.addthread(function()
    give_sound(arg[i])
  end)
end

while running > 0 do -- copas.loop() of version 1 never returns
  copas.step(1)
end
client:close()
