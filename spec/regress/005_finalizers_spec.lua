--- A finalizer of the program's may run wherever Lua allocates: also while a job is being read.

local collector = require "spec.support.collector"
local core = require "kling.core"
local emulator = require "spec.support.emulator"
local quick = require "spec.support.quick"
local remembering = require "spec.support.remembering"

local raw = core.raw
local JOBS = 20
local LIFE = 10 -- seconds; longer than any task here lives
local MESSAGE = "the service is taking a rest"

-- Call `work` from a finalizer again and again, until `stop()`.
local function keep_finalizing(work)
  local is_over = false
  local function arm()
    local meta = { __gc = function()
      if not is_over then
        arm()
        work()
      end
    end }
    if newproxy then -- luacheck: ignore 113
      getmetatable(newproxy(true)).__gc = meta.__gc -- luacheck: ignore 113
    else
      setmetatable({}, meta)
    end
  end
  arm()
  return function()
    is_over = true
  end
end

describe("a finalizer that uses the client", function()
  local server

  setup(function()
    server = emulator.start { clock = "manual" }
  end)

  teardown(function()
    server:stop()
  end)

  after_each(quick.close_all)

  -- Read all jobs until `is_done(job, id)` of each; only finalizers step meanwhile.
  local function read_all(client, jobs, is_done)
    local stop, rest = keep_finalizing(function()
      client:step(0)
    end), collector.restless()
    finally(function()
      stop()
      rest()
    end)
    local deadline, left = core.now() + quick.PATIENCE, JOBS
    while left > 0 and core.now() < deadline do
      left = JOBS
      for i, job in ipairs(jobs) do
        left = left - (is_done(job, "job number " .. i) and 1 or 0)
      end
    end
    assert.equal(0, left)
  end

  it("leaves whole what is read of a job", function()
    server:reset()
    local client, jobs = quick.client(server), {}
    for i = 1, JOBS do
      jobs[i] = client:submit { video_id = quick.CLIP.video_id,
        external_task_id = "job number " .. i }
    end
    read_all(client, jobs, function(job, id)
      local state, info = raw.info(client, job)
      assert(info.external_task_id == id, info.external_task_id)
      assert(tostring(job):match "^kling.job [%d-]+ %(%l+%)$", tostring(job))
      return state == "submitted"
    end)
  end)

  it("leaves whole what is read of its failures", function()
    server:reset()
    server:fault { name = "service_code", code = 5001, message = MESSAGE, on = "query",
      forever = true }
    local client, jobs = quick.client(server), {}
    for i = 1, JOBS do
      jobs[i] = client:attach("job number " .. i)
    end
    read_all(client, jobs, function(job, id)
      local failure = raw.failure(client, job)
      for _, attempt in ipairs(failure and failure.attempts or {}) do
        assert(attempt.service_message == MESSAGE, attempt.service_message)
      end
      assert(not failure or failure.task_id == id)
      return failure and #failure.attempts >= 8
    end)
  end)

  it("in the midst of a write leaves whole what the store is told", function()
    server:reset()
    local store = remembering.new(server)
    local client, jobs, is_inside = store:client(), {}, false
    for i = 1, JOBS do
      jobs[i] = assert(client:submit(remembering.named("job number " .. i)))
    end
    local connection = raw.private(client).tasks.store.connection
    local change = connection.change
    function connection.change(...) -- the moment for a finalizer to do the most harm
      if not is_inside then
        is_inside = true
        client:step(0)
        client:dispatch()
        client:cancel(jobs[1])
        is_inside = false
      end
      return change(...)
    end
    local has_ended
    finally(function()
      client:close()
      store:remove()
    end)
    repeat
      has_ended = true
      server:advance(LIFE)
      for _, job in ipairs(jobs) do
        local state, info = client:poll(job)
        assert.is_nil(info.warning)
        has_ended = has_ended and (state == "succeeded" or state == "cancelled")
      end
    until has_ended
    client:dispatch() -- what the last step brought
    for i = 1, JOBS do
      assert.equal(i == 1 and "cancelled" or "succeeded", store:row("job number " .. i).state)
    end
    assert.is_true(#server:ledger() >= JOBS - 1 and #server:ledger() <= JOBS)
  end)
end)
