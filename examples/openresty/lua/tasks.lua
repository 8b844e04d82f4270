--- The tasks this worker runs: each goes on in the background, whether somebody looks or not.

-- luacheck: std ngx_lua

local callbacks = require "callbacks"
local clips = require "clips"
local kling = require "kling"

local SECONDS = 1800 -- for a task and its files

local M = {}

-- What the client tells, in this site's words; `succeeded` is not yet the end, and of a failure
-- `work` hears too.
local states = {
  submitting = "submitting",
  submitted = "submitted",
  processing = "processing",
  succeeded = "saving",
}

-- Called while some task waits, so it must not raise: that one would be told.
local function on_change(_, state, info)
  if state == "submitted" then -- with this `kling save ID` gets the files, whatever happens here
    ngx.log(ngx.NOTICE, "clip ", info.external_task_id, " is task ", info.task_id)
  end
  if states[state] then
    clips.change(info.external_task_id, { state = states[state], task_id = info.task_id })
  end
end

-- One a worker, made with its first clip: sockets must not be shared across a fork.
local client

function M.client()
  client = client or assert(kling.new { on_change = on_change })
  return client
end

local function fail(id, failure)
  clips.change(id, { state = "failed", failure = {
    code = failure.code,
    message = failure.message,
    hint = failure.hint,
    billed = failure.billed,
    task_id = failure.task_id,
  } })
end

local function public(id, files)
  for _, file in ipairs(files) do
    file.url = ("/files/%s/%s"):format(id, file.path:match "[^/]+$")
    file.path = nil
  end
  return files
end

local function work(is_too_late, id, job)
  if is_too_late then
    job:cancel() -- nothing has been sent
  end
  local folder = ngx.config.prefix() .. "files/" .. id
  local files, _, failure = job:save(folder, { timeout = SECONDS })
  if files then
    clips.change(id, { state = "ready", files = public(id, files) })
  else
    fail(id, failure)
  end
end

--- Start a task. nil and a message for people when the request is wrong.
function M.start(id, fields)
  local own = M.client()
  fields.external_task_id = id -- so that `on_change` knows whose task it is
  local is_right, job = pcall(own.submit, own, callbacks.add(own, fields))
  if not is_right then
    return nil, job
  end
  clips.change(id, {
    state = "queued",
    worker = ngx.worker.id(),
    video = fields.video_url or fields.video_id,
    sound = fields.sound_effect_prompt,
    music = fields.bgm_prompt,
  })
  if not ngx.timer.at(0, work, id, job) then
    work(true, id, job) -- too many are running
  end
  return true
end

return M
