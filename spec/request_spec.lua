--- What may be asked of the service. Source of the limits: docs/contract.md, section 1.1.

local request = require "kling.request"

local CLIP = "https://example.com/clip.mp4"
local U_UMLAUT = "\195\188" -- two bytes, one character
local HEADPHONES = "\240\159\142\167" -- four bytes, one character

-- As Client:submit does it: its caller is to blame.
local function submit(given)
  local checked = request.check(given)
  return checked
end

local function with(field, value)
  return { video_url = CLIP, [field] = value }
end

local function complaint(given)
  local ok, why = pcall(function()
    submit(given)
  end)
  assert.is_false(ok)
  return why:match "^[^:]+:%d+: (.*)$" or why
end

local function refused(given, text)
  local why = complaint(given)
  assert.truthy(why:find(text, 1, true), why)
end

describe("a request", function()
  it("is a copy of what was given", function()
    local given = {
      video_url = CLIP,
      sound_effect_prompt = "rain",
      bgm_prompt = "piano",
      asmr_mode = true,
      external_task_id = "clip-7",
      callback_url = "https://example.com/hook?token=1",
    }
    local checked = submit(given)
    assert.same(given, checked)
    assert.not_equal(given, checked)
    assert.same({ video_id = "861034216165875784" }, submit { video_id = "861034216165875784" })
    assert.is_false(submit(with("asmr_mode", false)).asmr_mode)
  end)

  it("is a table", function()
    for _, given in ipairs { CLIP, 5, true } do
      assert.equal("submit: table expected, got " .. type(given), complaint(given))
    end
    assert.equal("submit: table expected, got nil", complaint(nil))
  end)

  it("has exactly one of video_url and video_id", function()
    local rule = "submit: exactly one of video_url and video_id expected, got "
    assert.equal(rule .. "neither", complaint {})
    assert.equal(rule .. "neither", complaint { bgm_prompt = "piano" })
    assert.equal(rule .. "both", complaint { video_url = CLIP, video_id = "1" })
  end)

  it("takes an empty string as absent", function()
    local rule = "submit: exactly one of video_url and video_id expected, got neither"
    assert.equal(rule, complaint { video_url = "" })
    assert.equal(rule, complaint { video_id = "" })
    assert.equal(rule, complaint { video_url = "", video_id = "" })
    assert.same({ video_url = CLIP }, submit { video_url = CLIP, video_id = "" })
    assert.same({ video_id = "1" }, submit { video_url = "", video_id = "1" })
    assert.same({ video_url = CLIP }, submit {
      video_url = CLIP, sound_effect_prompt = "", bgm_prompt = "", external_task_id = "",
      callback_url = "",
    })
  end)

  it("has no other field", function()
    assert.equal(
      "submit: unknown field 'sound_effects_prompt'; did you mean 'sound_effect_prompt'?",
      complaint(with("sound_effects_prompt", "rain")))
    for _, name in ipairs { "model_name", "seed", "duration", "background_music_prompt" } do
      refused(with(name, "x"), ("submit: unknown field '%s'"):format(name))
    end
  end)

  it("has fields of the right type", function()
    for _, name in ipairs {
      "video_url", "video_id", "sound_effect_prompt", "bgm_prompt", "external_task_id",
      "callback_url",
    } do
      refused({ [name] = 5 }, ("submit: %s: string expected, got number"):format(name))
      refused({ [name] = false }, ("submit: %s: string expected, got boolean"):format(name))
    end
    refused(with("asmr_mode", 1), "submit: asmr_mode: boolean expected, got number")
    refused(with("asmr_mode", "true"), "submit: asmr_mode: boolean expected, got string")
  end)

  for _, name in ipairs { "sound_effect_prompt", "bgm_prompt" } do
    it("has at most 200 characters, not bytes, in " .. name, function()
      for _, character in ipairs { "a", U_UMLAUT, HEADPHONES, "\n" } do
        local prompt = character:rep(200)
        assert.equal(prompt, submit(with(name, prompt))[name])
        assert.equal(
          ("submit: %s: at most 200 characters expected, got 201"):format(name),
          complaint(with(name, prompt .. "a")))
      end
    end)

    it("has UTF-8 in " .. name, function()
      assert.equal(("submit: %s: UTF-8 expected; byte 5 is not"):format(name),
        complaint(with(name, "rain\255")))
      refused(with(name, ("\128"):rep(300)), "UTF-8 expected; byte 1 is not")
      refused(with(name, U_UMLAUT:rep(200):sub(1, -2)), "UTF-8 expected; byte 399 is not")
    end)
  end

  for _, name in ipairs { "video_url", "callback_url" } do
    it("has an http or https URL in " .. name, function()
      for _, url in ipairs {
        "http://a", "https://example.com", "HTTPS://EXAMPLE.COM/CLIP.MP4",
        "https://127.0.0.1:8080/a?b#c", "http://[::1]:80/", "https://example.com/" .. U_UMLAUT,
        "https://user:word@example.com/",
      } do
        local video_id = name ~= "video_url" and "1" or nil
        assert.equal(url, submit({ video_id = video_id, [name] = url })[name])
      end
    end)

    it("has nothing else in " .. name, function()
      for _, url in ipairs {
        "example.com/clip.mp4", "/clip.mp4", "clip.mp4", "ftp://example.com/a", "file:///clip.mp4",
        "https:/example.com", "https:example.com", "https://", "https:///clip.mp4", "https://?a",
        "://a", " https://example.com", "https://example.com/a b", "https://example.com/a\n",
        "https://exa mple/", "https://example.com/\0", "httpss://example.com",
        "javascript:alert(1)", "data:video/mp4;base64,", "https://#", "\thttps://example.com",
      } do
        refused({ [name] = url }, ("submit: %s: an http:// or https:// URL expected"):format(name))
      end
      refused({ [name] = "https://example.com/\255" }, "UTF-8 expected; byte 21 is not")
    end)
  end

  it("never shows what signs a URL", function()
    local why = complaint { video_url = "https://example.com/clip.mp4?Signature=c2VjcmV0 " }
    assert.is_nil(why:find("c2VjcmV0", 1, true))
    assert.truthy(why:find("https://example.com/clip.mp4?...", 1, true))
  end)

  for _, name in ipairs { "video_id", "external_task_id" } do
    local function given(id)
      return { video_url = name ~= "video_id" and CLIP or nil, [name] = id }
    end

    it("has any id in " .. name, function()
      for _, id in ipairs {
        "861034216165875784", "2032273960331935744", "CjMT7WdSwWcAAAAAALvB3g", "task-1",
        "a/b?c#d %25", "...a", ".a.", U_UMLAUT, ("x"):rep(256),
      } do
        assert.equal(id, submit(given(id))[name])
      end
    end)

    it("has nothing that cannot be an id in " .. name, function()
      refused(given(("x"):rep(257)), "an id of at most 256 bytes expected, got 257")
      refused(given "a\nb", "an id without control characters expected")
      refused(given "a\0b", "an id without control characters expected")
      refused(given "\127", "an id without control characters expected")
      refused(given ".", "an id expected, got '.'")
      refused(given "..", "an id expected, got '..'")
      refused(given "a\255", "UTF-8 expected; byte 2 is not")
    end)
  end

  it("blames the line that made it", function()
    local line
    for _, wrong in ipairs { {}, { video_ulr = CLIP }, { video_url = 5 }, "text" } do
      local _, why = pcall(function()
        line = debug.getinfo(1, "l").currentline + 1
        submit(wrong)
      end)
      assert.equal(("spec/request_spec.lua:%d:"):format(line), why:match "^[%./]*(spec/.-:%d+:)")
    end
  end)
end)
