--- A cut-scene without sound. It is shown at once; its sound is made while the game goes on, and
-- played when it is there.
--
--     COMETAPI_KEY=... love examples/love https://example.com/lighthouse.mp4 [--once]
--
-- The URL is the scene's own recording, where the service can fetch it. --once: leave after the
-- scene has been played with its sound.

local graph = require "graph"
local scene = require "scene"
local sound = require "sound"

local is_once
local is_audible = false -- this round of the scene has its sound

function love.load(arguments)
  if not arguments[1] then
    print "usage: love examples/love URL [--once]"
    return love.event.quit(2)
  end
  is_once = arguments[2] == "--once"
  love.graphics.setNewFont(13)
  scene.load()
  sound.start(arguments[1])
  is_audible = sound.play() -- when it was made the last time
end

local function leave()
  graph.print()
  print(sound.problem or "the scene was played with its sound")
  love.event.quit(sound.problem and 1 or 0)
end

-- The sound belongs to the scene's beginning, so it waits for the next one.
local function begin_scene()
  if is_once and (is_audible or sound.problem) then
    return leave()
  end
  is_audible = sound.play()
end

function love.update(seconds)
  local before = love.timer.getTime()
  sound.update()
  graph.add(sound.state, seconds, love.timer.getTime() - before)
  if scene.update(seconds) then
    begin_scene()
  end
end

function love.draw()
  scene.draw()
  love.graphics.setColor(1, 1, 1, 0.9)
  love.graphics.print(is_audible and "with sound" or "silent", 20, 12)
  love.graphics.printf(sound.describe(), 20, 507, 560)
  graph.draw(650, 418)
end

function love.keypressed(key)
  if key == "escape" then
    love.event.quit(0)
  end
end

function love.quit()
  sound.stop()
end
