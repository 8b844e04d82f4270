--- Downloads a result's files, each whole or not at all.

local core = require "kling.core"
local Client = require "kling.client"
local deadline = require "kling.deadline"
local download = require "kling.download"
local failure = require "kling.failure"
local options = require "kling.options"
local results = require "kling.result"

local raw = core.raw

local EXTENSIONS = { mp3 = "mp3", wav = "wav", video = "mp4" }
local ORDER = { "mp3", "wav", "video" }

local function check_formats(formats)
  local seen = {}
  for i = 1, #formats do
    local format = formats[i]
    if not EXTENSIONS[format] then
      return ("'mp3', 'wav' or 'video' expected, got '%s'%s"):format(
        tostring(format), options.hint(format, EXTENSIONS))
    elseif seen[format] then
      return ("'%s' is in it twice"):format(format)
    end
    seen[format] = true
  end
  return #formats == 0 and "at least one format expected" or nil
end

local M = {}

M.rules = {
  formats = { type = "table", check = check_formats },
  overwrite = { type = "boolean", default = false },
  verify = { type = "boolean", default = true },
  timeout = { type = "number", min = 0 },
  on_progress = { type = "function" },
}

-- Ids come from outside. What is left as it is cannot leave the folder or hide; what is not is
-- replaced, and told apart by a digest.
local function safe_name(id)
  local name = id:gsub("[^%w._-]", "_"):gsub("^[.-]", "_"):gsub("^$", "_"):sub(1, 100)
  if name == id then
    return name
  end
  return name .. "-" .. core.sha256(id):sub(1, 12)
end

-- link: what the result says of a file; number: which audio or video it belongs to
local function plan_file(result, folder, format, link, number)
  local suffix = number > 1 and "-" .. number or ""
  local id = safe_name(result.task_id)
  local separator = folder:match "/$" and "" or "/"
  return {
    format = format,
    number = number,
    path = folder .. separator .. id .. suffix .. "." .. EXTENSIONS[format],
    -- two tasks' files may have one name: "1-2" and the second of "1"
    source = ("%s %s %d"):format(id, format, number),
    url = link.url,
    duration = link.duration,
  }
end

-- Every file asked for; nil and the format when the service has made none of it. Formats nobody
-- asked for by name may be missing.
local function plan(result, folder, formats)
  local files = {}
  for _, format in ipairs(formats or ORDER) do
    local links = results.links(result, format)
    if formats and #links == 0 then
      return nil, format
    end
    for number, link in ipairs(links) do
      files[#files + 1] = plan_file(result, folder, format, link, number)
    end
  end
  if #files == 0 then
    return nil, "audio or video"
  end
  return files
end

local function fail(result, fields)
  fields.operation = "save"
  fields.task_id = result.task_id
  fields.external_task_id = result.external_task_id
  fields.task_state, fields.billed = "exists", "yes"
  return failure.give(fields)
end

-- What is known of files saved earlier: one that is still there is not downloaded again.
local function look_up(client, result, files)
  local saved_file = raw.private(client).saved_file
  for _, file in ipairs(saved_file and files or {}) do
    local known = saved_file(client, result, file.format, file.path)
    file.sha256 = known and known.path == file.path and known.sha256 or nil
  end
end

local function facts_of(client, file)
  local facts = raw.take(client, file.job)
  return {
    path = file.path,
    format = file.format,
    bytes = facts.bytes,
    duration = file.duration or facts.duration,
    sha256 = facts.sha256,
  }
end

-- The files that are there; and whether whoever keeps a list of them has them in it.
local function tell(client, result, files)
  local on_saved = raw.private(client).on_saved
  local saved, is_known = {}, true
  for _, file in ipairs(files) do
    if file.job and raw.ended(client, file.job) == "succeeded" then
      local facts = facts_of(client, file)
      saved[#saved + 1] = facts
      is_known = not (on_saved and on_saved(client, result, facts) == false) and is_known
    end
  end
  return saved, is_known
end

-- Until all files are there, what is known of each stays beside it: the next save finds them whole.
local function settle(files)
  for _, file in ipairs(files) do
    raw.settle(file.path)
  end
end

local function save_result(client, result, folder, checked, until_when)
  local files, missing = plan(result, folder, checked.formats)
  if not files then
    return fail(result, { code = "protocol", reason = "the result has no " .. missing })
  end
  for _, file in ipairs(files) do
    local refusal = download.refusal(client, file.url)
    if refusal then
      return fail(result, { code = "policy", reason = refusal, hint = "See insecure_http." })
    end
  end
  local made, problem = core.make_folder(folder)
  if not made then
    return fail(result, { code = "io", path = folder, reason = problem })
  end
  look_up(client, result, files)
  local all_there, facts = download.all(client, result.task_id, files, checked, until_when)
  local saved, is_known = tell(client, result, files)
  if not all_there then
    return fail(result, facts)
  elseif is_known then
    settle(files)
  end
  return saved
end

local function is_link(link)
  return type(link) == "table" and type(link.url) == "string"
    and (link.duration == nil or type(link.duration) == "number")
end

local function is_audio(audio)
  return type(audio) == "table" and (audio.mp3 == nil or is_link(audio.mp3))
    and (audio.wav == nil or is_link(audio.wav))
end

local function are_all(list, is_one)
  for _, element in ipairs(type(list) == "table" and list or {}) do
    if not is_one(element) then
      return false
    end
  end
  return type(list) == "table"
end

local function is_result(value)
  return type(value) == "table" and type(value.task_id) == "string"
    and are_all(value.audios, is_audio) and are_all(value.videos, is_link)
end

--- Raises for wrong arguments of `save`, and blames the caller of our caller; else the options,
--- checked.
function M.check(client, subject, folder, given)
  if Client.is_job(subject) then
    if subject:client() ~= client then
      error("save: this job belongs to another client", 3)
    end
  elseif not is_result(subject) then
    error(("save: a job or a result expected, got %s"):format(
      type(subject) == "table" and "another table" or type(subject)), 3)
  end
  if type(folder) ~= "string" or folder == "" then
    error(("save: folder: a string expected, got %s"):format(
      folder == "" and "''" or type(folder)), 3)
  end
  local checked = options.check(given, M.rules, "save", 4)
  return checked
end

function core.Client:save(subject, folder, given)
  Client.check_open(self, "save")
  local checked = M.check(self, subject, folder, given)
  local until_when = deadline.new(checked.timeout, "save")
  local result = subject
  if Client.is_job(subject) then
    local message, why
    Client.wait_for(self, subject, until_when)
    result, message, why = Client.result_of(self, subject, until_when)
    if not result then
      return nil, message, why
    elseif not raw.is_open(self) then -- on_change may have closed it
      return fail(result, { code = "closed" })
    end
  end
  return save_result(self, result, folder, checked, until_when)
end

return M
