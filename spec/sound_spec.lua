--- Is a file what it was promised to be, and how long does it last?

local media = require "kling.emulator.media"
local parts = require "kling_parts"
local sound = require "kling.emulator.sound"

local MP3, WAV, MOVIE = 1, 2, 3

-- Frames of layer III: MPEG 1 at 44.1 kHz, MPEG 2 at 22.05 kHz, MPEG 2.5 at 11.025 kHz.
local function frame(kbits)
  local index = assert(({ [32] = 1, [128] = 9, [320] = 14 })[kbits])
  return ("\255\251%s\0"):format(string.char(index * 16))
    .. ("\0"):rep(math.floor(144000 * kbits / 44100) - 4)
end

local SECOND_GENERATION = "\255\243\128\0" .. ("\0"):rep(math.floor(72000 * 64 / 22050) - 4)
local THIRD_GENERATION = "\255\227\128\0" .. ("\0"):rep(math.floor(72000 * 64 / 11025) - 4)
local FRAME_SECONDS = 1152 / 44100

local function little_endian(value, size)
  local out = {}
  for i = 1, size do
    out[i] = string.char(value % 256)
    value = math.floor(value / 256)
  end
  return table.concat(out)
end

local function chunk(name, bytes, stated)
  return name .. little_endian(stated or #bytes, 4) .. bytes .. ("\0"):rep(#bytes % 2)
end

local FORMAT = chunk("fmt ", "\1\0\1\0" .. little_endian(8000, 4) .. little_endian(16000, 4)
  .. "\2\0\16\0")

local function wav(chunks, name)
  return (name or "RIFF") .. "\0\0\0\0WAVE" .. chunks
end

local function id3(size, flags)
  return "ID3\4\0" .. string.char(flags or 0) .. "\0\0" .. string.char(math.floor(size / 128))
    .. string.char(size % 128) .. ("\255\251"):rep(size / 2)
end

-- Fed at once and byte by byte: the answers must be the same.
local function look(kind, bytes)
  local is_it, problem, seconds = parts.sound(kind, { bytes })
  local pieces = {}
  for i = 1, #bytes do
    pieces[i] = bytes:sub(i, i)
  end
  assert.same({ is_it, problem, seconds }, { parts.sound(kind, pieces) })
  return is_it, seconds, problem
end

local function lasts(seconds, kind, bytes)
  local is_it, measured, problem = look(kind, bytes)
  assert.is_true(is_it, problem)
  if seconds then
    assert.is_true(math.abs(measured - seconds) < 0.0005, tostring(measured))
  else
    assert.is_nil(measured)
  end
end

local function refused(kind, bytes, why)
  local is_it, _, problem = look(kind, bytes)
  assert.is_false(is_it)
  if why then
    assert.equal(why, problem)
  end
end

describe("a sound", function()
  describe("promised as MP3", function()
    it("lasts as long as its frames", function()
      lasts(10 * FRAME_SECONDS, MP3, frame(128):rep(10))
      lasts(FRAME_SECONDS, MP3, frame(128))
      lasts(10 * 576 / 22050, MP3, SECOND_GENERATION:rep(10))
      lasts(10 * 576 / 11025, MP3, THIRD_GENERATION:rep(10))
    end)

    it("of a changing bit rate is walked frame by frame", function()
      lasts(30 * FRAME_SECONDS, MP3, (frame(32) .. frame(320) .. frame(128)):rep(10))
    end)

    it("may begin with tags and with bytes that are no frame", function()
      local frames = frame(128):rep(10)
      lasts(10 * FRAME_SECONDS, MP3, id3(300) .. frames)
      lasts(10 * FRAME_SECONDS, MP3, id3(300, 16) .. ("3DI......."):rep(1) .. frames)
      lasts(10 * FRAME_SECONDS, MP3, id3(10) .. id3(20) .. frames)
      lasts(10 * FRAME_SECONDS, MP3, ("\0"):rep(1000) .. frames)
      lasts(10 * FRAME_SECONDS, MP3, "\255\251\144\0" .. ("\0"):rep(1000) .. frames)
    end)

    it("may end with tags, or within a frame", function()
      lasts(10 * FRAME_SECONDS, MP3, frame(128):rep(10) .. "TAG" .. ("x"):rep(125))
      lasts(10 * FRAME_SECONDS, MP3, frame(128):rep(10):sub(1, -100))
    end)

    it("is found again behind a damage", function()
      local frames = frame(128):rep(5)
      lasts(10 * FRAME_SECONDS, MP3, frames .. ("x"):rep(77) .. frames)
    end)

    it("is not a page, nor text, nor another sound, nor nothing", function()
      refused(MP3, "<!DOCTYPE html>", "a page came in its place")
      refused(MP3, "{\"code\":1}", "it is not an MP3")
      refused(MP3, sound.wav(1, {}), "it is not an MP3")
      refused(MP3, ("\0\255"):rep(4096), "it is not an MP3")
      refused(MP3, "")
      refused(MP3, "ID3\4\0")
    end)

    it("knows the emulator's", function()
      lasts(3.996, MP3, media.cut_tone(4))
    end)
  end)

  describe("promised as WAV", function()
    it("lasts as its data says", function()
      lasts(0.5, WAV, wav(FORMAT .. chunk("data", ("\0"):rep(8000))))
      lasts(0.5, WAV, wav(chunk("JUNK", "odd") .. FORMAT .. chunk("LIST", ("x"):rep(99))
        .. chunk("data", ("\0"):rep(8000)) .. chunk("LIST", ("x"):rep(999))))
      lasts(2.5, WAV, sound.wav(2.5, {}))
    end)

    it("lasts as long as what came when it could not say", function()
      for _, stated in ipairs { 0, 4294967295, 9000 } do
        lasts(0.5, WAV, wav(FORMAT .. chunk("data", ("\0"):rep(8000), stated)))
      end
      lasts(0.5, WAV, wav(FORMAT .. chunk("data", ("\0"):rep(8000), 4294967295), "RF64"))
    end)

    it("may not say how long it is", function()
      lasts(nil, WAV, wav(""))
      lasts(nil, WAV, wav(chunk("data", "abcd")))
      lasts(nil, WAV, wav(FORMAT))
      lasts(nil, WAV, wav(chunk("fmt ", ("\0"):rep(16)) .. chunk("data", "abcd")))
    end)

    it("is nothing else", function()
      refused(WAV, "<html>", "a page came in its place")
      refused(WAV, frame(128):rep(10), "it is not a WAV")
      refused(WAV, "RIFF\0\0\0\0AVI ")
      refused(WAV, "RIFF\0\0")
      refused(WAV, "")
    end)
  end)

  describe("promised as a movie", function()
    it("begins as one", function()
      for _, name in ipairs { "ftyp", "moov", "mdat", "wide", "free", "skip", "pnot" } do
        lasts(nil, MOVIE, "\0\0\0\24" .. name .. "isom")
      end
    end)

    it("is nothing else", function()
      refused(MOVIE, "<html>...", "a page came in its place")
      refused(MOVIE, "\0\0\0\24ftyX", "it is not an MP4")
      refused(MOVIE, "\0\0\0\24fty")
      refused(MOVIE, sound.wav(1, {}))
    end)
  end)

  it("promised as anything is anything", function()
    assert.is_true(look(0, "<html>"))
    assert.is_true(look(0, ""))
  end)
end)
