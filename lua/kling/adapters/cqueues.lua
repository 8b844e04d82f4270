--- cqueues: the client is itself pollable (it has pollfd, events and timeout).

local cqueues = require "cqueues"
local condition = require "cqueues.condition"
local yieldable = require "kling.adapters.yieldable"

local TICK = 0.02 -- seconds, where a client has no descriptor

local watches = setmetatable({}, { __mode = "k" }) -- client -> { news, is_polled }

local function watch_of(client)
  local found = watches[client]
  if not found then
    found = { news = condition.new(), is_polled = false }
    watches[client] = found
  end
  return found
end

-- One of those who wait polls the descriptor and tells the others, one of whom may be the next.
-- Were two to poll it, cqueues (20200726) would trip over a descriptor closed under them, `cancel`
-- or not.
local function poll_for_all(client, watch, seconds)
  watch.is_polled = true
  cqueues.poll(client, watch.news, seconds)
  watch.is_polled = false
  watch.news:signal()
end

return {
  pause = function(client, seconds)
    local watch = watch_of(client)
    if not cqueues.running() then
      client:step(seconds)
    elseif not yieldable.here() then
      return nil, "not_yieldable"
    elseif watch.is_polled then
      cqueues.poll(watch.news, seconds)
    elseif client:pollfd() then
      poll_for_all(client, watch, seconds)
    else
      cqueues.poll(watch.news, math.min(seconds, TICK))
    end
    return true
  end,

  wake = function(client)
    watch_of(client).news:signal()
  end,

  forget = function(client)
    local fd = client:pollfd()
    if fd then
      cqueues.cancel(fd)
    end
    watch_of(client).news:signal()
  end,
}
