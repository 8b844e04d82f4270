--- A store whose clock is not the client's, as PostgreSQL's server's may be.

local core = require "kling.core"
local emulator = require "spec.support.emulator"
local quick = require "spec.support.quick"
local remembering = require "spec.support.remembering"

describe("a store whose clock is an hour", function()
  local server, store

  setup(function()
    server = emulator.start { clock = "manual" }
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

  local function client_of(ahead, options)
    local client = store:client(options)
    core.raw.private(client).tasks.store.clock = function()
      return core.wall() + ahead
    end
    assert(client:pending()) -- anything that asks what time it is
    return client
  end

  for name, ahead in pairs { ["ahead"] = 3600, ["behind"] = -3600 } do
    it(name .. " knows the same request from within the window, and no other", function()
      local client = client_of(ahead, { duplicate_window = 600 })
      local job = client:submit(quick.CLIP)
      quick.until_state(client, job, "submitted")
      server:advance(10)
      local task_id = assert(client:wait(job, quick.PATIENCE)).task_id
      client:close()
      local again = client_of(ahead, { duplicate_window = 600 })
      assert.equal(task_id, select(2, again:poll(again:submit(quick.CLIP))).task_id)
      local later = client_of(ahead + 601, { duplicate_window = 600 })
      assert.is_nil(select(2, later:poll(later:submit(quick.CLIP))).task_id)
    end)

    it(name .. " counts what was sent within the window, and no more", function()
      local limit = { max_submits = { count = 1, seconds = 600 } }
      local client = client_of(ahead, limit)
      quick.until_state(client, client:submit(quick.CLIP), "submitted")
      local same = client_of(ahead, limit)
      assert.equal("budget", select(3, same:submit { video_id = "1" }).code)
      local later = client_of(ahead + 601, limit)
      assert(later:submit { video_id = "2" })
    end)
  end
end)
