--- A game, for the contract: every frame each coroutine goes on once. Inside LÖVE the frames are
--- LÖVE's own and the specs run in a coroutine beside the others; elsewhere there is a loop.

local core = require "kling.core"
local cqueues = require "cqueues"

local FRAME = 0.001 -- seconds

local threads = {}

local function frame()
  for i = #threads, 1, -1 do
    local ok, problem = coroutine.resume(threads[i])
    if not ok then
      table.remove(threads, i)
      error(problem, 0)
    elseif coroutine.status(threads[i]) == "dead" then
      table.remove(threads, i)
    end
  end
end

local is_real = _G.love ~= nil

return {
  name = is_real and "love" or "love, frames simulated",
  loop = "love",
  frame = frame,
  sleep = function(seconds)
    local due = core.now() + seconds
    repeat
      coroutine.yield()
    until core.now() >= due
  end,
  start = function(f)
    table.insert(threads, 1, coroutine.create(f))
  end,
  turn = is_real and coroutine.yield or function()
    frame()
    cqueues.sleep(FRAME)
  end,
}
