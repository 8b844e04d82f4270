--- Gives silent clips their sound from inside Neovim. What the commands do; see doc/kling.txt.

local list = require "kling_nvim.list"
local settings = require "kling_nvim.settings"
local tasks = require "kling_nvim.tasks"
local url = require "kling_nvim.url"
local window = require "kling_nvim.window"

local M = {}

local HEAD = 30 -- characters that are kept of a message too long, with as many of its end as fit

-- One line on the screen: a longer one would make Neovim ask for a key in the middle of somebody's
-- typing. The reason stands at a message's end, so the middle goes; :KlingList has it in full.
local function fit(text)
  local head, tail = vim.fn.strcharpart(text, 0, HEAD) .. "...", vim.fn.strcharpart(text, HEAD)
  if vim.fn.strdisplaywidth(text) <= vim.v.echospace then
    return text
  end
  while tail ~= "" and vim.fn.strdisplaywidth(head .. tail) > vim.v.echospace do
    tail = vim.fn.strcharpart(tail, 1)
  end
  return head .. tail
end

local function notify(text, level)
  vim.notify(fit((("kling: " .. text):gsub("%s+", " "))), level, { title = "kling" })
end

-- "sounds/878106.{mp3,wav,mp4}": all paths, and short.
local function describe(files)
  local stems, endings = {}, {}
  for _, file in ipairs(files) do
    local stem, ending = vim.fn.fnamemodify(file.path, ":~:."):match "^(.*)%.(.-)$"
    if not endings[stem] then
      stems[#stems + 1] = stem
      endings[stem] = {}
    end
    table.insert(endings[stem], ending)
  end
  return table.concat(vim.tbl_map(function(stem)
    local found = endings[stem]
    return stem .. "." .. (#found == 1 and found[1] or "{" .. table.concat(found, ",") .. "}")
  end, stems), " ")
end

local function on_end(task)
  if task.files then
    notify("saved " .. describe(task.files), vim.log.levels.INFO)
  elseif task.failure.code ~= "cancelled" then
    notify(task.problem, vim.log.levels.ERROR)
  end
end

--- Settings; see :help kling-settings. Wrong ones are an error in the line that calls.
function M.setup(given)
  settings.set(given) -- no tail call: it would hide that line
end

--- Start a task for a clip's URL (nil: the one under the cursor), or go on with a task of this id.
function M.start(subject, prompt)
  subject = subject or url.under_cursor()
  if not subject then
    return notify("no URL under the cursor", vim.log.levels.ERROR)
  end
  local task, message = tasks.start(subject, prompt or "", on_end)
  if not task then
    return notify(message, vim.log.levels.ERROR)
  end
  window.show(list.update)
end

--- Show all tasks in a window.
function M.list()
  list.open(M.start)
end

--- The numbers of the running tasks, as text.
function M.running_numbers()
  return vim.tbl_map(function(task)
    return tostring(task.number)
  end, tasks.running())
end

local function find_running(number)
  local running = tasks.running()
  if number == "" and #running == 1 then
    return running[1]
  end
  for _, task in ipairs(running) do
    if tostring(task.number) == number then
      return task
    end
  end
  return nil, #running == 0 and "no task is running"
    or "which one? running: " .. table.concat(M.running_numbers(), ", ")
end

--- Stop waiting for a task: the one of this number, or ("") the only one.
function M.cancel(number)
  local task, problem = find_running(number)
  if not task then
    return notify(problem, vim.log.levels.ERROR)
  end
  local _, failure = task.job:cancel()
  notify(failure and failure.hint or "it has ended already", vim.log.levels.WARN)
end

return M
