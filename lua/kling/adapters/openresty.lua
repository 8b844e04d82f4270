--- openresty: nginx has no way to watch a descriptor of ours, so somebody looks every TICK: one of
--- those that wait, for all of them. The others sleep until there is news or nobody looks any more.

local core = require "kling.core"
local yieldable = require "kling.adapters.yieldable"

local ngx = _G.ngx

local TICK = 0.005 -- seconds
local SHORTEST = 0.001 -- seconds; nginx cuts off what is less, and complains about a sleep of none
local FOLLOW = 0.02 -- seconds without a look after which somebody else looks

local has_semaphore, semaphore = pcall(require, "ngx.semaphore")

local watches = setmetatable({}, { __mode = "k" }) -- client -> { looked, news }

local function watch_of(client)
  local watch = watches[client]
  if not watch then
    watch = { looked = 0, news = has_semaphore and semaphore.new() or nil }
    watches[client] = watch
  end
  return watch
end

local function look(watch, seconds)
  watch.looked = core.now()
  ngx.sleep(math.max(SHORTEST, math.min(seconds, TICK)))
  watch.looked = 0
end

local function sleep(client, seconds)
  local watch = watch_of(client)
  if watch.news and core.now() - watch.looked < FOLLOW then
    watch.news:wait(math.max(SHORTEST, math.min(seconds, FOLLOW)))
  else
    look(watch, seconds)
  end
end

return {
  pause = function(client, seconds)
    -- Asked first: nginx finds out only after it has set its timer, which then resumes nobody.
    if not yieldable.here() then
      return nil, "not_yieldable"
    end
    local ok, problem = pcall(sleep, client, seconds)
    if ok then
      return true
    end
    problem = tostring(problem)
    if problem:find("API disabled", 1, true) then
      return nil, "not_yieldable"
    end
    error(problem, 0)
  end,

  -- nginx counts who waits, as a number below 0; it also knows of those whose request was killed.
  wake = function(client)
    local news = watches[client] and watches[client].news
    local sleepers = news and -news:count() or 0
    if sleepers > 0 then
      news:post(sleepers)
    end
  end,
}
