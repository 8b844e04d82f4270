--- What clients learn for each other, by way of the store.

local core = require "kling.core"
local emulator = require "spec.support.emulator"
local quick = require "spec.support.quick"
local remembering = require "spec.support.remembering"

local raw = core.raw

describe("how long tasks take", function()
  local server, store

  setup(function()
    server = emulator.start { life = { submitted = 0.02, processing = 0.02 } }
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    server:reset()
    server:life { submitted = 0.02, processing = 0.02 }
    store = remembering.new(server)
  end)

  after_each(function()
    quick.close_all()
    store:remove()
  end)

  local function submit(client)
    return assert(client:submit { video_id = quick.CLIP.video_id, duplicate = true })
  end

  local function finish(client, count)
    local jobs = {}
    for i = 1, count do
      jobs[i] = submit(client)
    end
    for _, job in ipairs(jobs) do
      assert(client:wait(job, quick.PATIENCE))
    end
  end

  local function ends_in(text)
    return tonumber(text:match "^d1 (%d+)")
  end

  it("is known to the next client", function()
    local client = store:client()
    assert.is_nil(store:gateway().histogram)
    finish(client, 2)
    local text = raw.cadence(client)
    client:close()
    assert.equal(text, store:gateway().histogram)
    local next_one = store:client()
    assert.equal(text, raw.cadence(next_one))
    server:life { submitted = 100, processing = 100 }
    local job = submit(next_one)
    quick.until_state(next_one, job, "submitted")
    assert.is_truthy(next_one:eta(job))
  end)

  it("is learned by several at once", function()
    local one, other = store:client(), store:client()
    finish(one, 2)
    finish(other, 3)
    one:close()
    other:close()
    assert.equal(5, ends_in(store:gateway().histogram))
  end)

  it("is told now and then, not only at the end", function()
    local client = store:client()
    finish(client, 10)
    quick.drive(client, function()
      return store:gateway().histogram
    end)
    assert.equal(raw.untold(client), ends_in(raw.cadence(client))
      - ends_in(store:gateway().histogram))
  end)

  it("is learned anew where the store has something else", function()
    for _, text in ipairs { "", "garbage", "d1 1 1" } do
      local opened = store:open()
      opened:learn { histogram = text }
      opened:close()
      local client = store:client()
      finish(client, 1)
      client:close()
      assert.equal(1, ends_in(store:gateway().histogram))
    end
  end)

  it("is not told, and nothing else is held up, where the store does not work", function()
    local client = store:client()
    store:break_method(client, "merge_histogram", "disk full")
    finish(client, 12)
    assert.is_nil(select(2, client:poll(submit(client))).warning)
    assert.equal(12, raw.untold(client))
    store:mend(client)
    client:close()
    assert.equal(12, ends_in(store:gateway().histogram))
  end)
end)
