--- Which files of a task were saved whole.

local session = require "kling.store.session"

local M = {}

local EXISTS = { task_state = "exists", billed = "yes" }

local SAVED = [[
  INSERT INTO files (base_url, external_task_id, path, format, bytes, sha256, duration, saved_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (base_url, external_task_id, path) DO UPDATE SET format = excluded.format,
    bytes = excluded.bytes, sha256 = excluded.sha256, duration = excluded.duration,
    saved_at = excluded.saved_at]]

function M:saved(id, file)
  return session.write(self, function(connection)
    connection:change(SAVED, self.base_url, id, file.path, file.format, file.bytes, file.sha256,
      file.duration, session.now(self, connection))
    return true
  end, EXISTS)
end

local FILES = "SELECT format, path, bytes, sha256, duration FROM files "
  .. "WHERE base_url = ? AND external_task_id = ? ORDER BY path"

function M:files(id)
  return session.read(self, function(connection)
    local rows = connection:rows(FILES, self.base_url, id)
    for _, row in ipairs(rows) do
      row.bytes = math.floor(row.bytes) -- an integer again, where there are such
    end
    return rows
  end, EXISTS)
end

return M
