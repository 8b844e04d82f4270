--- Tells the program, and who else listens, which jobs have changed.

local Client = require "kling.client"
local core = require "kling.core"

local raw = core.raw
local M = {}

--- From now on `listener:hear(job)` is called for each job that changed, until `deafen`, or until
--- nobody keeps the listener: what raises out of a wait need not be caught.
function M.listen(client, listener)
  local private = raw.private(client)
  private.listeners = private.listeners or setmetatable({}, { __mode = "kv" })
  private.listeners[listener] = listener
end

function M.deafen(client, listener)
  raw.private(client).listeners[listener] = nil
end

-- Nothing is moved up: thousands may have changed.
local function next_news(tasks)
  local job = tasks.news[tasks.told + 1]
  if job then
    tasks.told = tasks.told + 1
  elseif tasks.told > 0 then
    tasks.news, tasks.told = {}, 0
  end
  return job
end

-- With a store what on_change itself has changed is written down too before it is told.
local function next_changed(client, tasks)
  if tasks and tasks:is_usable() then
    tasks:note_changes(client)
    return next_news(tasks)
  end
  return tasks and next_news(tasks) or raw.changed(client)
end

local function tell(client, private, job)
  for _, listener in pairs(private.listeners or {}) do
    listener:hear(job)
  end
  if private.on_change then
    private.on_change(job, Client.info_of(client, job))
  end
end

-- Nobody listens. What has changed since it was written down is left for the next turn.
local function forget(client, tasks)
  if tasks and tasks:is_usable() then
    tasks.news, tasks.told = {}, 0
  else
    raw.changed(client, true)
  end
end

function core.Client:dispatch()
  local private = raw.private(self)
  local tasks = private.tasks
  local is_heard = private.on_change or private.listeners and next(private.listeners)
  if tasks and tasks:is_usable() then
    if tasks:is_busy() then
      return -- a finalizer's; whoever is at it goes on
    end
    tasks:turn(self)
  end
  if not is_heard then
    return forget(self, tasks)
  end
  local job = next_changed(self, tasks)
  while job do
    tell(self, private, job)
    job = next_changed(self, tasks)
  end
end

return M
