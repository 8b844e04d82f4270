--- `kling batch` that is killed, again and again: nothing is lost, and nothing is paid for twice.

local cli = require "spec.support.cli"
local core = require "kling.core"
local emulator = require "spec.support.emulator"
local json = require "cjson.safe"
local lfs = require "lfs"
local quick = require "spec.support.quick"
local scratch = require "spec.support.scratch"

local LINES = 4
local LATE = 2 -- seconds

describe("kling batch, killed", function()
  local server, folder, file, out

  setup(function()
    server = emulator.start { life = { submitted = 0.1, processing = 0.1 } }
    folder = scratch.new()
    file, out = folder .. "/in.jsonl", folder .. "/out"
    local texts = {}
    for i = 1, LINES do
      texts[i] = json.encode { video_id = cli.VIDEO_ID, sound_effect_prompt = "sound " .. i }
    end
    scratch.write(file, table.concat(texts, "\n"))
  end)

  teardown(function()
    server:stop()
    scratch.remove(folder)
  end)

  local function start()
    local words = { "batch", file, "--out", out, "--lease", "1", "--resolve", "resubmit", "--json" }
    return cli.start(words,
      { env = { COMETAPI_BASE_URL = server.url }, is_quick = true })
  end

  local function kill_when(is_time)
    local process = start()
    cli.wait_until(is_time)
    process:signal "KILL"
    local result = process:finish()
    assert.equal(137, result.code, result.err)
  end

  local function has_logged(kind, count)
    return function()
      return #quick.logged(server, kind) >= count
    end
  end

  -- So that it cannot be done before it is killed, however busy this machine is.
  local function answer_late()
    server:fault { name = "delay", on = "query", seconds = LATE, times = LINES }
  end

  -- each after what the last one has left
  local moments = {
    { "when the store has just been made", function()
      kill_when(function()
        return lfs.attributes(out .. "/.kling.db") ~= nil
      end)
    end },
    { "while a create is on its way", function()
      server:fault { name = "delay", on = "create", seconds = 1, accepted = true }
      kill_when(has_logged("create", 1))
    end },
    { "when the last was accepted", function()
      answer_late()
      kill_when(function()
        return #server:ledger() == LINES
      end)
    end },
    { "while it asks how they are", function()
      local asked = #quick.logged(server, "query")
      answer_late()
      kill_when(has_logged("query", asked + 1))
    end },
    { "while files come", function()
      server:fault { name = "trickle", on = "download", bytes = 1000, times = 2 }
      kill_when(has_logged("download", 3))
    end },
  }

  for _, moment in ipairs(moments) do
    it(moment[1] .. ", pays for no line twice", function()
      moment[2]()
      assert.is_true(#server:ledger() <= LINES)
    end)
  end

  it("has done every line in the end, and paid for it once", function()
    local result = start():finish()
    assert.equal(0, result.code, result.err)
    local count = 0
    for text in result.out:gmatch "[^\n]+" do
      local object = assert(json.decode(text))
      if object.line then
        count = count + 1
        assert.equal(3, #object.files)
        for _, each in ipairs(object.files) do
          assert.equal(each.sha256, core.sha256(quick.read(each.path)))
        end
      end
    end
    assert.equal(LINES, count)
    local prompts = {}
    for _, task in ipairs(server:tasks()) do
      local prompt = task.fields.sound_effect_prompt
      assert.is_nil(prompts[prompt], prompt)
      prompts[prompt] = true
    end
    assert.equal(LINES, #server:ledger())
  end)
end)
