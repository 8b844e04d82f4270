--- One step took in 3.2 MB of a download at once: two frames of a game and more.

local emulator = require "spec.support.emulator"
local long_clip = require "spec.support.long_clip"
local quick = require "spec.support.quick"

local BYTES = 1e7
local MOST = 3e6 -- bytes in the two steps of one turn; they were 6.4e6

local restless = {
  pause = function(client)
    client:step(0)
  end,
}

describe("a step", function()
  local server, folder, remove

  setup(function()
    folder, remove = quick.folder()
    long_clip(folder .. "/clip.mp4", BYTES)
    server = emulator.start {
      life = { submitted = 0, processing = 0 }, clip = folder .. "/clip.mp4",
    }
  end)

  teardown(function()
    server:stop()
    remove()
  end)

  after_each(quick.close_all)

  it("takes in little of a big download, however fast it comes", function()
    local client = quick.client(server, { loop = restless })
    local biggest, last = 0, 0
    local files = assert(client:save(client:submit(quick.CLIP), folder, {
      formats = { "video" },
      on_progress = function(done)
        biggest, last = math.max(biggest, done - last), done
      end,
    }))
    assert.equal(BYTES, files[1].bytes)
    assert.is_true(biggest > 0 and biggest < MOST, biggest .. " bytes at once")
  end)
end)
