--- What speaks for or against the client: the emulator's books, and the files on disk.

local core = require "kling.core"
local lfs = require "lfs"

local M = {}

local EXTENSIONS = { "mp3", "wav", "mp4" }

--- External id -> the ids of the tasks that were billed for it.
function M.bills(server)
  local bills = {}
  for _, entry in ipairs(server:ledger()) do
    local id = entry.external_task_id or "(none)"
    bills[id] = bills[id] or {}
    table.insert(bills[id], entry.task_id)
  end
  return bills
end

function M.read(path)
  local file = io.open(path, "rb")
  local bytes = file and file:read "*a"
  if file then
    file:close()
  end
  return bytes
end

--- The digests of a task's files; "missing" in place of one that is not there.
function M.digests(folder, task_id)
  local found = {}
  for i, extension in ipairs(EXTENSIONS) do
    local bytes = M.read(("%s/%s.%s"):format(folder, task_id, extension))
    found[i] = bytes and core.sha256(bytes) or "missing"
  end
  return table.concat(found, " ")
end

--- Names in a folder that no finished file has: what an earlier death left behind.
function M.litter(folder)
  local names = {}
  for name in lfs.dir(folder) do
    if not name:match "^%.*$" and not name:match "^%w+%.%w+$" then
      names[#names + 1] = name
    end
  end
  table.sort(names)
  return names
end

--- The name of a file in `folder` that has `text` in it; nil when none has.
function M.holding(folder, text)
  for name in lfs.dir(folder) do
    local bytes = M.read(folder .. "/" .. name)
    if bytes and bytes:find(text, 1, true) then
      return name
    end
  end
end

return M
