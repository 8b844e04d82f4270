--- cqueues: the client is itself pollable (it has pollfd, events and timeout).

local cqueues = require "cqueues"
local condition = require "cqueues.condition"
local yieldable = require "kling.adapters.yieldable"

local TICK = 0.02 -- seconds, where a client has no descriptor

local news = setmetatable({}, { __mode = "k" }) -- client -> condition

local function news_of(client)
  local found = news[client]
  if not found then
    found = condition.new()
    news[client] = found
  end
  return found
end

return {
  pause = function(client, seconds)
    if not cqueues.running() then
      client:step(seconds)
    elseif not yieldable.here() then
      return nil, "not_yieldable"
    elseif client:pollfd() then
      cqueues.poll(client, news_of(client), seconds)
    else
      cqueues.poll(news_of(client), math.min(seconds, TICK))
    end
    return true
  end,

  wake = function(client)
    news_of(client):signal()
  end,

  forget = function(client)
    local fd = client:pollfd()
    if fd then
      cqueues.cancel(fd)
    end
    news_of(client):signal()
  end,
}
