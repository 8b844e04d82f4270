--- The emulator's clock: real, or moved by the test alone.

local Clock = {}
Clock.__index = Clock

local clock = {}

--- A clock that shows the time of day and may be moved ahead of it.
---@param tick? fun(): number seconds that never go back; default: os.time, whole seconds
function clock.real(tick)
  tick = tick or os.time
  return setmetatable({ tick = tick, base = os.time() - tick() }, Clock)
end

--- A clock that stands still until it is moved.
---@param at? number Unix seconds; default: now
function clock.manual(at)
  return setmetatable({ base = at or os.time() }, Clock)
end

--- Unix seconds.
function Clock:now()
  return self.base + (self.tick and self.tick() or 0)
end

function Clock:advance(seconds)
  self.base = self.base + seconds
end

return clock
