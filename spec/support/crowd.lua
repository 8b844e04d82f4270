--- A service that takes so many tasks at once, and a client whose limiter does not know how many:
-- events on a clock that moves by itself.

local parts = require "kling_parts"

local M = {}

local NEVER = math.huge

-- The service's side: who runs there now. `places` is a number, or a function of the time.
local function places_at(world, now)
  local places = world.places
  return type(places) == "function" and places(now) or places
end

local function running_at(world, now)
  local count = 0
  for ended in pairs(world.live) do
    if ended.at > now then
      count = count + 1
    else
      world.live[ended] = nil
    end
  end
  return count
end

local function push(world, at, act)
  world.serial = world.serial + 1
  local events = world.events
  local place = #events + 1
  while place > 1 and events[place - 1].at < at do -- the soonest is last
    place = place - 1
  end
  table.insert(events, place, { at = at, act = act })
end

local function finish(world)
  return function(now)
    world.limiter:leave(true)
    world.done = world.done + 1
    world.ended_at = now
  end
end

-- The create arrives half a round trip after it was sent, and its reply takes the other half.
local function answer(world, sent)
  return function(now)
    if running_at(world, now) < places_at(world, now) then
      local task = { at = now + world.life * (0.8 + 0.4 * world.dice()) }
      world.live[task] = true
      push(world, now + world.trip / 2, function()
        world.limiter:accept()
        world.accepted = world.accepted + 1
      end)
      push(world, task.at + world.look * world.dice(), finish(world))
      return
    end
    world.accepted_at_first = world.refused == 0 and world.accepted or world.accepted_at_first
    world.refused = world.refused + 1
    world.refused_at[#world.refused_at + 1] = sent
    push(world, now + world.trip / 2, function(later)
      world.limiter:full(sent, later, world.dice(), false)
      world.waiting = world.waiting + 1
    end)
  end
end

local function start_all(world, now)
  while world.waiting > 0 and world.limiter:due() <= now do
    world.limiter:start(now)
    world.waiting = world.waiting - 1
    push(world, now + world.trip * (0.4 + 0.2 * world.dice()), answer(world, now))
  end
end

--- Run `tasks` tasks to their ends.
---@param options table `places`, `tasks`, `life` of a task, `look`: seconds between looks at it,
--- `trip`: of a create; `dice`; `max`
---@return table world `ended_at` seconds, `refused` creates, `refused_at`: when each was sent,
--- `accepted_at_first`: tasks before the first of them
function M.run(options)
  local world = {
    limiter = parts.limiter(options.max), live = {}, events = {}, serial = 0,
    waiting = options.tasks, accepted = 0, done = 0, ended_at = 0,
    refused = 0, refused_at = {}, accepted_at_first = 0,
  }
  for name, value in pairs(options) do
    world[name] = world[name] or value
  end
  local now = 0
  while world.done < options.tasks do
    start_all(world, now)
    local event = table.remove(world.events)
    local due = world.waiting > 0 and world.limiter:due() or NEVER
    if event and event.at <= due then
      now = event.at
      event.act(now)
    else
      assert(due < NEVER, "nobody will ever start another")
      if event then
        world.events[#world.events + 1] = event
      end
      now = math.max(now, due)
    end
  end
  return world
end

return M
