--- How long Neovim does nothing else while a task runs: the largest gap of a timer, as keys would
--- feel it. Run from the top of the tree, with LuaJIT's environment:
--     nvim --headless -u NONE -i NONE -n -c "luafile bench/hosts/neovim.lua"

local vim = _G.vim
local phases = require "bench.hosts.phases"

local TICK_MS = 5
local LIMIT_MS = 120000

local function sleep(seconds)
  local sleeping = coroutine.running()
  vim.defer_fn(function()
    assert(coroutine.resume(sleeping))
  end, math.ceil(seconds * 1000))
  coroutine.yield()
end

local function measure(bench)
  local gap = phases.stopwatch()
  local timer = vim.loop.new_timer()
  timer:start(TICK_MS, TICK_MS, vim.schedule_wrap(function()
    bench:count(gap())
  end))
  local ok, problem
  coroutine.wrap(function()
    ok, problem = pcall(bench.run, bench, sleep)
  end)()
  vim.wait(LIMIT_MS, function()
    return ok ~= nil
  end, 1)
  timer:stop()
  timer:close()
  assert(ok, problem or "it took too long")
  bench:show("neovim", ("gap of a timer of %d ms"):format(TICK_MS))
end

local bench = phases.start()
local ok, problem = pcall(measure, bench)
bench:stop()
io.stdout:flush()
if not ok then
  io.stderr:write("neovim: ", tostring(problem), "\n")
end
vim.cmd(ok and "qall!" or "cquit")
