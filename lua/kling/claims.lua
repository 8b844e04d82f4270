--- Whose task it is. Methods of the client's side of the store (tasks.lua): a request that is in
-- the store already is that task; what nobody looks after is taken over; what a living process
-- runs is waited for, and taken over when that one dies.

local core = require "kling.core"
local request = require "kling.request"

local raw = core.raw

local WATCH = 1 -- seconds between looks at what others run for those who wait here
local FEW = 20 -- rows to read one by one rather than all
local RETENTION = 30 * 86400 -- seconds the service remembers a task (docs/contract.md, section 6)

local M = {}

--- May the service have forgotten it?
function M.is_old(record)
  return core.wall() - record.created_at > RETENTION
end

-- How a task of ours begins or goes on, by what the store knows of it.
local function mode_of(record)
  if record.task_id then
    return "attach"
  end
  return record.state == "queued" and "create" or "resolve"
end

-- A task that was refused may be asked for again; one that was cancelled here goes on there, or,
-- without a task id, may.
local function reopened_state(record)
  if record.state == "cancelled" and record.task_id then
    return "submitted"
  end
  return record.state == "cancelled" and record.sent_at and "sending" or "queued"
end

function M:reopen(record)
  local state = reopened_state(record)
  local done, message, why = self.store:reopen(record.external_task_id, state)
  if done == nil then
    return nil, message, why
  end
  record.state, record.is_ours, record.ended_at = state, done, nil -- not ours: another was faster
  return record
end

local function is_over(record)
  return record.ended_at and record.task_id and record.state ~= "cancelled"
end

-- Make the task ours, if that can be now: a record, ours or not; or nil, message, failure. One
-- that is over at the service needs no owner: its result is there to be looked at.
function M:claim(record)
  if is_over(record) then
    return record
  elseif record.ended_at then
    return self:reopen(record)
  end
  local taken, message, why = self.store:take(nil, { record.external_task_id })
  if not taken then
    return nil, message, why
  end
  return taken[1] or record
end

-- Does another process run it?
local function is_anothers(record)
  return not (record.is_ours or record.ended_at)
end

-- The service may not know it any more, but we know what it said; nil: we do not.
local function restore(client, record)
  if record.state == "succeeded" and record.result and M.is_old(record) then
    return raw.restore(client, record.task_id, record.external_task_id, record.result)
  end
end

local function start(client, record, is_called_back)
  local id, mode = record.external_task_id, mode_of(record)
  if is_anothers(record) then
    return raw.start_task(client, record.request, id, false, "parked")
  elseif mode == "attach" then
    return restore(client, record) or raw.attach(client, record.task_id, id)
  end
  return raw.start_task(client, record.request, id, is_called_back, mode)
end

--- The job of a claimed task.
function M:begin(client, record, is_called_back)
  record.fingerprint = record.fingerprint or request.fingerprint(record.request)
  local job = start(client, record, is_called_back)
  local entry = self:enter(client, record, job)
  if is_anothers(record) then
    self.parked[entry.id] = entry
    self.watch_at = math.min(self.watch_at or math.huge, core.now() + WATCH)
  end
  return job
end

-- The job of a task that this client runs, or has seen the end of.
function M:running_job(client, record)
  local entry = self:entry_of(record.external_task_id)
  local state = entry and raw.ended(client, entry.job)
  if entry and (not state or state == "succeeded") then
    return entry.job
  end
end

--- The job of a task that is in the store; or nil, message, failure.
function M:join(client, record, is_called_back)
  local job = self:running_job(client, record)
  if job then
    return job
  end
  local claimed, message, why = self:claim(record)
  if not claimed then
    return nil, message, why
  end
  return self:begin(client, claimed, is_called_back)
end

--- The same for an order, unless its external id is another request's.
function M:join_order(client, order, record)
  if record.external_task_id == order.id and record.fingerprint ~= order.fingerprint then
    return self.guard.refuse_other(order)
  end
  return self:join(client, record, order.is_called_back)
end

-- Since when the same request counts as the same task; nil: it does not.
function M:since(order)
  local window = self.guard.window
  return not order.is_wanted_anew and window > 0 and self.store:now() - window or nil
end

--- The task of the same request, or of the same external id; false when there is none.
function M:find(order)
  local since = self:since(order)
  local record, message, why = self.store:get(order.id)
  if record == false and since then
    record, message, why = self.store:find_same(order.fingerprint, since)
  end
  return record, message, why
end

local function is_unsent(self, entry)
  return entry.is_ours and not entry.was_sent and self.entries[entry.id] == entry
end

--- To be called when an entry may have become, or ceased to be, one of ours that was never sent.
function M:track_unsent(entry)
  local is_one = is_unsent(self, entry)
  self.unsent_count = self.unsent_count + (is_one and 1 or 0) - (self.unsent[entry] and 1 or 0)
  self.unsent[entry] = is_one or nil
end

-- How many may still be sent, of `unsent`: some end without a word to us. A finalizer of the
-- program's may add one meanwhile: not to the table that is being gone through.
function M:count_unsent(client)
  local entries = self.unsent
  self.unsent = {}
  for entry in pairs(entries) do
    if is_unsent(self, entry) and not raw.ended(client, entry.job) then
      self.unsent[entry] = true
    else
      self.unsent_count = self.unsent_count - 1
    end
  end
  return self.unsent_count
end

--- Is as much submitted as max_submits allows, by all who share the store?
function M:is_spent(client)
  local limit = self:limit()
  if not limit then
    return false
  end
  local sent, message, why = self.store:count_sent(limit.since)
  if not sent then
    return nil, message, why
  end
  -- Counted one by one only where it matters: submits do not get slower with their number.
  return sent + self.unsent_count >= limit.count and sent + self:count_unsent(client) >= limit.count
end

--- The job of an order that this client does not know: that of its task in the store, or a new one.
--- nil, message, failure when the store does not work: nothing is sent then.
function M:submit(client, order)
  local record = { external_task_id = order.id, request = order.request,
    fingerprint = order.fingerprint, state = "queued", is_ours = true }
  local added, other, why = self.store:add(record, self:since(order))
  if added == nil then
    return nil, other, why
  elseif added then
    return self:begin(client, record, order.is_called_back)
  end
  return self:join_order(client, order, other)
end

--- The job of a task that the store knows by its task id; nil when it knows none, or does not work:
--- to follow a task is safe without.
function M:attach(client, task_id)
  local record, message = self.store:by_task_id(task_id)
  local job
  if record then
    job, message = self:join(client, record)
  end
  if not job and record ~= false then
    self:suffer(client, message)
  end
  return job
end

-- --- what others run ---

-- It is ours now, or has ended.
function M:unpark(client, entry, record)
  self.parked[entry.id] = nil
  entry.is_ours, entry.state, entry.task_id = record.is_ours, record.state, record.task_id
  self:track_unsent(entry)
  raw.go_on(client, entry.job, mode_of(record), record.task_id)
end

-- The service tells the other process, and that one the store.
function M:look_at(client, entry, record)
  if record.ended_at then
    local claimed = self:claim(record)
    if claimed and not is_anothers(claimed) then
      self:unpark(client, entry, claimed)
    end
  elseif record.state ~= entry.state then
    entry.state, entry.task_id = record.state, record.task_id
    self.news[#self.news + 1] = entry.job
  end
end

-- Those that wait still, by external id.
function M:list_parked(client)
  local ids = {}
  for id, entry in pairs(self.parked) do
    if raw.ended(client, entry.job) then
      self.parked[id] = nil -- cancelled
    else
      ids[#ids + 1] = id
    end
  end
  return ids
end

-- Their records by external id: one by one, or, when they are many, first all that have not ended.
function M:read_parked(ids)
  local pending, message = {}, nil
  if #ids > FEW then
    pending, message = self.store:pending()
  end
  local records = {}
  for _, record in ipairs(pending or {}) do
    records[record.external_task_id] = record
  end
  for _, id in ipairs(ids) do
    if not message and not records[id] then
      records[id], message = self.store:get(id)
    end
  end
  return not message and records, message
end

-- Those whose owner is gone are ours now.
function M:take_parked(client, ids)
  local taken, message = self.store:take(nil, ids)
  if not taken then
    return self:suffer(client, message)
  end
  for _, record in ipairs(taken) do
    self:unpark(client, self.parked[record.external_task_id], record)
  end
end

-- Is nobody looking after it, or we, by a transaction whose answer was lost?
local function is_to_take(record)
  return not record.ended_at and (record.is_free or record.is_ours)
end

function M:look_at_parked(client)
  local ids, free = self:list_parked(client), {}
  local records, message = self:read_parked(ids)
  if not records then
    return self:suffer(client, message)
  end
  for _, id in ipairs(ids) do
    local record = records[id]
    if record and is_to_take(record) then
      free[#free + 1] = id
    elseif record then
      self:look_at(client, self.parked[id], record)
    end
  end
  if #free > 0 then
    self:take_parked(client, free)
  end
end

--- Look at what others run for those who wait here, once it is time to.
function M:watch(client)
  if not self.problem and next(self.parked) and core.now() >= self.watch_at then
    self.watch_at = core.now() + WATCH
    self:look_at_parked(client)
  end
end

-- --- what nobody runs ---

function M:take_over(client, record)
  local entry = self.parked[record.external_task_id]
  if entry then
    self:unpark(client, entry, record)
    return entry.job
  end
  local job = self:begin(client, record)
  self:entry_of(record.external_task_id).was_taken = true
  return job
end

--- Take over what has no living owner; the jobs, or nil, message, failure. With `dry_run` what
--- would have to be sent stays where it is.
function M:reconcile(client, limit)
  local taken, message, why = self.store:take(limit)
  if not taken then
    return nil, message, why
  end
  local jobs, back = {}, {}
  for _, record in ipairs(taken) do
    if self.guard.dry_run and mode_of(record) == "create" then
      back[#back + 1] = record.external_task_id
    else
      jobs[#jobs + 1] = self:take_over(client, record)
    end
  end
  local done = true
  if #back > 0 then
    done, message = self.store:release(back)
  end
  if not done then
    self:suffer(client, message)
  end
  return jobs
end

--- All that has not ended, whoever runs it; with `job` where that is this client.
function M:pending(client)
  local records, message, why = self.store:pending()
  if not records then
    return nil, message, why
  end
  for _, record in ipairs(records) do
    local entry = self:entry_of(record.external_task_id)
    if entry and not raw.ended(client, entry.job) then
      record.job = entry.job
    end
  end
  return records
end

return M
