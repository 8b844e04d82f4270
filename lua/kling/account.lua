--- What the store knows of a job beside what the job says itself: methods of the client's side of
-- the store (tasks.lua).

local M = {}

--- What the store knows of why a job ended.
function M:explain(facts)
  local entry = self:entry_of(facts.external_task_id)
  for name, value in pairs(entry and entry.why or {}) do
    facts[name] = value
  end
end

-- The words of a row's state for those who wait for another process.
local SEEN = { sending = "submitting", unresolved = "submitting" }

--- What the store knows of a job that runs: its state, if it is another's; and `info.warning`.
function M:amend(state, info)
  local entry = self.parked[info.external_task_id or ""]
  if entry then
    info.task_id = info.task_id or entry.task_id
    info.warning = "another process runs this task"
    state = SEEN[entry.state] or entry.state
  end
  if self.problem and not self.is_closed then
    info.warning = self.problem
  end
  return state
end

-- --- files ---

--- For save.lua: false when the file could not be written down.
function M:add_file(client, result, file)
  if not self:is_usable() then
    return false -- on_change has closed the client
  end
  local record, message = self.store:by_task_id(result.task_id)
  local done = record
  if record then
    done, message = self.store:saved(record.external_task_id, file)
  end
  if done == nil then
    self:suffer(client, message)
    return false
  end
  return true
end

--- For save.lua: what is known of a file that was saved under this path.
function M:find_file(result, path)
  local record = self:is_usable() and self.store:by_task_id(result.task_id)
  for _, file in ipairs(record and self.store:files(record.external_task_id) or {}) do
    if file.path == path then
      return file
    end
  end
end

return M
