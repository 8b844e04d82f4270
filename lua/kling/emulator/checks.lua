--- What the service accepts: the fields of a create (contract 1.1) and the clip behind it.

local utf8 = require("kling.utf8")

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
  local characters = text and utf8.length(text)
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
