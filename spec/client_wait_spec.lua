--- Waiting for a job, and on_change while one waits.

local blame = require "spec.support.blamed_line"
local core = require "kling.core"
local emulator = require "spec.support.emulator"
local quick = require "spec.support.quick"

local blamed_line, this_line = blame.of, blame.here
local CLIP, PATIENCE = quick.CLIP, quick.PATIENCE
local LIFE = 10 -- seconds; longer than any task here lives
local UNKNOWN = "878000000000000000"

describe("client", function()
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

  local function start(options)
    local client = quick.client(server, options)
    local job = client:submit(CLIP)
    local info = quick.until_state(client, job, "submitted")
    return client, job, info
  end

  describe("wait", function()
    it("brings the result", function()
      local client, job, info = start()
      server:advance(LIFE)
      local result = assert(client:wait(job, PATIENCE))
      assert.equal(info.task_id, result.task_id)
      assert.equal(info.external_task_id, result.external_task_id)
      assert.equal(1, #result.audios)
      assert.equal(1, #result.videos)
      assert.equal(result.task_id, (assert(client:wait(job, 0))).task_id)
      assert.is_number(result.audios[1].mp3.duration)
      assert.is_true(result.updated_at >= result.created_at)
    end)

    it("leaves the task alive when its time is over", function()
      local client, job, info = start()
      local started = core.now()
      local result, message, failure = client:wait(job, 0.1)
      assert.is_true(core.now() - started >= 0.1)
      assert.is_nil(result)
      assert.equal(message, tostring(failure))
      assert.same({ "timeout", "wait", "exists", "yes", true, info.task_id }, { failure.code,
        failure.operation, failure.task_state, failure.billed, failure.retryable,
        failure.task_id })
      server:advance(LIFE)
      assert(client:wait(job, PATIENCE))
      assert.equal(1, #quick.logged(server, "create"))
    end)

    it("with 0 seconds looks once", function()
      local client, job = start()
      assert.equal("timeout", select(3, client:wait(job, 0)).code)
    end)

    it("does not say that a task was not made while its create is on the way", function()
      server:fault { name = "delay", on = "create", seconds = 0.5 }
      local client = quick.client(server)
      local job = client:submit(CLIP)
      local failure = select(3, client:wait(job, 0.1))
      assert.equal("submitting", (client:poll(job)))
      assert.same({ "timeout", "may-exist", "maybe" },
        { failure.code, failure.task_state, failure.billed })
      quick.until_state(client, job, "submitted")
    end)

    it("nor when an earlier create was refused for now", function()
      server:fault { name = "too_fast", on = "create" }
      server:fault { name = "delay", on = "create", seconds = 0.5 }
      local client = quick.client(server)
      local job = client:submit(CLIP)
      quick.drive(client, function()
        local state, info = client:poll(job)
        return state == "submitting" and info.failure
      end)
      local failure = select(3, client:wait(job, 0.05))
      assert.same({ "timeout", "may-exist", "maybe" },
        { failure.code, failure.task_state, failure.billed })
      assert.equal("may-exist", select(2, client:poll(job)).failure.task_state)
    end)

    it("says that nothing was made while the create has not left", function()
      local client = quick.client(server, { max_running = 1 })
      client:submit(CLIP)
      local job = client:submit(CLIP)
      local failure = select(3, client:wait(job, 0.1))
      assert.same({ "timeout", "not-created", "no" },
        { failure.code, failure.task_state, failure.billed })
    end)

    it("takes math.huge for no limit", function()
      local client, job = start()
      server:advance(LIFE)
      assert(client:wait(job, math.huge))
    end)

    it("brings the same failure again and again", function()
      server:life { fail = "broken" }
      local client, job = start()
      server:advance(LIFE)
      local first = quick.failure(client, job)
      assert.same(first, quick.failure(client, job))
      assert.equal("failed", first.code)
    end)

    it("of a job that was cancelled says so", function()
      local client, job = start()
      client:cancel(job)
      local failure = quick.failure(client, job)
      assert.same({ "cancelled", "exists", "yes" },
        { failure.code, failure.task_state, failure.billed })
    end)

    it("of a job whose client was closed says so", function()
      local client, job, info = start()
      client:close()
      local failure = quick.failure(client, job)
      assert.same({ "closed", "exists", info.task_id },
        { failure.code, failure.task_state, failure.task_id })
      local state, after = client:poll(job)
      assert.equal("failed", state)
      assert.equal("closed", after.failure.code)
    end)

    it("blames the caller's line for a wrong argument", function()
      local client, job = start()
      local other = quick.client(server)
      local line = this_line()
      local calls = {
        function() client:wait(job, "10") end,
        function() client:wait(job, -1) end,
        function() client:wait(job, 0 / 0) end,
        function() client:wait({}, 1) end,
        function() client:wait(nil, 1) end,
        function() other:wait(job, 1) end,
        function() job:wait "10" end,
      }
      for i, call in ipairs(calls) do
        assert.equal(line + 1 + i, (blamed_line(call)))
      end
    end)
  end)

  describe("on_change", function()
    it("hears each state once, with what is known", function()
      local heard = {}
      local client, job = start {
        on_change = function(job, state, info)
          heard[#heard + 1] = { job, state, info.task_id }
        end,
      }
      server:advance(2)
      local info = quick.until_state(client, job, "processing")
      server:advance(LIFE)
      assert(client:wait(job, PATIENCE))
      local states = {}
      for i, event in ipairs(heard) do
        assert.equal(job, event[1])
        states[i] = event[2]
      end
      assert.same({ "submitting", "submitted", "processing", "succeeded" }, states)
      assert.equal(info.task_id, heard[2][3])
    end)

    it("that raises reaches the caller as it is, and the rest goes on", function()
      local heard, oops = {}, { "an error that is a table" }
      local is_raising = true
      local client = quick.client(server, {
        on_change = function(_, state, info)
          heard[#heard + 1] = info.external_task_id .. " " .. state
          if is_raising then
            error(oops)
          end
        end,
      })
      local jobs = {}
      for i = 1, 3 do
        jobs[i] = client:submit { video_id = CLIP.video_id, external_task_id = "job" .. i }
      end
      for _ = 1, 2 do
        local done, raised = pcall(client.wait, client, jobs[1], PATIENCE)
        assert.is_false(done)
        assert.equal(oops, raised)
      end
      is_raising = false
      quick.drive(client, function()
        return #server:ledger() == 3
      end)
      server:advance(LIFE)
      for _, job in ipairs(jobs) do
        assert(client:wait(job, PATIENCE))
      end
      local count = {}
      for _, event in ipairs(heard) do
        count[event] = (count[event] or 0) + 1
      end
      for i = 1, 3 do
        assert.equal(1, count["job" .. i .. " succeeded"])
      end
    end)

    it("may close the client during a wait", function()
      local client
      client = quick.client(server, {
        on_change = function(_, state)
          if state == "submitted" then
            client:close()
          end
        end,
      })
      local failure = quick.failure(client, client:submit(CLIP))
      assert.equal("closed", failure.code)
      client:close()
    end)

    for _, verb in ipairs { "query", "list", "save", "next" } do
      it("may close the client during " .. verb, function()
        local client, job
        local is_closing = false
        client, job = start {
          on_change = function()
            if is_closing then
              client:close()
            end
          end,
        }
        is_closing = true
        server:advance(LIFE)
        if verb ~= "save" then
          server:fault { name = "delay", on = verb == "list" and "list" or "query",
            path = verb == "query" and UNKNOWN or nil, seconds = 1 }
        end
        local value, failure
        if verb == "query" then
          value, _, failure = client:query(UNKNOWN, PATIENCE)
        elseif verb == "list" then
          value, _, failure = client:list { timeout = PATIENCE }
        elseif verb == "next" then
          value, _, failure = client:next({ job }, PATIENCE)
          assert.equal(job, value)
          assert.is_nil(failure)
          return
        else
          value, _, failure = client:save(job, "nowhere", { timeout = PATIENCE })
        end
        assert.is_nil(value)
        assert.equal("closed", failure.code)
      end)
    end

    it("may submit, cancel, wait and poll", function()
      local second, state_seen
      local client
      client = quick.client(server, {
        on_change = function(job, state)
          if state == "submitted" and not second then
            second = client:submit(CLIP)
            client:cancel(job)
            client:wait(second, 0.1)
            state_seen = client:poll(second)
          end
        end,
      })
      local first = client:submit(CLIP)
      assert.equal("cancelled", quick.failure(client, first).code)
      assert.equal("submitted", state_seen)
      server:advance(LIFE)
      assert(client:wait(second, PATIENCE))
    end)

    it("is called by dispatch for who steps", function()
      local count = 0
      local client = quick.client(server, {
        on_change = function()
          count = count + 1
        end,
      })
      client:submit(CLIP)
      local deadline = core.now() + PATIENCE
      while client:step(0.05) == 0 and core.now() < deadline do
        assert.equal(0, count)
      end
      assert.equal(0, count)
      client:dispatch()
      assert.equal(1, count)
      client:dispatch()
      assert.equal(1, count)
    end)
  end)

end)
