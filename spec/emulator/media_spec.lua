--- The files the emulator makes, as far as it makes them itself; ffmpeg's are in server_spec.

local cjson = require("cjson")

local clock = require("kling.emulator.clock")
local json = require("kling.emulator.json")
local links = require("kling.emulator.links")
local media = require("kling.emulator.media")
local sound = require("kling.emulator.sound")

local function little_endian(bytes, at, size)
  local value = 0
  for i = size - 1, 0, -1 do
    value = value * 256 + bytes:byte(at + i)
  end
  return value
end

-- How long a WAV is, from its header and its size.
local function wav_seconds(bytes)
  local rate, frame = little_endian(bytes, 29, 4), little_endian(bytes, 33, 2)
  assert.equal("RIFF", bytes:sub(1, 4))
  assert.equal("WAVEfmt ", bytes:sub(9, 16))
  assert.equal(#bytes - 8, little_endian(bytes, 5, 4))
  assert.equal(#bytes - 44, little_endian(bytes, 41, 4))
  assert.equal(0, rate % frame)
  return (#bytes - 44) / rate
end

local function loudest(bytes)
  local peak = 0
  for at = 45, #bytes - 1, 2 do
    local value = little_endian(bytes, at, 2)
    peak = math.max(peak, value < 32768 and value or 65536 - value)
  end
  return peak
end

describe("emulator sound", function()
  it("is exactly as long as asked", function()
    for _, seconds in ipairs({ 0.5, 1, 1.337 }) do
      assert.near(seconds, wav_seconds(sound.wav(seconds, {})), 1 / 24000)
    end
  end)

  it("can be heard, and does not clip, whatever the prompts", function()
    local prompts = {
      {}, { sound_effect_prompt = "rain on a tin roof" }, { bgm_prompt = "slow piano" },
      { sound_effect_prompt = "steps", bgm_prompt = "drums", asmr_mode = true },
      { sound_effect_prompt = "\240\159\142\186" },
    }
    for _, fields in ipairs(prompts) do
      local peak = loudest(sound.wav(0.5, fields))
      assert.is_true(peak > 300 and peak < 32767, "peak " .. peak)
    end
  end)

  it("depends on the prompts and on nothing else", function()
    local rain = sound.wav(0.1, { sound_effect_prompt = "rain" })
    assert.is_true(rain == sound.wav(0.1, { sound_effect_prompt = "rain" }))
    assert.is_false(rain == sound.wav(0.1, { sound_effect_prompt = "wind" }))
    assert.is_false(rain == sound.wav(0.1, { sound_effect_prompt = "rain", bgm_prompt = "x" }))
  end)

  it("lets others run in between", function()
    local pauses = 0
    sound.wav(1, {}, function()
      pauses = pauses + 1
    end)
    assert.is_true(pauses >= 5)
  end)
end)

describe("emulator media", function()
  it("cuts the shipped MP3 at frames, to the nearest", function()
    for _, seconds in ipairs({ 3, 5, 20 }) do
      local bytes = media.cut_tone(seconds)
      assert.equal(0, #bytes % 144)
      assert.near(seconds, #bytes / 144 * 0.036, 0.018)
      for at = 1, #bytes, 144 do
        assert.equal("\255\251\24", bytes:sub(at, at + 2)) -- each frame begins with its header
      end
    end
  end)

  it("finds the clip that comes with it", function()
    local folder, name = media.default_clip()
    assert.equal("clip.mp4", name)
    assert(io.open(folder .. "/" .. name, "rb")):close()
  end)

  local function make(ffmpeg, run)
    local base = os.tmpname()
    local made = media.make({
      clip = "examples/clip.mp4", duration = 5, fields = {}, base = base,
      ffmpeg = ffmpeg, run = run,
    })
    local sizes = {}
    for _, kind in ipairs({ "wav", "mp3", "video" }) do
      local file = io.open(made[kind], "rb")
      sizes[kind] = file and file:seek("end")
      if file then
        file:close()
      end
      os.remove(made[kind])
    end
    os.remove(base)
    return sizes
  end

  local function size_of_clip()
    local file = assert(io.open("examples/clip.mp4", "rb"))
    local size = file:seek("end")
    file:close()
    return size
  end

  it("makes all three without ffmpeg", function()
    assert.same({ wav = 44 + 5 * 48000, mp3 = 139 * 144, video = size_of_clip() }, make(false))
  end)

  it("does without ffmpeg when ffmpeg fails", function()
    local command
    local sizes = make("/opt/it's ffmpeg", function(text)
      command = text
      return false
    end)
    assert.equal(139 * 144, sizes.mp3)
    assert.is_truthy(command:find([['/opt/it'\''s ffmpeg' -nostdin]], 1, true))
  end)
end)

describe("emulator links", function()
  local signer = links.new()

  it("are good until they expire", function()
    local path, query = signer:sign("/files/1/2.mp3", 1000.4):match("^(.-)%?(.*)$")
    assert.is_true(signer:check(path, query, 999))
    assert.same({ nil, "RequestExpired" }, { signer:check(path, query, 1000) })
  end)

  it("are good for their own path, from their own signer", function()
    local query = signer:sign("/files/1/2.mp3", 1000):match("%?(.*)$")
    assert.same({ nil, "SignatureDoesNotMatch" }, { signer:check("/files/1/3.mp3", query, 0) })
    assert.is_nil(links.new():check("/files/1/2.mp3", query, 0))
    assert.is_nil(signer:check("/files/1/2.mp3", "", 0))
  end)
end)

describe("emulator JSON", function()
  it("is what cjson reads", function()
    local value = { a = { 1, 2.5, "x\n\"\\\1\127é", true, { b = false } }, c = {} }
    assert.same(value, cjson.decode(json.encode(value)))
  end)

  it("keeps long numbers, nulls and empty lists", function()
    assert.equal('{"id":98878000000000000001,"list":[],"none":null,"object":{}}', json.encode({
      id = json.number("98878000000000000001"), list = json.list(), none = json.null, object = {},
    }))
    assert.equal("1785000000123", json.encode(1785000000123))
  end)

  it("raises for what JSON has not", function()
    assert.error_matches(function() json.encode({ print }) end, "cannot write a function")
  end)
end)

describe("emulator clock", function()
  it("stands still or runs, and can be moved in both cases", function()
    local manual = clock.manual(100)
    manual:advance(2.5)
    assert.equal(102.5, manual:now())
    local ticks = 7
    local real = clock.real(function()
      return ticks
    end)
    local before = real:now()
    assert.near(os.time(), before, 2)
    ticks = 17
    real:advance(3)
    assert.near(before + 13, real:now(), 1e-6)
  end)
end)
