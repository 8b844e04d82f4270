--- Waiting for several jobs, of one client and of several.

local core = require "kling.core"
local emulator = require "spec.support.emulator"
local kling = require "kling"
local quick = require "spec.support.quick"

local CLIP, PATIENCE = quick.CLIP, quick.PATIENCE
local LIFE = 10 -- seconds; longer than any task here lives

describe("waiting for several", function()
  local server

  setup(function()
    server = emulator.start { clock = "manual" }
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    server:reset()
  end)

  after_each(quick.close_all)

  local function submit(client, number)
    local jobs = {}
    for i = 1, number do
      jobs[i] = client:submit(CLIP)
    end
    for _, job in ipairs(jobs) do
      quick.until_state(client, job, "submitted")
    end
    return jobs
  end

  describe("gather", function()
    it("brings outcomes in the order of the jobs", function()
      local client = quick.client(server)
      local jobs = submit(client, 2)
      server:life { submitted = 1, processing = 2, fail = "broken" }
      jobs[3] = submit(client, 1)[1]
      client:cancel(jobs[2])
      server:advance(LIFE)
      local outcomes = kling.gather(jobs, PATIENCE)
      assert.equal(3, #outcomes)
      for i, outcome in ipairs(outcomes) do
        assert.equal(jobs[i], outcome.job)
        assert.not_equal(outcome.result == nil, outcome.failure == nil)
      end
      assert.equal(select(2, jobs[1]:poll()).task_id, outcomes[1].result.task_id)
      assert.equal("cancelled", outcomes[2].failure.code)
      assert.same({ "failed", "broken" },
        { outcomes[3].failure.code, outcomes[3].failure.service_message })
    end)

    it("says of each that has not ended that its time was over", function()
      local client = quick.client(server)
      local jobs = submit(client, 2)
      client:cancel(jobs[1])
      local started = core.now()
      local outcomes = kling.gather(jobs, 0.2)
      assert.is_true(core.now() - started >= 0.2)
      assert.equal("cancelled", outcomes[1].failure.code)
      assert.same({ "timeout", "exists" },
        { outcomes[2].failure.code, outcomes[2].failure.task_state })
      assert.equal(2, #jobs)
      server:advance(LIFE)
      assert(kling.gather(jobs, PATIENCE)[2].result)
    end)

    it("with 0 seconds looks once, as wait does", function()
      local client = quick.client(server)
      local job = client:submit(CLIP)
      local deadline = core.now() + PATIENCE
      repeat
        local outcome = kling.gather({ job }, 0)[1]
        assert.equal("timeout", outcome.failure.code)
      until outcome.failure.task_state == "exists" or core.now() > deadline
      assert.equal("submitted", (client:poll(job)))
    end)

    it("waits for jobs of several clients", function()
      local clients = { quick.client(server), quick.client(server), quick.client(server) }
      local jobs = {}
      for i = 1, 12 do
        jobs[i] = clients[i % 3 + 1]:submit(CLIP)
      end
      local waited = kling.gather(jobs, 0.3)
      assert.equal("timeout", waited[12].failure.code)
      server:advance(LIFE)
      for i, outcome in ipairs(kling.gather(jobs, PATIENCE)) do
        assert.equal(jobs[i], outcome.job)
        assert(outcome.result, tostring(outcome.failure))
      end
      assert.equal(12, #quick.logged(server, "create"))
    end)

    it("takes a closed client's jobs, one job twice, and none at all", function()
      local client, other = quick.client(server), quick.client(server)
      local mine, closed = submit(client, 1)[1], submit(other, 1)[1]
      other:close()
      server:advance(LIFE)
      local outcomes = kling.gather({ mine, closed, mine }, PATIENCE)
      assert.equal("closed", outcomes[2].failure.code)
      assert.equal(outcomes[1].result.task_id, outcomes[3].result.task_id)
      assert.same({}, kling.gather({}, 1))
    end)

    it("raises for what are no jobs, at the caller's line", function()
      local job = quick.client(server):submit(CLIP)
      for _, jobs in ipairs { { job, "x" }, { 1 }, "jobs", false } do
        local called, message = pcall(function()
          kling.gather(jobs, 1)
        end)
        assert.is_false(called)
        assert.matches("gather_spec%.lua:%d+: gather", message)
      end
      assert.has_error(function()
        kling.gather({ job }, "1")
      end)
    end)
  end)

  describe("next", function()
    it("brings each job once, as it ends, and takes it out of the list", function()
      local client = quick.client(server)
      local jobs = submit(client, 2)
      server:life { submitted = 50, processing = 50 }
      local late = submit(client, 1)[1]
      jobs[3] = late
      server:advance(LIFE)
      local seen = {}
      for left = 2, 1, -1 do
        local job, result, failure = client:next(jobs, PATIENCE)
        assert.is_nil(failure)
        assert.equal(select(2, job:poll()).task_id, result.task_id)
        assert.is_nil(seen[result.task_id])
        seen[result.task_id] = true
        assert.equal(left, #jobs)
      end
      assert.equal(late, jobs[1])
      local job, message, failure = client:next(jobs, 0.1)
      assert.is_nil(job)
      assert.equal(message, tostring(failure))
      assert.equal("timeout", failure.code)
      assert.equal(1, #jobs)
    end)

    it("brings a job that failed with its failure", function()
      server:life { fail = "broken" }
      local client = quick.client(server)
      local jobs = submit(client, 1)
      local only = jobs[1]
      server:advance(LIFE)
      local job, result, failure = client:next(jobs, PATIENCE)
      assert.equal(only, job)
      assert.is_nil(result)
      assert.equal("failed", failure.code)
      assert.same({}, jobs)
    end)

    it("raises for another client's job, at the caller's line", function()
      local client, other = quick.client(server), quick.client(server)
      local jobs = { client:submit(CLIP), other:submit(CLIP) }
      local called, message = pcall(function()
        client:next(jobs, 1)
      end)
      assert.is_false(called)
      assert.matches("gather_spec%.lua:%d+: next.*another client", message)
      assert.equal(2, #jobs)
    end)
  end)
end)
