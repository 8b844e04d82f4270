--- copas. Version 4 can pause but not poll a bare descriptor, so there we look every TICK.
-- Version 1 (Debian's) cannot pause at all; but it waits on anything that looks like a socket.

local copas = require "copas"
local core = require "kling.core"
local yieldable = require "kling.adapters.yieldable"

local raw = core.raw
local TICK = 0.02 -- seconds
local SHORT = 0.001 -- seconds

local function tick(_, seconds)
  copas.pause(math.min(seconds, TICK))
end

local waiting = setmetatable({}, { __mode = "k" }) -- client -> set of what is waited for

-- What copas waits for: a socket to all appearances. It closes what a coroutine last waited for
-- when that ends; this it must not.
local Waiter = {}
Waiter.__index = Waiter

-- Any number will do for one that is dirty: luasocket takes it out again before it looks.
function Waiter:getfd()
  return self.is_woken and 0 or self.fd
end

-- luasocket's word for what need not be looked at: there is something to be had already.
function Waiter:dirty()
  return self.is_woken
end

function Waiter.close() end

function Waiter:receive()
  if self.has_waited then
    return "news"
  end
  self.has_waited = true
  return nil, "timeout"
end

-- One descriptor, hence one alarm, for all who wait: for the first of them.
local function set_alarm(client)
  local due
  for waiter in pairs(waiting[client]) do
    due = math.min(due or waiter.due, waiter.due)
  end
  raw.alarm(client, due and math.max(0, due - core.now()) or nil)
end

local function wait_readable(client, seconds)
  local waiter = setmetatable({
    fd = client:pollfd(), due = core.now() + seconds, is_woken = false,
  }, Waiter)
  waiting[client] = waiting[client] or {}
  waiting[client][waiter] = true
  set_alarm(client)
  copas.receive(waiter)
  waiting[client][waiter] = nil
  if raw.is_open(client) then
    set_alarm(client)
  end
end

local function wake_all(client)
  for waiter in pairs(waiting[client] or {}) do
    waiter.is_woken = true
  end
end

-- Nothing to poll and nothing to pause with (POLLER=none under copas 1): the others have their turn
-- whenever we have looked.
local function take_turns(client, seconds)
  client:step(math.min(seconds, SHORT))
  copas.receive(setmetatable({ is_woken = true }, Waiter))
end

return {
  pause = function(client, seconds)
    if not yieldable.in_coroutine() then
      client:step(seconds)
    elseif not yieldable.here() then
      return nil, "not_yieldable"
    elseif copas.pause then
      tick(client, seconds)
    elseif client:pollfd() then
      wait_readable(client, seconds)
    else
      take_turns(client, seconds)
    end
    return true
  end,

  wake = wake_all,
  forget = wake_all,
}
