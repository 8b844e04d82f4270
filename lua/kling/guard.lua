--- Keeps from paying twice for the same sound, and from paying more than was meant to be.
-- Knows what one client has submitted.

local core = require "kling.core"
local failure = require "kling.failure"
local options = require "kling.options"

local raw = core.raw

local Guard = {}
Guard.__index = Guard

local M = {}

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
    entries = {}, -- external id -> { job, fingerprint, at }
    newest = {}, -- fingerprint -> entry
    count = 0, -- of entries, about
    sweep_at = 32,
    submits = 0,
    times = {}, -- of the last `limit.count` submits, a ring
  }, Guard)
end

-- Would the same request again be a second task, while this one can still bring the sound?
local function stands(client, entry)
  local state = raw.ended(client, entry.job)
  if state ~= "failed" then
    return state ~= "cancelled"
  end
  local facts = raw.failure(client, entry.job)
  return facts.code ~= "failed" and facts.task_state ~= "not-created"
end

-- Was a create of this external id never accepted, for sure? Then it may be made again.
local function is_unmade(client, entry)
  return raw.ended(client, entry.job) and raw.known(client, entry.job) == "not-created"
end

-- Each entry is looked at about twice in its life: submits do not get slower with their number.
function Guard:sweep(client)
  local left = 0
  for id, entry in pairs(self.entries) do
    if self:is_in_window(client, entry) then
      left = left + 1
    else
      self.entries[id] = nil
      if self.newest[entry.fingerprint] == entry then
        self.newest[entry.fingerprint] = nil
      end
    end
  end
  self.count, self.sweep_at = left, 2 * left + 32
end

function Guard:remember(client, order, job)
  if self.count >= self.sweep_at then
    self:sweep(client)
  end
  local entry = { job = job, fingerprint = order.fingerprint, at = core.now() }
  self.entries[order.id] = entry
  self.newest[order.fingerprint] = entry
  self.count = self.count + 1
end

local function refuse(order, facts)
  facts.operation, facts.external_task_id = "submit", order.id
  facts.task_state, facts.billed = "not-created", "no"
  return failure.give(facts)
end

local function refuse_other(order)
  return refuse(order, {
    code = "rejected",
    reason = "this external_task_id is another request's",
    hint = "Use another external_task_id, or none.",
  })
end

function Guard:is_in_window(client, entry)
  return core.now() - entry.at < self.window or not raw.ended(client, entry.job)
end

function Guard:find_same(client, order)
  local entry = self.newest[order.fingerprint]
  local is_found = self.window > 0 and entry and not order.is_wanted_anew
    and self:is_in_window(client, entry) and stands(client, entry)
  return is_found and entry.job or nil
end

-- The job of the same request, made before; nil when there is none; or nil, message, failure.
function Guard:find_job(client, order)
  local entry = self.entries[order.id]
  if not entry or is_unmade(client, entry) then
    return self:find_same(client, order)
  elseif entry.fingerprint ~= order.fingerprint then
    return refuse_other(order)
  end
  return entry.job
end

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

local function refuse_spent(order, limit)
  local window = limit.seconds < math.huge and (" within %.15g s"):format(limit.seconds) or ""
  return refuse(order, {
    code = "budget",
    reason = ("%d tasks%s have been submitted, as many as max_submits allows"):format(
      limit.count, window),
    retryable = limit.seconds < math.huge,
  })
end

--- The job of an order `{ id, request, fingerprint, is_wanted_anew, is_called_back }`: a new one,
--- or that of the same request made before.
function Guard:submit(client, order)
  local job, message, why = self:find_job(client, order)
  if job or message then
    return job, message, why
  elseif is_spent(self) then
    return refuse_spent(order, self.limit)
  elseif self.dry_run then
    return refuse(order, {
      code = "budget",
      dry_run = true,
      reason = "a dry run; nothing was sent",
      hint = "Make the client without dry_run.",
    })
  end
  job = raw.start_task(client, order.request, order.id, order.is_called_back)
  count_submit(self)
  self:remember(client, order, job)
  return job
end

return M
