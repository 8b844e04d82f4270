--- Handles of jobs: equal, tied to their client, collected without losing a task.

local collector = require "spec.support.collector"
local emulator = require "spec.support.emulator"
local kling = require "kling"
local quick = require "spec.support.quick"

local CLIP, PATIENCE = quick.CLIP, quick.PATIENCE
local LIFE = 10 -- seconds; longer than any task here lives

describe("a job", function()
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

  it("knows its client, and has its verbs as methods", function()
    local client = quick.client(server)
    local job = client:submit(CLIP)
    assert.equal(client, job:client())
    local info = quick.until_state(client, job, "submitted")
    assert.same({ "submitted", info.task_id }, { job:poll(), select(2, job:poll()).task_id })
    assert.equal("timeout", select(3, job:wait(0)).code)
    server:advance(LIFE)
    assert.equal(info.task_id, assert(job:wait(PATIENCE)).task_id)
    local folder, remove = quick.folder()
    finally(remove)
    assert.equal(1, #assert(job:save(folder, { formats = { "mp3" } })))
    assert.is_false((job:cancel()))
  end)

  it("equals another handle of the same job, and no other job", function()
    local heard
    local client = quick.client(server, {
      on_change = function(job)
        heard = heard or job
      end,
    })
    local first, second = client:submit(CLIP), client:submit(CLIP)
    quick.until_state(client, second, "submitted")
    assert.is_true(heard == first or heard == second)
    assert.is_false(first == second)
    assert.is_false(rawequal(heard, first) or rawequal(heard, second))
    local other = quick.client(server)
    assert.is_false(other:submit(CLIP) == first)
  end)

  it("shows its task and state, and no more", function()
    local client = quick.client(server)
    local job = client:submit(CLIP)
    assert.matches("queued", tostring(job))
    local info = quick.until_state(client, job, "submitted")
    assert.matches(info.task_id .. " %(submitted%)", tostring(job))
    client:close()
    assert.is_string(tostring(job))
  end)

  it("keeps its client alive, and is still told apart when places are used again", function()
    local client = quick.client(server)
    local job = client:submit(CLIP)
    quick.until_state(client, job, "submitted")
    server:advance(LIFE)
    local kept = assert(client:wait(job, PATIENCE)).task_id
    for _ = 1, 5 do
      for _ = 1, 20 do
        client:cancel(client:submit(CLIP))
      end
      client:dispatch()
      collectgarbage()
    end
    assert.equal(kept, assert(job:wait(0)).task_id)
    local lone = assert(kling.new { api_key = "k", base_url = server.url }):submit(CLIP)
    collectgarbage()
    collectgarbage()
    assert.is_false(lone:poll() == "failed")
    lone:client():close()
  end)

  it("gives an ended job's place to a new one, and a living one's to none", function()
    local client = quick.client(server, { max_running = 1 })
    local living = {}
    for i = 1, 30 do
      living[i] = client:submit { video_id = CLIP.video_id, external_task_id = "living" .. i }
      client:cancel(client:submit(CLIP))
      client:dispatch()
      if i % 10 == 0 then
        collectgarbage()
      end
    end
    for i, job in ipairs(living) do
      local state, info = job:poll()
      assert.is_true(state == "queued" or state == "submitting" or state == "submitted")
      assert.equal("living" .. i, info.external_task_id)
    end
  end)

  it("survives a collector that never rests", function()
    finally(collector.restless())
    local events, submitted = 0, 0
    local client = quick.client(server, {
      on_change = function(job, state, info)
        collectgarbage()
        events = events + 1
        submitted = submitted + (state == "submitted" and 1 or 0)
        assert(info.external_task_id and job:client())
      end,
    })
    local jobs = {}
    for i = 1, 5 do -- few: each collection walks all that the run has made so far
      jobs[i] = client:submit(CLIP)
      client:poll(client:submit(CLIP))
    end
    quick.drive(client, function()
      return submitted == 10
    end)
    server:advance(LIFE)
    for _, outcome in ipairs(kling.gather(jobs, PATIENCE)) do
      assert(outcome.result, tostring(outcome.failure))
    end
    assert.is_true(events >= 15)
  end)

  it("and its client can be collected in any order", function()
    for _ = 1, 50 do
      local client = assert(kling.new {
        api_key = "k", base_url = server.url, duplicate_window = 0,
      })
      local jobs = { client:submit(CLIP), client:attach "1", client:submit(CLIP) }
      client:step(0)
      client:cancel(jobs[2])
    end
    collectgarbage()
    collectgarbage()
    assert.is_true(#server:log() <= 150)
  end)
end)
