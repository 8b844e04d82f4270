--- What each call on a store does around its SQL: one transaction, the failure, what time it is.

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

--- What `work(connection)` returns, its first value being non-nil; or nil, message, failure.
function M.write(store, work, known)
  return give(store, known, store.connection:transact(work))
end

--- The same without a transaction.
function M.read(store, work, known)
  return give(store, known, store.connection:read(work))
end

--- Unix seconds of the clock that all who share the store go by.
function M.now(store, connection)
  return store.clock and store.clock() or connection.dialect.now(connection)
end

return M
