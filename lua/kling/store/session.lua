--- What each call on a store does around its SQL: one transaction, the failure, what time it is.

local core = require "kling.core"
local trouble = require "kling.store.trouble"

local M = {}

--- A failure's task_state and billed when nothing was sent for this call.
M.NOT_SENT = { task_state = "not-created", billed = "no" }

local function give(store, known, first, second)
  if first == nil then
    return trouble.give(store.name, second, known or M.NOT_SENT)
  end
  return first, second
end

local FORGET = "DELETE FROM tasks WHERE base_url = ? AND external_task_id = ? AND owner = ? "
  .. "AND state = 'queued' AND sent_at IS NULL"

-- An add that failed with its COMMIT unanswered may have been done. Its caller was told that there
-- is no such task, so nobody may find it here one day and send it.
local function forget_unsure(store, connection)
  for id in pairs(store.unsure) do
    connection:change(FORGET, store.base_url, id, store.owner)
  end
end

--- What `work(connection)` returns, its first value being non-nil; or nil, message, failure.
function M.write(store, work, known)
  local first, second = store.connection:transact(function(connection)
    forget_unsure(store, connection)
    return work(connection)
  end)
  if first ~= nil then
    store.unsure = {}
  end
  return give(store, known, first, second)
end

--- The same without a transaction.
function M.read(store, work, known)
  return give(store, known, store.connection:read(work))
end

--- Unix seconds of the clock that all who share the store go by.
function M.now(store, connection)
  local now = store.clock and store.clock() or connection.dialect.now(connection)
  store.ahead = now - core.wall() -- for Store:now
  return now
end

return M
