--- The seam seen from the adapter's side: a loop of the spec's own, which writes down what it is
--- asked for.

local core = require "kling.core"
local emulator = require "spec.support.emulator"
local quick = require "spec.support.quick"
local scripted_loop = require "spec.support.scripted_loop"

local CLIP, PATIENCE = quick.CLIP, quick.PATIENCE
local LIFE = 10 -- seconds; longer than any task here lives

describe("an adapter", function()
  local server, loop

  setup(function()
    server = emulator.start { clock = "manual" }
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    server:reset()
    loop = scripted_loop()
  end)

  after_each(quick.close_all)

  local function submitted(client)
    local job = client:submit(CLIP)
    quick.until_state(client, job, "submitted")
    return job
  end

  it("is asked to pause for sane times alone", function()
    local client = quick.client(server, { loop = loop })
    local job = submitted(client)
    client:wait(job, 0.1)
    server:advance(LIFE)
    assert(client:wait(job, PATIENCE))
    assert.is_true(#loop.pauses > 0)
    for _, seconds in ipairs(loop.pauses) do
      assert.is_true(seconds >= 0 and seconds <= PATIENCE)
    end
  end)

  it("is not asked to pause longer than the wait lasts, nor than the client is idle", function()
    local slow = { first_poll = 60, poll_interval = 60, max_poll_interval = 60, loop = loop }
    local client = quick.client(server, slow)
    local job = submitted(client)
    local _, _, failure = client:wait(job, 0.05)
    assert.equal("timeout", failure.code)
    for _, seconds in ipairs(loop.pauses) do
      assert.is_true(seconds <= 0.05)
    end
    loop.pauses = {}
    loop.pause = function(_, seconds)
      loop.pauses[#loop.pauses + 1] = seconds
      error "enough"
    end
    pcall(client.wait, client, job, 1000)
    assert.is_true(loop.pauses[1] <= 70 and loop.pauses[1] > 30)
  end)

  it("is asked to pause for a time that a timer can have, also without a limit", function()
    local rare = { loop = loop, first_poll = 80000, max_poll_interval = 80000 }
    local client = quick.client(server, rare)
    local job = submitted(client)
    loop.pause = function(_, seconds)
      error(seconds, 0)
    end
    local _, seconds = pcall(client.wait, client, job, math.huge)
    assert.equal(3600, seconds)
  end)

  it("is not asked at all when there is nothing to wait for", function()
    local client = quick.client(server, { loop = loop })
    local job = submitted(client)
    client:cancel(job)
    loop.pauses = {}
    client:wait(job, 10)
    client:next({ job }, 10)
    client:poll(job)
    assert.same({}, loop.pauses)
  end)

  it("wakes those whose answer another one read", function()
    local client = quick.client(server, { loop = loop })
    local ended = 0
    for _ = 1, 5 do
      local job = submitted(client)
      loop:start(function()
        assert(client:wait(job, PATIENCE))
        ended = ended + 1
      end)
    end
    server:advance(LIFE)
    local wakes = loop.wakes
    loop:run()
    assert.equal(5, ended)
    assert.is_true(loop.wakes > wakes)
  end)

  local quiet = { first_poll = 60, poll_interval = 60, max_poll_interval = 60 }

  local function quiet_client(more)
    local options = { loop = loop }
    for _, source in ipairs { quiet, more or {} } do
      for name, value in pairs(source) do
        options[name] = value
      end
    end
    return quick.client(server, options)
  end

  it("wakes who waits for a job that is cancelled", function()
    local client = quiet_client()
    local job = submitted(client)
    local failure
    loop:start(function()
      failure = select(3, client:wait(job, PATIENCE))
    end)
    assert.is_nil(failure)
    client:cancel(job)
    loop:turn()
    assert.equal("cancelled", failure and failure.code)
  end)

  it("wakes who waits for a job of a client that is closed", function()
    local client = quiet_client()
    local job = submitted(client)
    local failure
    loop:start(function()
      failure = select(3, client:wait(job, PATIENCE))
    end)
    client:close()
    loop:turn()
    assert.equal("closed", failure and failure.code)
  end)

  it("wakes who waits for a place that somebody else's cancel has made", function()
    server:fault { name = "delay", on = "create", seconds = 1 }
    local client = quiet_client { max_running = 1 }
    local first, second = client:submit(CLIP), client:submit(CLIP)
    local state
    loop:start(function()
      client:wait(second, 0.1)
      state = client:poll(second)
    end)
    client:step(0)
    loop:start(function()
      client:cancel(first)
    end)
    loop:run()
    assert.is_true(state == "submitting" or state == "submitted")
  end)

  it("hears of requests that ended with their time, for they free a place", function()
    local client = quiet_client { max_requests = 1 }
    local job = submitted(client)
    server:fault { name = "delay", on = "list", seconds = 1 }
    local failure, task
    loop:start(function()
      failure = select(3, client:list { timeout = 0.05 })
    end)
    loop:start(function()
      task = client:query(select(2, client:poll(job)).task_id, PATIENCE)
    end)
    local started = core.now()
    loop:run()
    assert.equal("timeout", failure.code)
    assert.equal("submitted", task.state)
    assert.is_true(core.now() - started < 5)
  end)

  it("may do without wake and forget", function()
    local client = quick.client(server, { loop = { pause = loop.pause } })
    local job = submitted(client)
    server:advance(LIFE)
    assert(client:wait(job, PATIENCE))
    client:close()
    client:close()
  end)

  it("forgets a client once, while it is still open", function()
    local client = quick.client(server, { loop = loop })
    client:close()
    client:close()
    assert.equal(1, loop.forgets)
    assert.is_true(loop.was_open_when_forgotten)
  end)

  it("forgets a client that goes out of scope", function()
    local source = { "local client <close> = ... client:step(0)" }
    local chunk = load(function()
      return table.remove(source)
    end)
    if not chunk then
      return pending "this Lua has no <close>"
    end
    chunk(quick.client(server, { loop = loop }))
    assert.equal(1, loop.forgets)
    assert.is_true(loop.was_open_when_forgotten)
  end)

  it("that raises is heard by who waits", function()
    local oops = {}
    local client = quick.client(server, {
      loop = {
        pause = function()
          error(oops)
        end,
      },
    })
    local job = client:submit(CLIP)
    local fine, raised = pcall(client.wait, client, job, 1)
    assert.is_false(fine)
    assert.equal(oops, raised)
  end)
end)
