--- Every shape a reply may have (contract, sections 1.2, 2, 3, 5), by name.
--
-- Of a group one is in force; the first is how the emulator answers by default.

local groups = {
  { "query",
    { "bare", "query: Kling's own body (C-iq, 2026-04-28)" },
    { "wrapped", "query: new-api wrapper around Kling's data, times in seconds (C-omniq, N-api)" },
    { "wrapped_envelope", "query: new-api wrapper around Kling's whole body (N-api)" },
    { "wrapped_null", "query: new-api wrapper whose inner data is null until the end (N-api)" },
    { "wrapped_early_failure",
      "query: the wrapper says FAILURE while the task runs on inside (new-api #5715)" } },
  { "task_info",
    { "task_info_filled", "task_info holds the external id (K-docs)" },
    { "task_info_empty", "task_info is {} (C-t2a, C-iq)" },
    { "task_info_null", "task_info.external_task_id is null (C-omniimg)" },
    { "task_info_absent", "no task_info (C-v2a)" } },
  { "task_result",
    { "task_result_empty", "task_result is {} while the task runs (C-iq)" },
    { "task_result_absent", "no task_result while the task runs (K-docs)" } },
  { "ids",
    { "ids_18_digits", "ids are strings of 18 digits (C-t2a)" },
    { "ids_19_digits", "ids are strings of 19 digits (C-fx)" },
    { "ids_letters", "ids are letters and digits, as older ones (C-v2a)" },
    { "ids_numeric", "ids are bare numbers of 18 digits" },
    { "ids_numeric_20", "ids are bare numbers of 20 digits, above 2^63" } },
  { "success_word",
    { "succeed", "a finished task's status is succeed (K-docs)" },
    { "succeeded", "a finished task's status is succeeded (K-docs, new standard)" } },
  { "link_names",
    { "url_mp3", "url_mp3, url_wav, duration_mp3, duration_wav (K-docs)" },
    { "mp3_url", "mp3_url, wav_url, mp3_duration, wav_duration (K-docs, new standard)" } },
  { "durations",
    { "duration_strings", "durations are strings holding seconds (K-docs)" },
    { "duration_numbers", "durations are numbers" },
    { "duration_absent", "no durations" } },
  { "results",
    { "audios_and_videos", "task_result has audios and videos (K-docs)" },
    { "audios_only", "task_result has audios alone" },
    { "videos_only", "task_result has videos alone (C-iq)" } },
  { "running_message",
    { "status_message_absent", "no task_status_msg before the end (C-iq)" },
    { "status_message_empty", "task_status_msg is \"\" before the end (v98store)" } },
  { "unknown_status",
    { "known_status", "a running task is processing" },
    { "unknown_status", "a running task has a status nobody knows: reviewing" } },
  { "failure_reason",
    { "failure_reason_given", "a failed task has a task_status_msg (new-api #2532)" },
    { "failure_reason_empty", "a failed task's task_status_msg is \"\"" } },
  { "message",
    { "message_SUCCEED", "message is SUCCEED (C-t2a)" },
    { "message_success", "message is success (C-mi2v)" } },
  { "request_id",
    { "request_id_present", "replies carry request_id (K-docs)" },
    { "request_id_absent", "no request_id (C-v2a, C-t2a)" },
    { "request_id_is_task_id", "request_id equals the task id (C-omniq)" } },
  { "extras",
    { "extras_absent", "nothing beyond what is read" },
    { "extras_documented", "parent_video, final_unit_deduction, final_balance_deduction (K-docs)" },
    { "extras_unknown", "members nobody has heard of, everywhere" } },
  { "not_found",
    { "not_found_1201", "unknown task: 400, code 1201 (K-live)" },
    { "not_found_1203", "unknown task: 404, code 1203 (K-docs)" },
    { "not_found_task_not_exist", "unknown task: 400, task_not_exist (N-api)" } },
  { "first_look",
    { "first_look_finds", "a task can be read at once (K-live)" },
    { "first_look_misses", "a task is not found for 2 s after its create (C-err)" } },
  { "external_query",
    { "external_id_query_on", "a task can be queried by its external id (K-docs)" },
    { "external_id_query_off", "a task cannot be queried by its external id (N-api)" } },
  { "external_unique",
    { "external_id_unique", "a reused external id is refused with 1201 (K-live)" },
    { "external_id_reusable", "a reused external id makes another task" } },
  { "list",
    { "list_on", "tasks can be listed (K-docs)" },
    { "list_brief", "tasks can be listed, but without their results" },
    { "list_off", "the list is a wrong path (CometAPI documents none)" } },
  { "errors",
    { "errors_kling", "refusals as {code, message, request_id} (K-docs)" },
    { "errors_code_text", "refusals as {code, message, request_id}, the code a string" },
    { "errors_comet", "refusals as {error: {message, type, param, code}} (C-err)" },
    { "errors_comet_null", "refusals as {error: {message, type}}, param and code null" },
    { "errors_comet_old", "refusals as {error: {code: \"\", message, type}} (C-err, older)" },
    { "errors_new_api", "refusals as {error: {message, type, code: \"\"}} (N-api)" },
    { "errors_relay", "refusals as {code: \"<string>\", message, data: null} (N-api)" },
    { "errors_nested", "the service's refusal inside data.data, no code outside (C-tts)" },
    { "errors_html", "refusals as an HTML page" } },
  { "wrong_path",
    { "wrong_path_redirect", "a wrong path: 301 (C-err)" },
    { "wrong_path_html", "a wrong path: an HTML page with status 200 (C-err)" },
    { "wrong_path_404", "a wrong path: 404, Invalid URL (N-api)" } },
  { "failed_bill",
    { "failed_refunded", "a failed task's units are given back (N-api)" },
    { "failed_billed", "a failed task is paid for (new-api #2050)" } },
  { "links",
    { "links_fixed", "a task's links expire a fixed time after its end (K-live)" },
    { "links_fresh", "each query signs new links" } },
}

local group_of, about = {}, {}
for _, group in ipairs(groups) do
  for i = 2, #group do
    local name, text = group[i][1], group[i][2]
    group_of[name] = group[1]
    about[name] = text
  end
end

local Choice = {}
Choice.__index = Choice

local variants = {
  --- name -> one line
  about = about,
  groups = groups,
}

--- The variants in force, one of each group; at first the defaults.
function variants.new()
  local self = setmetatable({}, Choice)
  self:reset()
  return self
end

function Choice:reset()
  self.chosen = {}
  for _, group in ipairs(groups) do
    self.chosen[group[1]] = group[2][1]
  end
end

--- Choose a variant by name; "default" goes back to all defaults.
---@return boolean|nil chosen
---@return string? message
function Choice:use(name)
  if name == "default" then
    self:reset()
    return true
  end
  local group = group_of[name]
  if not group then
    return nil, ("unknown variant '%s'"):format(tostring(name))
  end
  self.chosen[group] = name
  return true
end

--- Is this variant in force?
function Choice:is(name)
  local group = assert(group_of[name], name)
  return self.chosen[group] == name
end

return variants
