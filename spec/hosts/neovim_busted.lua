--- Runs busted inside Neovim, and ends it: headless it would exit with 0 whatever had happened.

local vim = _G.vim

local function arguments()
  local words = {}
  for word in io.lines(os.getenv "KLING_ARGUMENTS") do
    words[#words + 1] = word
  end
  return words
end

_G.arg = arguments()

local ok, problem = pcall(function()
  require "busted.runner" { standalone = false }
end)
if problem ~= nil then -- nil: busted's way to end for tests that failed
  io.stderr:write("neovim: ", tostring(problem), "\n")
end
io.stdout:flush()
vim.cmd(ok and "qall!" or "cquit")
