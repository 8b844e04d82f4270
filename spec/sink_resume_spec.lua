--- A sink goes on with what another one left, and only with what it may.

local core = require "kling.core"
local lfs = require "lfs"
local parts = require "kling_parts"
local scratch = require "spec.support.scratch"
local sound = require "kling.emulator.sound"

local errors = parts.errors
local REPLACE = true
local WAV = 2
local TAG = '"version-1"'
local BIG = ("0123456789abcdef"):rep(40000) -- more than is read again at a time

describe("a sink with a part file", function()
  local folder, path, part, info, sink

  before_each(function()
    folder = scratch.new()
    path = folder .. "/sound.mp3"
    part, info = path .. ".part", path .. ".part.info"
  end)

  after_each(function()
    if sink then
      sink:close()
      sink = nil
    end
    scratch.remove(folder)
  end)

  local function open(options, overwrite)
    local message
    sink, message = parts.sink(path, overwrite, options)
    return sink, message
  end

  -- As a process leaves them that is killed: nobody has closed anything.
  local function leave(bytes, validator, total, options)
    assert(open(options))
    sink:learn(validator or TAG, total or #BIG)
    assert.is_true(sink:write(bytes))
    local left_part, left_info = scratch.read(part), scratch.read(info)
    sink:close()
    sink = nil
    scratch.write(part, left_part)
    if left_info then
      scratch.write(info, left_info)
    end
  end

  local function state_when_read()
    local state, turns = sink:catch_up(), 1
    while state == "busy" do
      state, turns = sink:catch_up(), turns + 1
    end
    return state, turns
  end

  local function begins_anew(options)
    assert(open(options))
    assert.same({ "ready", 1 }, { state_when_read() })
    assert.same({ 0, core.sha256 "" }, { sink:facts() })
    assert.equal("", scratch.read(part))
    assert.is_nil(scratch.read(info))
  end

  it("goes on from there, with the digest of all", function()
    local first, rest = BIG:sub(1, 500000), BIG:sub(500001)
    leave(first)
    assert(open())
    assert.equal(500000, (sink:facts()))
    local state, turns = state_when_read()
    assert.equal("ready", state)
    assert.is_true(turns > 2, "read at once")
    assert.is_true(sink:write(rest))
    assert.same({ #BIG, core.sha256(BIG) }, { sink:facts() })
    assert.is_true(sink:finish())
    parts.settle(path)
    assert.equal(BIG, scratch.read(path))
    assert.same({ "sound.mp3" }, scratch.names(folder))
  end)

  it("leaves it when it is closed, and when it is collected", function()
    for _, let_go in ipairs { function() sink:close() end, function() sink = nil end } do
      assert(open())
      sink:learn(TAG, 100)
      sink:write "beginning"
      let_go()
      collectgarbage()
      collectgarbage()
      assert.same({ "sound.mp3.part", "sound.mp3.part.info" }, scratch.names(folder))
    end
  end)

  it("of which everything came needs no more", function()
    leave(BIG)
    assert(open())
    assert.equal("whole", (state_when_read()))
    assert.is_true(sink:finish())
    assert.equal(BIG, scratch.read(path))
  end)

  it("checks what it did not write itself", function()
    local whole = sound.wav(1, {})
    leave(whole:sub(1, 9999), TAG, #whole, { kind = WAV })
    assert(open { kind = WAV, duration = 1 })
    state_when_read()
    assert.is_true(sink:write(whole:sub(10000)))
    assert.is_true(sink:finish())
    assert.equal(1, select(3, sink:facts()))
    os.remove(path)
    leave("no sound at all", TAG, 15)
    assert(open { kind = WAV })
    assert.equal("whole", (state_when_read()))
    assert.same({ false, "it is not a WAV" }, { sink:finish() })
    sink:close()
    assert.is_nil(scratch.read(path))
  end)

  it("begins anew where versions cannot be told apart", function()
    leave(BIG:sub(1, 1000), "")
    begins_anew()
  end)

  it("begins anew with the bytes of something else", function()
    leave(BIG:sub(1, 1000), TAG, #BIG, { source = "task 1 mp3 2" })
    begins_anew { source = "task 1-2 mp3 1" }
  end)

  it("begins anew with more bytes than there can be", function()
    leave(BIG:sub(1, 1000))
    scratch.write(info, (scratch.read(info):gsub("\ntotal %d+", "\ntotal 999")))
    begins_anew()
  end)

  it("begins anew where nothing, or no whole sentence, is known of them", function()
    leave(BIG:sub(1, 1000))
    local known = scratch.read(info)
    local damaged = { known:sub(1, -2), known .. "x", "", known:gsub("kling 1", "kling 2"),
      known:gsub("total %d+", "total x"), ("x"):rep(5000), known:gsub("\n", "\0") }
    for _, text in ipairs(damaged) do
      scratch.write(part, BIG:sub(1, 1000))
      scratch.write(info, text)
      begins_anew()
      sink:close()
    end
    scratch.write(part, BIG:sub(1, 1000))
    begins_anew()
  end)

  it("begins anew after the machine did: the bytes may not have reached the disk", function()
    leave(BIG:sub(1, 1000))
    scratch.write(info, (scratch.read(info):gsub("\nboot %x+", "\nboot 0")))
    begins_anew()
  end)

  it("reads no pipe and no link in the place of what is known of it", function()
    leave(BIG:sub(1, 1000))
    local known = scratch.read(info)
    os.remove(info)
    os.execute("mkfifo '" .. info .. "'")
    begins_anew()
    sink:close()
    scratch.write(part, BIG:sub(1, 1000))
    scratch.write(folder .. "/elsewhere", known)
    assert(lfs.link("elsewhere", info, true))
    begins_anew()
    assert.equal(known, scratch.read(folder .. "/elsewhere"))
  end)

  it("that is a pipe is not opened", function()
    os.execute("mkfifo '" .. part .. "'")
    assert.same({ nil, errors.EEXIST }, { open() })
    assert.equal("named pipe", lfs.attributes(part, "mode"))
  end)

  it("says when a file shrank under its hands", function()
    leave(BIG)
    assert(open())
    scratch.write(part, "")
    assert.equal("failed", (state_when_read()))
  end)

  it("does not write to a file by its second name", function()
    leave(BIG)
    assert(lfs.link(part, path)) -- killed between giving the name and taking the other away
    assert(open({}, REPLACE))
    assert.equal(BIG, scratch.read(path))
    sink:write "new"
    assert.equal(BIG, scratch.read(path))
    assert.is_true(sink:finish())
    assert.equal("new", scratch.read(path))
  end)

  it("takes no more than was announced", function()
    assert(open())
    sink:learn(TAG, 5)
    assert.is_true(sink:write "12345")
    assert.same({ false, "more came than was announced" }, { sink:write "6" })
    assert.is_false((sink:finish()))
  end)

  describe("whose file is whole already", function()
    local function finish(bytes, options)
      assert(open(options))
      assert.is_true(sink:write(bytes))
      assert.is_true(sink:finish())
      sink:close()
    end

    it("takes it as it is, until that is settled", function()
      finish(BIG)
      assert(open())
      local state, turns = state_when_read()
      assert.equal("whole", state)
      assert.is_true(turns > 2, "read at once")
      assert.is_true(sink:finish())
      assert.same({ #BIG, core.sha256(BIG) }, { sink:facts() })
      sink:close()
      assert.equal(BIG, scratch.read(path))
      parts.settle(path)
      assert.same({ nil, errors.EEXIST }, { open() })
      assert.same({ "sound.mp3" }, scratch.names(folder))
    end)

    it("does not take what was changed since, nor another's", function()
      finish "ours"
      scratch.write(path, "ouch")
      assert(open())
      assert.equal("failed", (state_when_read()))
      sink:close()
      assert.equal("ouch", scratch.read(path))
      scratch.write(path, "ours")
      assert.same({ nil, errors.EEXIST }, { open { source = "another" } })
    end)

    it("takes one whose digest is known from elsewhere", function()
      scratch.write(path, "ours")
      assert(open { sha256 = core.sha256 "ours" })
      assert.equal("whole", (state_when_read()))
      sink:close()
      assert(open { sha256 = core.sha256 "theirs" })
      assert.equal("failed", (state_when_read()))
      sink:close()
      assert.equal("ours", scratch.read(path))
    end)

    it("does not follow a link to one", function()
      scratch.write(folder .. "/elsewhere", "ours")
      assert(lfs.link("elsewhere", path, true))
      assert.same({ nil, errors.EEXIST }, { open { sha256 = core.sha256 "ours" } })
    end)

    it("takes away its second name", function()
      finish(BIG)
      assert(lfs.link(path, part))
      assert(open())
      assert.equal("whole", (state_when_read()))
      assert.is_true(sink:finish())
      assert.same({ "sound.mp3", "sound.mp3.part.info" }, scratch.names(folder))
    end)
  end)

  describe("that was promised to be something", function()
    it("refuses other bytes as they come", function()
      assert(open { kind = WAV })
      assert.same({ false, "a page came in its place" }, { sink:write "<html>" })
      sink:close()
      assert.same({}, scratch.names(folder))
    end)

    it("refuses what lasts longer or shorter", function()
      local wav = sound.wav(2, {})
      for promised, fine in pairs { [2] = true, [2.4] = true, [2.6] = false, [1.4] = false } do
        assert(open({ kind = WAV, duration = promised }, REPLACE))
        assert.is_true(sink:write(wav))
        local finished, why = sink:finish()
        assert.same({ fine, not fine and ("it lasts 2 s, and %.4g s were promised"):format(promised)
          or nil }, { finished, why })
        sink:close()
      end
    end)

    it("refuses nothing at all", function()
      assert(open { kind = WAV })
      assert.same({ false, "nothing came" }, { sink:finish() })
    end)

    it("measures movies", function()
      local clip = assert(io.open("examples/clip.mp4", "rb"))
      local bytes = clip:read "*a"
      clip:close()
      assert(open { kind = 3 })
      assert.is_true(sink:write(bytes))
      assert.is_true(sink:finish())
      local duration = core.inspect_clip("examples/clip.mp4").duration
      assert.equal(duration, select(3, sink:facts()))
    end)

    it("takes a movie that it cannot measure", function()
      assert(open { kind = 3, duration = 10 })
      assert.is_true(sink:write "\0\0\0\16ftypisom\0\0\0\0")
      assert.is_true(sink:finish())
    end)
  end)
end)
