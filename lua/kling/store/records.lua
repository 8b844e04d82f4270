--- Rows of tasks as programs see them.

local cjson = require "cjson.safe"
local utf8 = require "kling.utf8"

local json = cjson.new() -- cjson's settings are global to an instance

local M = {}

M.COLUMNS = "external_task_id, task_id, state, request, fingerprint, failure, result, created_at, "
  .. "sent_at, updated_at, ended_at, owner, lease, lease_until"

local ENDED = { succeeded = true, failed = true, cancelled = true }

function M.is_end(state)
  return ENDED[state] or false
end

-- A lease that goes on for longer than its owner can have wanted was given before the clock was set
-- back. Twice as long: a clock that is put right by a little takes no task from the living.
M.FREE = "(owner IS NULL OR lease_until <= ? OR lease_until > ? + 2 * lease)"

local function is_free(row, now)
  return not row.owner or row.lease_until <= now
    or row.lease ~= nil and row.lease_until > now + 2 * row.lease
end

--- A row as a record. `is_free`: nobody's lease lasts beyond `now`.
function M.from_row(row, store, now)
  row.request = json.decode(row.request) or {}
  row.is_ours = row.owner == store.owner
  row.is_free = is_free(row, now)
  row.lease = nil
  return row
end

-- For who reads the table: cjson writes a slash as \/, and every one of them.
function M.encode(request)
  return (json.encode(request):gsub("\\/", "/"))
end

-- What came over the network: PostgreSQL takes no text that is not UTF-8, and LuaDBI cuts at a NUL.
function M.clean(text)
  if text and (text:find("\0", 1, true) or not utf8.length(text)) then
    return (text:gsub("[%z\128-\255]", "?"))
  end
  return text
end

return M
