--- What mp4.c reads out of files: real ones, hand-made boxes, and broken ones.

local core = require("kling.core")

local function big_endian(value, size)
  local out = {}
  for i = size, 1, -1 do
    out[i] = string.char(value % 256)
    value = math.floor(value / 256)
  end
  return table.concat(out)
end

local function u16(value)
  return big_endian(value, 2)
end

local function u32(value)
  return big_endian(value, 4)
end

local function zeros(count)
  return ("\0"):rep(count)
end

local function box(kind, ...)
  local content = table.concat({ ... })
  return u32(#content + 8) .. kind .. content
end

local function large_box(kind, content)
  return u32(1) .. kind .. big_endian(#content + 16, 8) .. content
end

-- A header with a clock: version 0 has 32-bit times, version 1 64-bit ones.
local function clock_box(kind, version, timescale, length)
  local wide = version == 1 and 8 or 4
  return box(kind, string.char(version), zeros(3), zeros(wide * 2), u32(timescale),
    big_endian(length, wide), zeros(80))
end

local function hdlr(kind)
  return box("hdlr", zeros(8), kind, zeros(12))
end

local function picture_entry(codec, width, height)
  return box("stsd", zeros(4), u32(1),
    box(codec, zeros(24), u16(width), u16(height), zeros(50)))
end

local function picture_track(options)
  local codec, width, height = options.codec or "avc1", options.width or 1280, options.height or 720
  return box("trak",
    options.tkhd or "",
    box("mdia",
      clock_box("mdhd", options.version or 0, 1000, options.track_length or 5000),
      hdlr("vide"),
      box("minf", box("stbl", picture_entry(codec, width, height)))))
end

local function sound_track()
  return box("trak", box("mdia", hdlr("soun"),
    box("minf", box("stbl", box("stsd", zeros(4), u32(1), box("mp4a", zeros(28)))))))
end

local function ftyp(brand)
  return box("ftyp", brand, zeros(4), "isom")
end

local function movie(options, ...)
  return box("moov",
    clock_box("mvhd", options.version or 0, options.timescale or 1000, options.length or 5000),
    picture_track(options), ...)
end

describe("mp4", function()
  local path

  before_each(function()
    path = os.tmpname()
  end)

  after_each(function()
    os.remove(path)
  end)

  local function inspect(...)
    local file = assert(io.open(path, "wb"))
    file:write(...)
    file:close()
    return core.inspect_clip(path)
  end

  it("reads the example clip", function()
    assert.same({
      format = "mp4", duration = 5, width = 1280, height = 720, has_audio = false, codec = "avc1",
    }, core.inspect_clip("examples/clip.mp4"))
  end)

  it("reads the movie's header before the media and after it", function()
    local header, media = movie({}), box("mdat", zeros(1000))
    assert.equal(5, inspect(ftyp("isom"), header, media).duration)
    assert.equal(5, inspect(ftyp("isom"), media, header).duration)
  end)

  it("reads both versions of the headers", function()
    for version = 0, 1 do
      local clip = assert(inspect(ftyp("mp42"), movie({ version = version, length = 12340 })))
      assert.near(12.34, clip.duration, 1e-9)
    end
  end)

  it("reads boxes with 64-bit sizes and one that goes on to the end", function()
    local media = large_box("mdat", zeros(10))
    local last = u32(0) .. "mdat" .. zeros(7)
    assert.equal(1280, inspect(ftyp("isom"), media, movie({}), last).width)
  end)

  it("tells QuickTime from MP4, also without a file type", function()
    assert.equal("mov", inspect(ftyp("qt  "), movie({})).format)
    assert.equal("mp4", inspect(ftyp("M4V "), movie({})).format)
    assert.equal("mov", inspect(box("wide"), movie({})).format)
  end)

  it("sees whether there is sound", function()
    assert.is_false(inspect(ftyp("isom"), movie({})).has_audio)
    assert.is_true(inspect(ftyp("isom"), movie({}, sound_track())).has_audio)
  end)

  it("takes the length from the track when the movie has none", function()
    for _, unknown in ipairs({ 0, 2 ^ 32 - 1 }) do
      local clip = inspect(ftyp("isom"), movie({ length = unknown, track_length = 7000 }))
      assert.equal(7, clip.duration)
    end
  end)

  it("takes the length of a fragmented movie from its extension header", function()
    local extension = box("mvex", box("mehd", zeros(4), u32(9000)))
    local clip = inspect(ftyp("isom"), movie({ length = 0, track_length = 0 }, extension))
    assert.equal(9, clip.duration)
  end)

  it("takes the picture's size from the track header when the entry has none", function()
    local tkhd = box("tkhd", zeros(76), u16(1920), u16(0), u16(1080), u16(0))
    local clip = inspect(ftyp("isom"), movie({ width = 0, height = 0, tkhd = tkhd }))
    assert.same({ 1920, 1080 }, { clip.width, clip.height })
  end)

  it("writes a codec that is no text as question marks", function()
    assert.equal("?a?c", inspect(ftyp("isom"), movie({ codec = "\1a\255c" })).codec)
  end)

  it("says what is wrong with what is no clip", function()
    local not_one = "the file is not an MP4 or MOV"
    for _, bytes in ipairs({ "", "RIFF....WAVEfmt ", "<!DOCTYPE html>", ("x"):rep(100) }) do
      assert.same({ nil, not_one }, { inspect(bytes) })
    end
    local cases = {
      ["the file is cut short: it has no movie header"] = ftyp("isom") .. box("mdat", "x"),
      ["the file has no picture track"] =
        ftyp("isom") .. box("moov", clock_box("mvhd", 0, 1, 5), sound_track()),
      ["the file does not say how long it is"] =
        ftyp("isom") .. movie({ length = 0, track_length = 0 }),
      ["the file does not say how large its picture is"] =
        ftyp("isom") .. movie({ width = 0, height = 0 }),
      ["the file is damaged: a box is smaller than its header"] =
        ftyp("isom") .. u32(7) .. "moov",
      ["the file is cut short or damaged"] = ftyp("isom") .. u32(100) .. "moov",
    }
    for why, bytes in pairs(cases) do
      assert.same({ nil, why }, { inspect(bytes) })
    end
  end)

  it("gives up on a file of nothing but empty boxes", function()
    local clip, why = inspect(ftyp("isom"), box("free"):rep(30000))
    assert.is_nil(clip)
    assert.equal("the file is made of too many boxes", why)
  end)

  it("survives every truncation and a flip of every byte", function()
    local whole = ftyp("isom") .. movie({ tkhd = box("tkhd", zeros(84)) }, sound_track())
    local outcomes = {}
    for i = 1, #whole do
      local _, cut = inspect(whole:sub(1, i - 1))
      assert.is_string(cut)
      local flipped = string.char(255 - whole:byte(i))
      local clip, why = inspect(whole:sub(1, i - 1), flipped, whole:sub(i + 1))
      assert.is_true(clip ~= nil or type(why) == "string")
      outcomes[clip and "clip" or "refused"] = true
    end
    assert.same({ clip = true, refused = true }, outcomes)
  end)

  it("says why a file cannot be read", function()
    local clip, why = core.inspect_clip("/nonexistent/clip.mp4")
    assert.is_nil(clip)
    assert.matches("^cannot open /nonexistent/clip.mp4: ", why)
    assert.same({ nil, "the file cannot be read" }, { core.inspect_clip("examples") })
  end)
end)
