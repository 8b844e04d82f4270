--- Tables of every version there was become today's, and nothing half.

local connection = require "kling.store.connection"
local schema = require "kling.store.schema"
local scratch = require "spec.support.scratch"
local sqlite = require "kling.store.sqlite"
local store = require "kling.store"

-- As version 1 wrote it. Never changed: that is what is out there.
local VERSION_1 = [[
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
  INSERT INTO meta VALUES ('version', '1');
  CREATE TABLE tasks (
    base_url TEXT NOT NULL, external_task_id TEXT NOT NULL, task_id TEXT, state TEXT NOT NULL,
    request TEXT NOT NULL, fingerprint TEXT, failure TEXT, result TEXT,
    created_at DOUBLE PRECISION NOT NULL, sent_at DOUBLE PRECISION,
    updated_at DOUBLE PRECISION NOT NULL, ended_at DOUBLE PRECISION,
    owner TEXT, lease_until DOUBLE PRECISION,
    PRIMARY KEY (base_url, external_task_id));
  CREATE INDEX tasks_pending ON tasks (base_url, created_at) WHERE ended_at IS NULL;
  CREATE INDEX tasks_by_task_id ON tasks (base_url, task_id);
  CREATE INDEX tasks_by_fingerprint ON tasks (base_url, fingerprint);
  CREATE INDEX tasks_by_sent_at ON tasks (base_url, sent_at);
  CREATE TABLE files (
    base_url TEXT NOT NULL, external_task_id TEXT NOT NULL, path TEXT NOT NULL,
    format TEXT NOT NULL, bytes DOUBLE PRECISION NOT NULL, sha256 TEXT,
    duration DOUBLE PRECISION, saved_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (base_url, external_task_id, path));
  CREATE TABLE gateways (
    base_url TEXT PRIMARY KEY, external_query TEXT, list TEXT, probe TEXT, histogram TEXT);
  INSERT INTO tasks (base_url, external_task_id, task_id, state, request, created_at, updated_at,
    owner, lease_until)
    VALUES ('https://b.example', 'old', '7', 'processing', '{"video_id":"1"}', 5.5, 6, 'gone', 66);
  INSERT INTO files VALUES ('https://b.example', 'old', 'a.mp3', 'mp3', 9, NULL, NULL, 7);
]]

describe("the schema of the store", function()
  local folder, path

  before_each(function()
    folder = scratch.new()
    path = folder .. "/tasks.db"
    local program = assert(io.popen("sqlite3 -bail " .. path, "w"))
    program:write(VERSION_1)
    program:close()
  end)

  after_each(function()
    scratch.remove(folder)
  end)

  it("of version 1 is brought up, with what is in it", function()
    local opened = assert(store.open("sqlite:" .. path, { base_url = "https://b.example" }))
    local record = opened:take()[1]
    assert.same({ "old", "7", "processing", { video_id = "1" }, 5.5 }, { record.external_task_id,
      record.task_id, record.state, record.request, record.created_at })
    assert.same({ { path = "a.mp3", format = "mp3", bytes = 9 } }, opened:files "old")
    assert.is_true(opened:add { external_task_id = "new", request = {} })
    assert.is_true(opened:learn { roundup = "works" })
    opened:close()
  end)

  describe("brought up by a new step", function()
    local live

    before_each(function()
      live = connection.new(sqlite, path)
    end)

    after_each(function()
      live:close()
    end)

    local function bring_up(...)
      local steps = { schema.steps[1], { ... } }
      return live:transact(function()
        return schema.bring_up(live, steps)
      end)
    end

    local function version()
      return live:rows("SELECT value FROM meta")[1].value
    end

    it("has that step's tables, and is of its version", function()
      assert.is_true(bring_up("ALTER TABLE tasks ADD COLUMN cost TEXT",
        "UPDATE tasks SET cost = 'x'"))
      assert.equal("2", version())
      assert.equal("x", live:rows("SELECT cost FROM tasks")[1].cost)
      assert.is_true(bring_up "never run again")
    end)

    it("is what it was when the step fails half-way", function()
      local result, problem = bring_up("ALTER TABLE tasks ADD COLUMN cost TEXT", "nonsense")
      assert.is_nil(result)
      assert.matches("nonsense", problem)
      assert.equal("1", version())
      assert.is_nil(live:rows("SELECT * FROM tasks")[1].cost)
      assert.is_true(bring_up "ALTER TABLE tasks ADD COLUMN cost TEXT")
    end)
  end)
end)
