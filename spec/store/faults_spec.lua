--- A store in SQLite on a day when things go wrong: a clear failure, before money is spent.

local lfs = require "lfs"

local lua_process = require "spec.support.lua_process"
local scratch = require "spec.support.scratch"
local store = require "kling.store"

local BASE = "https://service.example"

-- Opens a store and adds tasks until that fails, or `count` are in; says how it ended.
local FILL = [[
  local path, count = ...
  local store = require "kling.store"
  local opened, message, failure = store.open("sqlite:" .. path, { base_url = "https://b.example" })
  local added = 0
  while opened and added < tonumber(count) and not failure do
    local is_added
    is_added, message, failure = opened:add { external_task_id = "task-" .. added,
      request = { video_url = "https://example.com/" .. ("x"):rep(2000) } }
    added = added + (is_added and 1 or 0)
  end
  print(opened and "opened" or "not opened")
  print(failure and table.concat({ failure.code, failure.task_state, failure.billed }, " "))
  print(failure and message or "")
  print(failure and failure.hint or "")
  if opened then
    print(#opened:pending() == added and "all there" or "some lost")
  end
]]

local function outcome(text)
  local lines = {}
  for line in text:gmatch "([^\n]*)\n" do
    lines[#lines + 1] = line
  end
  return lines
end

describe("a store in SQLite", function()
  local folder, path, url

  before_each(function()
    folder = scratch.new()
    path = folder .. "/tasks.db"
    url = "sqlite:" .. path
  end)

  after_each(function()
    scratch.remove(folder)
  end)

  local function open()
    return store.open(url, { base_url = BASE })
  end

  local function sqlite3(sql)
    local program = assert(io.popen(("sqlite3 %s \"%s\" 2>&1"):format(path, sql)))
    local text = program:read "*a"
    program:close()
    return text
  end

  local function add(opened, id)
    return opened:add { external_task_id = id, request = { video_url = "https://e.example/a/b" } }
  end

  local function assert_fails(pattern, hint, result, message, failure)
    assert.is_nil(result)
    assert.matches(pattern, message)
    assert.equal(message, tostring(failure))
    assert.same({ "io", "store", "not-created", "no" },
      { failure.code, failure.operation, failure.task_state, failure.billed })
    assert.matches(hint, failure.hint)
    return failure
  end

  it("is nobody else's to read", function()
    local opened = assert(open())
    add(opened, "a")
    for _, name in ipairs(scratch.names(folder)) do
      assert.equal("rw-------", lfs.attributes(folder .. "/" .. name, "permissions"), name)
    end
    assert.same({ "tasks.db", "tasks.db-shm", "tasks.db-wal" }, scratch.names(folder))
    opened:close()
    assert.same({ "tasks.db" }, scratch.names(folder))
  end)

  it("is nobody else's to read where a link leads to it", function()
    assert(lfs.link("elsewhere.db", path, true))
    local opened = assert(open())
    add(opened, "a")
    opened:close()
    assert.equal("rw-------", lfs.attributes(folder .. "/elsewhere.db", "permissions"))
    assert.equal("link", lfs.symlinkattributes(path, "mode"))
  end)

  it("syncs at each commit, and can be read by sqlite3", function()
    local opened = assert(open())
    add(opened, "a")
    assert.equal(2, opened.connection:rows("PRAGMA synchronous")[1].synchronous) -- FULL
    assert.equal("wal", opened.connection:rows("PRAGMA journal_mode")[1].journal_mode)
    assert.equal('a|queued|{"video_url":"https://e.example/a/b"}\n',
      sqlite3 "SELECT external_task_id, state, request FROM tasks")
    opened:close()
  end)

  it("cannot be in a folder that is not there", function()
    url = "sqlite:" .. folder .. "/nowhere/tasks.db"
    assert_fails("cannot use the store of tasks: .*/nowhere/tasks.db: No such file or directory$",
      "Check the store", open())
  end)

  it("cannot be a file of another kind, which is left as it was", function()
    local text = ("This is a diary.\n"):rep(500)
    scratch.write(path, text)
    assert_fails("is no SQLite database %(file is not a database%)$", "Name another file", open())
    assert.equal(text, scratch.read(path))
  end)

  it("says so when it is damaged", function()
    local opened = assert(open())
    for i = 1, 200 do
      add(opened, "task-" .. i)
    end
    opened:close()
    local content = scratch.read(path)
    scratch.write(path, content:sub(1, 4096) .. ("\255"):rep(#content - 4096))
    assert_fails("the file is damaged %(database disk image is malformed%)$", "restore a copy",
      open())
  end)

  it("says so when a part of it is missing", function()
    local opened = assert(open())
    for i = 1, 200 do
      add(opened, "task-" .. i)
    end
    opened:close()
    scratch.write(path, scratch.read(path):sub(1, 20000))
    assert_fails("damaged", "restore a copy", open())
  end)

  it("fails when its disk is full, and goes on when it is not", function()
    local opened = assert(open())
    local pages = opened.connection:rows("PRAGMA page_count")[1].page_count
    opened.connection:rows("PRAGMA max_page_count = " .. pages)
    local added, message, failure, count = true, nil, nil, -1
    while added do
      count = count + 1
      added, message, failure = add(opened, ("long"):rep(100) .. count)
    end
    local failed = assert_fails("the disk is full", "Free space", added, message, failure)
    assert.is_true(failed.retryable)
    assert.equal(count, #opened:pending())
    opened.connection:rows("PRAGMA max_page_count = " .. pages + 100)
    assert.is_true(add(opened, ("long"):rep(100) .. count))
    opened:close()
  end)

  -- A command to run another under, with a small disk in the folder; nil where one may not mount.
  local function on_small_disk(size, filler)
    local script = ("mount -t tmpfs -o size=%s none %s && head -c %d /dev/zero >%s/filler"):format(
      size, folder, filler, folder)
    local wrap = ("unshare -m sh -c '%s && exec \"$@\"' sh"):format(script)
    return os.execute(wrap .. " true >/dev/null 2>&1") == os.execute "true" and wrap or nil
  end

  it("on a real full disk loses nothing that it said was there", function()
    local wrap = on_small_disk("300k", 0)
    if not wrap then
      pending "may not mount"
      return
    end
    local lines = outcome(lua_process.run(FILL, { path, 1000 }, wrap))
    assert.same({ "opened", "io not-created no", "all there" }, { lines[1], lines[2], lines[5] })
    assert.matches("tasks.db: the disk is full", lines[3])
  end)

  it("cannot be opened on a full disk", function()
    local wrap = on_small_disk("8k", 8192)
    if not wrap then
      pending "may not mount"
      return
    end
    local lines = outcome(lua_process.run(FILL, { path, 1 }, wrap))
    assert.same({ "not opened", "io not-created no" }, { lines[1], lines[2] })
  end)

  describe("that may not be written", function()
    -- Root may, unless it lets go of that.
    local wrap = "setpriv --bounding-set=-dac_override --inh-caps=-dac_override"

    before_each(function()
      assert(open()):close()
    end)

    it("fails when it is opened: the file", function()
      os.execute("chmod 400 " .. path)
      local lines = outcome(lua_process.run(FILL, { path, 1 }, wrap))
      assert.same({ "not opened", "io not-created no" }, { lines[1], lines[2] })
      assert.matches("it is read%-only %(attempt to write a readonly database%)$", lines[3])
      assert.matches("^Allow writing", lines[4])
    end)

    it("fails when it is opened: the folder", function()
      os.execute("chmod 500 " .. folder)
      local lines = outcome(lua_process.run(FILL, { path, 1 }, wrap))
      os.execute("chmod 700 " .. folder)
      assert.same({ "not opened", "io not-created no" }, { lines[1], lines[2] })
      assert.matches("tasks.db: it is read%-only", lines[3])
    end)
  end)

  it("fails while another process holds it locked, and the next time works", function()
    local opened = assert(open())
    local holder = lua_process.start([[
      local raw = require("DBI").Connect("SQLite3", ...)
      raw:autocommit(true)
      raw:prepare("BEGIN IMMEDIATE"):execute()
      print "locked"
      io.read()
    ]], { path })
    assert.equal("locked", holder:read())
    local failure = assert_fails("another process holds it locked %(database is locked%)$",
      "Try again", add(opened, "a"))
    assert.is_true(failure.retryable)
    assert_fails("locked", "Try again", open())
    assert.same({}, opened:pending()) -- reading goes on
    holder:close()
    assert.is_true(add(opened, "a"))
    opened:close()
  end)

  it("that is new waits for who else opens it", function()
    local holder = lua_process.start([[
      local raw = require("DBI").Connect("SQLite3", ...)
      raw:autocommit(true)
      raw:prepare("CREATE TABLE other (name TEXT)"):execute()
      raw:prepare("BEGIN EXCLUSIVE"):execute()
      print "locked"
      io.read()
    ]], { path })
    assert.equal("locked", holder:read())
    assert_fails("another process holds it locked", "Try again", open())
    holder:close()
    assert(open()):close()
  end)

  it("made by a newer kling is not touched", function()
    assert(open()):close()
    sqlite3 "UPDATE meta SET value = '99' WHERE name = 'version'"
    assert_fails("made by a newer kling %(its version is 99, this kling knows %d+%)$",
      "Update kling", open())
    assert.equal("99\n", sqlite3 "SELECT value FROM meta")
  end)

  it("is made anew where another program removed the file", function()
    assert(open()):close()
    os.remove(path)
    local opened = assert(open())
    assert.same({}, opened:pending())
    opened:close()
  end)
end)

describe("without LuaDBI", function()
  it("a store says what to install", function()
    local lines = outcome(lua_process.run([[
      package.preload.DBI = function() error "not there" end
      local opened, message, failure = require("kling.store").open "sqlite:tasks.db"
      print(opened)
      print(failure.code .. " " .. message)
      print(failure.hint)
    ]]))
    assert.same({ "nil", "io cannot use the store of tasks: tasks.db: LuaDBI is not installed",
      "Install it: lua-dbi-sqlite3 on Debian, luadbi-sqlite3 on LuaRocks." }, lines)
  end)
end)
