--- The client's side of the store: what is about to happen to its tasks is written down before,
-- what has happened as soon as it was seen, and what is ours is kept ours.
--
-- No create leaves that is not in the store as `sending`. What has happened all the same, though
-- the disk is full, goes on in memory, is shown as a warning, and is written when that can be.
-- Whose a task is, is the business of claims.lua; account.lua and lessons.lua have the rest.

local account = require "kling.account"
local claims = require "kling.claims"
local core = require "kling.core"
local failure = require "kling.failure"
local lessons = require "kling.lessons"

local raw = core.raw

local Tasks = {}
Tasks.__index = Tasks

for _, part in ipairs { account, claims, lessons } do
  for name, method in pairs(part) do
    Tasks[name] = method
  end
end

local M = {}

local RETRY = 5 -- seconds: a store in trouble may hold up the program each time it is tried
local SLACK = 2 / 3 -- of a lease: a program that was stopped for longer looks into the store first

--- Open the store of a new client; `given` is what kling.new has checked. nil, message, failure
--- when that cannot be: nothing has been sent then.
function M.open(client, given, guard)
  local open = require("kling.store").open
  local store, message, why = open(given.store, { base_url = given.base_url, lease = given.lease })
  if not store then
    return nil, message, why
  end
  local self = setmetatable({
    store = store,
    guard = guard,
    lease = given.lease,
    renew_at = core.now() + given.lease / 3,
    learned = 0, -- what changes of the gateway's facts the store knows: see lessons.lua
    share_at = 0, -- when durations may be told next
    entries = {}, -- external id -> what this client knows of a task that it looks after
    unsent = {}, -- entry -> true: ours, never sent, but perhaps ended
    unsent_count = 0,
    news = {}, -- jobs that on_change has to be told of
    told = 0, -- of these, from the first
    parked = {}, -- external id -> entry: tasks that others run and somebody here waits for
    unwritten = {}, -- external id -> entry, whose `unwritten` is what its row does not say yet
    pid = core.pid(),
    problem = nil, -- why the store cannot be written, while that is so
  }, Tasks)
  local done
  done, message, why = self:learn(client)
  if not done then
    store:close()
    return nil, message, why
  end
  raw.license(client, given.lease * SLACK)
  return self
end

--- Not after it was closed, and not in a child of fork: there it is the parent's.
function Tasks:is_usable()
  return not self.is_closed and self.pid == core.pid()
end

--- Is it at work already? Then a finalizer of the program's has called us, in the midst of that.
function Tasks:is_busy()
  return self.is_at_work or self.store.connection.is_busy
end

-- Whoever comes in the midst of other work finds nothing to do: that goes on.
local function alone(work)
  return function(self, client)
    if self:is_busy() then
      return
    end
    self.is_at_work = true
    local ok, problem = pcall(work, self, client)
    self.is_at_work = false
    if not ok then
      error(problem, 0)
    end
  end
end

--- The task that this client runs under this external id, if any.
function Tasks:entry_of(id)
  return self.entries[id or ""]
end

--- Is there anything that its row does not say yet?
function Tasks:is_unwritten(id)
  return self.unwritten[id] ~= nil
end

--- Nobody will ask about it any more.
function Tasks:forget(id)
  local entry = self.entries[id]
  if entry then
    self.entries[id], self.unwritten[id] = nil, nil
    self:track_unsent(entry)
  end
end

--- Look after a task from now on, as ours or as another's; its entry.
function Tasks:enter(client, record, job)
  local id = record.external_task_id
  self:forget(id) -- an earlier job of it
  self.guard:remember(client, id, record.fingerprint, job)
  local entry = {
    id = id,
    job = job,
    is_ours = record.is_ours,
    state = record.state,
    task_id = record.task_id,
    was_sent = record.sent_at ~= nil,
    created_at = record.created_at or core.wall(),
  }
  self.entries[id] = entry
  self:track_unsent(entry)
  return entry
end

--- The store does not work. Looks are free and go on without a lease: the task is paid for. A
--- create that has not left may not leave any more: another process may take the task over.
function Tasks:suffer(client, message)
  self.problem = message
  self.renew_at = core.now() + math.min(RETRY, self.lease / 3)
  raw.revoke(client)
  raw.license(client)
end

-- Another process has it: its lease was over before we renewed it. But only we hear the answer to
-- a create that is on its way: with the task id the task is ours again.
function Tasks:lose(client, entry)
  if not (entry and entry.is_ours) or raw.leaving(client, entry.job) then
    return
  end
  entry.is_ours = false
  self:track_unsent(entry)
  if raw.stop(client, entry.job) then
    entry.why = {
      reason = "its lease was over, and another process runs the task now",
      hint = "Submit it again with the same external_task_id to wait for it here.",
    }
  end
end

-- --- what has happened ---

function Tasks:settle(client, id, is_done)
  local entry = self.unwritten[id]
  local changes = entry.unwritten
  self.unwritten[id], entry.unwritten = nil, nil
  if not is_done then
    self:lose(client, entry)
  elseif changes.is_given_back then
    entry.is_ours = false
  end
end

-- What cannot be written is kept; `renew` says when the trouble is over.
function Tasks:write(client)
  if self.problem or not next(self.unwritten) then
    return
  end
  local changes_of = {}
  for id, entry in pairs(self.unwritten) do
    changes_of[id] = entry.unwritten
  end
  local done, message = self.store:update_all(changes_of)
  if not done then
    return self:suffer(client, message)
  end
  for id, is_done in pairs(done) do
    self:settle(client, id, is_done)
  end
end

-- The service knows it no more; sooner, we may have asked for it with another account's key.
local function is_forgotten(facts, entry)
  return facts.code == "not_found" and claims.is_old(entry)
end

-- What a job that failed means for its row. A row that is given back has not ended: the task may
-- live on at the service, or was never sent by whoever submitted it.
local function failed_row(client, entry)
  local facts = raw.failure(client, entry.job)
  local is_unmade = facts.task_state == "not-created"
  local is_held_back = facts.code == "budget" or facts.code == "io"
  if facts.code == "closed" then
    return nil
  elseif is_unmade and is_held_back and entry.was_taken then
    return "queued", true
  elseif is_unmade or facts.code == "failed" or is_forgotten(facts, entry) then
    return "failed"
  end
  return "unresolved", true
end

-- A create that came back and is surely unmade was not sent after all.
local function unaccepted_row(client, job, state)
  local is_unsent = state == "queued" and raw.known(client, job) == "not-created"
    and not raw.permitted(client, job)
  return is_unsent and "queued" or "sending"
end

local function row_of(client, entry, state)
  if state == "queued" or state == "submitting" then
    return unaccepted_row(client, entry.job, state)
  elseif state == "failed" then
    return failed_row(client, entry)
  elseif state == "cancelled" and entry.why then
    return nil
  end
  return state
end

function Tasks:failure_text(client, job)
  local facts = raw.ended(client, job) and raw.failure(client, job)
  if facts then
    self:explain(facts)
    return facts.code .. ": " .. failure.new(facts).message
  end
end

local function reply_of(client, entry, state)
  return state == "succeeded" and failure.without_signatures(raw.reply(client, entry.job)) or nil
end

-- A job has changed: does its row?
function Tasks:note(client, job)
  local state, info = raw.info(client, job)
  local entry = self:entry_of(info.external_task_id)
  if not entry or not entry.is_ours or entry.job ~= job then
    return
  end
  local row, is_given_back = row_of(client, entry, state)
  if not row or row == entry.state and info.task_id == entry.task_id and not is_given_back then
    return
  end
  entry.state, entry.task_id = row, info.task_id
  entry.unwritten = {
    state = row,
    task_id = info.task_id,
    failure = self:failure_text(client, job),
    result = reply_of(client, entry, row),
    is_given_back = is_given_back,
  }
  self.unwritten[entry.id] = entry
end

local function note_changes(self, client)
  local job = raw.changed(client)
  while job do
    self:note(client, job)
    self.news[#self.news + 1] = job
    job = raw.changed(client)
  end
  self:write(client)
end

--- All that has changed is written down, with one write, before anybody is told of any of it.
Tasks.note_changes = alone(note_changes)

-- --- what is about to happen ---

--- The limit on creates that all who share the store have, as the store takes it.
function Tasks:limit()
  local limit = self.guard.limit
  if limit then
    local is_window = limit.seconds < math.huge
    return { count = limit.count, since = is_window and self.store:now() - limit.seconds or nil }
  end
end

local function refuse(client, entry, code, why)
  entry.why = why
  raw.refuse(client, entry.job, code)
end

function Tasks:let_one_go(client, entry, sent, over)
  if sent[entry.id] then
    entry.state, entry.was_sent = "sending", true
    self:track_unsent(entry)
    entry.unwritten, self.unwritten[entry.id] = nil, nil -- it was "queued": no more
    raw.permit(client, entry.job)
  elseif over[entry.id] then
    refuse(client, entry, "budget", self.guard:why_spent())
  else
    self:lose(client, entry)
  end
end

-- External ids of the creates that want to leave.
local function asking(client)
  local ids = {}
  local job = raw.asking(client)
  while job do
    local _, info = raw.info(client, job)
    ids[#ids + 1] = info.external_task_id
    job = raw.asking(client)
  end
  return ids
end

function Tasks:refuse_all(client, ids, code, why)
  for _, id in ipairs(ids) do
    refuse(client, self:entry_of(id), code, why)
  end
end

-- A lost create that would be made again.
local DRY = { dry_run = true, reason = "a dry run; nothing was sent again",
  hint = "Make the client without dry_run." }

-- All that want to leave are marked with one write.
function Tasks:let_go(client)
  local ids = asking(client)
  if #ids == 0 then
    return
  elseif self.guard.dry_run then
    return self:refuse_all(client, ids, "budget", DRY)
  end
  local sent, over, why = self.store:sending(ids, self:limit())
  if not sent then
    return self:refuse_all(client, ids, "io",
      { reason = over, hint = why.hint, retryable = why.retryable })
  end
  for _, id in ipairs(ids) do
    self:let_one_go(client, self:entry_of(id), sent, over)
  end
end

-- --- from time to time ---

function Tasks:renew(client)
  local done, lost = self.store:renew()
  if not done then
    return self:suffer(client, lost)
  end
  self.problem = nil
  self.renew_at = core.now() + self.lease / 3
  raw.license(client, self.lease * SLACK)
  for _, id in ipairs(lost) do
    self:lose(client, self:entry_of(id))
  end
end

local function turn(self, client)
  note_changes(self, client)
  local changes = raw.changes(client)
  if changes ~= self.changes then
    self.changes = changes
    self:let_go(client)
    self:tell_gateway(client)
    self:share_durations(client)
  end
  if core.now() >= self.renew_at then
    self:renew(client)
  end
  self:watch(client)
  note_changes(self, client) -- of jobs that were refused, or lost
end

--- What is to be done now and then; whoever dispatches calls it.
Tasks.turn = alone(turn)

--- Seconds until `turn` has something to do.
function Tasks:left()
  local watches = next(self.parked) and not self.problem
  local due = math.min(self.renew_at, watches and self.watch_at or math.huge)
  return math.max(0, due - core.now())
end

--- Give everything back. The store must be usable.
function Tasks:close(client)
  self.problem = nil -- what could not be written is tried a last time
  self:note_changes(client)
  self:share_last_durations(client)
  self.is_closed = true
  self.store:close()
end

return M
