--- Keeps from paying twice for the same sound, and from paying more than was meant to be.
-- Knows what one client has submitted; what others have, who share its store, claims.lua asks.

local core = require "kling.core"
local failure = require "kling.failure"
local index = require "kling.index"
local options = require "kling.options"

local raw = core.raw

local Guard = {}
Guard.__index = Guard

local M = {}

local PAST = 10000 -- tasks

local limit_rules = {
  count = { type = "number", integer = true, min = 0 },
  seconds = { type = "number", above = 0, default = math.huge },
}

--- Why this cannot be `max_submits`, or nil.
function M.check_limit(limit)
  if type(limit) ~= "table" then
    return nil -- a number, whose range is checked already
  end
  local fine, problem = pcall(options.check, limit, limit_rules, "max_submits", 0)
  if not fine then
    return problem:gsub("^max_submits: ", "")
  end
  return limit.count == nil and "count: number expected, got nil" or nil
end

--- `given` is what kling.new has checked.
function M.new(given)
  local limit = given.max_submits
  if type(limit) == "number" then
    limit = { count = limit, seconds = math.huge }
  end
  return setmetatable({
    window = given.duplicate_window,
    limit = limit and { count = limit.count, seconds = limit.seconds or math.huge },
    dry_run = given.dry_run,
    tasks = nil, -- the client's side of the store, if it has one
    jobs = index.new(raw.external_id),
    same = index.new(raw.fingerprint), -- of these, those that may bring the sound asked for
    named = {}, -- external id -> true, where it was given
    past = {}, -- external id -> { fingerprint, task_id }: named tasks whose jobs are forgotten
    older = {}, -- such as were in `past` before that was full
    kept = 0, -- in `past`
    count = 0, -- of jobs, about
    sweep_at = 32, -- jobs
    swept = core.now(),
    submits = 0,
    times = {}, -- of the last `limit.count` submits, a ring
  }, Guard)
end

-- Would the same request again be a second task, while this one can still bring the sound?
local function stands(client, job)
  local state = raw.ended(client, job)
  if state ~= "failed" then
    return state ~= "cancelled"
  end
  local facts = raw.failure(client, job)
  return facts.code ~= "failed" and facts.task_state ~= "not-created"
end

-- Was a create of this external id never accepted, for sure? Then it may be made again.
local function is_unmade(client, job)
  return raw.ended(client, job) and raw.known(client, job) == "not-created"
end

-- Does it run, or is there nothing more to come of the task?
local function is_all(client, job)
  local state = raw.ended(client, job)
  return state == false or state == "succeeded"
    or state == "failed" and raw.failure(client, job).code == "failed"
end

function Guard:is_recent(client, job)
  return raw.age(client, job) < self.window or not raw.ended(client, job)
end

-- Who named a task may name it again long after its job was forgotten. What follows the task then
-- is kept, of so many that a program may run for years.
function Guard:keep(client, id, job)
  if self.kept == PAST then
    self.older, self.past, self.kept = self.past, {}, 0
  end
  local _, info = raw.info(client, job)
  self.past[id] = { fingerprint = raw.fingerprint(client, job), task_id = info.task_id }
  self.kept = self.kept + 1
end

function Guard:forget(client, job)
  local id = raw.external_id(client, job)
  if self.tasks then
    self.tasks:forget(id)
  elseif self.named[id] and not is_unmade(client, job) then
    self:keep(client, id, job)
  end
  self.named[id] = nil
end

-- Each job is looked at about twice in its life: submits do not get slower with their number. None
-- that was made since the last sweep can go before the window has passed.
function Guard:is_sweep_due()
  return self.count >= self.sweep_at and core.now() - self.swept >= self.window / 4
end

function Guard:sweep(client)
  local function is_recent(job)
    return self:is_recent(client, job)
  end
  self.sweep_at, self.swept = 2 * self.count + 32, core.now() -- no second one in its midst
  self.same:sweep(is_recent)
  self.count = self.jobs:sweep(function(job)
    if is_recent(job) or self.tasks and self.tasks:is_unwritten(raw.external_id(client, job)) then
      return true
    end
    self:forget(client, job)
  end)
  self.sweep_at = 2 * self.count + 32
end

--- Remember which job a task has, and what request it is for.
function Guard:remember(client, id, fingerprint, job)
  if self:is_sweep_due() then
    self:sweep(client)
  end
  local before = self.jobs:find(client, id)
  if before then -- whatever comes of the task comes to this job
    self.jobs:remove(client, before)
    self.same:remove(client, before)
  end
  raw.set_fingerprint(client, job, fingerprint)
  self.jobs:add(client, job)
  self.count = self.count + 1
  if self.window > 0 then
    self.same:add(client, job)
  end
end

-- --- the same again ---

local function refuse(order, facts)
  facts.operation, facts.external_task_id = "submit", order.id
  facts.task_state, facts.billed = "not-created", "no"
  return failure.give(facts)
end

--- nil, message, failure for an order whose external id is taken.
function Guard.refuse_other(order)
  return refuse(order, {
    code = "rejected",
    reason = "this external_task_id is another request's",
    hint = "Use another external_task_id, or none.",
  })
end

-- A job that has ended though its task may not: a new one goes on where it stopped, by the external
-- id that the service may know. Where there is a store, that knows better how.
function Guard:go_on(client, order, id, task_id)
  if self.tasks then
    return nil
  end
  order.request.external_task_id = id
  local job = task_id and raw.attach(client, task_id, id)
    or raw.start_task(client, order.request, id, order.is_called_back, "resolve")
  self:remember(client, id, order.fingerprint, job)
  return job
end

function Guard:join(client, order, job)
  if is_all(client, job) then
    return job
  end
  local _, info = raw.info(client, job)
  return self:go_on(client, order, info.external_task_id, info.task_id)
end

-- What a job keeps of a fingerprint.
local function shorten(fingerprint)
  return fingerprint:sub(1, raw.fingerprint_digits)
end

function Guard:find_same(client, order)
  if self.window == 0 or order.is_wanted_anew then
    return nil
  end
  local fingerprint = shorten(order.fingerprint)
  local job = self.same:find(client, fingerprint)
  while job and not (self:is_recent(client, job) and stands(client, job)) do
    self.same:remove(client, job) -- it never will again
    job = self.same:find(client, fingerprint)
  end
  return job and self:join(client, order, job)
end

-- The job of a task that the program has named: nil when there is none; or nil, message, failure.
function Guard:find_named(client, order)
  local id = order.id
  local job, past = self.jobs:find(client, id), self.past[id] or self.older[id]
  if job and is_unmade(client, job) or not (job or past) then
    return nil
  end
  local fingerprint = job and raw.fingerprint(client, job) or past.fingerprint
  if fingerprint ~= shorten(order.fingerprint) then
    return Guard.refuse_other(order)
  elseif job then
    return self:join(client, order, job)
  end
  self.named[id] = true
  return self:go_on(client, order, id, past.task_id)
end

-- The same in the store, looked for before a limit says no.
function Guard:find_in_store(client, order)
  local record, message, why = self.tasks:find(order)
  if not record then
    return nil, message, why
  elseif self.dry_run then
    return refuse(order, {
      code = "budget",
      dry_run = true,
      task_id = record.task_id,
      reason = ("a dry run; it is the task that was submitted as %s"):format(
        record.external_task_id),
      hint = "Make the client without dry_run.",
    })
  end
  return self.tasks:join_order(client, order, record)
end

-- --- how much may be spent ---

-- Without a store: this client's submits.
local function is_spent(self)
  local limit = self.limit
  if not limit or limit.count == 0 then
    return limit ~= nil
  end
  local before = self.times[self.submits % limit.count] -- it has to be out of the window
  return before and core.now() - before < limit.seconds
end

local function count_submit(self)
  if self.limit then
    self.times[self.submits % self.limit.count] = core.now()
    self.submits = self.submits + 1
  end
end

--- What a failure says of a limit that was reached.
function Guard:why_spent()
  local limit = self.limit
  local window = limit.seconds < math.huge and (" within %.15g s"):format(limit.seconds) or ""
  return {
    code = "budget",
    reason = ("max_submits is %d%s, and so many tasks were submitted"):format(limit.count, window),
    retryable = limit.seconds < math.huge,
  }
end

local function refuse_dry(order)
  return refuse(order, {
    code = "budget",
    dry_run = true,
    reason = "a dry run; nothing was sent",
    hint = "Make the client without dry_run.",
  })
end

-- True when a new task may be submitted; or nil, message, failure.
function Guard:may_spend(client, order)
  local spent, message, why
  if self.tasks then
    spent, message, why = self.tasks:is_spent(client)
  else
    spent = is_spent(self)
  end
  if message then
    return nil, message, why
  elseif spent then
    return refuse(order, self:why_spent())
  elseif self.dry_run then
    return refuse_dry(order)
  end
  return true
end

function Guard:start(client, order)
  if self.tasks then
    return self.tasks:submit(client, order)
  end
  local job = raw.start_task(client, order.request, order.id, order.is_called_back)
  count_submit(self)
  self:remember(client, order.id, order.fingerprint, job)
  self.named[order.id] = order.is_named
  return job
end

-- The job of an order that is no new task; nil when it is one; or nil, message, failure.
function Guard:find_job(client, order)
  local job, message, why
  if order.is_named then
    job, message, why = self:find_named(client, order)
  end
  if not (job or message) then
    job = self:find_same(client, order)
  end
  if not (job or message) and self.tasks and (self.limit or self.dry_run) then
    return self:find_in_store(client, order)
  end
  return job, message, why
end

--- The job of an order `{ id, is_named, request, fingerprint, is_wanted_anew, is_called_back }`: a
--- new one, or that of the same request made before.
function Guard:submit(client, order)
  local job, message, why = self:find_job(client, order)
  if job or message then
    return job, message, why
  end
  local allowed
  allowed, message, why = self:may_spend(client, order)
  if not allowed then
    return nil, message, why
  end
  return self:start(client, order)
end

return M
