--- SQLite: the embedded default. For processes of one machine, on a local disk.

local connection = require "kling.store.connection"
local core = require "kling.core"

local M = {
  driver = "dbd.sqlite3",
  packages = "lua-dbi-sqlite3 on Debian, luadbi-sqlite3 on LuaRocks",
  begin = "BEGIN IMMEDIATE", -- a transaction that reads first could not become a writing one later
  lock_rows = "",
}

--- The file's path, or nil and what is wrong with it.
function M.parse(path)
  if path == "" or path == ":memory:" or path:find "^//[^/]" or path:find("\0", 1, true) then
    return nil, "sqlite:PATH of a file expected"
  end
  return path, path
end

-- Made here and not by SQLite: what was asked for belongs to whoever asked. The log beside it gets
-- the same rights.
function M.connect(path)
  local ok, problem = core.create_private(path)
  if not ok then
    return nil, problem
  end
  return require("DBI").Connect("SQLite3", path)
end

local BUSY_MS = 1000 -- how long the host may be held up by another process's transaction

local TRIES = 10

-- SQLite does not wait for others here: two that open a new file at once would fail. It waits
-- where a transaction begins.
local function use_log(self, tries)
  if self:rows("PRAGMA journal_mode")[1].journal_mode == "wal" then
    return
  end
  local ok, problem = pcall(self.rows, self, "PRAGMA journal_mode = WAL")
  if not ok and tries == 1 then
    error(problem, 0)
  elseif not ok then
    self:change "BEGIN EXCLUSIVE"
    self:change "COMMIT"
    use_log(self, tries - 1)
  end
end

function M.set_up(self)
  self:rows("PRAGMA busy_timeout = " .. BUSY_MS)
  use_log(self, TRIES)
  self:change "PRAGMA synchronous = FULL" -- sync at each COMMIT
end

--- Does a table of ours exist?
function M.has_table(self, name)
  local sql = "SELECT 1 AS found FROM sqlite_master WHERE type = 'table' AND name = ?"
  return #self:rows(sql, name) > 0
end

-- BEGIN IMMEDIATE has locked all there is.
function M.lock_all() end

function M.now()
  return core.wall()
end

function M.bind(value)
  return value
end

M.inherit = connection.drop

return M
