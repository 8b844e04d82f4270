--- The longest frame of a game while a task runs. Run from the top of the tree, with LuaJIT's
--- environment and a screen (or xvfb-run): love bench/hosts/love

local love = _G.love
local core = require "kling.core"
local phases = require "bench.hosts.phases"

local bench, gap, task

local function sleep(seconds)
  local due = core.now() + seconds
  repeat
    coroutine.yield()
  until core.now() >= due
end

function love.load()
  bench = phases.start()
  gap = phases.stopwatch()
  task = coroutine.create(function()
    bench:run(sleep)
  end)
end

function love.draw()
  for i = 1, 100 do
    love.graphics.circle("fill", 160 + 100 * math.cos(i), 90 + 60 * math.sin(i), 8)
  end
end

local function finish(problem)
  if not problem then
    bench:show("love", "frame")
  else
    io.stderr:write("love: ", problem, "\n")
  end
  bench:stop()
  io.stdout:flush()
  love.event.quit(problem and 1 or 0)
end

function love.update()
  if coroutine.status(task) == "dead" then
    return
  end
  bench:count(gap())
  local ok, problem = coroutine.resume(task)
  if not ok then
    finish(tostring(problem))
  elseif coroutine.status(task) == "dead" then
    finish()
  end
end
