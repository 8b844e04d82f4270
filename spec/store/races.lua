--- What holds however many processes use a store at once, whichever database is behind it.

local assert = require "luassert"
local busted = require "busted" -- a module does not see what busted gives to spec files

local lua_process = require "spec.support.lua_process"
local store = require "kling.store"

local it = busted.it

local PROCESSES, TASKS = 4, 60

-- Opens the store when told to, so that all do it at once; then does what it is told.
local WORKER = [[
  local url, base_url = ...
  local store = require "kling.store"
  print "ready"
  io.read()
  local opened, message = store.open(url, { base_url = base_url, lease = 60 })
  print(opened and "open" or message)
  local work = (loadstring or load)(io.read())(opened, print)
  print "done"
  io.read() -- closing gives back what was taken
  opened:close()
]]

local function start(url, base_url, work)
  local workers = {}
  for i = 1, PROCESSES do
    workers[i] = lua_process.start(WORKER, { "'" .. url .. "'", base_url })
  end
  for _, worker in ipairs(workers) do
    assert.equal("ready", worker:read())
  end
  for _, worker in ipairs(workers) do
    worker:write "go"
  end
  for _, worker in ipairs(workers) do
    assert.equal("open", worker:read())
  end
  for _, worker in ipairs(workers) do
    worker:write((work:gsub("\n", " ")))
  end
  return workers
end

--- What all workers print: word -> how many of them did.
local function gather(workers)
  local counts, total = {}, 0
  for _, worker in ipairs(workers) do
    local line = worker:read()
    while line and line ~= "done" do
      counts[line], total = (counts[line] or 0) + 1, total + 1
      line = worker:read()
    end
    assert.equal("done", line)
  end
  for _, worker in ipairs(workers) do
    worker:write "end" -- not just its input's end: those that were started later hold that open
    assert.equal("", worker:close())
  end
  return counts, total
end

local function specify_races(url)
  local count = 0

  local function fill(fields)
    count = count + 1
    local base_url = "https://race-" .. count .. ".example"
    local opened = assert(store.open(url, { base_url = base_url }))
    for i = 1, fields or TASKS do
      assert(opened:add { external_task_id = "task-" .. i, request = {} })
    end
    opened:close() -- gives them back
    return base_url
  end

  it("gives each task to one taker", function()
    local counts, total = gather(start(url, fill(), [[
      local opened, print = ...
      repeat
        local taken = assert(opened:take(7))
        for _, record in ipairs(taken) do print(record.external_task_id) end
      until #opened:pending() == 0 or not next(taken)
    ]]))
    for name, takers in pairs(counts) do
      assert.equal(1, takers, name)
    end
    assert.equal(TASKS, total)
  end)

  it("lets one of several add the same task", function()
    local counts = gather(start(url, fill(0), [[
      local opened, print = ...
      for i = 1, 30 do
        local added, other = opened:add { external_task_id = "task-" .. i, request = {} }
        print(added and "added " .. i or other.external_task_id)
      end
    ]]))
    for i = 1, 30 do
      assert.same({ 1, PROCESSES - 1 }, { counts["added " .. i], counts["task-" .. i] })
    end
  end)

  it("lets one of several add the same request", function()
    local counts = gather(start(url, fill(0), [[
      local opened, print = ...
      for i = 1, 30 do
        local record = { external_task_id = opened.owner .. i, request = {}, fingerprint = i .. "" }
        print(assert(opened:add(record, 1) ~= nil) and opened.mine[record.external_task_id]
          and "added " .. i or "same")
      end
    ]]))
    for i = 1, 30 do
      assert.equal(1, counts["added " .. i])
    end
  end)

  it("keeps to a limit that several come up against", function()
    local counts = gather(start(url, fill(0), [[
      local opened, print = ...
      for i = 1, 30 do
        local id = opened.owner .. i
        assert(opened:add { external_task_id = id, request = {} })
        local sent, over = opened:sending({ id }, { count = 50 })
        print(sent[id] and "sent" or over[id] and "over")
      end
    ]]))
    assert.same({ sent = 50, over = PROCESSES * 30 - 50 }, counts)
  end)

  it("fences off one that slept through its lease", function()
    local base_url = fill(0)
    local sleeper = assert(store.open(url, { base_url = base_url, lease = 0.01 }))
    assert(sleeper:add { external_task_id = "a", request = {} })
    local other = assert(store.open(url, { base_url = base_url, lease = 60 }))
    repeat
      local taken = assert(other:take())
    until #taken == 1
    assert.same({}, (sleeper:sending { "a" }))
    assert.is_false(sleeper:update("a", { state = "failed" }))
    assert.equal("queued", other:get("a").state)
    sleeper:close()
    other:close()
  end)
end

return specify_races
