--- neovim: as luv, but what goes on may call the editor. Outside a coroutine the editor's events
--- are still handled while we wait.

local vim = _G.vim
local uv = vim.uv or vim.loop

local TICK = 10 -- milliseconds between looks, outside a coroutine

-- In a callback of libuv's the editor's events cannot be handled.
local function block(client, seconds)
  if vim.in_fast_event() then
    return nil, "not_yieldable"
  end
  local limit = math.ceil(math.min(seconds, 1e6) * 1000)
  vim.wait(limit, function()
    return client:step(0) > 0
  end, TICK)
  return true
end

-- vim.api fails in a libuv callback, and works in what vim.schedule runs.
return require("kling.adapters.uv").new(uv, block, vim.schedule)
