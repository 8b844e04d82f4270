--- One connection to a database through LuaDBI, whose traps end here.
--
-- LuaDBI 0.7 (dbd/*/statement.c, connection.c): it opens transactions by itself, and its commit()
-- hides that a COMMIT failed, so BEGIN and COMMIT are statements here; it returns some errors and
-- raises others; a statement of SQLite's that failed fails once more when it is used again; strings
-- are bound without a copy; integers are read 32 bits wide.

local core = require "kling.core"

local unpack = table.unpack or unpack -- luacheck: ignore 113 143

local M = {}

local Connection = {}
Connection.__index = Connection

-- What the database has against us, as opposed to an error of ours.
local Problem = {}

local function fail(text)
  error(setmetatable({ text = tostring(text) }, Problem), 0)
end

local function is_problem(value)
  return type(value) == "table" and getmetatable(value) == Problem
end

M.fail = fail

--- What a method of LuaDBI's returns, or nil and why not.
local function try(object, method, ...)
  local ok, result, problem = pcall(object[method], object, ...)
  if not ok then
    return nil, result
  end
  return result or nil, problem
end

local opened = setmetatable({}, { __mode = "k" }) -- connections, to be found again after a fork

-- SQLite remembers for the process which locks it holds: connections of the parent's must be closed
-- before one is opened here, or that one believes itself locked when it is not. No lock of the
-- parent's is lost: those belong to its process. A PostgreSQL connection is only forgotten:
-- closing it would say goodbye on the parent's socket.
local function let_go_of_inherited()
  for connection in pairs(opened) do
    if connection.pid ~= core.pid() then
      connection.dialect.inherit(connection)
      connection.raw, connection.statements = nil, {}
      opened[connection] = nil
    end
  end
end

--- Close what there is of it: statements first, SQLite keeps the connection open otherwise.
local function drop(self)
  for _, statement in pairs(self.statements) do
    try(statement, "close")
  end
  if self.raw then
    try(self.raw, "close")
  end
  self.statements, self.raw, self.bound = {}, nil, nil
end

M.drop = drop

local function open_raw(self)
  local raw, problem = self.dialect.connect(self.target)
  if not raw then
    fail(problem)
  end
  raw:autocommit(true) -- ends the transaction that LuaDBI has begun
  self.raw = raw
  self.dialect.set_up(self)
end

local FIRST_REST, LONGEST_REST = 0.5, 30 -- seconds

-- A server that is away may take its time to say nothing, with the whole program waiting; and each
-- connection that LuaDBI fails to make keeps its socket. So the next try waits, longer each time.
local function connect(self)
  if core.now() < self.rests_until then
    error(self.trouble, 0)
  end
  local ok, why = pcall(open_raw, self)
  if not ok then
    drop(self)
    self.trouble, self.rest = why, math.min(self.rest * 2, LONGEST_REST)
    self.rests_until = core.now() + self.rest
    error(why, 0)
  end
  self.rest = FIRST_REST
end

--- A connection that is made when it is first used, and once more when it was lost.
function M.new(dialect, target)
  let_go_of_inherited()
  local self = setmetatable({ dialect = dialect, target = target, pid = core.pid() }, Connection)
  self.statements, self.rest, self.rests_until = {}, FIRST_REST, 0
  opened[self] = true
  return self
end

local function prepare(self, sql)
  local statement = self.statements[sql]
  if not statement then
    local problem
    statement, problem = try(self.raw, "prepare", sql)
    if not statement then
      fail(problem)
    end
    self.statements[sql] = statement
  end
  return statement
end

local function execute(self, sql, ...)
  local statement = prepare(self, sql)
  local values, count = { ... }, select("#", ...)
  for i = 1, count do
    values[i] = self.dialect.bind(values[i])
  end
  self.bound = values -- SQLite reads them until the last row is fetched
  local ok, problem = try(statement, "execute", unpack(values, 1, count))
  if not ok then
    self.statements[sql] = nil
    try(statement, "close")
    fail(problem)
  end
  return statement
end

--- All rows: an unfinished statement would keep old pages of SQLite's log alive.
function Connection:rows(sql, ...)
  local statement, rows = execute(self, sql, ...), {}
  repeat
    local row, problem = try(statement, "fetch", true)
    if problem then
      fail(problem)
    end
    rows[#rows + 1] = row
  until not row
  return rows
end

--- How many rows a statement changed.
function Connection:change(sql, ...)
  return execute(self, sql, ...):affected()
end

local function perform(self, work, begin)
  if not self.raw then
    connect(self)
  end
  if not begin then
    return work(self)
  end
  self:change(begin)
  local first, second = work(self)
  self:change "COMMIT"
  return first, second
end

local function is_lost(self)
  return not (self.raw and try(self.raw, "ping"))
end

local function attempt(self, work, begin)
  local ok, first, second = pcall(perform, self, work, begin)
  if not ok and is_lost(self) then
    drop(self)
  elseif not ok and begin then
    pcall(self.change, self, "ROLLBACK") -- nothing to roll back when BEGIN failed
  end
  return ok, first, second
end

local function attempt_twice(self, work, begin)
  local was_connected = self.raw ~= nil
  local ok, first, second = attempt(self, work, begin)
  if not ok and is_problem(first) and was_connected and not self.raw then
    return attempt(self, work, begin) -- lost: once more, on a new connection
  end
  return ok, first, second
end

-- One call at a time: a finalizer of the program's may run in the midst of one, and call us.
local function run(self, work, begin)
  if self.is_busy then
    return nil, "it is in the midst of another call"
  end
  self.is_busy = true
  local ok, first, second = attempt_twice(self, work, begin)
  self.is_busy = false
  if self.is_closed then
    drop(self)
  end
  if ok then
    return first, second
  elseif is_problem(first) then
    return nil, first.text
  end
  error(first, 0)
end

--- What `work(connection)` returns, all it does being one transaction; or nil and the database's
--- words. It may run twice, the first time in vain; or, when a COMMIT went unanswered, not.
function Connection:transact(work)
  return run(self, work, self.dialect.begin)
end

--- The same for what only reads.
function Connection:read(work)
  return run(self, work)
end

--- Is it one of this process, not opened before a fork?
function Connection:is_ours()
  return self.pid == core.pid()
end

--- Safe twice, and in the midst of a call.
function Connection:close()
  self.is_closed = true
  if self:is_ours() and not self.is_busy then
    drop(self)
  end
end

return M
