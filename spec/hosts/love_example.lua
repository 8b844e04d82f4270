--- examples/love in a real LÖVE, without a screen or a loudspeaker, against the emulator.

local emulator = require "spec.support.emulator"
local quick = require "spec.support.quick"

local TIME_LIMIT = 90 -- seconds
local MOST = 250 -- milliseconds of a frame for the sound; of them this machine may take most away

describe("the LÖVE game", function()
  local server, home, remove_home

  setup(function()
    server = emulator.start { life = { submitted = 0.1, processing = 0.1 } }
    home, remove_home = quick.folder()
  end)

  teardown(function()
    server:stop()
    remove_home()
  end)

  local function play(arguments)
    local pipe = assert(io.popen(([[env XDG_DATA_HOME=%s COMETAPI_KEY=%s COMETAPI_BASE_URL=%s \
      ALSOFT_DRIVERS=null LIBGL_ALWAYS_SOFTWARE=1 \
      xvfb-run -a -s "-screen 0 960x540x24" timeout %d love examples/love %s 2>&1
      echo status $?]]):format(home, quick.KEY, server.url, TIME_LIMIT, arguments)))
    local output = pipe:read "*a"
    pipe:close()
    return output, tonumber(output:match "status (%d+)\n$")
  end

  local function kept(name)
    local file = io.open(home .. "/love/kling-lighthouse/" .. name, "rb")
    local bytes = file and file:read "*a"
    if file then
      file:close()
    end
    return bytes
  end

  local function requests()
    local counts = {}
    for _, entry in ipairs(server:log()) do
      counts[entry.request] = (counts[entry.request] or 0) + 1
    end
    return counts
  end

  -- One game after the other, as one player starts them.
  it("has the sound made while the scene runs, and plays it", function()
    local output, status = play(server.url .. "/clip.mp4 --once")
    io.stdout:write(output)
    assert.equal(0, status, output)
    assert.truthy(output:find("the scene was played with its sound", 1, true), output)
    local waited = tonumber(output:match "submitted +(%d+) frames")
    assert.truthy(waited > 10, output) -- the scene went on
    for share in output:gmatch "for the sound at most +([%d.]+) ms" do
      assert.truthy(tonumber(share) < MOST, output)
    end
    local id = kept("task.txt"):match "^%d+"
    assert.truthy(#kept(id .. ".mp3") > 1000)
    assert.equal(1, #server:ledger())
    assert.equal("waves against a cliff, rain, a distant foghorn",
      server:tasks()[1].fields.sound_effect_prompt)
  end)

  it("keeps the sound: the next game asks for nothing", function()
    local before = #server:log()
    local output, status = play(server.url .. "/clip.mp4 --once")
    assert.equal(0, status, output)
    assert.truthy(output:find("the scene was played with its sound", 1, true), output)
    assert.equal(before, #server:log())
  end)

  it("goes on with the task of a game that was left too early", function()
    local id = kept("task.txt"):match "^%d+"
    assert(os.remove(("%s/love/kling-lighthouse/%s.mp3"):format(home, id)))
    local output, status = play(server.url .. "/clip.mp4 --once")
    assert.equal(0, status, output)
    assert.truthy(#kept(id .. ".mp3") > 1000)
    assert.equal(1, requests().create)
    assert.equal(1, #server:ledger())
  end)

  it("says why there is no sound, and lets the next game ask again", function()
    server:life { submitted = 0, processing = 0, fail = "the sea is too dark" }
    local output, status = play(server.url .. "/clip.mp4?another --once")
    assert.equal(1, status, output)
    assert.truthy(output:find("the sea is too dark", 1, true), output)
    assert.is_nil(kept "task.txt")
  end)

  it("goes on without a sound when it is called wrongly", function()
    local output, status = play "lighthouse.mp4 --once"
    assert.equal(1, status, output)
    assert.truthy(output:find("video_url: an http:// or https:// URL expected", 1, true), output)
  end)

  it("says what it needs", function()
    local output, status = play ""
    assert.equal(2, status, output)
    assert.truthy(output:find("usage: ", 1, true), output)
  end)
end)
