--- What the service accepts: the fields of a create (contract 1.1) and the clip behind it.

local checks = {}

local MAX_CHARACTERS = 200 -- counted as code points (contract 1.1)
local MAX_CLIP_BYTES = 100 * 1024 * 1024
local MIN_SECONDS, MAX_SECONDS = 3, 20

local FIELDS = {
  video_id = "string",
  video_url = "string",
  sound_effect_prompt = "string",
  bgm_prompt = "string",
  asmr_mode = "boolean",
  external_task_id = "string",
  callback_url = "string",
}

local function problem(code, message)
  return { code = code, message = message }
end

-- Lead bytes, how many bytes follow, and the range of the first of those (Unicode, table 3-7).
local SEQUENCES = {
  { 0x00, 0x7F, 0 },
  { 0xC2, 0xDF, 1, 0x80, 0xBF },
  { 0xE0, 0xE0, 2, 0xA0, 0xBF },
  { 0xE1, 0xEC, 2, 0x80, 0xBF },
  { 0xED, 0xED, 2, 0x80, 0x9F },
  { 0xEE, 0xEF, 2, 0x80, 0xBF },
  { 0xF0, 0xF0, 3, 0x90, 0xBF },
  { 0xF1, 0xF3, 3, 0x80, 0xBF },
  { 0xF4, 0xF4, 3, 0x80, 0x8F },
}

local function sequence(lead)
  for _, row in ipairs(SEQUENCES) do
    if lead >= row[1] and lead <= row[2] then
      return row[3], row[4], row[5]
    end
  end
end

local function is_sequence(text, at, following, low, high)
  for i = 1, following do
    local byte = text:byte(at + i)
    if not byte or byte < low or byte > high then
      return false
    end
    low, high = 0x80, 0xBF
  end
  return true
end

--- How many code points; nil when the text is not UTF-8.
function checks.count_characters(text)
  local at, count = 1, 0
  while at <= #text do
    local following, low, high = sequence(text:byte(at))
    if not following or not is_sequence(text, at, following, low, high) then
      return nil
    end
    at = at + following + 1
    count = count + 1
  end
  return count
end

-- An empty string counts as no value: the service's own samples send "" (contract 1.1).
local function given_fields(body, null)
  local fields = {}
  for name, kind in pairs(FIELDS) do
    local value = body[name]
    if value ~= nil and value ~= null and value ~= "" then
      if type(value) ~= kind then
        return nil, problem(1201, ("%s must be a %s"):format(name, kind))
      end
      fields[name] = value
    end
  end
  return fields
end

local function check_prompt(name, text)
  local characters = text and checks.count_characters(text)
  if text and not characters then
    return problem(1201, name .. " is not UTF-8")
  elseif text and characters > MAX_CHARACTERS then
    return problem(1201, ("%s cannot exceed %d characters"):format(name, MAX_CHARACTERS))
  end
end

local function check_url(name, url)
  if url and not url:match("^[Hh][Tt][Tt][Pp][Ss]?://[^/%s]+%S*$") then
    return problem(1201, name .. " is not a URL")
  end
end

local function check_source(fields)
  if fields.video_id and fields.video_url then
    return problem(1201, "video_id and video_url cannot both have a value")
  elseif not fields.video_id and not fields.video_url then
    return problem(1201, "video_id and video_url cannot both be empty")
  end
end

--- The fields of a create, cleaned of those without a value.
---@param body table decoded
---@param null any what the decoder gives for JSON's null
---@return table|nil fields
---@return table? problem `{ code, message }`
function checks.create(body, null)
  local fields, wrong = given_fields(body, null)
  if not fields then
    return nil, wrong
  end
  wrong = check_source(fields)
    or check_url("video_url", fields.video_url)
    or check_url("callback_url", fields.callback_url)
    or check_prompt("sound_effect_prompt", fields.sound_effect_prompt)
    or check_prompt("bgm_prompt", fields.bgm_prompt)
  if wrong then
    return nil, wrong
  end
  return fields
end

--- Is this a clip the service takes? (contract 1.1, the 720p/1080p limit from C-v2a)
---@param clip table as core.inspect_clip returns it
---@param bytes integer
---@return boolean|nil fine
---@return string? why
function checks.clip(clip, bytes)
  if bytes > MAX_CLIP_BYTES then
    return nil, "Video size cannot exceed 100MB"
  elseif clip.duration < MIN_SECONDS or clip.duration > MAX_SECONDS then
    local text = "Video duration must be between %d and %d seconds"
    return nil, text:format(MIN_SECONDS, MAX_SECONDS)
  end
  local lines = math.min(clip.width, clip.height)
  if lines ~= 720 and lines ~= 1080 then
    return nil, "Video resolution must be 720p or 1080p"
  end
  return true
end

checks.max_clip_bytes = MAX_CLIP_BYTES

return checks
