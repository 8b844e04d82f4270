--- Synthesises a sound track from prompts: a WAV of exactly the length asked for.
--
-- It knows a few words (rain, wind, steps ...); any other text still gives a sound of its own.

local sound = {}

local RATE = 24000 -- samples a second, mono, 16 bits
local BLOCK = 4096 -- samples between two calls of `pause`
local SINE_STEPS = 1024

local sine = {}
for i = 0, SINE_STEPS - 1 do
  sine[i] = math.sin(2 * math.pi * i / SINE_STEPS)
end

-- Words found in a prompt: how bright the noise is, how loud, how many clicks a second.
local TEXTURES = {
  { "rain", { 0.55, 0.30, 40 } },
  { "wind", { 0.04, 0.90, 0 } },
  { "sea", { 0.08, 0.80, 0 } },
  { "wave", { 0.08, 0.80, 0 } },
  { "water", { 0.25, 0.40, 12 } },
  { "step", { 0.10, 0.10, 2 } },
  { "knock", { 0.10, 0.05, 3 } },
  { "fire", { 0.20, 0.25, 18 } },
  { "type", { 0.30, 0.05, 8 } },
}

local function hash(text)
  local value = 5381
  for i = 1, #text do
    value = (value * 33 + text:byte(i)) % 2147483648
  end
  return value
end

local function texture(prompt)
  local lower = prompt:lower()
  for _, row in ipairs(TEXTURES) do
    if lower:find(row[1], 1, true) then
      return row[2]
    end
  end
  local seed = hash(prompt)
  return { 0.05 + seed % 50 / 100, 0.2 + seed % 7 / 20, seed % 11 }
end

-- One number in [-1, 1) a call, the same row on every Lua.
local function noise_source(seed)
  local value = seed % 2147483647 + 1
  return function()
    value = value * 16807 % 2147483647
    return value / 1073741823.5 - 1
  end
end

-- Noise through a one-pole filter, and clicks that ring out over it.
local function effect_voice(prompt, is_close)
  local kind = texture(prompt)
  local bright, loud, clicks = kind[1], kind[2], kind[3]
  local noise, when = noise_source(hash(prompt)), noise_source(hash(prompt) + 7)
  local level, ring = 0, 0
  local chance = 1 - 2 * clicks / RATE
  local click_gain = is_close and 0.8 or 0.4
  return function()
    local n = noise()
    level = level + bright * (n - level)
    if clicks > 0 and when() > chance then
      ring = click_gain
    end
    ring = ring * 0.995
    return loud * level * 0.5 + ring * n
  end
end

local CHORDS = { { 0, 4, 7 }, { 9, 12, 16 }, { 5, 9, 12 }, { 7, 11, 14 } }

local function music_voice(prompt)
  local base = 196 * 2 ^ (hash(prompt) % 12 / 12)
  local phases, at = { 0, 0, 0 }, 0
  local chord_length = math.floor(RATE * 1.25)
  return function()
    local chord = CHORDS[math.floor(at / chord_length) % #CHORDS + 1]
    local age = at % chord_length / chord_length
    at = at + 1
    local sum = 0
    for i = 1, 3 do
      phases[i] = (phases[i] + base * 2 ^ (chord[i] / 12) / RATE) % 1
      sum = sum + sine[math.floor(phases[i] * SINE_STEPS)]
    end
    return sum * 0.09 * (1 - age)
  end
end

local function voices_for(fields)
  local voices = {}
  local effect, music = fields.sound_effect_prompt, fields.bgm_prompt
  if effect or not music then
    voices[#voices + 1] = effect_voice(effect or "the picture alone", fields.asmr_mode)
  end
  if music then
    voices[#voices + 1] = music_voice(music)
  end
  return voices
end

local function little_endian(value, size)
  local out = {}
  for i = 1, size do
    out[i] = string.char(value % 256)
    value = math.floor(value / 256)
  end
  return table.concat(out)
end

local function header(samples)
  local bytes = samples * 2
  return "RIFF" .. little_endian(36 + bytes, 4) .. "WAVEfmt " .. little_endian(16, 4)
    .. little_endian(1, 2) .. little_endian(1, 2)
    .. little_endian(RATE, 4) .. little_endian(RATE * 2, 4)
    .. little_endian(2, 2) .. little_endian(16, 2)
    .. "data" .. little_endian(bytes, 4)
end

local function sample_bytes(value)
  local level = math.floor(math.max(-1, math.min(1, value)) * 32767 + 0.5) % 65536
  local low = level % 256
  return string.char(low, (level - low) / 256)
end

local function block_bytes(voices, samples)
  local out = {}
  for i = 1, samples do
    local sum = 0
    for v = 1, #voices do
      sum = sum + voices[v]()
    end
    out[i] = sample_bytes(sum)
  end
  return table.concat(out)
end

--- A WAV file's bytes.
---@param seconds number its length
---@param fields table `sound_effect_prompt`, `bgm_prompt`, `asmr_mode`
---@param pause? fun() called now and then, so that others may run
function sound.wav(seconds, fields, pause)
  local left = math.floor(seconds * RATE + 0.5)
  local voices = voices_for(fields)
  local out = { header(left) }
  while left > 0 do
    local samples = math.min(left, BLOCK)
    out[#out + 1] = block_bytes(voices, samples)
    left = left - samples
    if pause then
      pause()
    end
  end
  return table.concat(out)
end

return sound
