--- A store and fork(): the child opens its own, and the parent's goes on.

local lua_process = require "spec.support.lua_process"
local postgresql = require "spec.support.postgresql"
local scratch = require "spec.support.scratch"

local PROGRAM = [[
  local url, path = ...
  local parts = require "kling_parts"
  local store = require "kling.store"
  local function add(opened, id)
    return assert(opened:add { external_task_id = id, request = {} })
  end
  local function session(opened) -- PostgreSQL's
    return not path and opened.connection:rows("SELECT pg_backend_pid() AS id")[1].id
  end
  local inherited = assert(store.open(url))
  local before = session(inherited)
  add(inherited, "parent")
  inherited:release()
  local child = parts.fork()
  if child == 0 then
    print(select(2, pcall(function() local found = inherited:pending() return found end)))
    inherited:close() -- harmless
    local own = assert(store.open(url))
    print("child sees " .. #own:pending())
    add(own, "child")
    if path then
      -- Alone with the file it would take the log away from a child that holds no lock.
      os.execute("kill -STOP " .. require("kling.core").pid())
    end
    add(own, "child, later")
    if path then
      os.exit(0) -- without closing, which would put right what went into a log that was taken away
    end
    own:close()
    return
  end
  if path then
    while not io.open("/proc/" .. child .. "/stat"):read "*a":find ") T " do end
    inherited:close()
    os.execute("sqlite3 " .. path .. " 'SELECT count(*) FROM tasks'")
    os.execute("kill -CONT " .. child)
  end
  print("child ended with " .. parts.wait(child))
  local after = path and assert(store.open(url)) or inherited
  print("parent sees " .. #after:pending())
  print(session(after) == before and "same session" or "another session")
  after:close()
]]

local RAISED = "^.*program.lua:%d+: store was opened before fork%(%); open one in this process$"

local function lines_of(text)
  local lines = {}
  for line in text:gmatch "([^\n]*)\n" do
    lines[#lines + 1] = line
  end
  return lines
end

describe("after a fork", function()
  it("a store in SQLite is opened anew, and locks as it should", function()
    local folder = scratch.new()
    local path = folder .. "/tasks.db"
    local lines = lines_of(lua_process.run(PROGRAM, { "sqlite:" .. path, path }))
    assert.matches(RAISED, lines[1])
    assert.same({ "child sees 1", "2", "child ended with 0", "parent sees 3" },
      { lines[2], lines[3], lines[4], lines[5] })
    scratch.remove(folder)
  end)

  it("a store in PostgreSQL is opened anew, and the parent's connection goes on", function()
    local server = postgresql.start()
    if not server then
      pending "needs PostgreSQL"
      return
    end
    local lines = lines_of(lua_process.run(PROGRAM, { "'" .. server.url .. "'" }))
    server:stop()
    assert.matches(RAISED, lines[1])
    assert.same({ "child sees 1", "child ended with 0", "parent sees 3", "same session" },
      { lines[2], lines[3], lines[4], lines[5] })
  end)
end)
