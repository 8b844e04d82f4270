--- `kling run`, from a clip to its files.

local cli = require "spec.support.cli"
local emulator = require "spec.support.emulator"
local json = require "cjson.safe"
local lfs = require "lfs"

describe("kling run", function()
  local server, folder

  setup(function()
    server = emulator.start { ffmpeg = true, life = { submitted = 0.1, processing = 0.1 } }
    folder = os.tmpname()
    os.remove(folder)
  end)

  teardown(function()
    server:stop()
    for name in lfs.dir(folder) do
      os.remove(folder .. "/" .. name)
    end
    lfs.rmdir(folder)
  end)

  local function start(words)
    return cli.start(words, { env = { COMETAPI_BASE_URL = server.url } })
  end

  -- together: each waits for its first look
  it("submits, waits and saves; says the id although what follows fails", function()
    local clip = server.url .. "/clip.mp4"
    local good = start { "run", "--video-url", clip, "--sound", "rain", "--out", folder }
    local as_json = start { "run", "--video-url", clip, "--out", folder, "--format", "wav",
      "--json" }
    local bad = start { "run", "--video-url", clip, "--out", "/dev/null/folder" }
    good, as_json, bad = good:finish(), as_json:finish(), bad:finish()

    assert.equal(0, good.code, good.err)
    local id = good.err:match "^task (%d+) accepted\n$"
    assert.is_truthy(id, good.err)
    assert.equal(1, good.out:find(("task %s\n%s/%s.mp3  5.00 s"):format(id, folder, id), 1, true))
    for _, extension in ipairs { "mp3", "wav", "mp4" } do
      local path = ("%s/%s.%s"):format(folder, id, extension)
      assert.is_true(lfs.attributes(path, "size") > 50000, path)
    end

    assert.equal(0, as_json.code, as_json.err)
    local object = assert(json.decode(as_json.out))
    assert.equal("run", object.command)
    assert.equal("succeeded", object.state)
    assert.equal(object.task_id, object.result.task_id)
    assert.equal(1, #object.files)
    assert.equal(240044, object.files[1].bytes)

    assert.equal(15, bad.code)
    id = bad.err:match "^task (%d+) accepted\n"
    assert.equal(("task %s\n"):format(id), bad.out)
    assert.is_truthy(bad.err:find("To go on: kling wait " .. id, 1, true), bad.err)
    assert.equal(3, #server:ledger())
  end)
end)
