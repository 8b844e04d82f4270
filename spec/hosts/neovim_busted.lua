--- Runs busted inside Neovim, and ends it: headless it would exit with 0 whatever had happened.

local vim = _G.vim

_G.arg = require "spec.hosts.arguments"()

local ok, problem = pcall(function()
  require "busted.runner" { standalone = false }
end)
if problem ~= nil then -- nil: busted's way to end for tests that failed
  io.stderr:write("neovim: ", tostring(problem), "\n")
end
io.stdout:flush()
vim.cmd(ok and "qall!" or "cquit")
