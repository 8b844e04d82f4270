--- A client with a store, when its store fails or its lease ends while a create is on its way: it
-- is neither made twice nor forgotten.

local emulator = require "spec.support.emulator"
local quick = require "spec.support.quick"
local remembering = require "spec.support.remembering"

local core = require "kling.core"

local raw = core.raw

local named = remembering.named
local FULL = "the disk is full"
local LIFE = 10 -- seconds; longer than any task here lives
local LEASE = 0.2

describe("a create on its way", function()
  local server, store

  setup(function()
    server = emulator.start { clock = "manual", life = { submitted = 1, processing = 3 } }
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    server:reset()
    store = remembering.new(server)
  end)

  after_each(function()
    quick.close_all()
    store:remove()
  end)

  local function tasks_of(client)
    return raw.private(client).tasks
  end

  local function until_created(client, count)
    quick.drive(client, function()
      return #quick.logged(server, "create") == count
    end)
  end

  it("begins under a permit only while the store is there", function()
    server:fault { name = "delay", on = "create", seconds = 0.5 }
    local client = store:client { lease = LEASE, max_requests = 1 }
    client:submit(named "one")
    local job = client:submit(named "two")
    until_created(client, 1)
    store:break_method(client, "renew", FULL)
    quick.drive(client, function()
      return tasks_of(client).problem
    end)
    store:break_method(client, "sending", FULL)
    local failure = quick.failure(client, job)
    assert.same({ "io", "not-created" }, { failure.code, failure.task_state })
    assert.equal(1, #quick.logged(server, "create"))
  end)

  -- A process that sleeps while its create is on its way, and one that takes the task over; but the
  -- gateway knows no external ids, and only the sleeper hears the task's own.
  local function let_sleep(resolve_timeout)
    server:variant "external_id_query_off"
    server:variant "list_off"
    server:fault { name = "delay", on = "create", seconds = 2 * LEASE }
    local sleeper = store:client { user_agent = "sleeper", lease = LEASE }
    local job = sleeper:submit(named "one")
    quick.drive(sleeper, function()
      return #server:ledger() == 1
    end)
    local other = store:client { user_agent = "other", resolve_timeout = resolve_timeout or 0.01 }
    local taken = quick.drive(other, function()
      local found = other:reconcile()
      return #found > 0 and found[1]
    end)
    return sleeper, job, other, taken
  end

  local function assert_followed(client, job)
    local info = quick.until_state(client, job, "submitted")
    local row = store:until_row(client, "one", "submitted")
    assert.equal(info.task_id, row.task_id)
    server:advance(LIFE)
    assert(client:wait(job, quick.PATIENCE))
    assert.equal("succeeded", store:row("one").state)
    assert.equal(1, #server:ledger())
  end

  it("whose task another process took over is followed by the one that hears of it", function()
    local sleeper, job, other, taken = let_sleep(60)
    assert_followed(sleeper, job)
    tasks_of(other).renew_at = 0
    assert.equal("cancelled", quick.failure(other, taken).code)
  end)

  it("is not lost when the other has given it up as one that may exist", function()
    local sleeper, job, other, taken = let_sleep()
    assert.equal("may-exist", quick.failure(other, taken).task_state)
    assert_followed(sleeper, job)
  end)

  it("is heard to its end though the lease is known to be over", function()
    local sleeper, job = let_sleep()
    tasks_of(sleeper).renew_at = 0
    sleeper:dispatch()
    assert_followed(sleeper, job)
  end)

  it("is written down when the client closes, though the store was in trouble before", function()
    local client = store:client()
    local job = client:submit(named "one")
    store:break_method(client, "update_all", FULL)
    local info = quick.until_state(client, job, "submitted")
    store:mend(client)
    client:close()
    local row = store:row "one"
    assert.same({ "submitted", info.task_id, true }, { row.state, row.task_id, row.is_free })
  end)

  it("is not made again by a client that is to send none", function()
    store:die(function(opened)
      opened:add(remembering.record "one")
      opened:sending { "one" }
    end)
    local client = store:client { dry_run = true, resolve = "resubmit", resolve_timeout = 0.01 }
    local failure = quick.failure(client, assert(client:reconcile()[1]))
    assert.same({ "budget", "may-exist", "maybe", true },
      { failure.code, failure.task_state, failure.billed, failure.dry_run })
    assert.equal("unresolved", store:row("one").state)
    assert.same({}, quick.logged(server, "create"))
  end)

  it("of another process is waited for without spinning while the store is in trouble", function()
    local one, other = store:client(), store:client()
    quick.until_state(one, one:submit(named "one"), "submitted")
    other:submit(named "one")
    store:break_method(other, "get", FULL)
    quick.drive(other, function()
      return tasks_of(other).problem
    end)
    tasks_of(other).watch_at = 0
    assert.is_true(other:timeout() > 1)
  end)
end)
