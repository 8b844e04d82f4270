--- What the service said of a finished task, as a kling.Result.
-- Source of the shapes: docs/contract.md, section 2.3.

local cjson = require "cjson"
local result = require "kling.result"

local null = cjson.null

local function lists(given)
  local made = result.new { task_id = "1", result = given }
  return made.audios, made.videos
end

local function audios(given)
  return (lists { audios = given })
end

local function videos(given)
  return select(2, lists { videos = given })
end

describe("a result", function()
  it("has what is known of the task", function()
    local raw = { data = {} }
    local made = result.new {
      task_id = "878106242831892487", external_task_id = "mine", created_at = 1777385361.501,
      updated_at = 1777385363.321, raw = raw, result = {}, state = "succeeded",
    }
    assert.same({
      task_id = "878106242831892487", external_task_id = "mine", created_at = 1777385361.501,
      updated_at = 1777385363.321, raw = raw, audios = {}, videos = {},
    }, made)
    assert.equal(raw, made.raw)
  end)

  it("has Kling's own shape", function()
    local found_audios, found_videos = lists {
      audios = { {
        id = "2", url_mp3 = "https://a/m", url_wav = "https://a/w",
        duration_mp3 = "5.041", duration_wav = "5.0",
      } },
      videos = { { id = "3", url = "https://a/v", duration = "5.0" } },
    }
    assert.same({ {
      id = "2",
      mp3 = { url = "https://a/m", duration = 5.041 },
      wav = { url = "https://a/w", duration = 5 },
    } }, found_audios)
    assert.same({ { id = "3", url = "https://a/v", duration = 5 } }, found_videos)
  end)

  it("has the newer generation's spelling", function()
    assert.same({ {
      id = "2",
      mp3 = { url = "https://a/m", duration = 5.041 },
      wav = { url = "https://a/w", duration = 5 },
    } }, audios { {
      id = "2", mp3_url = "https://a/m", wav_url = "https://a/w", mp3_duration = 5.041,
      wav_duration = 5,
    } })
  end)

  it("has the newer generation's list of outputs", function()
    local found_audios, found_videos = lists {
      { type = "audio", id = "2", mp3_url = "https://a/m", mp3_duration = "5" },
      { type = "video", id = "3", url = "https://a/v", duration = "5" },
      { type = "image", id = "4", url = "https://a/i" },
      { id = "5", url = "https://a/x" },
      { type = "audio", id = "6", wav_url = "https://a/w" },
      null, "junk", 5, true,
    }
    assert.same({
      { id = "2", mp3 = { url = "https://a/m", duration = 5 } },
      { id = "6", wav = { url = "https://a/w" } },
    }, found_audios)
    assert.same({ { id = "3", url = "https://a/v", duration = 5 } }, found_videos)
  end)

  it("has all of several, in their order", function()
    local found = videos { { url = "1" }, { url = "2" }, { url = "3" } }
    assert.same({ { url = "1" }, { url = "2" }, { url = "3" } }, found)
  end)

  it("has durations from strings and numbers, and none where there is none", function()
    for given, expected in pairs {
      ["5.041"] = 5.041, ["5"] = 5, [5.5] = 5.5, [0] = 0, [" 5 "] = 5,
    } do
      assert.equal(expected, videos({ { url = "u", duration = given } })[1].duration)
      assert.equal(expected, audios({ { url_mp3 = "u", duration_mp3 = given } })[1].mp3.duration)
    end
    for _, given in ipairs { "", null, true, {}, "long", "5s" } do
      assert.is_nil(videos({ { url = "u", duration = given } })[1].duration)
      assert.is_nil(audios({ { url_mp3 = "u", duration_mp3 = given } })[1].mp3.duration)
    end
    assert.same({ { url = "u" } }, videos { { url = "u" } })
    assert.same({ { mp3 = { url = "u" } } }, audios { { url_mp3 = "u" } })
  end)

  it("has no duration that is no length of time, on any Lua", function()
    for _, given in ipairs { "nan", "inf", "-inf", "-5", "0x10", -5, 1 / 0, 0 / 0 } do
      assert.is_nil(videos({ { url = "u", duration = given } })[1].duration)
    end
  end)

  it("takes one duration for both kinds of sound", function()
    assert.same({ {
      mp3 = { url = "m", duration = 5 }, wav = { url = "w", duration = 4 },
    } }, audios { { url_mp3 = "m", url_wav = "w", duration = "5", duration_wav = "4" } })
  end)

  it("has ids as strings", function()
    for given, expected in pairs {
      ["878106250473914443"] = "878106250473914443", [123456789012345] = "123456789012345",
      [0] = "0", x = "x",
    } do
      assert.equal(expected, videos({ { id = given, url = "u" } })[1].id)
    end
    for _, given in ipairs { null, "", true, {} } do
      assert.is_nil(videos({ { id = given, url = "u" } })[1].id)
    end
  end)

  it("takes one spelling where the other is empty", function()
    assert.equal("new", audios({ { url_mp3 = "", mp3_url = "new" } })[1].mp3.url)
    assert.equal("new", audios({ { url_mp3 = null, mp3_url = "new" } })[1].mp3.url)
    assert.equal("old", audios({ { url_mp3 = "old", mp3_url = "new" } })[1].mp3.url)
    assert.equal(5, audios({ {
      url_wav = "w", duration_wav = null, wav_duration = "5",
    } })[1].wav.duration)
  end)

  it("has nothing that cannot be downloaded", function()
    assert.same({}, audios { { id = "2" }, { url_mp3 = "" }, { url_wav = null }, {} })
    assert.same({}, videos { { id = "2", duration = "5" }, { url = "" }, { url = null }, {} })
    assert.same({}, audios { { url_mp3 = {} }, { url_mp3 = true } })
  end)

  it("passes over what is no object and no list", function()
    for _, junk in ipairs { null, "junk", 5, true, { null, "junk", 5, true, {} } } do
      assert.same({ {}, {} }, { lists { audios = junk, videos = junk } })
    end
    assert.same({ { url = "u" } }, videos { null, "junk", { url = "u" }, 5 })
    assert.same({ {}, {} }, { lists {} })
    assert.same({ {}, {} }, { lists(nil) })
  end)
end)
