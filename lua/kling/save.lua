--- Downloads a result's files, each whole or not at all.

local core = require "kling.core"
local Client = require "kling.client"
local deadline = require "kling.deadline"
local failure = require "kling.failure"
local options = require "kling.options"
local url = require "kling.url"

local raw = core.raw

local EXTENSIONS = { mp3 = "mp3", wav = "wav", video = "mp4" }
local ORDER = { "mp3", "wav", "video" }

local PROGRESS = 0.1 -- seconds between calls of on_progress, at most

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
  local name = safe_name(result.task_id) .. suffix .. "." .. EXTENSIONS[format]
  local separator = folder:match "/$" and "" or "/"
  return {
    format = format,
    path = folder .. separator .. name,
    url = link.url,
    duration = link.duration,
  }
end

local function links_of(result, format)
  local links = {}
  for _, item in ipairs(format == "video" and result.videos or result.audios) do
    links[#links + 1] = format == "video" and item or item[format]
  end
  return links
end

-- Every file asked for; nil and the format when the service has made none of it. Formats nobody
-- asked for by name may be missing.
local function plan(result, folder, formats)
  local files = {}
  for _, format in ipairs(formats or ORDER) do
    local links = links_of(result, format)
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

local function may_download(private, link)
  local scheme = url.scheme(link)
  return scheme == "https"
    or scheme == "http" and (private.allow_http or private.is_loopback and url.is_loopback(link))
end

local function check_links(client, result, files)
  for _, file in ipairs(files) do
    if not may_download(raw.private(client), file.url) then
      local reason = "the link is not https: " .. url.for_people(file.url)
      return fail(result, { code = "policy", reason = reason, hint = "See insecure_http." })
    end
  end
  return true
end

local function stop_all(client, files)
  for _, file in ipairs(files) do
    if file.job then
      Client.stop(client, file.job)
    end
  end
end

local function failed_file(client, files)
  for _, file in ipairs(files) do
    local state = file.job and raw.ended(client, file.job)
    if state and state ~= "succeeded" then
      return file
    end
  end
end

local function give_up(client, result, files)
  local file = failed_file(client, files)
  stop_all(client, files)
  local facts = raw.failure(client, file.job)
  facts.path = file.path
  return fail(result, facts)
end

local function all_ended(client, files)
  for _, file in ipairs(files) do
    if not raw.ended(client, file.job) then
      return false
    end
  end
  return true
end

-- What it raises is the caller's; but no download is left running that nobody waits for.
local function report_progress(client, files, on_progress)
  local done, total = 0, 0
  for _, file in ipairs(files) do
    local bytes, expected = raw.progress(client, file.job)
    done = done + (bytes or 0)
    total = total and expected and total + expected
  end
  local called, raised = pcall(on_progress, done, total or nil)
  if not called then
    stop_all(client, files)
    error(raised, 0)
  end
end

local function start_all(client, files, overwrite)
  for _, file in ipairs(files) do
    file.job = raw.start_download(client, file.url, file.path, overwrite)
    if raw.ended(client, file.job) then
      return false
    end
  end
  return true
end

local function download_all(client, result, files, checked, until_when)
  if not start_all(client, files, checked.overwrite) then
    return give_up(client, result, files)
  end
  until_when.longest_pause = checked.on_progress and PROGRESS
  local in_time = Client.wait_until(client, function()
    if checked.on_progress then
      report_progress(client, files, checked.on_progress)
    end
    return failed_file(client, files) or all_ended(client, files)
  end, until_when)
  if failed_file(client, files) then
    return give_up(client, result, files)
  elseif until_when.problem then
    stop_all(client, files)
    return fail(result, { code = until_when.problem })
  elseif not in_time then
    stop_all(client, files)
    local reason = ("the download was not done after %.4g s"):format(until_when.seconds)
    return fail(result, { code = "timeout", reason = reason, hint = "Save again." })
  end
  return true
end

local function facts_of(client, files)
  local saved = {}
  for i, file in ipairs(files) do
    local facts = raw.take(client, file.job)
    saved[i] = {
      path = file.path,
      format = file.format,
      bytes = facts.bytes,
      duration = file.duration,
      sha256 = facts.sha256,
    }
  end
  return saved
end

local function save_result(client, result, folder, checked, until_when)
  local files, missing = plan(result, folder, checked.formats)
  if not files then
    return fail(result, { code = "protocol", reason = "the result has no " .. missing })
  end
  local ok, message, why = check_links(client, result, files)
  if not ok then
    return nil, message, why
  end
  local made, problem = core.make_folder(folder)
  if not made then
    return fail(result, { code = "io", path = folder, reason = problem })
  end
  ok, message, why = download_all(client, result, files, checked, until_when)
  if not ok then
    return nil, message, why
  end
  return facts_of(client, files)
end

local function check_subject(client, subject)
  if type(subject) == "table" and type(subject.task_id) == "string"
    and type(subject.audios) == "table" and type(subject.videos) == "table" then
    return
  end
  if not Client.is_job(subject) then
    error(("save: a job or a result expected, got %s"):format(type(subject)), 3)
  elseif subject:client() ~= client then
    error("save: this job belongs to another client", 3)
  end
end

function core.Client:save(subject, folder, given)
  Client.check_open(self, "save")
  check_subject(self, subject)
  if type(folder) ~= "string" or folder == "" then
    error(("save: folder: a string expected, got %s"):format(
      folder == "" and "''" or type(folder)), 2)
  end
  local checked = options.check(given, M.rules, "save")
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
