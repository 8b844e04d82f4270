--- A Neovim with the example plugin installed as a user would, driven from outside over RPC: an
--- editor that is blocked does not answer.

local cjson = require "cjson"
local cqueues = require "cqueues"

local PATIENCE = 30 -- seconds
local TIME_LIMIT = 120 -- seconds after which an editor ends in any case

local Editor = {}
Editor.__index = Editor

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function read(path)
  local file = io.open(path, "rb")
  local text = file and file:read "*a" or ""
  if file then
    file:close()
  end
  return text
end

local function output_of(command)
  local pipe = assert(io.popen(command .. " 2>&1"))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

--- Call until it returns something true; that.
function Editor.await(what, is_done)
  local deadline = cqueues.monotime() + PATIENCE
  repeat
    local done = is_done()
    if done then
      return done
    end
    cqueues.sleep(0.02)
  until cqueues.monotime() > deadline
  error("it did not happen in time: " .. what, 2)
end

function Editor:remote(flag, text)
  return output_of(("timeout %d nvim --server %s %s %s"):format(
    PATIENCE, self.socket, flag, quote(text)))
end

--- Press keys, in the notation of mappings.
function Editor:press(keys)
  self:remote("--remote-send", keys)
end

--- The value of a Lua expression inside the editor.
function Editor:eval(expression)
  local quoted = expression:gsub("'", "''")
  local answer = self:remote("--remote-expr", ("json_encode(luaeval('%s'))"):format(quoted))
  local ok, value = pcall(cjson.decode, answer)
  if not ok then
    error(("%s: %s"):format(expression, answer), 2)
  end
  return value ~= cjson.null and value or nil
end

--- The lines of the current buffer, as one text.
function Editor:text()
  return table.concat(self:eval "vim.api.nvim_buf_get_lines(0, 0, -1, false)", "\n")
end

--- What stands in the floating window; nil while there is none.
function Editor:window()
  return self:eval "Window()"
end

--- Messages so far, one a line.
function Editor:messages()
  return table.concat(self:eval "Messages", "\n")
end

--- Leave, with :qa!. The exit status and what the editor printed.
function Editor:leave()
  self:press "<C-\\><C-n>:qa!<CR>"
  local status = self.await("Neovim ends", function()
    return read(self.status):match "%d+"
  end)
  os.remove(self.status)
  return tonumber(status), read(self.log)
end

-- The user's init.lua; the last part is what the specs look with.
local INIT = [[
vim.o.columns, vim.o.lines = 100, 30
Messages = {}
vim.notify = function(text) table.insert(Messages, text) end
function Window()
  for _, window in ipairs(vim.api.nvim_tabpage_list_wins(0)) do
    if vim.api.nvim_win_get_config(window).relative ~= "" then
      local buffer = vim.api.nvim_win_get_buf(window)
      return table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), "\n")
    end
  end
end
require("kling_nvim").setup {
  client = { first_poll = 0.02, poll_interval = 0.02, max_poll_interval = 0.02 },
}
]]

local M = {}

--- Install the plugin below `home`, as a package manager does.
function M.install(home)
  assert(output_of(([[cd %s && mkdir -p config/nvim data/nvim/site/pack/any/start work &&
    cp -r "$OLDPWD/examples/neovim" data/nvim/site/pack/any/start/kling]]):format(home)) == "")
  local file = assert(io.open(home .. "/config/nvim/init.lua", "w"))
  file:write(INIT)
  file:close()
end

--- Drop what earlier editors in `home` remember.
function M.forget(home)
  os.execute(("rm -rf %s/data/nvim/shada %s/state"):format(home, home))
end

local started = 0

--- Start Neovim in `home` with a file that has this text. `environment`: variables, as for env.
function M.start(home, text, environment)
  started = started + 1
  local self = setmetatable({
    socket = ("%s/socket-%d"):format(home, started),
    status = ("%s/status-%d"):format(home, started),
    log = ("%s/log-%d"):format(home, started),
  }, Editor)
  local file = assert(io.open(home .. "/work/notes.md", "w"))
  file:write(text)
  file:close()
  os.execute(([[(cd %s/work && env XDG_CONFIG_HOME=%s/config XDG_DATA_HOME=%s/data \
    XDG_STATE_HOME=%s/state XDG_CACHE_HOME=%s/cache %s \
    timeout %d nvim --headless --listen %s notes.md </dev/null >%s 2>&1
    echo $? >%s) &]]):format(home, home, home, home, home, environment, TIME_LIMIT, self.socket,
    self.log, self.status))
  self.await("Neovim listens", function()
    return self:remote("--remote-expr", "1"):match "^1"
  end)
  return self
end

return M
