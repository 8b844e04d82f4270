--- What the engine promises of looks at tasks, of limits, and of many jobs at once.

local condition = require "cqueues.condition"
local core = require "kling.core"
local emulator = require "spec.support.emulator"
local kling = require "kling"
local quick = require "spec.support.quick"
local raw_server = require "spec.support.raw_server"

local CLIP, PATIENCE = quick.CLIP, quick.PATIENCE
local LIFE = 10 -- seconds; longer than any task here lives

describe("the engine", function()
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
    quick.until_state(client, job, "submitted")
    return client, job
  end

  describe("looking at a task", function()
    it("that has not changed allocates nothing in Lua", function()
      local client, job = start { poll_interval = 0.001, max_poll_interval = 0.001 }
      server:advance(2)
      quick.until_state(client, job, "processing")
      local function grow()
        collectgarbage()
        collectgarbage "stop"
        local kilobytes = collectgarbage "count"
        for _ = 1, 20 do
          client:step(0.05)
          client:dispatch()
        end
        local grown = collectgarbage "count" - kilobytes
        collectgarbage "restart"
        return grown
      end
      local jit = rawget(_G, "jit")
      if jit then
        jit.off() -- what it compiles is counted, too
        finally(jit.on)
      end
      grow() -- as may Lua's stack, once
      local looks = #quick.logged(server, "query")
      local grown = grow()
      assert.equal(0, grown)
      assert.is_true(#quick.logged(server, "query") > looks + 50)
    end)

    local trouble = {
      ["500"] = { { name = "service_code", code = 5000 }, "unavailable" },
      ["524"] = { { name = "html", status = 524 }, "unavailable" },
      ["429"] = { { name = "too_fast" }, "rate_limited" },
      ["a page"] = { { name = "html", status = 200 }, "protocol" },
      ["a redirect"] = { { name = "redirect" }, "protocol" },
      ["an empty reply"] = { { name = "empty" }, "protocol" },
      ["half a reply"] = { { name = "truncated_json" }, "protocol" },
      ["a cut"] = { { name = "cut", bytes = 5 }, "network" },
      ["a reset"] = { { name = "reset" }, "network" },
      ["a drop"] = { { name = "drop_before" }, "network" },
      ["bytes that are no HTTP"] = { { name = "raw", text = "mumble\r\n\r\n" }, "protocol" },
    }
    for name, case in pairs(trouble) do
      it("rides out " .. name, function()
        local client, job = start()
        case[1].on, case[1].times = "query", 4
        server:fault(case[1])
        local failure = quick.drive(client, function()
          return select(2, client:poll(job)).failure
        end)
        assert.equal(case[2], failure.code)
        assert.equal("query", failure.attempts[1].request)
        assert.equal("exists", failure.task_state)
        server:advance(LIFE)
        assert(client:wait(job, PATIENCE))
        assert.equal(1, #quick.logged(server, "create"))
      end)
    end

    it("rides out a reply that does not come", function()
      local client, job = start { request_timeout = 0.2 }
      server:fault { name = "delay", on = "query", seconds = 0.6 }
      local failure = quick.drive(client, function()
        return select(2, client:poll(job)).failure
      end)
      assert.equal("timeout", failure.code)
      server:advance(LIFE)
      assert(client:wait(job, PATIENCE))
    end)

    it("does not go back with a stale reply", function()
      local states = {}
      local client, job = start {
        on_change = function(_, state)
          states[state] = true
          assert(state ~= "submitted" or not states.processing, "it went back")
        end,
      }
      server:advance(2)
      quick.until_state(client, job, "processing")
      server:fault { name = "stale", on = "query", seconds = 2, times = 5 }
      local failure = quick.drive(client, function()
        return select(2, client:poll(job)).failure
      end)
      assert.equal("protocol", failure.code)
      assert.matches("older", failure.attempts[1].outcome)
      assert.equal("processing", (client:poll(job)))
      server:advance(LIFE)
      assert(client:wait(job, PATIENCE))
      assert.is_true(states.processing and states.succeeded)
    end)

    it("takes an unknown status for running and warns once", function()
      server:variant "unknown_status"
      local warnings = {}
      local client, job = start {
        on_change = function(_, state, info)
          if info.warning and state ~= "succeeded" then
            warnings[#warnings + 1] = info.warning
          end
        end,
      }
      server:advance(2)
      quick.drive(client, function()
        return #warnings > 0
      end)
      local asked = #quick.logged(server, "query")
      quick.drive(client, function()
        return #quick.logged(server, "query") > asked + 5
      end)
      assert.equal("submitted", (client:poll(job)))
      assert.equal("reviewing", select(2, client:poll(job)).status)
      assert.equal(1, #warnings)
      assert.matches("reviewing", warnings[1])
      server:advance(LIFE)
      assert(client:wait(job, PATIENCE))
    end)

    for _, variant in ipairs { "not_found_1201", "not_found_1203", "not_found_task_not_exist" } do
      it("forgives " .. variant .. " shortly after a create", function()
        server:variant(variant)
        server:variant "first_look_misses"
        local client, job = start()
        local failure = quick.drive(client, function()
          return select(2, client:poll(job)).failure
        end)
        assert.equal("not_found", failure.code)
        server:advance(LIFE)
        assert(client:wait(job, PATIENCE))
      end)

      it("ends with " .. variant .. " for a task that was attached to", function()
        server:variant(variant)
        local client = quick.client(server)
        local failure = quick.failure(client, client:attach "878000000000000000")
        assert.equal("not_found", failure.code)
        assert.equal("878000000000000000", failure.task_id)
        assert.equal(1, #quick.logged(server, "query"))
      end)
    end

    local final = { [1002] = "auth", [1100] = "quota", [1102] = "quota", [1304] = "auth" }
    for code, ours in pairs(final) do
      it(("ends with %d"):format(code), function()
        local client, job = start()
        server:fault { name = "service_code", on = "query", code = code, forever = true }
        local failure = quick.failure(client, job)
        assert.same({ ours, "exists", "yes", tostring(code) }, { failure.code, failure.task_state,
          failure.billed, failure.service_code })
      end)
    end

    it("ends with the service's reason when the task failed", function()
      server:life { fail = "Image pixel is invalid" }
      local client, job = start()
      server:advance(LIFE)
      local failure = quick.failure(client, job)
      assert.same({ "failed", "Image pixel is invalid", "exists", false }, { failure.code,
        failure.service_message, failure.task_state, failure.retryable })
      assert.matches("Image pixel is invalid", failure.message, 1, true)
      assert.not_matches("SUCCEED", failure.message)
    end)

    it("says so when the service gives no reason", function()
      server:life { fail = "unsaid" }
      server:variant "failure_reason_empty"
      local client, job = start()
      server:advance(LIFE)
      local failure = quick.failure(client, job)
      assert.equal("failed", failure.code)
      assert.matches("no reason", failure.message)
    end)

    it("asks at most as often as it is told", function()
      local client, job = start { first_poll = 0.1, poll_interval = 0.1, max_poll_interval = 0.1 }
      client:wait(job, 0.35)
      local asked = #quick.logged(server, "query")
      assert.is_true(asked >= 1 and asked <= 4)
    end)
  end)

  describe("with limits", function()
    local function count(client, jobs, wanted)
      local found = 0
      for _, job in ipairs(jobs) do
        found = found + ((client:poll(job)) == wanted and 1 or 0)
      end
      return found
    end

    local function submit(client, number)
      local jobs = {}
      for i = 1, number do
        jobs[i] = client:submit(CLIP)
      end
      return jobs
    end

    it("lets no more than max_running tasks live at the service", function()
      server:cap(2) -- the service refuses a third: no create may meet that
      local client = quick.client(server, { max_running = 2 })
      local jobs = submit(client, 6)
      for done = 2, 6, 2 do
        quick.drive(client, function()
          return #server:ledger() == done and count(client, jobs, "submitted") == 2
        end)
        assert.equal(6 - done, count(client, jobs, "queued"))
        server:advance(LIFE)
        quick.drive(client, function()
          return count(client, jobs, "succeeded") == done
        end)
      end
      for _, entry in ipairs(quick.logged(server, "create")) do
        assert.equal(200, entry.status)
      end
      assert.equal(6, #quick.logged(server, "create"))
    end)

    it("gives the place of a task that failed, or was refused, to the next", function()
      server:fault { name = "service_code", on = "create", code = 1200 }
      server:life { fail = "broken" }
      local client = quick.client(server, { max_running = 1 })
      local jobs = submit(client, 3)
      assert.equal("rejected", quick.failure(client, jobs[1]).code)
      quick.until_state(client, jobs[2], "submitted")
      server:advance(LIFE)
      assert.equal("failed", quick.failure(client, jobs[2]).code)
      quick.until_state(client, jobs[3], "submitted")
      assert.equal(3, #quick.logged(server, "create"))
    end)

    it("lets the next go when one that is held is cancelled, or one nobody knows of", function()
      server:fault { name = "delay", on = "create", seconds = 0.3 }
      local client = quick.client(server, { max_running = 1 })
      local jobs = submit(client, 3)
      client:step(0)
      assert.is_true((client:cancel(jobs[2])))
      assert.equal("cancelled", (client:poll(jobs[2])))
      assert.is_true((client:cancel(jobs[1]))) -- under way: it may never get there
      quick.until_state(client, jobs[3], "submitted")
      local _, info = client:poll(jobs[2])
      assert.same({ "cancelled", "not-created", "no" },
        { info.failure.code, info.failure.task_state, info.failure.billed })
    end)

    it("keeps the place of a task that goes on at the service though it was cancelled", function()
      local client = quick.client(server, { max_running = 1 })
      local jobs = submit(client, 2)
      quick.until_state(client, jobs[1], "submitted")
      assert.is_true((client:cancel(jobs[1])))
      for _ = 1, 5 do
        client:step(0.01)
      end
      assert.same({ cap = 1, running = 1, queued = 1 }, core.raw.limits(client))
      assert.equal("queued", (client:poll(jobs[2])))
      assert.equal(1, #server:ledger())
    end)

    it("counts a task that it was attached to, from the first look until its end", function()
      local first = quick.client(server)
      local id = quick.until_state(first, first:submit(CLIP), "submitted").task_id
      local client = quick.client(server, { max_running = 1 })
      local attached = client:attach(id)
      quick.drive(client, function()
        return core.raw.limits(client).running == 1
      end)
      local job = client:submit(CLIP)
      client:step(0.01)
      assert.equal("queued", (client:poll(job)))
      server:advance(LIFE)
      assert(client:wait(attached, PATIENCE))
      quick.until_state(client, job, "submitted")
      assert.equal(1, core.raw.limits(client).running)
    end)

    it("has no more than max_requests in flight", function()
      local waiting, most = {}, 0
      local raw = raw_server.start(function(connection)
        while raw_server.read_request(connection) do
          local go = condition.new(true)
          waiting[#waiting + 1] = go
          most = math.max(most, #waiting)
          go:wait()
          connection:xwrite(raw_server.reply '{"code":0,"data":[]}', "bn")
        end
      end)
      local client = quick.client(raw, { loop = raw.loop, max_requests = 3 })
      local lists = {}
      for i = 1, 12 do
        lists[i] = core.raw.start_list(client, "pageNum=" .. i)
      end
      for left = 12, 1, -1 do
        local deadline = core.now() + PATIENCE
        while #waiting < math.min(3, left) and core.now() < deadline do
          raw.loop.pause(client, 0.005)
        end
        for _ = 1, 3 do -- would a fourth come?
          raw.loop.pause(client, 0.005)
        end
        assert.equal(math.min(3, left), #waiting)
        table.remove(waiting, 1):signal()
      end
      for _, list in ipairs(lists) do
        quick.drive(client, function()
          raw:step()
          return core.raw.ended(client, list) == "succeeded"
        end)
      end
      assert.equal(3, most)
      client:close()
      raw:stop()
    end)
  end)

  it("runs a task to its end though nobody holds its job", function()
    local ended = 0
    local client = quick.client(server, {
      on_change = function(_, state)
        ended = ended + (state == "succeeded" and 1 or 0)
      end,
    })
    for _ = 1, 20 do
      client:submit(CLIP)
    end
    collectgarbage()
    collectgarbage()
    quick.drive(client, function()
      return #server:ledger() == 20
    end)
    collectgarbage()
    server:advance(LIFE)
    quick.drive(client, function()
      collectgarbage()
      return ended == 20
    end)
    assert.equal(20, #quick.logged(server, "create"))
  end)

  it("runs 200 tasks at once, and two clients side by side", function()
    local clients = { quick.client(server), quick.client(server) }
    local jobs = {}
    for i = 1, 200 do
      jobs[i] = clients[i % 2 + 1]:submit(CLIP)
    end
    quick.drive(clients[1], function()
      clients[2]:step(0)
      return #server:ledger() == 200
    end)
    server:advance(LIFE)
    local seen = {}
    for _, outcome in ipairs(kling.gather(jobs, PATIENCE)) do
      local result = assert(outcome.result, tostring(outcome.failure))
      assert.is_nil(seen[result.task_id])
      seen[result.task_id] = true
    end
    assert.equal(200, #quick.logged(server, "create"))
  end)
end)
