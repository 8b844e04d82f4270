--- How tasks and refusals look on the wire, in every shape the contract knows.

local codes = require("kling.emulator.codes")
local json = require("kling.emulator.json")

local Shapes = {}
Shapes.__index = Shapes

local shapes = {}

local LINK_LIFE = 30 * 24 * 3600 -- links expire about 30 days after the task's end (K-live)

---@param options table `service`, `variants`, `links`, `clock`, `origin` (a function),
--- `link_seconds`
function shapes.new(options)
  return setmetatable({
    service = options.service,
    variants = options.variants,
    links = options.links,
    clock = options.clock,
    origin = options.origin,
    link_seconds = options.link_seconds or LINK_LIFE,
    requests = 0,
  }, Shapes)
end

local function request_id(self)
  self.requests = self.requests + 1
  return ("9ab376fc-9059-487f-9e2a-%012x"):format(self.requests)
end

local function id_on_wire(self, id)
  if self.variants:is("ids_numeric") or self.variants:is("ids_numeric_20") then
    return json.number(id)
  end
  return id
end

local function milliseconds(at)
  return math.floor(at * 1000 + 0.5)
end

local function duration_on_wire(self, seconds)
  if self.variants:is("duration_absent") then
    return nil
  elseif self.variants:is("duration_numbers") then
    return math.floor(seconds * 1000 + 0.5) / 1000
  end
  local text = ("%.3f"):format(seconds):gsub("0+$", ""):gsub("%.$", ".0")
  return text
end

local function link(self, task, look, name)
  local from = self.variants:is("links_fresh") and self.clock:now() or look.updated_at
  local path = ("/files/%s/%s"):format(task.id, name)
  return self.origin() .. self.links:sign(path, from + self.link_seconds)
end

local function audios(self, task, look)
  local new = self.variants:is("mp3_url")
  local duration = duration_on_wire(self, task.media.duration)
  return json.list({ {
    id = id_on_wire(self, task.audio_id),
    [new and "mp3_url" or "url_mp3"] = link(self, task, look, task.audio_id .. ".mp3"),
    [new and "wav_url" or "url_wav"] = link(self, task, look, task.audio_id .. ".wav"),
    [new and "mp3_duration" or "duration_mp3"] = duration,
    [new and "wav_duration" or "duration_wav"] = duration,
  } })
end

local function videos(self, task, look)
  return json.list({ {
    id = id_on_wire(self, task.video_id),
    url = link(self, task, look, task.video_id .. ".mp4"),
    duration = duration_on_wire(self, task.media.duration),
  } })
end

local function task_result(self, task, look)
  if look.state ~= "succeed" or not task.media then -- a forged callback has no files to show
    return self.variants:is("task_result_empty") and {} or nil
  end
  local result = {}
  if not self.variants:is("videos_only") then
    result.audios = audios(self, task, look)
  end
  if not self.variants:is("audios_only") then
    result.videos = videos(self, task, look)
  end
  return result
end

local function task_info(self, task)
  if self.variants:is("task_info_absent") then
    return nil
  elseif self.variants:is("task_info_empty") then
    return {}
  elseif self.variants:is("task_info_null") then
    return { external_task_id = json.null }
  end
  return { external_task_id = task.fields.external_task_id }
end

local function status_word(self, state)
  if state == "succeed" and self.variants:is("succeeded") then
    return "succeeded"
  elseif state == "processing" and self.variants:is("unknown_status") then
    return "reviewing"
  end
  return state
end

local function status_message(self, look)
  if look.state == "failed" then
    return self.variants:is("failure_reason_given") and look.message or ""
  end
  return self.variants:is("status_message_empty") and "" or nil
end

local function add_documented_extras(self, data, task)
  data.task_info = data.task_info or {}
  data.task_info.parent_video = {
    id = id_on_wire(self, task.fields.video_id or task.id),
    url = task.fields.video_url or "",
    duration = task.media and duration_on_wire(self, task.media.duration) or "",
  }
  data.final_unit_deduction = "0.25"
  data.final_balance_deduction = { quota = "0", list_price = "0" }
end

local function add_unknown_extras(data)
  data.x_priority = 7
  data.x_trace = { spans = json.list({ 1, "two", json.null, false }), nested = { deep = {} } }
  data.task_result = data.task_result or {}
  data.task_result.x_preview = json.list()
end

-- Kling's own `data` of a create, or of a query when `look` has got any further.
local function task_data(self, task, look)
  return {
    task_id = id_on_wire(self, task.id),
    task_status = status_word(self, look.state),
    task_info = task_info(self, task),
    created_at = milliseconds(task.created_at),
    updated_at = milliseconds(look.updated_at),
  }
end

local function queried_data(self, task, look)
  local data = task_data(self, task, look)
  data.task_status_msg = status_message(self, look)
  data.task_result = task_result(self, task, look)
  if self.variants:is("extras_documented") then
    add_documented_extras(self, data, task)
  elseif self.variants:is("extras_unknown") then
    add_unknown_extras(data)
  end
  return data
end

local function envelope(self, data, task)
  local body = {
    code = 0,
    message = self.variants:is("message_success") and "success" or "SUCCEED",
    data = data,
  }
  if self.variants:is("request_id_present") then
    body.request_id = request_id(self)
  elseif self.variants:is("request_id_is_task_id") then
    body.request_id = task and task.id
  end
  return body
end

-- new-api's words and progress for Kling's states (N-api dto/task.go).
local WRAPPED = {
  submitted = { "SUBMITTED", "10%" },
  processing = { "IN_PROGRESS", "50%" },
  succeed = { "SUCCESS", "100%" },
  failed = { "FAILURE", "100%" },
}

local function wrapped_inner(self, data, look, task)
  if self.variants:is("wrapped_envelope") then
    return envelope(self, data, task)
  elseif self.variants:is("wrapped_null") and look.state ~= "succeed" then
    return json.null
  end
  return data
end

-- The gateway gives up while the task runs on (new-api #5715).
local function wrapped_verdict(self, look)
  if self.variants:is("wrapped_early_failure") and look.state == "processing" then
    return WRAPPED.failed, "task timeout"
  end
  return WRAPPED[look.state], look.state == "failed" and look.message or ""
end

local function wrapped(self, task, look)
  local verdict, reason = wrapped_verdict(self, look)
  local ended = verdict[2] == "100%"
  return {
    code = "success",
    message = "",
    data = {
      task_id = id_on_wire(self, task.id),
      action = "VIDEO_TO_AUDIO",
      status = verdict[1],
      fail_reason = reason,
      submit_time = math.floor(task.created_at),
      start_time = math.floor(task.created_at + task.life.submitted),
      finish_time = ended and math.floor(look.updated_at) or 0,
      progress = verdict[2],
      data = wrapped_inner(self, queried_data(self, task, look), look, task),
    },
  }
end

--- The reply to a create that was accepted.
function Shapes:created(task)
  local look = { state = "submitted", updated_at = task.created_at }
  return envelope(self, task_data(self, task, look), task)
end

--- The reply to a query; `at`, when given, makes it an old one.
function Shapes:queried(task, at)
  local look = self.service:look(task, at and math.max(at, task.created_at))
  if self.variants:is("bare") then
    return envelope(self, queried_data(self, task, look), task)
  end
  return wrapped(self, task, look)
end

--- The reply to a list, or an old one as above; always Kling's own shape, no other is known.
function Shapes:listed(tasks, at)
  local items = json.list()
  for i, task in ipairs(tasks) do
    local look = self.service:look(task, at and math.max(at, task.created_at))
    items[i] = queried_data(self, task, look)
    if self.variants:is("list_brief") then
      items[i].task_result = nil
    end
  end
  return envelope(self, items)
end

-- The newer generation's list in place of audios and videos (K-docs).
local function outputs(self, task, look)
  if look.state ~= "succeed" or not task.media then
    return json.list()
  end
  local duration = duration_on_wire(self, task.media.duration)
  return json.list({ {
    type = "audio",
    id = id_on_wire(self, task.audio_id),
    mp3_url = link(self, task, look, task.audio_id .. ".mp3"),
    wav_url = link(self, task, look, task.audio_id .. ".wav"),
    mp3_duration = duration,
    wav_duration = duration,
  } })
end

--- The body of a callback: the task alone, without an envelope. `generation` is "legacy" (the
--- default) or "new" (contract 4.1, K-docs).
function Shapes:called_back(task, look, generation)
  if generation ~= "new" then
    return queried_data(self, task, look)
  end
  return {
    id = id_on_wire(self, task.id),
    status = look.state == "succeed" and "succeeded" or look.state,
    message = look.message or "",
    create_time = milliseconds(task.created_at),
    update_time = milliseconds(look.updated_at),
    external_id = task.fields.external_task_id,
    outputs = outputs(self, task, look),
    billing = json.list(),
  }
end

local function with_request_id(self, message)
  return ("%s (request id: %s)"):format(message, request_id(self))
end

local envelopes = {
  errors_kling = function(self, p)
    local id = not self.variants:is("request_id_absent") and request_id(self) or nil
    return { code = p.code, message = p.message, request_id = id }
  end,
  errors_code_text = function(self, p)
    return { code = tostring(p.code), message = p.message, request_id = request_id(self) }
  end,
  errors_comet = function(self, p)
    return { error = { message = with_request_id(self, p.message), type = "comet_api_error",
                       param = "", code = p.word or tostring(p.code) } }
  end,
  errors_comet_null = function(self, p)
    return { error = { message = with_request_id(self, p.message), type = "comet_api_error",
                       param = json.null, code = json.null } }
  end,
  errors_comet_old = function(_, p)
    return { error = { code = "", message = p.message, type = "comet_api_error" } }
  end,
  errors_new_api = function(self, p)
    return { error = { message = with_request_id(self, p.message), type = "new_api_error",
                       code = "" } }
  end,
  errors_relay = function(_, p)
    return { code = p.word or tostring(p.code), message = p.message, data = json.null }
  end,
  errors_nested = function(self, p)
    return { message = p.message, data = { message = p.message, data = {
      code = p.code, message = p.message, request_id = request_id(self) } } }
  end,
}

--- A page as an edge or a web site in front of the service sends it.
function shapes.html(title)
  return ("<!DOCTYPE html>\n<html><head><title>%s</title></head><body><h1>%s</h1></body></html>\n")
    :format(title, title)
end

local function not_found(self, problem)
  if self.variants:is("not_found_1203") then
    return { code = 1203, message = problem.message }
  elseif self.variants:is("not_found_task_not_exist") then
    return { code = 1201, status = 400, message = "task_not_exist", word = "task_not_exist",
             envelope = "errors_relay" }
  end
  return problem
end

local function chosen_envelope(self)
  for name in pairs(envelopes) do
    if self.variants:is(name) then
      return name
    end
  end
end

--- The reply to a request that was refused.
---@param problem table `{ code, message?, status?, word?, kind?, envelope? }`
---@return integer status
---@return table|nil body
---@return string? page HTML in place of a body
function Shapes:refused(problem)
  local p = problem.kind == "not_found" and not_found(self, problem) or problem
  local known = codes[p.code] or { 400, "Refused" }
  local status = p.status or known[1]
  if self.variants:is("errors_html") then
    return status, nil, shapes.html(("%d error"):format(status))
  end
  local shape = envelopes[p.envelope or chosen_envelope(self)]
  return status, shape(self, {
    code = p.code,
    message = p.message or known[2],
    word = p.word,
  })
end

return shapes
