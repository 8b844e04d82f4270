--- The tasks of this session and the one client that runs them.

local settings = require "kling_nvim.settings"

local M = {
  all = {}, -- oldest first
}

-- Failures after which there is nothing to go back for.
local DONE_WITH = { failed = true, cancelled = true, not_found = true }

local client -- made for the first task: Neovim starts without a key too

-- The library raises for wrong arguments. Here they are the user's, and no reason for a traceback.
local function try(f, ...)
  local ok, value, message = pcall(f, ...)
  if not ok then
    return nil, value
  end
  return value, message
end

--- The client; nil and why when there can be none.
function M.client()
  if not client then
    local found, kling = pcall(require, "kling")
    if not found then
      return nil, "the library was not found; see :checkhealth kling"
    end
    local message
    client, message = try(kling.new, settings.current.client)
    if not client then
      return nil, message
    end
    vim.api.nvim_create_autocmd("VimLeavePre", { callback = M.close })
  end
  return client
end

local function request_for(url, prompt)
  local current = settings.current
  return {
    video_url = url,
    sound_effect_prompt = prompt ~= "" and prompt or current.sound_effect_prompt,
    bgm_prompt = current.bgm_prompt,
    asmr_mode = current.asmr_mode,
  }
end

-- Runs in a coroutine: `save` waits for the task and for the download, Neovim for neither.
local function follow(task, on_end)
  task.files, task.problem, task.failure = task.job:save(task.folder, {
    formats = settings.current.formats,
    timeout = settings.current.timeout,
    overwrite = true, -- a task's files are the same whenever they are fetched
  })
  task.has_ended = true
  if client then -- and Neovim is not being left
    on_end(task)
  end
end

-- The same request again, soon enough, is the same job: one sound, one bill.
local function submit(running, url, prompt)
  local job, message = try(running.submit, running, request_for(url, prompt))
  for _, task in ipairs(M.running()) do
    if task.job == job then
      return nil, ("this clip is being given this sound already: task %d"):format(task.number)
    end
  end
  return job, message
end

local function start_job(subject, prompt)
  local running, message = M.client()
  if not running then
    return nil, message
  elseif not subject:find "^[%w_-]+$" then
    return submit(running, subject, prompt)
  end
  for _, task in ipairs(M.running()) do
    local _, info = M.look(task)
    if info.task_id == subject then
      return nil, ("task %s is being waited for already"):format(subject)
    end
  end
  return try(running.attach, running, subject)
end

--- Start a task for a clip's URL, or go on with the task of this id. `on_end(task)` is called when
--- its files are there or `task.problem` says why not.
---@return table? task
---@return string? message
function M.start(subject, prompt, on_end)
  local job, message = start_job(subject, prompt)
  if not job then
    return nil, message
  end
  local task = {
    number = #M.all + 1,
    subject = subject,
    job = job,
    folder = vim.fn.fnamemodify(settings.current.folder, ":p"),
  }
  M.all[task.number] = task
  coroutine.wrap(follow)(task, on_end)
  return task
end

--- Those that have not ended.
function M.running()
  return vim.tbl_filter(function(task)
    return not task.has_ended
  end, M.all)
end

--- What is known of a task now: a word for its state, and the library's info.
function M.look(task)
  local state, info = task.job:poll()
  if task.has_ended then
    state = task.files and "saved" or task.failure.code
  elseif state == "succeeded" then
    state = "saving"
  end
  return state, info
end

-- The name is in capitals because such variables are kept in the shada file.
local function remembered()
  return vim.split(vim.g.KLING_UNFINISHED or "", " ", { trimempty = true })
end

-- id -> whether there is something to go back for; of this session's tasks, the newest counts.
local function known()
  local is_open = {}
  for _, task in ipairs(M.all) do
    local _, info = M.look(task)
    if info.task_id then
      is_open[info.task_id] = not (task.files or task.failure and DONE_WITH[task.failure.code])
    end
  end
  return is_open
end

--- Ids of tasks that were unfinished when Neovim was left, and that nobody has asked for since.
function M.left_over()
  local is_open = known()
  return vim.tbl_filter(function(id)
    return is_open[id] == nil
  end, remembered())
end

--- Remember what is unfinished and let go of everything.
function M.close()
  local ids = M.left_over()
  for id, is_open in pairs(known()) do
    if is_open then
      ids[#ids + 1] = id
    end
  end
  vim.g.KLING_UNFINISHED = table.concat(ids, " ")
  local closing = client
  client, M.all = nil, {}
  closing:close()
end

return M
