--- What keeps from paying twice, or too often: duplicates, external ids, max_submits, dry_run.

local core = require "kling.core"
local emulator = require "spec.support.emulator"
local kling = require "kling"
local quick = require "spec.support.quick"

local LIFE = 10 -- seconds; longer than any task here lives
local WINDOW = 600 -- seconds; the default

describe("submitting again", function()
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

  local function new(options)
    options = options or {}
    options.duplicate_window = options.duplicate_window or WINDOW
    return quick.client(server, options)
  end

  local function clip(changes)
    local request = { video_id = quick.CLIP.video_id }
    for name, value in pairs(changes or {}) do
      request[name] = value
    end
    return request
  end

  local function finish(client, jobs)
    for _, job in ipairs(jobs) do
      quick.until_state(client, job, "submitted")
    end
    server:advance(LIFE)
    for _, job in ipairs(jobs) do
      assert(client:wait(job, quick.PATIENCE))
    end
  end

  describe("the same request", function()
    it("is the same job: while it waits, while it runs, and when it has succeeded", function()
      local client = new()
      local job = client:submit(clip())
      assert.equal(job, client:submit(clip { asmr_mode = false, bgm_prompt = "" }))
      quick.until_state(client, job, "submitted")
      assert.equal(job, client:submit(clip { callback_url = "https://me.example/hook" }))
      finish(client, { job })
      assert.equal(job, client:submit(clip()))
      assert.equal(1, #server:ledger())
    end)

    it("is another one when anything of it makes another sound", function()
      local client = new()
      local jobs = { client:submit(clip()) }
      for name, value in pairs {
        bgm_prompt = "rain", sound_effect_prompt = "rain", asmr_mode = true,
      } do
        jobs[#jobs + 1] = client:submit(clip { [name] = value })
      end
      finish(client, jobs)
      assert.equal(4, #server:ledger())
    end)

    it("is a new task where that is said", function()
      local client = new()
      local first, second = client:submit(clip()), client:submit(clip { duplicate = true })
      assert.not_equal(first, second)
      assert.equal(second, client:submit(clip()))
      finish(client, { first, second })
      assert.equal(2, #server:ledger())
      assert.is_nil(quick.logged(server, "create")[2].body:find("duplicate", 1, true))
    end)

    it("is any job that runs, also when a later one was refused", function()
      local client = new()
      local first = client:submit(clip())
      quick.until_state(client, first, "submitted")
      server:fault { name = "service_code", on = "create", code = 1200 }
      local refused = client:submit(clip { duplicate = true })
      assert.equal("rejected", quick.failure(client, refused).code)
      assert.equal(first, client:submit(clip()))
      finish(client, { first })
      assert.equal(first, client:submit(clip()))
      assert.equal(1, #server:ledger())
    end)

    it("is a new task when the first was refused, failed or was cancelled", function()
      server:fault { name = "service_code", on = "create", code = 1200 }
      local client = new()
      local job = client:submit(clip())
      assert.equal("rejected", quick.failure(client, job).code)
      server:life { fail = "broken" }
      local second = client:submit(clip())
      assert.not_equal(job, second)
      quick.until_state(client, second, "submitted")
      server:advance(LIFE)
      assert.equal("failed", quick.failure(client, second).code)
      local third = client:submit(clip())
      client:cancel(third)
      local fourth = client:submit(clip())
      assert.not_equal(third, fourth)
      quick.until_state(client, fourth, "submitted")
      assert.equal(2, #server:ledger())
    end)

    it("that was lost is asked for: it may have been made and billed", function()
      server:variant "external_id_query_on"
      server:fault { name = "drop_after", on = "create" }
      local client = new { resolve = "never" }
      local job = client:submit(clip())
      assert.equal("may-exist", quick.failure(client, job).task_state)
      local again = client:submit(clip())
      assert.not_equal(job, again)
      finish(client, { again })
      assert.equal(again, client:submit(clip()))
      assert.equal(1, #quick.logged(server, "create"))
    end)

    it("is followed again though we might not look at it any more", function()
      local client = new()
      local job = client:submit(clip())
      quick.until_state(client, job, "submitted")
      server:fault { name = "service_code", on = "query", code = 1002 }
      assert.equal("auth", quick.failure(client, job).code)
      finish(client, { client:submit(clip()) })
      assert.equal(1, #server:ledger())
    end)

    it("is a new task once the window has passed, unless the first still runs", function()
      local client = new { duplicate_window = 0.05 }
      local job = client:submit(clip())
      quick.until_state(client, job, "submitted")
      local past = core.now() + 0.06
      quick.drive(client, function()
        return core.now() > past
      end)
      assert.equal(job, client:submit(clip()))
      finish(client, { job })
      assert.not_equal(job, client:submit(clip()))
    end)

    it("is looked for ten minutes back, or not at all where the window is 0", function()
      local client = new { duplicate_window = 0 }
      assert.not_equal(client:submit(clip()), client:submit(clip()))
      client = kling.new { api_key = "k", base_url = server.url, loop = "blocking" }
      assert.equal(client:submit(clip()), client:submit(clip()))
      client:close()
    end)

    it("of another client is another job", function()
      assert.not_equal(new():submit(clip()), new():submit(clip()))
    end)
  end)

  describe("the same external id", function()
    local function named(changes)
      local request = clip(changes)
      request.external_task_id = "mine"
      return request
    end

    it("is the same job, whatever the window and wherever it has got to", function()
      local client = new { duplicate_window = 0 }
      local job = client:submit(named())
      assert.equal(job, client:submit(named()))
      finish(client, { job })
      assert.equal(job, client:submit(named { duplicate = true }))
      assert.equal(1, #server:ledger())
    end)

    -- So many others that the client has forgotten its job.
    local function forget(client)
      for i = 1, 100 do
        client:cancel(client:submit(clip { bgm_prompt = tostring(i) }))
        client:dispatch()
      end
      assert.is_nil(core.raw.private(client).guard.jobs:find(client, "mine"))
    end

    it("is the same task long after its job was forgotten", function()
      local client = new { duplicate_window = 0 }
      local job = client:submit(named())
      finish(client, { job })
      local task = assert(client:wait(job, quick.PATIENCE))
      forget(client)
      local refused = select(3, client:submit(named { bgm_prompt = "rain" }))
      assert.equal("rejected", refused.code)
      local again = assert(client:wait(client:submit(named()), quick.PATIENCE))
      assert.equal(task.task_id, again.task_id)
      forget(client)
      assert(client:wait(client:submit(named()), quick.PATIENCE))
      assert.equal(1, #server:ledger())
    end)

    it("is asked for then when its create was lost", function()
      local client = new { duplicate_window = 0, resolve = "never" }
      server:fault { name = "drop_after", on = "create" }
      assert.equal("may-exist", quick.failure(client, client:submit(named())).task_state)
      forget(client)
      client:submit(named())
      quick.drive(client, function()
        return #quick.logged(server, "query") > 0
      end)
      assert.equal(1, #quick.logged(server, "create"))
    end)

    it("is another task than the same request without it, or under another", function()
      local client = new()
      local plain, mine = client:submit(clip()), client:submit(named())
      assert.not_equal(plain, mine)
      assert.not_equal(mine, client:submit(clip { external_task_id = "yours" }))
    end)

    it("with another request is refused, and nothing is sent for it", function()
      local client = new()
      local job = client:submit(named())
      local refused, message, failure = client:submit(named { bgm_prompt = "rain" })
      assert.is_nil(refused)
      assert.equal(message, tostring(failure))
      assert.same({ "rejected", "submit", "not-created", "no", "mine", false }, { failure.code,
        failure.operation, failure.task_state, failure.billed, failure.external_task_id,
        failure.retryable })
      finish(client, { job })
      assert.equal(1, #quick.logged(server, "create"))
    end)

    it("is followed again after it was cancelled: it goes on there", function()
      local client = new()
      local job = client:submit(named())
      quick.until_state(client, job, "submitted")
      client:cancel(job)
      finish(client, { client:submit(named()) })
      assert.equal(1, #server:ledger())
    end)

    it("is made again when it was never accepted", function()
      server:fault { name = "service_code", on = "create", code = 1200 }
      local client = new()
      local job = client:submit(named())
      assert.equal("rejected", quick.failure(client, job).code)
      local again = client:submit(named())
      assert.not_equal(job, again)
      finish(client, { again })
      assert.equal("mine", server:ledger()[1].external_task_id)
    end)
  end)

  describe("max_submits", function()
    local function numbered(i)
      return clip { bgm_prompt = tostring(i) }
    end

    it("is the end of submitting, said before anything is sent", function()
      local client = new { max_submits = 2 }
      local first, second = client:submit(numbered(1)), client:submit(numbered(2))
      local job, message, failure = client:submit(numbered(3))
      assert.is_nil(job)
      assert.equal(message, tostring(failure))
      assert.same({ "budget", "submit", "not-created", "no", false }, { failure.code,
        failure.operation, failure.task_state, failure.billed, failure.retryable })
      assert.matches("max_submits", failure.hint)
      finish(client, { first, second })
      assert.equal("budget", select(3, client:submit(numbered(3))).code)
      assert.equal(2, #server:ledger())
    end)

    it("does not count what is the same job", function()
      local client = new { max_submits = 1 }
      local job = client:submit(numbered(1))
      assert.equal(job, client:submit(numbered(1)))
      assert.is_nil((client:submit(numbered(2))))
      assert.equal(job, client:submit(numbered(1)))
    end)

    it("may be none at all", function()
      assert.equal("budget", select(3, new({ max_submits = 0 }):submit(clip())).code)
      assert.equal("budget", select(3, new({ max_submits = { count = 0 } }):submit(clip())).code)
    end)

    it("may be for a window, which moves on", function()
      local client = new { max_submits = { count = 2, seconds = 0.1 } }
      for round = 1, 3 do
        local started = core.now()
        assert(client:submit(numbered(round .. "a")))
        assert(client:submit(numbered(round .. "b")))
        local _, _, failure = client:submit(numbered(round .. "c"))
        if core.now() - started < 0.1 then -- this machine may sleep
          assert.equal("budget", failure.code)
          assert.is_true(failure.retryable)
        end
        quick.drive(client, function()
          return core.now() > started + 0.21
        end)
      end
    end)

    it("is checked like every option", function()
      for problem, value in pairs {
        ["at least 0 expected, got %-1"] = -1,
        ["a whole number expected, got 1.5"] = 1.5,
        ["number or table expected, got string"] = "5",
        ["count: number expected, got nil"] = {},
        ["count: at least 0 expected, got %-1"] = { count = -1 },
        ["seconds: more than 0 expected, got 0"] = { count = 1, seconds = 0 },
        ["unknown field 'second'; did you mean 'seconds'?"] = { count = 1, second = 1 },
      } do
        local called, message = pcall(function()
          new { max_submits = value }
        end)
        assert.is_false(called)
        assert.matches("kling%.new: max_submits: " .. problem, message)
      end
    end)
  end)

  describe("a dry run", function()
    it("checks everything and sends nothing", function()
      local client = new { dry_run = true }
      local job, message, failure = client:submit(clip { external_task_id = "mine" })
      assert.is_nil(job)
      assert.equal(message, tostring(failure))
      assert.same({ "budget", true, "not-created", "no", "mine" }, { failure.code, failure.dry_run,
        failure.task_state, failure.billed, failure.external_task_id })
      assert.is_false(pcall(client.submit, client, {}))
      client:step(0.05)
      assert.equal(0, #server:log())
    end)

    it("still looks at tasks that are there", function()
      local client = new()
      local info = quick.until_state(client, client:submit(clip()), "submitted")
      server:advance(LIFE)
      local dry = new { dry_run = true }
      assert(dry:wait(dry:attach(info.task_id), quick.PATIENCE))
    end)

    it("says max_submits first: that would have stopped it too", function()
      local _, _, failure = new({ dry_run = true, max_submits = 0 }):submit(clip())
      assert.same({ "budget" }, { failure.code, failure.dry_run })
    end)
  end)

  it("does not keep more than it needs of thousands of submits", function()
    local client = new { duplicate_window = 0 }
    local guard = core.raw.private(client).guard
    for i = 1, 2000 do
      client:cancel(client:submit(clip { bgm_prompt = tostring(i) }))
      client:dispatch()
    end
    local kept = guard.jobs:sweep(function()
      return true
    end)
    assert.is_true(kept < 100, kept .. " jobs are left")
  end)
end)
