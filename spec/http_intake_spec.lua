--- New connections are let in a few at a time: over TLS each costs whoever steps some milliseconds.

local core = require "kling.core"
local cqueues = require "cqueues"
local lfs = require "lfs"

local emulator = require "spec.support.emulator"
local quick = require "spec.support.quick"
local raw_server = require "spec.support.raw_server"

local MANY = 16
local FEW = 2
local TASKS = 100

-- Of this process; the emulator has its own.
local function sockets()
  local count = 0
  for name in lfs.dir "/proc/self/fd" do
    local target = lfs.symlinkattributes("/proc/self/fd/" .. name, "target")
    count = count + (target and target:match "^socket:" and 1 or 0)
  end
  return count
end

-- Step until `is_done()`. How many sockets more there are then, and the most that one step opened.
local function grow(client, is_done)
  collectgarbage()
  collectgarbage() -- those of requests to the emulator
  local first = sockets()
  local now, most = first, 0
  local deadline = core.now() + quick.PATIENCE
  repeat
    local before = now
    client:step(0)
    now = sockets()
    most = math.max(most, now - before)
  until is_done(now - first) or core.now() > deadline
  return now - first, most
end

local function attach_many(client)
  for i = 1, TASKS do
    client:attach(("8781062428%08d"):format(i))
  end
end

describe("new connections", function()
  after_each(quick.close_all)

  it("are a few as long as none has come about, and nobody spins meanwhile", function()
    local raw = raw_server.start(function()
      cqueues.sleep(quick.PATIENCE)
    end, "https")
    local client = quick.client(raw, { max_requests = MANY })
    attach_many(client)
    for _ = 1, 50 do
      client:step(0.001)
      raw:step()
    end
    assert.is_true(raw.connections > 0 and raw.connections <= FEW)
    assert.is_true(client:timeout() > 0)
    client:close()
    raw:stop()
  end)

  describe("to a service with HTTP/1.1", function()
    local server

    setup(function()
      server = emulator.start { tls = true, http2 = false, clock = "manual" }
    end)

    teardown(function()
      server:stop()
    end)

    before_each(function()
      server:reset()
      server:fault { name = "stall", on = "query", bytes = 1, times = 1000 }
    end)

    it("are as many as may be in flight, opened a few in each step", function()
      local client = quick.client(server, { max_requests = MANY })
      assert(client:list())
      attach_many(client)
      local opened, most = grow(client, function(count)
        return count == MANY - 1 -- one was open
      end)
      assert.equal(MANY - 1, opened)
      assert.is_true(most <= FEW)
    end)

    it("that a cancelled task has waited for are there for others", function()
      local client = quick.client(server, { max_requests = MANY })
      local jobs = {}
      for i = 1, FEW do
        jobs[i] = client:attach(tostring(i))
      end
      client:step(0)
      for i = 1, FEW do
        client:cancel(jobs[i])
      end
      assert(client:list())
    end)
  end)

  describe("to a service with HTTP/2", function()
    it("is one for all", function()
      local server = emulator.start { tls = true, clock = "manual" }
      finally(function()
        server:stop()
      end)
      local client = quick.client(server, { max_requests = MANY })
      attach_many(client)
      quick.drive(client, function()
        return #server:log() >= TASKS
      end)
      local log = server:log()
      for _, entry in ipairs(log) do
        assert.equal(log[1].connection, entry.connection)
      end
    end)
  end)
end)
