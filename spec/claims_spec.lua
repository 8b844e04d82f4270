--- Several clients on one store: whose task it is, who goes on with it, and who waits.

local core = require "kling.core"
local emulator = require "spec.support.emulator"
local kling = require "kling"
local quick = require "spec.support.quick"
local remembering = require "spec.support.remembering"

local raw = core.raw

local CLIP, PATIENCE = quick.CLIP, quick.PATIENCE
local named, make_task = remembering.named, remembering.make_task
local drive_for = remembering.drive_for
local LIFE = 10 -- seconds; longer than any task here lives

describe("a store that is shared", function()
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

  local function queries_by(agent)
    local count = 0
    for _, entry in ipairs(quick.logged(server, "query")) do
      count = count + (entry.user_agent:find(agent, 1, true) and 1 or 0)
    end
    return count
  end

  local function finish(client, job)
    quick.drive(client, function()
      return select(2, client:poll(job)).task_id
    end)
    server:advance(LIFE)
    return assert(client:wait(job, PATIENCE))
  end

  describe("knows the same request of another process", function()
    local one, other, job

    before_each(function()
      one = store:client { user_agent = "one" }
      other = store:client { user_agent = "other" }
      job = one:submit(CLIP)
    end)

    it("and waits for that one to finish it, without a request of its own", function()
      local waiting = other:submit(CLIP)
      quick.until_state(one, job, "submitted")
      local info = quick.until_state(other, waiting, "submitted")
      assert.equal(select(2, one:poll(job)).task_id, info.task_id)
      assert.matches("another process", info.warning)
      assert.equal(0, queries_by "other")
      local failure = select(3, other:wait(waiting, 0))
      assert.same({ "timeout", "may-exist", "maybe", info.task_id }, { failure.code,
        failure.task_state, failure.billed, failure.task_id })
      server:advance(LIFE)
      local result = assert(one:wait(job, PATIENCE))
      assert.equal(result.task_id, assert(other:wait(waiting, PATIENCE)).task_id)
      assert.equal(1, #quick.logged(server, "create"))
    end)

    it("tells on_change how far that has got", function()
      local heard = {}
      local third = store:client {
        on_change = function(_, state)
          heard[state] = true
        end,
      }
      local waiting = third:submit(CLIP)
      quick.until_state(one, job, "submitted")
      quick.until_state(third, waiting, "submitted")
      assert.is_true(heard.submitted)
    end)

    it("and gives its result later too, by one look", function()
      local result = finish(one, job)
      one:close()
      assert.equal(result.task_id, assert(other:wait(other:submit(CLIP), PATIENCE)).task_id)
      assert.equal(1, queries_by "other")
      assert.equal(1, #quick.logged(server, "create"))
    end)

    it("takes it over when that one gives it back", function()
      quick.until_state(one, job, "submitted")
      local waiting = other:submit(CLIP)
      one:close()
      finish(other, waiting)
      assert.same({}, other:pending())
    end)

    it("sends it when that one had not", function()
      local waiting = other:submit(CLIP)
      one:close()
      finish(other, waiting)
      assert.equal(1, #quick.logged(server, "create"))
    end)

    it("is another task when it is cancelled for those who wait, and not for the other", function()
      local waiting = other:submit(CLIP)
      other:cancel(waiting)
      assert.equal("cancelled", quick.failure(other, waiting).code)
      finish(one, job)
    end)

    it("is asked for again when the service has refused it there", function()
      server:fault { name = "service_code", on = "create", code = 1301 }
      local waiting = other:submit(CLIP)
      assert.equal("policy", quick.failure(one, job).code)
      finish(other, waiting)
      assert.equal(1, #server:ledger())
    end)

    it("waits for it among others", function()
      local another = other:submit { video_id = CLIP.video_id, asmr_mode = true }
      local jobs = { other:submit(CLIP), another }
      quick.until_state(one, job, "submitted")
      quick.until_state(other, jobs[2], "submitted")
      server:advance(LIFE)
      assert(one:wait(job, PATIENCE))
      for _, outcome in ipairs(kling.gather(jobs, PATIENCE)) do
        assert(outcome.result, tostring(outcome.failure))
      end
      assert.equal(2, #server:ledger())
    end)
  end)

  describe("when its process dies", function()
    it("is taken over by one that waits, once the lease is over, and not before", function()
      local one = store:client { user_agent = "one", lease = 1.5 }
      local other = store:client { user_agent = "other", lease = 1.5 }
      local job = one:submit(named "one")
      local started = core.now()
      quick.until_state(one, job, "submitted")
      local waiting = other:submit(named "one")
      store:kill(one)
      server:advance(LIFE)
      assert(other:wait(waiting, PATIENCE))
      assert.is_true(core.now() - started >= 1.5)
      assert.equal("succeeded", store:row("one").state)
      assert.equal(1, #server:ledger())
    end)

    it("is left alone by reconcile until then", function()
      local one = store:client { lease = 0.3 }
      quick.until_state(one, one:submit(named "one"), "submitted")
      local other = store:client { lease = 0.3 }
      assert.same({}, other:reconcile())
      store:kill(one)
      local jobs = quick.drive(other, function()
        local found = other:reconcile()
        return #found > 0 and found
      end)
      finish(other, jobs[1])
    end)

    it("is taken over from one that merely sleeps: that one stops, and says so", function()
      local sleeper = store:client { user_agent = "sleeper", lease = 0.3 }
      local job = sleeper:submit(named "one")
      local info = quick.until_state(sleeper, job, "submitted")
      local other = store:client { user_agent = "other" }
      local jobs = quick.drive(other, function()
        local found = other:reconcile()
        return #found > 0 and found
      end)
      local looks = queries_by "sleeper"
      local failure = quick.failure(sleeper, job)
      assert.same({ "cancelled", "exists", "yes", info.task_id }, { failure.code,
        failure.task_state, failure.billed, failure.task_id })
      assert.matches("another process runs the task now", failure.message)
      finish(other, jobs[1])
      assert.equal(looks, queries_by "sleeper")
      assert.equal("succeeded", store:row("one").state)
      assert(sleeper:wait(sleeper:submit(named "one"), PATIENCE))
    end)

    it("sends no create that somebody else has taken meanwhile", function()
      local sleeper = store:client { lease = 0.05 }
      local job = sleeper:submit(named "one")
      drive_for(quick.client(server), 0.06) -- its lease
      local other = store:client()
      local taken = other:reconcile()[1]
      assert.equal("cancelled", quick.failure(sleeper, job).code)
      finish(other, taken)
      assert.equal(1, #quick.logged(server, "create"))
    end)

    it("is free at once where the client was closed", function()
      local one = store:client()
      quick.until_state(one, one:submit(named "one"), "submitted")
      one:close()
      local other = store:client()
      finish(other, other:reconcile()[1])
    end)

    it("is free after the lease where the client was dropped", function()
      local function use_and_drop()
        local client = assert(kling.new {
          api_key = "k", base_url = server.url, store = store.url, lease = 0.1, loop = "blocking",
        })
        client:submit(named "one")
      end
      use_and_drop()
      collectgarbage()
      collectgarbage()
      local other = store:client()
      local jobs = quick.drive(other, function()
        local found = other:reconcile()
        return #found > 0 and found
      end)
      finish(other, jobs[1])
    end)
  end)

  describe("and an external id", function()
    it("is that task, in every process and for ever", function()
      local one = store:client()
      local result = finish(one, one:submit(named "one"))
      one:close()
      local other = store:client { duplicate_window = 0 }
      assert.equal(result.task_id, finish(other, other:submit(named "one")).task_id)
      assert.equal(1, #server:ledger())
    end)

    it("is not another request's", function()
      local one = store:client()
      one:submit(named "one")
      local other = store:client()
      local _, _, failure = other:submit(named("one", { asmr_mode = true }))
      assert.same({ "rejected", "not-created", "no" },
        { failure.code, failure.task_state, failure.billed })
    end)

    it("of a create that was refused is sent again", function()
      server:fault { name = "service_code", on = "create", code = 1301 }
      local one = store:client()
      assert.equal("policy", quick.failure(one, one:submit(named "one")).code)
      finish(one, one:submit(named "one"))
      assert.equal("succeeded", store:row("one").state)
    end)

    it("of a job that was cancelled is followed, wherever it had got to", function()
      local one = store:client()
      one:cancel(one:submit(named "unsent"))
      local job = one:submit(named "sent")
      quick.until_state(one, job, "submitted")
      one:cancel(job)
      one:close()
      local other = store:client()
      for _, id in ipairs { "unsent", "sent" } do
        finish(other, other:submit(named(id)))
        assert.equal("succeeded", store:row(id).state)
      end
      assert.equal(2, #server:ledger())
    end)

    it("of a lost create is asked for, not sent", function()
      local task_id = make_task(server, "one")
      store:die(function(died)
        assert(died:add(remembering.record "one"))
        assert(died:sending { "one" })
      end)
      local client = store:client()
      assert.equal(task_id, finish(client, client:submit(named "one")).task_id)
      assert.equal(1, #quick.logged(server, "create"))
    end)
  end)

  describe("and attach", function()
    it("follow its task through the store when another process runs it", function()
      local one, other = store:client(), store:client { user_agent = "other" }
      local job = one:submit(named "one")
      local info = quick.until_state(one, job, "submitted")
      local attached = other:attach(info.task_id)
      assert.equal("one", select(2, other:poll(attached)).external_task_id)
      drive_for(other, 0.1)
      assert.equal(0, queries_by "other")
      assert.equal(job, one:attach(info.task_id))
      finish(one, job)
      assert(other:wait(attached, PATIENCE))
    end)

    it("follow a task it does not know, and do not write it down", function()
      local task_id = make_task(server, "one")
      local client = store:client()
      finish(client, client:attach(task_id))
      assert.is_false(store:row "one")
    end)

    it("follow any task while it does not work: that is free", function()
      local task_id = make_task(server, "one")
      local client = store:client()
      store:break_method(client, "by_task_id", "the disk is full")
      local job = client:attach(task_id)
      assert.matches("the disk is full", select(2, client:poll(job)).warning)
      finish(client, job)
    end)
  end)

  -- A job, and its external id.
  local function submit(client, changes)
    local fields = { video_id = CLIP.video_id }
    for name, value in pairs(changes or {}) do
      fields[name] = value
    end
    local job = assert(client:submit(fields))
    return job, select(2, raw.info(client, job)).external_task_id
  end

  describe("and max_submits", function()
    it("shares the limit with all who have the same store", function()
      local one, other = store:client { max_submits = 2 }, store:client { max_submits = 2 }
      quick.until_state(one, submit(one), "submitted")
      local second = submit(other, { bgm_prompt = "2" })
      assert.equal("budget", select(3, other:submit { video_id = "3" }).code)
      quick.until_state(other, second, "submitted")
      assert.equal("budget", select(3, one:submit { video_id = "3" }).code)
      assert.equal(2, #server:ledger())
    end)

    it("lets no two of them overspend at once", function()
      local one, other = store:client { max_submits = 1 }, store:client { max_submits = 1 }
      local first, second = submit(one), submit(other, { bgm_prompt = "2" })
      quick.until_state(one, first, "submitted")
      local failure = quick.failure(other, second)
      assert.same({ "budget", "not-created", "no" },
        { failure.code, failure.task_state, failure.billed })
      assert.matches("max_submits is 1", failure.message)
      assert.equal(1, #server:ledger())
    end)

    it("counts a create that is sent again once", function()
      server:fault { name = "service_code", on = "create", code = 1303, retry_after = 60 }
      local client = store:client { max_submits = 2 }
      local _, id = submit(client)
      quick.drive(client, function()
        return #quick.logged(server, "create") == 1
      end)
      store:until_row(client, id, "queued")
      assert(submit(client, { bgm_prompt = "2" }))
      assert.equal("budget", select(3, client:submit { video_id = "3" }).code)
    end)

    it("looks at no more tasks the more there are", function()
      local client = store:client { max_submits = 100 }
      local looks, ended = 0, raw.ended
      local function look(...)
        looks = looks + 1
        return ended(...)
      end
      for i = 1, 60 do
        raw.ended, looks = look, 0
        submit(client, { bgm_prompt = tostring(i) })
        raw.ended = ended
      end
      assert.is_true(looks < 10, looks .. " looks")
    end)

    it("counts no task that ended unsent", function()
      local client = store:client { max_submits = 1 }
      assert(client:cancel(submit(client)))
      assert(client:submit { video_id = "2" })
      assert.equal("budget", select(3, client:submit { video_id = "3" }).code)
    end)

    it("does not count what the store has already", function()
      local one, other = store:client { max_submits = 1 }, store:client { max_submits = 1 }
      local job = submit(one)
      quick.until_state(one, job, "submitted")
      assert.equal(job, one:submit(CLIP))
      assert(other:submit(CLIP))
    end)
  end)

  it("says in a dry run which task it would be", function()
    local client, dry = store:client(), store:client { dry_run = true }
    local job, id = submit(client)
    local info = quick.until_state(client, job, "submitted")
    local _, message, failure = dry:submit(CLIP)
    assert.same({ "budget", true, info.task_id },
      { failure.code, failure.dry_run, failure.task_id })
    assert.truthy(message:find(id, 1, true))
    assert.is_nil(select(3, dry:submit { video_id = "2" }).task_id)
  end)
end)
