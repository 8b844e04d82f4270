--- How many tasks run at once is learned from the service's refusals, and few are needed.

local core = require "kling.core"
local emulator = require "spec.support.emulator"
local quick = require "spec.support.quick"

local LIFE = 10 -- seconds; longer than any task here lives

describe("the number of tasks at once", function()
  local server

  setup(function()
    server = emulator.start { clock = "manual", life = { submitted = 1, processing = 3 } }
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    server:reset()
  end)

  after_each(quick.close_all)

  local function submit(client, count)
    local jobs = {}
    for i = 1, count do
      jobs[i] = client:submit(quick.CLIP)
    end
    return jobs
  end

  local function count(client, jobs, wanted)
    local found = 0
    for _, job in ipairs(jobs) do
      found = found + ((client:poll(job)) == wanted and 1 or 0)
    end
    return found
  end

  local function refused()
    local found = 0
    for _, entry in ipairs(quick.logged(server, "create")) do
      found = found + (entry.status == 429 and 1 or 0)
    end
    return found
  end

  -- Round by round: as many run as the service takes, then all of them end.
  local function run_all(client, jobs, cap)
    local done = 0
    while done < #jobs do
      local wanted = math.min(cap, #jobs - done)
      quick.drive(client, function()
        return #server:ledger() - done == wanted and count(client, jobs, "submitted") == wanted
      end)
      server:advance(LIFE)
      done = done + wanted
      quick.drive(client, function()
        return count(client, jobs, "succeeded") == done
      end)
    end
  end

  for cap, most in pairs { [1] = 2, [5] = 5, [20] = 10 } do
    it(("is found out with %d refusals at most when it is %d"):format(most, cap), function()
      server:cap(cap)
      local client = quick.client(server, { submit_timeout = 1 })
      local jobs = submit(client, 40)
      run_all(client, jobs, cap)
      assert.equal(40, #server:ledger())
      assert.is_true(refused() <= most, refused())
    end)
  end

  it("is the option's at most", function()
    local client = quick.client(server, { max_running = 3 })
    local jobs = submit(client, 9)
    run_all(client, jobs, 3)
    assert.equal(9, #quick.logged(server, "create"))
    assert.same({ cap = 3, running = 0, queued = 0 }, core.raw.limits(client))
  end)

  it("is told in numbers", function()
    server:cap(1)
    local client = quick.client(server)
    local jobs = submit(client, 4)
    assert.same({ cap = 2, running = 0, queued = 4 }, core.raw.limits(client))
    quick.drive(client, function()
      return refused() == 1 and count(client, jobs, "submitted") == 1
    end)
    assert.same({ cap = 1, running = 1, queued = 3 }, core.raw.limits(client))
  end)

  it("costs those behind a refused create none of their own, whoever has the places", function()
    server:cap(0)
    local client = quick.client(server)
    local jobs = submit(client, 30)
    quick.drive(client, function()
      return #quick.logged(server, "create") >= 3
    end)
    assert.equal(30, count(client, jobs, "queued"))
    local tried = 0
    for _, job in ipairs(jobs) do
      tried = tried + (select(2, client:poll(job)).failure and 1 or 0)
    end
    assert.is_true(tried <= 2, tried)
    server:cap(30)
    quick.drive(client, function()
      return #server:ledger() == 30
    end)
  end)

  it("lets one wait longer than submit_timeout for a place, and fail where is none", function()
    server:cap(1)
    local client = quick.client(server, { submit_timeout = 0.2 })
    local jobs = submit(client, 2)
    quick.drive(client, function()
      return refused() == 1 and count(client, jobs, "submitted") == 1
    end)
    local later = core.now() + 0.4
    while core.now() < later do
      client:step(0.05)
    end
    assert.equal(1, count(client, jobs, "queued"))
    server:advance(LIFE)
    quick.drive(client, function()
      return #server:ledger() == 2
    end)
    server:cap(0)
    server:advance(LIFE)
    local failure = quick.failure(client, client:submit(quick.CLIP))
    assert.same({ "rate_limited", "not-created" }, { failure.code, failure.task_state })
  end)

  it("is not touched by requests that are too fast: all creates pause, and go on", function()
    server:fault { name = "too_fast", on = "create", retry_after = 1 }
    local client = quick.client(server)
    submit(client, 6)
    quick.drive(client, function()
      return #quick.logged(server, "create") == 2
    end)
    assert.is_true(core.raw.limits(client).cap >= 2)
    local paused = core.now()
    quick.drive(client, function()
      return #quick.logged(server, "create") > 2
    end)
    assert.is_true(core.now() - paused > 0.5)
    quick.drive(client, function()
      return #server:ledger() == 6
    end)
    assert.equal(7, #quick.logged(server, "create"))
  end)
end)
