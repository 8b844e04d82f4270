--- The tables, and how those of an older version become today's.
--
-- The same words for SQLite and PostgreSQL. Times are Unix seconds; DOUBLE PRECISION because LuaDBI
-- reads whole numbers 32 bits wide.

local M = {}

-- Step n makes version n out of n - 1. A step that was released is never changed: add another.
M.steps = {
  {
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "INSERT INTO meta (name, value) VALUES ('version', '0')",
    [[CREATE TABLE tasks (
      base_url TEXT NOT NULL,
      external_task_id TEXT NOT NULL,
      task_id TEXT,
      state TEXT NOT NULL,
      request TEXT NOT NULL,
      fingerprint TEXT,
      failure TEXT,
      result TEXT,
      created_at DOUBLE PRECISION NOT NULL,
      sent_at DOUBLE PRECISION,
      updated_at DOUBLE PRECISION NOT NULL,
      ended_at DOUBLE PRECISION,
      owner TEXT,
      lease_until DOUBLE PRECISION,
      PRIMARY KEY (base_url, external_task_id))]],
    "CREATE INDEX tasks_pending ON tasks (base_url, created_at) WHERE ended_at IS NULL",
    "CREATE INDEX tasks_by_task_id ON tasks (base_url, task_id)",
    "CREATE INDEX tasks_by_fingerprint ON tasks (base_url, fingerprint)",
    "CREATE INDEX tasks_by_sent_at ON tasks (base_url, sent_at)",
    [[CREATE TABLE files (
      base_url TEXT NOT NULL,
      external_task_id TEXT NOT NULL,
      path TEXT NOT NULL,
      format TEXT NOT NULL,
      bytes DOUBLE PRECISION NOT NULL,
      sha256 TEXT,
      duration DOUBLE PRECISION,
      saved_at DOUBLE PRECISION NOT NULL,
      PRIMARY KEY (base_url, external_task_id, path))]],
    [[CREATE TABLE gateways (
      base_url TEXT PRIMARY KEY,
      external_query TEXT,
      list TEXT,
      probe TEXT,
      histogram TEXT)]],
  },
  { "ALTER TABLE tasks ADD COLUMN lease DOUBLE PRECISION" }, -- seconds: how long it was given for
  { "ALTER TABLE gateways ADD COLUMN roundup TEXT" },
}

local function version_of(connection)
  if not connection.dialect.has_table(connection, "meta") then
    return 0
  end
  local row = connection:rows("SELECT value FROM meta WHERE name = 'version'")[1]
  return row and tonumber(row.value) or 0
end

--- To be called in a transaction. True; or false, and why the tables cannot be used.
function M.bring_up(connection, steps)
  connection.dialect.lock_all(connection)
  local version = version_of(connection)
  if version > #steps then
    local text = "it was made by a newer kling (its version is %d, this kling knows %d)"
    return false, text:format(version, #steps)
  end
  for number = version + 1, #steps do
    for _, sql in ipairs(steps[number]) do
      connection:change(sql)
    end
  end
  -- Also when it is the same: what cannot be written is found out before it is needed.
  connection:change("UPDATE meta SET value = ? WHERE name = 'version'", tostring(#steps))
  return true
end

return M
