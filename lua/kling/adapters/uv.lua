--- What libuv's two homes, luv and Neovim, have in common.
--
-- libuv forbids two poll handles on one descriptor, and ends the process when one is active on a
-- descriptor that has been closed. So there is one handle a client, it exists only while somebody
-- waits (who then holds the client), and `forget` stops it before the client closes the rest.
--
-- luv (1.44) crashes at exit when a handle was closed and the loop never ran again. So handles are
-- closed only from inside the loop; elsewhere they are stopped, and closed when it runs next.

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

--- An adapter over `uv`; `resume(f)` runs f where the host allows everything.
function M.new(uv, block, resume)
  local watches = setmetatable({}, { __mode = "k" }) -- client -> { poll, sleepers }
  local is_inside = false -- a callback of ours runs, so the loop does
  local stopped = {} -- handles still to be closed

  local function close(handle)
    handle:stop()
    stopped[#stopped + 1] = handle
    if is_inside then
      for i = #stopped, 1, -1 do
        stopped[i]:close()
        stopped[i] = nil
      end
    end
  end

  local function from_inside(callback)
    return function()
      is_inside = true
      local ok, problem = pcall(callback)
      is_inside = false
      if not ok then
        error(problem, 0)
      end
    end
  end

  local function watch_of(client)
    local watch = watches[client]
    if not watch then
      watch = { sleepers = {} }
      watches[client] = watch
    end
    local fd = client:pollfd()
    if fd and not watch.poll then
      watch.poll = uv.new_poll(fd)
      watch.poll:start("r", from_inside(function()
        wake_all(watch)
      end))
    end
    return watch
  end

  local function stop_if_unused(watch)
    if watch.poll and next(watch.sleepers) == nil then
      close(watch.poll)
      watch.poll = nil
    end
  end

  -- A function that lets this coroutine go on, once, whoever calls it first.
  local function new_sleeper()
    local sleeping = coroutine.running()
    return function()
      if sleeping then
        local woken = sleeping
        sleeping = nil
        resume(function()
          local ok, problem = coroutine.resume(woken)
          if not ok then
            error(debug.traceback(woken, tostring(problem)), 0)
          end
        end)
      end
    end
  end

  local adapter = {}

  function adapter.pause(client, seconds)
    if not yieldable.in_coroutine() then
      return block(client, seconds)
    elseif not yieldable.here() then
      return nil, "not_yieldable"
    end
    local watch = watch_of(client)
    local sleeper = new_sleeper()
    local timer = uv.new_timer()
    watch.sleepers[sleeper] = true
    local limit = watch.poll and seconds or math.min(seconds, TICK)
    timer:start(to_ms(limit), 0, from_inside(sleeper))
    coroutine.yield()
    close(timer)
    watch.sleepers[sleeper] = nil
    stop_if_unused(watch)
    return true
  end

  function adapter.wake(client)
    local watch = watches[client]
    if watch then
      wake_all(watch)
    end
  end

  function adapter.forget(client)
    local watch = watches[client]
    if watch and watch.poll then
      close(watch.poll)
      watch.poll = nil
    end
  end

  return adapter
end

return M
