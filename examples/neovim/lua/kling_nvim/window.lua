--- The floating window: a line for each running task, for as long as there is one.

local tasks = require "kling_nvim.tasks"

local api = vim.api
local uv = vim.uv or vim.loop

local INTERVAL = 200 -- milliseconds between looks
local BAR = 12 -- cells

local namespace = api.nvim_create_namespace "kling"
local buffer, window, timer

local M = {}

-- How far it is; while nobody can tell, something that moves.
local function bar(info)
  local first, last = 1
  if info.eta then
    last = math.floor(BAR * info.elapsed / math.max(info.elapsed + info.eta, 0.1))
  else
    first = math.floor(info.elapsed * 1000 / INTERVAL) % BAR + 1
    last = math.min(first + 2, BAR)
  end
  return ("┄"):rep(first - 1) .. ("━"):rep(last - first + 1) .. ("┄"):rep(BAR - last)
end

local function line_of(task)
  local state, info = tasks.look(task)
  return (" %d  %-10s  %s  %4d s  %s "):format(
    task.number, state, bar(info), info.elapsed, info.task_id or "(no id yet)")
end

local function place_for(lines)
  local width = 1
  for _, line in ipairs(lines) do
    width = math.max(width, vim.fn.strdisplaywidth(line))
  end
  local place = {
    relative = "editor",
    anchor = "SE",
    row = vim.o.lines - vim.o.cmdheight - 1,
    col = vim.o.columns,
    width = math.min(width, vim.o.columns - 2),
    height = math.min(#lines, math.max(vim.o.lines - 6, 1)),
    style = "minimal",
    border = "rounded",
    focusable = false,
  }
  if vim.fn.has "nvim-0.9" == 1 then
    place.title = " kling "
  end
  return place
end

local function is_shown()
  return window and api.nvim_win_is_valid(window)
end

local function hide()
  if is_shown() then
    api.nvim_win_close(window, true)
  end
  window = nil
end

local function write(lines)
  if not (buffer and api.nvim_buf_is_valid(buffer)) then
    buffer = api.nvim_create_buf(false, true)
  end
  api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  for row, line in ipairs(lines) do
    local first, last = line:find "%l+"
    api.nvim_buf_set_extmark(buffer, namespace, row - 1, first - 1, {
      end_col = last,
      hl_group = "Identifier",
    })
  end
end

-- A floating window stays behind in the tab page it was opened in; ours follows the user.
local function place(lines)
  if is_shown() and api.nvim_win_get_tabpage(window) ~= api.nvim_get_current_tabpage() then
    hide()
  end
  local where = place_for(lines)
  if is_shown() then
    api.nvim_win_set_config(window, where)
  else
    where.noautocmd = true
    window = api.nvim_open_win(buffer, false, where)
  end
end

local function refresh()
  local lines = vim.tbl_map(line_of, tasks.running())
  if #lines == 0 then
    timer:stop()
    hide()
  elseif vim.fn.getcmdwintype() == "" then -- the command-line window allows no other beside it
    write(lines)
    place(lines)
  end
end

--- Show what runs until nothing does; `on_look()` is called at each look, and after the last.
function M.show(on_look)
  timer = timer or uv.new_timer()
  timer:start(0, INTERVAL, vim.schedule_wrap(function()
    refresh()
    on_look()
  end))
end

return M
