--- The contract inside Neovim, and what only it promises. Elsewhere there is nothing to specify.

local vim = _G.vim
if not vim then
  return
end

local core = require "kling.core"
local host = require "spec.hosts.neovim"

require "spec.adapters.contract"(host)

describe("neovim", function()
  local emulator = require "spec.support.emulator"
  local quick = require "spec.support.quick"
  local server

  setup(function()
    server = emulator.start { life = { submitted = 0, processing = 0.3 } }
  end)

  teardown(function()
    server:stop()
  end)

  after_each(quick.close_all)

  -- Let the editor work until `is_done()`.
  local function work_until(is_done)
    assert.is_true(vim.wait(quick.PATIENCE * 1000, is_done, 5))
  end

  it("may be asked anything right after wait", function()
    local client = quick.client(server, { loop = "neovim" })
    local lines, is_fast
    coroutine.wrap(function()
      local result = assert(client:wait(client:submit(quick.CLIP), quick.PATIENCE))
      is_fast = vim.in_fast_event()
      vim.api.nvim_buf_set_lines(0, 0, -1, true, { result.task_id })
      lines = vim.api.nvim_buf_get_lines(0, 0, -1, true)
    end)()
    work_until(function()
      return lines ~= nil
    end)
    assert.is_false(is_fast)
    assert.equal(1, #lines)
    assert.truthy(lines[1]:match "^%d+$")
  end)

  it("may be asked anything in on_change, while somebody waits", function()
    local is_fast = {}
    local client = quick.client(server, {
      loop = "neovim",
      on_change = function()
        is_fast[vim.in_fast_event()] = true
      end,
    })
    local result
    coroutine.wrap(function()
      result = client:wait(client:submit(quick.CLIP), quick.PATIENCE)
    end)()
    work_until(function()
      return result ~= nil
    end)
    assert.same({ [false] = true }, is_fast)
  end)

  it("goes on with the editor's events while it waits outside of a coroutine", function()
    local client = quick.client(server, { loop = "neovim" })
    local ticks = 0
    local timer = vim.loop.new_timer()
    timer:start(5, 5, vim.schedule_wrap(function()
      ticks = ticks + 1
    end))
    assert.is_table((client:wait(client:submit(quick.CLIP), quick.PATIENCE)))
    timer:stop()
    timer:close()
    assert.is_true(ticks >= 10, ticks .. " ticks")
  end)

  it("refuses to wait in a callback of libuv's", function()
    local client = quick.client(server, { loop = "neovim" })
    local job = client:submit(quick.CLIP)
    local outcome
    local timer = vim.loop.new_timer()
    timer:start(0, 0, function()
      timer:close()
      local started = core.now()
      local ok, result, _, failure = pcall(client.wait, client, job, quick.PATIENCE)
      outcome = { ok = ok, result = result, failure = failure, elapsed = core.now() - started }
    end)
    work_until(function()
      return outcome ~= nil
    end)
    assert.is_true(outcome.ok, tostring(outcome.result))
    assert.equal("not_yieldable", outcome.failure.code)
    assert.is_table((client:wait(job, quick.PATIENCE)))
  end)
end)
