--- PostgreSQL: for a fleet. The server's clock decides on leases.

local records = require "kling.store.records"

local M = {
  driver = "dbd.postgresql",
  packages = "lua-dbi-postgresql on Debian, luadbi-postgresql on LuaRocks",
  begin = "BEGIN ISOLATION LEVEL READ COMMITTED",
  lock_rows = "FOR UPDATE SKIP LOCKED",
}

-- A server that is gone must not hold up the host for the minutes that TCP would.
local CONNECT_SECONDS, SILENT_MS = 5, 10000

local function with_limits(url)
  local limits = ("connect_timeout=%d&tcp_user_timeout=%d"):format(CONNECT_SECONDS, SILENT_MS)
  local base, query = url:match "^([^?]*)%??(.*)$"
  return base .. "?" .. limits .. (query ~= "" and "&" .. query or "") -- libpq: the last one counts
end

--- What libpq connects to, and a name without the password; or nil and what is wrong.
function M.parse(_, url)
  local user, host = url:match "^%a+://([^:@/?]*)[^@/?]*@([^?]*)"
  if not user then
    host = url:match "^%a+://([^?]*)"
  end
  local is_encoded = not url:gsub("%%%x%x", ""):find "[%%%s]"
  if host:find "@" or not is_encoded then -- libpq would quote the password in what it says of this
    return nil, "postgresql://user:password@host:port/database expected, percent-encoded"
  end
  return with_limits(url), "postgresql://" .. (user and user .. "@" or "") .. host
end

-- LuaDBI hands its first argument to libpq as it is, which takes a whole URL there.
function M.connect(url)
  return require("DBI").Connect("PostgreSQL", url)
end

-- Our tables are in a schema of their own: their names are plain ones, and the database is shared.
local SET_UP = [[
  SELECT set_config('client_encoding', 'UTF8', false),
    set_config('client_min_messages', 'error', false),
    set_config('lock_timeout', '1s', false),
    set_config('statement_timeout', '10s', false),
    set_config('search_path', 'kling', false),
    set_config('synchronous_commit',
      CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'
      ELSE current_setting('synchronous_commit') END, false)]]

function M.set_up(self)
  self:rows(SET_UP)
end

--- One process at a time; the others wait for the end of its transaction.
function M.lock_all(self)
  self:rows "SELECT pg_advisory_xact_lock(hashtext('kling'))"
  if #self:rows "SELECT 1 FROM pg_namespace WHERE nspname = 'kling'" == 0 then
    self:change "CREATE SCHEMA kling"
  end
end

--- Does a table of ours exist?
function M.has_table(self, name)
  return self:rows("SELECT to_regclass('kling.' || ?) IS NOT NULL AS found", name)[1].found
end

function M.now(self)
  return self:rows("SELECT extract(epoch FROM clock_timestamp()) AS now")[1].now
end

-- Lua's own text of a number loses digits, and says 1.0 where a whole number is wanted. One text
-- that the server does not take, an id or a path, would keep out all others of its transaction.
function M.bind(value)
  if type(value) == "number" then
    return ("%.17g"):format(value)
  end
  return type(value) == "string" and records.clean(value) or value
end

-- Without a metatable there is no finalizer, which would end the session of the parent's.
function M.inherit(self)
  for _, statement in pairs(self.statements) do
    debug.setmetatable(statement, nil)
  end
  if self.raw then
    debug.setmetatable(self.raw, nil)
  end
end

return M
