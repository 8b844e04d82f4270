--- Neovim, for the contract: coroutines beside the editor's own events.

local vim = _G.vim
local uv = vim.uv or vim.loop

local TURN_MS = 50

return {
  name = "neovim",
  loop = "neovim",
  sleep = function(seconds)
    local sleeping = coroutine.running()
    local timer = uv.new_timer()
    timer:start(math.ceil(seconds * 1000), 0, vim.schedule_wrap(function()
      timer:close()
      local ok, problem = coroutine.resume(sleeping)
      if not ok then
        error(problem, 0)
      end
    end))
    coroutine.yield()
  end,
  start = function(f)
    coroutine.wrap(f)()
  end,
  turn = function(is_done)
    vim.wait(TURN_MS, is_done, 5)
  end,
}
