--- copas. Version 4 can pause but not poll a bare descriptor, so there we look every TICK.
-- Version 1 (Debian's) cannot pause at all; but it waits on anything that looks like a socket.

local copas = require "copas"
local core = require "kling.core"
local yieldable = require "kling.adapters.yieldable"

local raw = core.raw
local TICK = 0.02 -- seconds

local function tick(_, seconds)
  copas.pause(math.min(seconds, TICK))
end

local waiting = setmetatable({}, { __mode = "k" }) -- client -> set of what is waited for
local spare -- a socket to show in the place of one whose client was closed

-- What copas waits for: readable when the client has something to do, or at the moment `raw.alarm`
-- was set to. copas closes what a coroutine last waited for when that ends; this it must not.
local Waiter = {}
Waiter.__index = Waiter

function Waiter:getfd()
  return self.is_forgotten and spare:getfd() or self.fd
end

function Waiter:dirty()
  return self.is_forgotten
end

function Waiter.close() end

function Waiter:receive()
  if self.has_waited then
    return "news"
  end
  self.has_waited = true
  return nil, "timeout"
end

local function wait_readable(client, seconds)
  local waiter = setmetatable({ fd = client:pollfd(), is_forgotten = false }, Waiter)
  waiting[client] = waiting[client] or {}
  waiting[client][waiter] = true
  raw.alarm(client, seconds)
  copas.receive(waiter)
  waiting[client][waiter] = nil
end

-- Nothing to poll and nothing to pause with (POLLER=none under copas 1): this stalls its loop for
-- moments, but loses nothing.
local function stall(client, seconds)
  client:step(math.min(seconds, TICK))
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
      stall(client, seconds)
    end
    return true
  end,

  wake = function(client)
    if not copas.pause and raw.is_open(client) then
      raw.alarm(client, 0)
    end
  end,

  forget = function(client)
    spare = spare or require("socket").udp()
    for waiter in pairs(waiting[client] or {}) do
      waiter.is_forgotten = true
    end
  end,
}
