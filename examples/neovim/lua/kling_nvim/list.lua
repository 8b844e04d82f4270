--- What :KlingList shows: this session's tasks, what was left unfinished, and the service's list.

local tasks = require "kling_nvim.tasks"

local api = vim.api

local M = {}

local views = {} -- set of { buffer, ids, listed, problem }, one for each open list

-- A page being written: its lines, and which of them name a task.
local function new_page()
  return { lines = {}, ids = {} }
end

local function add(page, text, task_id)
  page.lines[#page.lines + 1] = (text:gsub("\n", " "))
  page.ids[#page.lines] = task_id
end

local function add_session(page)
  add(page, "This session")
  for _, task in ipairs(tasks.all) do
    local state, info = tasks.look(task)
    add(page, ("  %d  %-10s  %4d s  %s  %s"):format(task.number, state, info.elapsed,
      info.task_id or "(no id yet)", task.subject ~= info.task_id and task.subject or ""),
      info.task_id)
    for _, file in ipairs(task.files or {}) do
      add(page, "     " .. vim.fn.fnamemodify(file.path, ":~:."))
    end
    if task.failure then
      add(page, "     " .. task.problem)
      add(page, "     " .. task.failure.hint)
    end
  end
  if #tasks.all == 0 then
    add(page, "  no task yet")
  end
end

local function add_left_over(page)
  local ids = tasks.left_over()
  if #ids > 0 then
    add(page, "")
    add(page, "Unfinished when Neovim was left (<CR> goes on)")
  end
  for _, id in ipairs(ids) do
    add(page, "  " .. id, id)
  end
end

-- listed: the service's tasks; nil while it has not answered, with the reason when it will not
local function add_service(page, listed, problem)
  add(page, "")
  add(page, "At the service (<CR> fetches the files)")
  for _, task in ipairs(listed or {}) do
    local made = task.created_at and os.date("%Y-%m-%d %H:%M", task.created_at) or ""
    add(page, ("  %-16s  %-10s  %s"):format(made, task.state, task.task_id or ""), task.task_id)
  end
  if not listed then
    add(page, "  " .. (problem or "asking ..."))
  elseif #listed == 0 then
    add(page, "  no task")
  end
end

local function write(view)
  if not api.nvim_buf_is_valid(view.buffer) then
    views[view] = nil -- closed, maybe before the service answered
    return
  end
  local page = new_page()
  add_session(page)
  add_left_over(page)
  add_service(page, view.listed, view.problem)
  vim.bo[view.buffer].modifiable = true
  api.nvim_buf_set_lines(view.buffer, 0, -1, false, page.lines)
  vim.bo[view.buffer].modifiable = false
  view.ids = page.ids
end

local function refresh(view)
  view.listed, view.problem = nil, nil
  write(view)
  coroutine.wrap(function()
    local client, message = tasks.client()
    if client then
      view.listed, view.problem = client:list()
    else
      view.problem = message
    end
    write(view)
  end)()
end

local function open_buffer()
  vim.cmd "botright new"
  local buffer = api.nvim_get_current_buf()
  vim.bo[buffer].buftype = "nofile"
  vim.bo[buffer].bufhidden = "wipe"
  vim.bo[buffer].swapfile = false
  vim.bo[buffer].undolevels = -1
  vim.bo[buffer].filetype = "klinglist"
  vim.wo.number = false
  vim.wo.wrap = false
  api.nvim_buf_set_name(buffer, "kling://tasks/" .. buffer)
  return buffer
end

--- Open the list. `start(task_id)` is called for the task the user picks.
function M.open(start)
  local view = { buffer = open_buffer() }
  views[view] = true

  local function map(key, action)
    vim.keymap.set("n", key, action, { buffer = view.buffer, nowait = true })
  end
  map("q", "<Cmd>close<CR>")
  map("r", function()
    refresh(view)
  end)
  map("<CR>", function()
    local id = view.ids[api.nvim_win_get_cursor(0)[1]]
    if id then
      start(id)
    end
  end)
  refresh(view)
end

--- Say what is new where the list is open.
function M.update()
  for view in pairs(views) do
    write(view)
  end
end

return M
