--- A store in PostgreSQL on a day when things go wrong.

local lua_process = require "spec.support.lua_process"
local postgresql = require "spec.support.postgresql"
local store = require "kling.store"

describe("a store in PostgreSQL", function()
  local server = postgresql.start()
  if not server then
    pending "needs PostgreSQL"
    return
  end

  local admin = assert(require("DBI").Connect("PostgreSQL", server.url))
  admin:autocommit(true)

  local opened

  local function query(sql)
    local statement = assert(admin:prepare(sql))
    assert(statement:execute())
    local row = statement:fetch()
    statement:close()
    return row and row[1]
  end

  local function open(clock, user)
    local url = server.url:gsub("kling@", (user or "kling") .. "@")
    return store.open(url, { base_url = "https://b.example", clock = clock })
  end

  local function add(id)
    return opened:add { external_task_id = id, request = {} }
  end

  local function session()
    return opened.connection:rows("SELECT pg_backend_pid() AS id")[1].id
  end

  local function kill(id)
    query(("SELECT pg_terminate_backend(%d, 5000)"):format(id))
  end

  local function assert_fails(pattern, is_retryable, result, message, failure)
    assert.is_nil(result)
    assert.matches(pattern, message)
    assert.matches("^cannot use the store of tasks: postgresql://%a+@/postgres: ", message)
    assert.same({ "io", "store", is_retryable },
      { failure.code, failure.operation, failure.retryable })
  end

  after_each(function()
    if opened then
      opened:close()
      opened = nil
    end
  end)

  teardown(function()
    admin:close()
    server:stop()
  end)

  it("keeps to a schema of its own, and to the server's clock", function()
    opened = assert(open())
    assert.is_true(add "clock")
    assert.equal(0, query "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    assert.equal(1, query [[SELECT count(*) FROM kling.tasks
      WHERE abs(created_at - extract(epoch FROM now())) < 60]])
  end)

  it("takes ids and paths that are no UTF-8, as well as that can be done", function()
    opened = assert(open())
    local odd = "caf\233"
    assert.is_true(add "odd")
    assert.is_true(opened:update("odd", { state = "submitted", task_id = odd }))
    assert.is_true(opened:saved("odd", { format = "mp3", path = odd .. "/1.mp3", bytes = 7 }))
    assert.is_true(opened:learn { probe = odd })
    assert.equal("odd", opened:by_task_id(odd).external_task_id)
    assert.equal("caf?/1.mp3", opened:files("odd")[1].path)
    assert.is_true(opened:update("odd", { state = "cancelled" }))
  end)

  it("connects once more when its connection was lost", function()
    opened = assert(open())
    local before = session()
    kill(before)
    assert.is_true(add "lost")
    assert.is_true(opened:get("lost").is_ours)
    assert.are_not.equal(before, session())
  end)

  it("does it all again when its connection was lost half-way, and nothing twice", function()
    local first, asked
    opened = assert(open(function()
      asked = (asked or 0) + 1
      first = first or session()
      if asked == 1 then
        kill(first)
      end
      return 1e9
    end))
    assert.is_true(add "half-way")
    assert.is_true(asked > 1)
    assert.equal(1, query "SELECT count(*) FROM kling.tasks WHERE external_task_id = 'half-way'")
  end)

  describe("whose COMMITs are done and never answered", function()
    local function count()
      return query "SELECT count(*) FROM kling.tasks WHERE external_task_id = 'unanswered'"
    end

    -- From now on, so many times.
    local function lose_answers(times)
      local change = opened.connection.change
      opened.connection.change = function(self, sql, ...)
        local changed = change(self, sql, ...)
        if sql == "COMMIT" and times > 0 then
          times = times - 1
          kill(session())
          session() -- raises, and is lost
        end
        return changed
      end
    end

    before_each(function()
      opened = assert(open())
    end)

    after_each(function()
      query "DELETE FROM kling.tasks WHERE external_task_id = 'unanswered'"
    end)

    it("has added a task once", function()
      lose_answers(1)
      assert.is_true(add "unanswered")
      assert.equal(1, count())
    end)

    it("forgets a task that it had to say was not added", function()
      lose_answers(2)
      assert_fails("there is no connection", true, add "unanswered")
      assert.equal(1, count())
      assert.is_true(opened:renew())
      assert.equal(0, count())
    end)

    it("adds such a task when that is tried again", function()
      lose_answers(2)
      add "unanswered"
      assert.is_true(add "unanswered")
      assert.same({ unanswered = true }, (opened:sending { "unanswered" }))
    end)

    it("marks a task for sending once", function()
      assert.is_true(add "unanswered")
      local sent = opened:count_sent()
      lose_answers(1)
      assert.same({ unanswered = true },
        (opened:sending({ "unanswered" }, { count = sent + 1 })))
      assert.equal(sent + 1, opened:count_sent())
    end)
  end)

  it("fails while another locks its tables, and the next time works", function()
    opened = assert(open())
    query "BEGIN"
    query "LOCK TABLE kling.tasks"
    assert_fails("another process holds it locked", true, add "locked")
    query "ROLLBACK"
    assert.is_true(add "locked")
  end)

  it("cannot be opened by who may not", function()
    query "CREATE ROLE weak LOGIN"
    assert_fails("permission denied", false, open(nil, "weak"))
  end)

  it("cannot be opened where nothing can be written", function()
    query "CREATE ROLE reader SUPERUSER LOGIN"
    query "ALTER ROLE reader SET default_transaction_read_only = on"
    assert_fails("it is read%-only", false, open(nil, "reader"))
  end)

  it("made by a newer kling is not touched", function()
    assert(open()):close()
    local version = query "SELECT value FROM kling.meta"
    query "UPDATE kling.meta SET value = '99'"
    assert_fails("made by a newer kling", false, open())
    assert.equal("99", query "SELECT value FROM kling.meta")
    query("UPDATE kling.meta SET value = '" .. version .. "'")
  end)

  -- In a process of its own: LuaDBI keeps the socket of each connection that fails.
  it("never tells the password", function()
    local text = lua_process.run([[
      for _, rest in ipairs { ":secret@127.0.0.1:1/tasks", "@127.0.0.1:1/tasks?password=secret",
        ":secret@127.0.0.1:port/tasks", ":secret@127.0.0.1:1/tasks?nonsense=1" } do
        local _, message, failure = require("kling.store").open("postgresql://kling" .. rest)
        print(failure.code, message, failure.hint)
      end
    ]])
    assert.is_nil(text:find "secret")
    local _, count = text:gsub("io\tcannot use the store of tasks: postgresql://kling@127", "")
    assert.equal(4, count)
  end)

  it("cannot be opened by a stranger", function()
    local text = lua_process.run([[
      local _, message, failure = require("kling.store").open(...)
      print(message, failure.hint)
    ]], { "'" .. server.url:gsub("kling@", "nobody@") .. "'" })
    assert.matches("nobody@/postgres: there is no connection .*user, password and database", text)
  end)

  it("fails when the server is gone, and closes all the same", function()
    opened = assert(open())
    assert.is_true(add "last")
    admin:close()
    server:stop()
    assert_fails("there is no connection", true, add "gone")
    assert_fails("there is no connection", true, opened:pending())
    opened:close()
  end)
end)
