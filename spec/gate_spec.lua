--- Whose request may begin: permits for creates, and a licence for all requests of tasks.

local core = require "kling.core"
local emulator = require "spec.support.emulator"
local quick = require "spec.support.quick"
local remembering = require "spec.support.remembering"

local raw = core.raw
local PATIENCE = quick.PATIENCE

describe("the gate", function()
  local server, client

  setup(function()
    server = emulator.start { clock = "manual" }
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    server:reset()
  end)

  after_each(function()
    raw.close(client)
  end)

  local function open(options)
    local merged = {
      base_url = server.url, api_key = quick.KEY, user_agent = "spec", gated = true,
      first_poll = 0.01, poll_interval = 0.01, max_poll_interval = 0.02, submit_timeout = PATIENCE,
      connect_timeout = PATIENCE, request_timeout = PATIENCE, stall_timeout = PATIENCE,
      max_requests = 16,
    }
    for name, value in pairs(options or {}) do
      merged[name] = value
    end
    client = assert(raw.new(merged))
  end

  local function submit(count)
    local jobs = {}
    for i = 1, count or 1 do
      jobs[i] = raw.start_task(client, quick.CLIP, core.uuid())
    end
    return jobs[1], jobs
  end

  local function state_of(job)
    return (raw.info(client, job))
  end

  local function until_state(job, wanted)
    local deadline = core.now() + PATIENCE
    while state_of(job) ~= wanted do
      assert(core.now() < deadline, "it did not get there in time")
      client:step(0.02)
    end
  end

  --- Those that ask now, in order.
  local function all_asking()
    local found = {}
    local job = raw.asking(client)
    while job do
      found[#found + 1] = job
      job = raw.asking(client)
    end
    return found
  end

  local function nothing_was_sent()
    return #server:log() == 0
  end

  -- A fixed number of turns with time for an answer in each: what must not happen has its chance.
  local function step_on()
    for _ = 1, 5 do
      client:step(0.01)
    end
  end

  describe("with permits", function()
    it("lets no create go that has none, and says who asks, once", function()
      open()
      local first, jobs = submit(2)
      assert.is_true(client:step(PATIENCE) > 0) -- at once: it is news
      assert.same(jobs, all_asking())
      assert.is_nil(raw.asking(client))
      step_on()
      assert.equal("queued", state_of(first))
      assert.is_true(nothing_was_sent())
    end)

    it("lets go those that get one", function()
      open()
      local _, jobs = submit(2)
      client:step(PATIENCE)
      all_asking()
      assert.is_true(raw.permit(client, jobs[2]))
      until_state(jobs[2], "submitted")
      assert.equal("queued", state_of(jobs[1]))
      assert.equal(1, #server:ledger())
      assert.is_false(raw.permit(client, jobs[2])) -- it asks no more
    end)

    it("wants a new one for each create request", function()
      server:fault { name = "too_fast", on = "create", retry_after = 0 }
      open()
      local job = submit()
      for sent = 1, 2 do
        local asking
        local deadline = core.now() + PATIENCE
        repeat
          client:step(0.02)
          asking = raw.asking(client)
        until asking or core.now() > deadline
        assert.equal(job, asking)
        assert.equal(sent - 1, #quick.logged(server, "create"))
        raw.permit(client, job)
      end
      until_state(job, "submitted")
      assert.equal(2, #quick.logged(server, "create"))
    end)

    it("takes back those that were not used: their jobs ask again", function()
      open { max_requests = 1 }
      server:fault { name = "delay", on = "create", seconds = 0.2 }
      local _, jobs = submit(2)
      client:step(PATIENCE)
      all_asking()
      raw.permit(client, jobs[1])
      raw.permit(client, jobs[2])
      step_on()
      assert.same({ true, false }, { raw.leaving(client, jobs[1]), raw.leaving(client, jobs[2]) })
      raw.revoke(client)
      until_state(jobs[1], "submitted")
      step_on()
      assert.same({ jobs[2] }, all_asking())
      assert.equal(1, #server:ledger())
      assert.is_false(raw.leaving(client, jobs[1]))
    end)

    it("ends those that are refused one: nothing was made", function()
      open { max_running = 1 }
      local job, jobs = submit(2)
      client:step(PATIENCE)
      assert.same({ job }, all_asking())
      assert.is_true(raw.refuse(client, job, "io"))
      local failure = raw.failure(client, job)
      assert.same({ "failed", "io", "not-created", "no" },
        { raw.ended(client, job), failure.code, failure.task_state, failure.billed })
      assert.is_false(raw.refuse(client, job, "io"))
      client:step(PATIENCE)
      assert.same({ jobs[2] }, all_asking()) -- has the place now
      assert.is_true(nothing_was_sent())
    end)

    it("knows no refusal without a code of ours", function()
      open()
      local job = submit()
      client:step(PATIENCE)
      assert.has_error(function()
        raw.refuse(client, job, "because")
      end)
    end)

    it("asks for none that has no place yet", function()
      open { max_running = 2 }
      local _, jobs = submit(5)
      client:step(PATIENCE)
      assert.same({ jobs[1], jobs[2] }, all_asking())
    end)

    it("does not ask for one that was cancelled meanwhile", function()
      open()
      local _, jobs = submit(2)
      client:step(PATIENCE)
      raw.stop(client, jobs[1])
      assert.same({ jobs[2] }, all_asking())
      raw.stop(client, jobs[2])
      assert.is_false(raw.permit(client, jobs[2]))
      assert.is_false(raw.refuse(client, jobs[2], "io"))
      assert.equal("cancelled", state_of(jobs[2]))
    end)

    it("asks for none to look", function()
      open()
      local job = raw.attach(client, "878000000000000000")
      until_state(job, "failed")
      assert.equal(1, #quick.logged(server, "query"))
    end)

    it("tells of one whose submitter holds no job", function()
      open()
      submit()
      collectgarbage()
      collectgarbage()
      client:step(PATIENCE)
      assert.is_true(raw.permit(client, raw.asking(client)))
    end)
  end)

  describe("of a parked job", function()
    local function park()
      open { max_running = 1 }
      return raw.start_task(client, remembering.named "parked", "parked", false, "parked")
    end

    it("lets nothing through, and gives it no place", function()
      local job = park()
      step_on()
      assert.is_nil(raw.asking(client))
      assert.same({ "may-exist", "maybe" }, { raw.known(client, job) })
      local other = submit()
      client:step(PATIENCE)
      assert.same({ other }, all_asking())
      assert.is_true(nothing_was_sent())
    end)

    it("lets it create a task like any other when it is told to", function()
      local job = park()
      assert.is_true(raw.go_on(client, job, "create"))
      assert.same({ "not-created", "no" }, { raw.known(client, job) })
      client:step(PATIENCE)
      assert.same({ job }, all_asking())
      raw.permit(client, job)
      until_state(job, "submitted")
      assert.equal("parked", server:ledger()[1].external_task_id)
      assert.is_false(raw.go_on(client, job, "create"))
    end)

    it("lets it follow a task, or ask for one", function()
      local task_id = remembering.make_task(server, "parked")
      for mode, told in pairs { attach = task_id, resolve = false } do
        local job = park()
        raw.go_on(client, job, mode, told or nil)
        until_state(job, "submitted")
        assert.equal(task_id, select(2, raw.info(client, job)).task_id)
        raw.close(client)
      end
      assert.equal(1, #server:ledger())
    end)

    it("lets it follow a task that cannot be found yet", function()
      server:variant "first_look_misses"
      local task_id = remembering.make_task(server, "parked")
      local job = park()
      raw.go_on(client, job, "attach", task_id)
      local deadline = core.now() + PATIENCE
      while not raw.failure(client, job) do
        assert(core.now() < deadline, "it was not looked at")
        client:step(0.02)
      end
      assert.equal("not_found", raw.failure(client, job).code)
      assert.equal("submitted", state_of(job))
    end)

    it("is passed over when all others end unsent: it is another process's", function()
      local job = park()
      server:fault { name = "service_code", on = "create", code = 1102 }
      local other = submit()
      client:step(PATIENCE)
      raw.permit(client, raw.asking(client))
      until_state(other, "failed")
      assert.equal("queued", state_of(job))
      assert.is_true(raw.stop(client, job))
      assert.is_false(raw.go_on(client, job, "create"))
    end)
  end)

  describe("with a licence", function()
    it("begins nothing of a task when it is over, and does not spin", function()
      open { gated = false }
      raw.license(client, 0)
      local job = submit()
      step_on()
      assert.equal("queued", state_of(job))
      assert.is_nil(client:timeout()) -- there is nothing to do
      assert.is_true(nothing_was_sent())
    end)

    it("begins it when there is one again", function()
      open { gated = false }
      raw.license(client, -1) -- it was over when it was told
      local job = submit()
      step_on()
      raw.license(client, 60)
      assert.equal(0, client:timeout())
      until_state(job, "submitted")
    end)

    it("stops looks too, and goes on with them", function()
      open { gated = false }
      local job = submit()
      until_state(job, "submitted")
      raw.license(client, 0)
      step_on()
      local asked = #quick.logged(server, "query")
      step_on()
      assert.equal(asked, #quick.logged(server, "query"))
      assert.is_true(raw.stop(client, submit())) -- one that waits for it can be stopped
      server:advance(60)
      raw.license(client)
      until_state(job, "succeeded")
    end)

    it("runs out by itself", function()
      open { gated = false }
      raw.license(client, 0.05)
      local over = core.now() + 0.06
      while core.now() < over do
        client:step(0.02)
      end
      local job = submit()
      step_on()
      assert.equal("queued", state_of(job))
      assert.is_true(nothing_was_sent())
    end)

    it("is not needed for a list, or a query of a program's own", function()
      open()
      raw.license(client, 0)
      local list = raw.start_list(client, "pageNum=1&pageSize=1")
      local query = raw.start_query(client, "878000000000000000")
      until_state(list, "succeeded")
      until_state(query, "failed")
    end)
  end)
end)
