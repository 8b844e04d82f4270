--- The engine's jobs: who holds them, and what is left of them when memory is short.

local core = require "kling.core"
local parts = require "kling_parts"
local quick = require "spec.support.quick"

local raw = core.raw

describe("a job", function()
  after_each(quick.close_all)

  it("is there while one handle is left, of how many there ever were", function()
    for _, handles in ipairs { 1, 2, 65535, 65536, 65537, 200000 } do
      assert.same({ true, false }, { parts.engine_hold(handles) })
    end
  end)

  it("that cannot be made for want of memory leaves nothing behind", function()
    local client = quick.client { url = "http://127.0.0.1:9" }
    local request = { video_id = quick.CLIP.video_id }
    local made, failed = 0, 0
    for allocations = 0, 60 do
      collectgarbage()
      local is_made = parts.with_allocations(allocations, function()
        raw.start_task(client, request, "external")
      end)
      made = made + (is_made and 1 or 0)
      failed = failed + (is_made and 0 or 1)
    end
    collectgarbage()
    collectgarbage()
    assert.is_true(failed > 0 and made > 0)
    assert.equal(made, raw.limits(client).queued)
  end)

  it("that nobody hears of for want of memory is heard of next time", function()
    local client = quick.client { url = "http://127.0.0.1:9" }
    local job = raw.start_task(client, { video_id = quick.CLIP.video_id }, "external")
    raw.stop(client, job)
    local heard
    for allocations = 0, 20 do
      collectgarbage()
      local is_heard = parts.with_allocations(allocations, function()
        heard = raw.changed(client)
      end)
      if is_heard then
        break
      end
    end
    assert.equal(job, heard)
  end)

  it("keeps its place at the service for five minutes after it was accepted", function()
    assert.same({ 1, 1, true }, { parts.engine_linger(290, 0) })
    assert.same({ 1, 0, false }, { parts.engine_linger(299.9, 0.2) })
    assert.same({ 0, 0, false }, { parts.engine_linger(301, 0) })
  end)
end)
