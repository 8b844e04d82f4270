--- Who looks after a task: each has one owner, until its lease ends.

local records = require "kling.store.records"
local session = require "kling.store.session"

local M = {}

-- Ours as well, when we do not know of it: taken by a COMMIT whose answer was lost.
local FREE = "SELECT " .. records.COLUMNS .. " FROM tasks WHERE base_url = ? AND ended_at IS NULL "
  .. "AND (owner = ? OR " .. records.FREE .. ") "
local ALL = "ORDER BY created_at "
local ONE = "AND external_task_id = ? "

local function find_free(store, connection, now, ids)
  local lock, base_url, mine = connection.dialect.lock_rows, store.base_url, store.owner
  if not ids then
    return connection:rows(FREE .. ALL .. lock, base_url, mine, now, now)
  end
  local found = {}
  for _, id in ipairs(ids) do
    found[#found + 1] = connection:rows(FREE .. ONE .. lock, base_url, mine, now, now, id)[1]
  end
  return found
end

local TAKE = "UPDATE tasks SET owner = ?, lease = ?, lease_until = ? "
  .. "WHERE base_url = ? AND external_task_id = ?"

local function take(store, connection, limit, ids)
  local now, taken = session.now(store, connection), {}
  for _, row in ipairs(find_free(store, connection, now, ids)) do
    if not store.mine[row.external_task_id] and #taken < limit then
      row.owner, row.lease, row.lease_until = store.owner, store.lease, now + store.lease
      connection:change(TAKE, row.owner, row.lease, row.lease_until, store.base_url,
        row.external_task_id)
      taken[#taken + 1] = records.from_row(row, store, now)
    end
  end
  return taken
end

function M:take(limit, ids)
  local taken, message, why = session.write(self, function(connection)
    return take(self, connection, limit or math.huge, ids)
  end)
  for _, record in ipairs(taken or {}) do
    self.mine[record.external_task_id] = true
  end
  return taken, message, why
end

local REOPEN = "UPDATE tasks SET state = ?, failure = NULL, ended_at = NULL, updated_at = ?, "
  .. "owner = ?, lease = ?, lease_until = ? "
  .. "WHERE base_url = ? AND external_task_id = ? AND ended_at IS NOT NULL"

function M:reopen(id, state)
  local is_done, message, why = session.write(self, function(connection)
    local now = session.now(self, connection)
    return connection:change(REOPEN, state, now, self.owner, self.lease, now + self.lease,
      self.base_url, id) > 0
  end)
  self.mine[id] = self.mine[id] or is_done or nil
  return is_done, message, why
end

-- Renewing gets no slower with the number of tasks that have ended: created_at is there to lead
-- SQLite to the index of those that have not.
local OURS = " WHERE base_url = ? AND owner = ? AND ended_at IS NULL AND created_at >= 0"
local RENEW = "UPDATE tasks SET lease_until = ?" .. OURS
local FIND_OURS = "SELECT external_task_id FROM tasks" .. OURS

local function renew(store, connection)
  local lease_until = session.now(store, connection) + store.lease
  connection:change(RENEW, lease_until, store.base_url, store.owner)
  local ours, lost = {}, {}
  for _, row in ipairs(connection:rows(FIND_OURS, store.base_url, store.owner)) do
    ours[row.external_task_id] = true
  end
  for id in pairs(store.mine) do
    lost[#lost + 1] = not ours[id] and id or nil
  end
  return true, lost
end

function M:renew()
  if not next(self.mine) and not next(self.unsure) then
    return true, {}
  end
  local is_done, lost, why = session.write(self, function(connection)
    return renew(self, connection)
  end)
  for _, id in ipairs(is_done and lost or {}) do
    self.mine[id] = nil
  end
  return is_done, lost, why
end

local RELEASE = "UPDATE tasks SET owner = NULL, lease_until = NULL "
  .. "WHERE base_url = ? AND owner = ? AND ended_at IS NULL AND external_task_id = ?"

function M:release(ids)
  if not ids then
    ids = {}
    for id in pairs(self.mine) do
      ids[#ids + 1] = id
    end
  end
  local is_done, message, why = session.write(self, function(connection)
    for _, id in ipairs(ids) do
      connection:change(RELEASE, self.base_url, self.owner, id)
    end
    return true
  end)
  for _, id in ipairs(is_done and ids or {}) do
    self.mine[id] = nil
  end
  return is_done, message, why
end

return M
