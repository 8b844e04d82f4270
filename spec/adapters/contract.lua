--- What every adapter promises, as specs. One text for all hosts, those that are whole programs
--- (nginx, Neovim, LÖVE) included.
--
-- A host is a table (see spec/hosts):
--
--   name, loop    `loop` is what kling.new is told
--   start(f)      run f in a coroutine of the host's
--   turn(is_done) let the coroutines run for a moment
--   sleep(s)      in such a coroutine: let the others run; nil where nothing runs beside a wait
--   pcall         one that can be waited across, where Lua's own cannot

local assert = require "luassert"
local busted = require "busted" -- a module does not see what busted gives to spec files

local boundaries = require "spec.adapters.boundaries"
local collector = require "spec.support.collector"
local core = require "kling.core"
local emulator = require "spec.support.emulator"
local endings = require "spec.adapters.endings"
local kling = require "kling"
local quick = require "spec.support.quick"
local ticking = require "spec.adapters.ticking"

local describe, it = busted.describe, busted.it

local LIFE = 0.3 -- seconds a task takes, where that matters
local SLACK = 1 -- seconds a machine may be late
local ROUNDS = 200
local NEVER = { first_poll = 60, poll_interval = 60, max_poll_interval = 60 }

local is_program = _G.ngx or _G.vim or _G.love -- whose end is not ours to bring about

local PCALL_YIELDS = _VERSION ~= "Lua 5.1" or _G.jit ~= nil

local function protect_with(host)
  return host.pcall or PCALL_YIELDS and pcall or function(f, ...)
    return true, f(...)
  end
end

-- Runs the functions beside one another until all have ended; raises what the first one raised.
local function runner(host)
  local protect = protect_with(host)
  return function(functions)
    local left, trouble = #functions, nil
    for _, f in ipairs(functions) do
      host.start(function()
        local ok, problem = protect(f)
        trouble = trouble or not ok and { problem } or nil
        left = left - 1
      end)
    end
    local function is_done()
      return left == 0
    end
    local deadline = core.now() + 3 * quick.PATIENCE
    while not is_done() do
      host.turn(is_done)
      assert(core.now() < deadline, "a coroutine did not end")
    end
    if trouble then
      error(trouble[1], 0)
    end
  end
end

-- What all the specs use: `run`, `client(options)`, `server` (filled in by `setup`).
local function new_context(host)
  local context = { host = host, run = runner(host) }

  function context.client(options, server)
    local merged = { loop = host.loop }
    for name, value in pairs(options or {}) do
      merged[name] = value
    end
    return quick.client(server or context.server, merged)
  end

  --- What client:wait returns, taken in a coroutine of the host's, and how long that took.
  function context.wait(client, job, seconds)
    local outcome
    context.run {
      function()
        local started = core.now()
        local result, _, failure = client:wait(job, seconds or quick.PATIENCE)
        outcome = { result = result, failure = failure, elapsed = core.now() - started }
      end,
    }
    return outcome
  end

  return context
end

local function specify_waiting(context)
  it("waits for three jobs no longer than for the slowest", function()
    context.server:life { submitted = 0, processing = LIFE }
    local client = context.client()
    local waiters, results = {}, {}
    for i = 1, 3 do
      local job = client:submit(quick.CLIP)
      waiters[i] = function()
        results[i] = client:wait(job, quick.PATIENCE)
      end
    end
    local started = core.now()
    context.run(waiters)
    local elapsed = core.now() - started
    assert.equal(3, #results)
    assert.is_true(elapsed >= LIFE, "too soon")
    assert.is_true(elapsed < 3 * LIFE, ("one after the other: %g s"):format(elapsed))
  end)

  it("times out on time", function()
    context.server:life { submitted = 0, processing = 60 }
    local client = context.client(NEVER)
    local late = context.wait(client, client:submit(quick.CLIP), 0.2)
    assert.equal("timeout", late.failure.code)
    assert.is_true(late.elapsed >= 0.2 and late.elapsed < 0.2 + SLACK, tostring(late.elapsed))
  end)

  it("waits on after a time-out: the job lives on", function()
    context.server:life { submitted = 0, processing = LIFE }
    local client = context.client()
    local job = client:submit(quick.CLIP)
    assert.equal("timeout", context.wait(client, job, 0.05).failure.code)
    assert.is_table(context.wait(client, job).result)
  end)

  it("waits for the jobs of two clients", function()
    local one, other = context.client(), context.client()
    local results = {}
    context.run {
      function()
        results[1] = one:wait(one:submit(quick.CLIP), quick.PATIENCE)
      end,
      function()
        results[2] = other:wait(other:submit(quick.CLIP), quick.PATIENCE)
        other:close()
        results[3] = one:wait(one:submit(quick.CLIP), quick.PATIENCE)
      end,
    }
    assert.equal(3, #results)
  end)

  it("waits outside of the host's coroutines too", function()
    local client = context.client()
    assert.is_table((client:wait(client:submit(quick.CLIP), quick.PATIENCE)))
  end)

  it("waits for a connection, too", function()
    local client = context.client()
    local warm
    context.run {
      function()
        warm = client:warm(quick.PATIENCE)
      end,
    }
    assert.is_true(warm)
    assert.is_true(client:warm(quick.PATIENCE))
  end)

  it("completes a job that nobody holds", function()
    local succeeded = 0
    local client = context.client {
      on_change = function(_, state)
        succeeded = succeeded + (state == "succeeded" and 1 or 0)
      end,
    }
    client:submit(quick.CLIP)
    collectgarbage()
    collectgarbage()
    assert.is_table(context.wait(client, client:submit(quick.CLIP)).result)
    quick.drive(client, function()
      return succeeded == 2
    end)
    assert.equal(2, #context.server:ledger())
  end)
end

-- Each of two coroutines waits for jobs of its own, and looks at the other's now and then: whoever
-- steps reads what it finds. Returns how many answers came, and the longest that one took.
local function rounds(context, client, count, meanwhile)
  local task_id = assert(context.wait(client, client:submit(quick.CLIP)).result).task_id
  local answers, slowest, jobs = 0, 0, {}
  local function go_around(mine, other)
    return function()
      for i = 1, count do
        jobs[mine] = client:attach(task_id)
        if i % 3 == 0 and jobs[other] then
          client:poll(jobs[other])
        end
        local started = core.now()
        local result = client:wait(jobs[mine], quick.PATIENCE)
        slowest = math.max(slowest, core.now() - started)
        answers = answers + (result and 1 or 0)
      end
    end
  end
  context.run { go_around(1, 2), go_around(2, 1), meanwhile and function()
    while answers < 2 * count do
      meanwhile()
    end
  end }
  return answers, slowest
end

local function check_rounds(context, count, meanwhile)
  local answers, slowest = rounds(context, context.client(), count, meanwhile)
  assert.equal(2 * count, answers)
  -- Who sleeps through an answer sleeps until the time is over.
  assert.is_true(slowest < quick.PATIENCE / 2, ("slept for %g s"):format(slowest))
end

local function specify_answers(context)
  it("lets nobody sleep through an answer", function()
    check_rounds(context, ROUNDS)
  end)

  it("loses nothing to a collector that never rests", function()
    local rest = collector.restless()
    local ok, problem = pcall(check_rounds, context, ROUNDS / 10, context.host.sleep and function()
      collectgarbage()
      context.host.sleep(0.001)
    end)
    rest()
    assert(ok, problem)
  end)

  if pcall(collectgarbage, "generational") then
    collectgarbage "incremental"
    it("loses nothing to a generational collector", function()
      collectgarbage "generational"
      local ok, problem = pcall(check_rounds, context, ROUNDS / 10)
      collectgarbage "incremental"
      assert(ok, problem)
    end)
  end
end

-- Lua 5.1 cannot wait inside pcall; where the host has no other, poll there, which never waits.
local function try_to_wait(host, client, job)
  if host.pcall or PCALL_YIELDS or not host.sleep then
    return (host.pcall or pcall)(client.wait, client, job, quick.PATIENCE)
  end
  local ok, state
  repeat
    host.sleep(0.01)
    ok, state = pcall(client.poll, client, job)
  until not ok or state == "succeeded"
  return ok, state
end

local function specify_errors(context)
  it("hands an error of on_change to who stepped, as it was, and goes on", function()
    local trouble, raised = {}, {}
    local is_thrown = false
    local client = context.client {
      on_change = function(_, state)
        if state == "succeeded" and not is_thrown then
          is_thrown = true
          error(trouble, 0)
        end
      end,
    }
    local results = {}
    local function waiter(i)
      local job = client:submit(quick.CLIP)
      return function()
        local ok, problem = try_to_wait(context.host, client, job)
        if not ok then
          raised[#raised + 1] = problem
        end
        results[i] = client:wait(job, quick.PATIENCE)
      end
    end
    context.run { waiter(1), waiter(2) }
    assert.equal(2, #results)
    assert.equal(1, #raised)
    assert.equal(trouble, raised[1])
  end)
end

local function specify_interruptions(context)
  -- One waits for what will not come for a long time, and another does something to it.
  local function interrupt(act)
    context.server:life { submitted = 0, processing = 60 }
    local client = context.client(NEVER)
    local job = client:submit(quick.CLIP)
    local failure
    local started = core.now()
    context.run {
      function()
        failure = select(3, client:wait(job, quick.PATIENCE))
      end,
      function()
        context.host.sleep(0.1)
        act(client, job)
      end,
    }
    assert.is_true(core.now() - started < quick.PATIENCE / 2, "slept on")
    return failure.code
  end

  it("ends a wait whose job is cancelled", function()
    assert.equal("cancelled", interrupt(function(client, job)
      assert.is_true(client:cancel(job))
    end))
  end)

  it("ends a wait whose client is closed", function()
    assert.equal("closed", interrupt(function(client)
      client:close()
    end))
  end)

  it("ends a wait whose client is closed by its on_change", function()
    local client
    client = context.client {
      on_change = function(_, state)
        if state == "submitted" then
          client:close()
        end
      end,
    }
    context.server:life { submitted = 0, processing = 60 }
    assert.equal("closed", context.wait(client, client:submit(quick.CLIP)).failure.code)
  end)

  it("lets a client go that was dropped after a wait", function()
    local dropped = setmetatable({}, { __mode = "k" })
    local client = context.client()
    context.run {
      function()
        local other = assert(kling.new {
          api_key = quick.KEY, base_url = context.server.url, loop = context.host.loop,
        })
        dropped[other] = true
        assert(other:query(assert(client:wait(client:submit(quick.CLIP))).task_id))
      end,
    }
    context.run {
      function()
        for _ = 1, 3 do
          collectgarbage()
          context.host.sleep(0.01)
        end
      end,
    }
    assert.is_nil(next(dropped))
    assert.is_table(context.wait(client, client:submit(quick.CLIP)).result)
  end)
end

return function(host)
  describe("under " .. host.name, function()
    local context = new_context(host)

    busted.setup(function()
      context.server = emulator.start {
        life = { submitted = 0, processing = 0 },
      }
    end)

    busted.teardown(function()
      context.server:stop()
    end)

    busted.before_each(function()
      context.server:reset()
    end)

    busted.after_each(quick.close_all)

    specify_waiting(context)
    specify_answers(context)
    specify_errors(context)
    if host.sleep then
      specify_interruptions(context)
      ticking(context)
    end
    boundaries(context)
    if host.sleep and not is_program then
      endings(context)
    end
  end)
end
