--- Turns what the service said of a task into a kling.Result.
-- Two generations spell the same things differently (docs/contract.md, section 2.3): both are read.

local M = {}

local function first_of(object, ...)
  for i = 1, select("#", ...) do
    local value = object[select(i, ...)]
    -- cjson's null is a userdata
    if value ~= nil and type(value) ~= "userdata" and value ~= "" then
      return value
    end
  end
end

local function text_of(...)
  local value = first_of(...)
  if type(value) == "number" then
    return ("%.0f"):format(value) -- an id of at most 15 digits; longer ones are strings already
  end
  return type(value) == "string" and value or nil
end

-- Not whatever tonumber takes: "nan" and "0x10" are numbers to some Luas.
local function seconds_of(...)
  local value = first_of(...)
  if type(value) == "string" then
    value = tonumber(value:match "^%s*[%d.]+%s*$")
  end
  return type(value) == "number" and value >= 0 and value < math.huge and value or nil
end

local function link_of(item, url_names, duration_names)
  local url = text_of(item, url_names[1], url_names[2])
  if url then
    local seconds = seconds_of(item, duration_names[1], duration_names[2], "duration")
    return { url = url, duration = seconds }
  end
end

local function audio_of(item)
  local audio = {
    id = text_of(item, "id"),
    mp3 = link_of(item, { "url_mp3", "mp3_url" }, { "duration_mp3", "mp3_duration" }),
    wav = link_of(item, { "url_wav", "wav_url" }, { "duration_wav", "wav_duration" }),
  }
  -- text-to-speech, of the same family, has one link; its name says what it is
  local plain = link_of(item, { "url" }, { "duration" })
  if plain and not (audio.mp3 or audio.wav) then
    local path = plain.url:lower():gsub("[?#].*$", "")
    audio[path:match "%.wav$" and "wav" or "mp3"] = plain
  end
  return audio
end

local function video_of(item)
  return {
    id = text_of(item, "id"),
    url = text_of(item, "url"),
    duration = seconds_of(item, "duration"),
  }
end

local function objects(list)
  local found = {}
  for _, item in ipairs(type(list) == "table" and list or {}) do
    if type(item) == "table" then
      found[#found + 1] = item
    end
  end
  return found
end

local function add_audio(result, item)
  local audio = audio_of(item)
  if audio.mp3 or audio.wav then
    result.audios[#result.audios + 1] = audio
  end
end

local function add_video(result, item)
  local video = video_of(item)
  if video.url then
    result.videos[#result.videos + 1] = video
  end
end

-- The newer generation has one list of outputs, each with its type.
local function add_outputs(result, outputs)
  for _, item in ipairs(objects(outputs)) do
    if item.type == "audio" then
      add_audio(result, item)
    elseif item.type == "video" then
      add_video(result, item)
    end
  end
end

local function add_lists(result, lists)
  for _, item in ipairs(objects(lists.audios)) do
    add_audio(result, item)
  end
  for _, item in ipairs(objects(lists.videos)) do
    add_video(result, item)
  end
end

--- The links to a result's files of one format, by which audio or video they belong to.
function M.links(result, format)
  local links = {}
  for _, item in ipairs(format == "video" and result.videos or result.audios) do
    links[#links + 1] = format == "video" and item or item[format]
  end
  return links
end

--- `task` as kling.core reads it: facts, `result` (the service's lists, decoded) and `raw`.
function M.new(task)
  local result = {
    task_id = task.task_id,
    external_task_id = task.external_task_id,
    audios = {},
    videos = {},
    created_at = task.created_at,
    updated_at = task.updated_at,
    raw = task.raw,
  }
  local lists = task.result or {}
  add_outputs(result, lists)
  add_lists(result, lists)
  return result
end

return M
