--- :checkhealth kling. Here because Neovim looks for a name's check in lua/<name>/health.lua; the
--- rest of the plugin is in kling_nvim, since `kling` is the library.

local settings = require "kling_nvim.settings"

-- Neovim 0.7 to 0.9 call the module and its functions differently.
local health = vim.health or require "health"
local report = {}
for _, name in ipairs { "start", "ok", "warn", "error" } do
  report[name] = health[name] or health["report_" .. name]
end

local M = {}

local function check_neovim()
  if vim.fn.has "nvim-0.7" == 1 then
    report.ok "Neovim is 0.7 or later"
  else
    report.error "Neovim 0.7 or later is needed"
  end
end

-- Makes a client and closes it: that checks key and options, and sends nothing.
local function check_library()
  local found, kling = pcall(require, "kling")
  if not found then
    report.error("the library was not found: " .. kling, {
      "make install LUA=luajit, or luarocks --lua-version 5.1 make",
      "package.path and package.cpath must name where it is",
    })
    return
  end
  report.ok("the library is " .. kling.version)
  local fine, client, message = pcall(kling.new, settings.current.client)
  if fine and client then
    client:close()
    report.ok "key and client options are fine (nothing was sent)"
  else
    report.error(message or client, { "set COMETAPI_KEY, or see :help kling-settings" })
  end
end

local function check_folder()
  local folder = vim.fn.fnamemodify(settings.current.folder, ":p")
  local parent = folder
  while vim.fn.isdirectory(parent) == 0 and parent ~= vim.fn.fnamemodify(parent, ":h") do
    parent = vim.fn.fnamemodify(parent, ":h")
  end
  if vim.fn.filewritable(parent) == 2 then
    report.ok("files go to " .. folder)
  else
    report.error("cannot write to " .. folder, { "set another folder, see :help kling-settings" })
  end
end

-- Without it an unfinished task's id is forgotten when Neovim ends.
local function check_shada()
  if vim.o.shada:find("!", 1, true) then
    report.ok "unfinished tasks are remembered in the shada file"
  else
    report.warn("unfinished tasks are forgotten when Neovim ends", { "set shada+=!" })
  end
end

function M.check()
  report.start "kling"
  check_neovim()
  check_library()
  check_folder()
  check_shada()
end

return M
