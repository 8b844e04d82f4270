--- A task's life in the store: added, sent, changed, found again.

local records = require "kling.store.records"
local session = require "kling.store.session"

local M = {}

local SELECT = "SELECT " .. records.COLUMNS .. " FROM tasks WHERE base_url = ? AND "

local function find(store, connection, condition, ...)
  local row = connection:rows(SELECT .. condition, store.base_url, ...)[1]
  return row and records.from_row(row, store, session.now(store, connection)) or false
end

local function find_by_id(store, connection, id)
  return find(store, connection, "external_task_id = ?", id)
end

local SAME = "fingerprint = ? AND (ended_at IS NULL OR state = 'succeeded' AND created_at >= ?) "
  .. "ORDER BY created_at DESC LIMIT 1"

local function find_same(store, connection, fingerprint, since)
  return find(store, connection, SAME, fingerprint, since)
end

local INSERT = [[
  INSERT INTO tasks (base_url, external_task_id, task_id, state, request, fingerprint,
    created_at, updated_at, owner, lease, lease_until)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING]]

local function insert(store, connection, record)
  local now = session.now(store, connection)
  local state = record.task_id and "submitted" or "queued"
  return connection:change(INSERT, store.base_url, record.external_task_id, record.task_id, state,
    records.encode(record.request), record.fingerprint, now, now, store.owner, store.lease,
    now + store.lease) > 0
end

-- An add whose COMMIT was done, and the connection lost before it said so, runs once more.
local function is_added(store, record)
  return record.is_ours and record.state == "queued" and not record.sent_at
    and not store.mine[record.external_task_id]
end

--- What is in the store in place of a new record, or false.
local function find_other(store, connection, record, since)
  local id, same = record.external_task_id, false
  if since and record.fingerprint then
    connection.dialect.lock_all(connection) -- two at once must not both find nothing
    same = find_same(store, connection, record.fingerprint, since)
  end
  local other = find_by_id(store, connection, id) or same
  if not other and not insert(store, connection, record) then
    other = find_by_id(store, connection, id)
  end
  return other and (other.external_task_id ~= id or not is_added(store, other)) and other
end

function M:add(record, since)
  local other, message, why = session.write(self, function(connection)
    return find_other(self, connection, record, since)
  end)
  if other == nil then
    self.unsure[record.external_task_id] = true
    return nil, message, why
  elseif other then
    return false, other
  end
  self.mine[record.external_task_id] = true
  return true
end

local COUNT = "SELECT count(*) AS sent FROM tasks WHERE base_url = ? AND sent_at >= ?"

local function count_sent(store, connection, since)
  return connection:rows(COUNT, store.base_url, since)[1].sent
end

-- Not one that has a task id: sending it again would be a second task.
local OURS_UNSENT = " WHERE base_url = ? AND external_task_id = ? AND owner = ? "
  .. "AND ended_at IS NULL AND task_id IS NULL"
local SENT_AT = "SELECT coalesce(sent_at, -1) AS sent_at FROM tasks" .. OURS_UNSENT
local SENDING = "UPDATE tasks SET state = 'sending', sent_at = ?, updated_at = ?, lease_until = ?"
  .. OURS_UNSENT

--- How many may be sent still, and since when those that were count.
local function budget_of(store, connection, limit)
  if not limit then
    return { left = math.huge, since = 0 }
  end
  connection.dialect.lock_all(connection) -- two at once must not both take the last one
  local since = limit.since or 0
  return { left = limit.count - count_sent(store, connection, since), since = since }
end

--- True when it may be sent now, false when that is one too many, nil when it is not ours.
local function mark(store, connection, id, budget)
  local row = connection:rows(SENT_AT, store.base_url, id, store.owner)[1]
  local cost = row and row.sent_at >= budget.since and 0 or 1 -- a task counts once
  if row and cost > budget.left then
    return false
  end
  local now = session.now(store, connection)
  local marked = row and connection:change(SENDING, now, now, now + store.lease,
    store.base_url, id, store.owner) > 0
  budget.left = budget.left - (marked and cost or 0)
  return marked or nil
end

function M:sending(ids, limit)
  return session.write(self, function(connection)
    local budget, sent, over = budget_of(self, connection, limit), {}, {}
    for _, id in ipairs(ids) do
      local marked = mark(self, connection, id, budget)
      sent[id] = marked or nil
      over[id] = marked == false or nil
    end
    return sent, over
  end)
end

local UPDATE = [[
  UPDATE tasks SET state = coalesce(?, state), task_id = coalesce(?, task_id),
    failure = coalesce(?, failure), result = coalesce(?, result), updated_at = ?,
    ended_at = coalesce(ended_at, ?)%s
  WHERE base_url = ? AND external_task_id = ? AND owner = ?]]
local KEEP = UPDATE:format ""
local GIVE_BACK = UPDATE:format ", owner = NULL, lease_until = NULL"

local MAY_EXIST = { task_state = "may-exist", billed = "maybe" }

-- Who hears the task id looks after the task, though its lease was over: nobody else knows what to
-- look at.
local ADOPT = "UPDATE tasks SET owner = ?, lease = ?, lease_until = ? "
  .. "WHERE base_url = ? AND external_task_id = ? AND task_id IS NULL AND ended_at IS NULL"

local function adopt(store, connection, id)
  local lease_until = session.now(store, connection) + store.lease
  return connection:change(ADOPT, store.owner, store.lease, lease_until, store.base_url, id) > 0
end

local function is_end(changes)
  return changes.ended or records.is_end(changes.state)
end

local function change(store, connection, id, changes)
  local now = session.now(store, connection)
  return connection:change(changes.is_given_back and GIVE_BACK or KEEP, changes.state,
    changes.task_id, records.clean(changes.failure), records.clean(changes.result), now,
    is_end(changes) and now or nil, store.base_url, id, store.owner) > 0
end

local function update(store, connection, id, changes)
  return change(store, connection, id, changes)
    or changes.task_id ~= nil and adopt(store, connection, id)
      and change(store, connection, id, changes)
end

function M:update_all(changes_of)
  local done, message, why = session.write(self, function(connection)
    local found = {}
    for id, changes in pairs(changes_of) do
      found[id] = update(self, connection, id, changes)
    end
    return found
  end, MAY_EXIST)
  for id, is_done in pairs(done or {}) do
    local stays = is_done and not is_end(changes_of[id]) and not changes_of[id].is_given_back
    self.mine[id] = stays or nil
  end
  return done, message, why
end

function M:update(id, changes)
  local done, message, why = self:update_all { [id] = changes }
  if not done then
    return nil, message, why
  end
  return done[id]
end

function M:get(id)
  return session.read(self, function(connection)
    return find_by_id(self, connection, id)
  end)
end

function M:by_task_id(task_id)
  return session.read(self, function(connection)
    return find(self, connection, "task_id = ? ORDER BY created_at DESC LIMIT 1", task_id)
  end)
end

function M:find_same(fingerprint, since)
  return session.read(self, function(connection)
    return find_same(self, connection, fingerprint, since)
  end)
end

function M:count_sent(since)
  return session.read(self, function(connection)
    return count_sent(self, connection, since or 0)
  end)
end

function M:pending()
  return session.read(self, function(connection)
    local rows = connection:rows(SELECT .. "ended_at IS NULL ORDER BY created_at", self.base_url)
    local now = session.now(self, connection)
    for i, row in ipairs(rows) do
      rows[i] = records.from_row(row, self, now)
    end
    return rows
  end)
end

return M
