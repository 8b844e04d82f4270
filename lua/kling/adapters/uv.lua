--- What libuv's two homes, luv and Neovim, have in common.
--
-- libuv forbids two poll handles on one descriptor, and ends the process when one is active on a
-- descriptor that has been closed. So there is one handle a client, it exists only while somebody
-- waits (who then holds the client), and `forget` stops it before the client closes the rest.
--
-- luv (1.44) crashes at exit when a handle was closed and the loop never finished that. A timer's
-- callback is no safe place either: `uv.run "once"` calls timers after its last look at what was
-- closed. So handles are only stopped, and closed in the loop's prepare phase, which is always
-- followed by that look.

local yieldable = require "kling.adapters.yieldable"

local TICK = 0.02 -- seconds, where a client has no descriptor

local M = {}

-- Up, not down: a wait cut to 0 ms spins until the timer.
local function to_ms(seconds)
  return math.ceil(math.min(seconds, 1e6) * 1000)
end

local function wake_all(watch)
  local sleepers = watch.sleepers
  watch.sleepers = {}
  for sleeper in pairs(sleepers) do
    sleeper()
  end
end

local Uv = {}
Uv.__index = Uv

function Uv:close(handle)
  handle:stop()
  self.stopped[#self.stopped + 1] = handle
  if not self.closer then
    self.closer = self.uv.new_prepare()
    self.closer:unref() -- no reason for the loop to go on
  end
  self.closer:start(function()
    self.closer:stop()
    local stopped = self.stopped
    self.stopped = {}
    for _, stopped_handle in ipairs(stopped) do
      stopped_handle:close()
    end
  end)
end

function Uv:watch_of(client)
  local watch = self.watches[client]
  if not watch then
    watch = { sleepers = {} }
    self.watches[client] = watch
  end
  local fd = client:pollfd()
  if fd and not watch.poll then
    watch.poll = self.uv.new_poll(fd)
    watch.poll:start("r", function()
      wake_all(watch)
    end)
  end
  return watch
end

function Uv:stop_watching(watch)
  if watch and watch.poll then
    self:close(watch.poll)
    watch.poll = nil
  end
end

-- A function that lets this coroutine go on, once, whoever calls it first.
function Uv:new_sleeper()
  local sleeping = coroutine.running()
  return function()
    if sleeping then
      local woken = sleeping
      sleeping = nil
      self.resume(function()
        local ok, problem = coroutine.resume(woken)
        if not ok then
          error(debug.traceback(woken, tostring(problem)), 0)
        end
      end)
    end
  end
end

function Uv:sleep(client, seconds)
  local watch = self:watch_of(client)
  local sleeper = self:new_sleeper()
  local timer = self.uv.new_timer()
  local limit = watch.poll and seconds or math.min(seconds, TICK)
  watch.sleepers[sleeper] = timer
  timer:start(to_ms(limit), 0, sleeper)
  coroutine.yield()
  self:close(timer)
  watch.sleepers[sleeper] = nil
  if next(watch.sleepers) == nil then
    self:stop_watching(watch)
  end
end

--- An adapter over `uv`; `block(client, seconds)` waits outside coroutines, `resume(f)` runs f
--- where the host allows everything.
function M.new(uv, block, resume)
  local self = setmetatable({
    uv = uv,
    resume = resume,
    watches = setmetatable({}, { __mode = "k" }), -- client -> { poll, sleepers }
    stopped = {}, -- handles still to be closed
  }, Uv)
  return {
    pause = function(client, seconds)
      if not yieldable.in_coroutine() then
        return block(client, seconds)
      elseif not yieldable.here() then
        return nil, "not_yieldable"
      end
      self:sleep(client, seconds)
      return true
    end,

    -- By way of the loop: what a woken coroutine raises is not for whoever wakes it.
    wake = function(client)
      local watch = self.watches[client]
      for sleeper, timer in pairs(watch and watch.sleepers or {}) do
        timer:start(0, 0, sleeper)
      end
    end,

    forget = function(client)
      self:stop_watching(self.watches[client])
    end,
  }
end

return M
