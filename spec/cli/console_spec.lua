--- Progress: on a terminal, and nowhere else.

local cli = require "spec.support.cli"
local emulator = require "spec.support.emulator"
local scratch = require "spec.support.scratch"
local stores = require "kling.store"

describe("progress", function()
  local server, env, id

  setup(function()
    server = emulator.start { clock = "manual" }
    env = { COMETAPI_BASE_URL = server.url, TERM = "xterm" }
  end)

  before_each(function()
    server:reset()
    id = cli.run({ "submit", "--video-id", cli.VIDEO_ID }, { env = env }).out:match "%d+"
  end)

  teardown(function()
    server:stop()
  end)

  it("is a line that lives, with state, seconds and id", function()
    local text = cli.on_terminal({ "wait", id, "--timeout", "0.6" }, { env = env })
    assert.is_truthy(text:find("\r\27[Ksubmitted     0 s  task " .. id, 1, true), text)
    assert.is_truthy(text:find("\r\27[Kkling wait: ", 1, true), text) -- taken back before the end
    assert.is_nil(text:find(cli.KEY, 1, true))
  end)

  it("says when the task will probably end, once that is known", function()
    local folder = scratch.new()
    local store = "sqlite:" .. folder .. "/tasks.db"
    local opened = assert(stores.open(store, { base_url = server.url }))
    opened:learn { histogram = "d1 1" .. (" 0/100"):rep(60) .. " 100/100" }
    opened:close()
    local words = { "run", "--video-id", cli.VIDEO_ID, "--store", store, "--timeout", "0.8",
      "--out", folder }
    local text = cli.on_terminal(words, { env = env })
    scratch.remove(folder)
    assert.matches("\27%[Ksubmitted     0 s, about 1%d%d s left  task %d+", text)
  end)

  it("names the last trouble", function()
    server:fault { name = "html", on = "query", forever = true }
    local text = cli.on_terminal({ "wait", id, "--timeout", "0.6" }, { env = env })
    assert.is_truthy(text:find("; last trouble: HTTP 502", 1, true), text)
  end)

  it("stays within 79 columns", function()
    server:fault { name = "service_code", on = "query", code = 5000, message = ("\195\164"):rep(90),
      forever = true }
    local text = cli.on_terminal({ "wait", id, "--timeout", "0.6" }, { env = env })
    local longest = 0
    for line in text:gmatch "\27%[K([^\r\n]*)" do
      if not line:find("^kling") then
        longest = math.max(longest, #line)
        assert.is_nil(line:find "[\192-\255]$", line)
      end
    end
    assert.is_true(longest > 70 and longest <= 79, longest)
  end)

  it("stays within a narrow terminal", function()
    local text = cli.on_terminal({ "wait", id, "--timeout", "0.3" }, { env = env, columns = 30 })
    assert.is_truthy(text:find("\27%[Ksubmitted     0 s  task %d+\r\27"), text)
    for line in text:gmatch "\27%[K(submitted[^\r\n]*)" do
      assert.equal(29, #line)
    end
  end)

  local silent = {
    ["when asked to be quiet"] = function()
      return cli.on_terminal({ "wait", id, "--timeout", "0.3", "--quiet" }, { env = env })
    end,
    ["on a terminal that can do nothing"] = function()
      return cli.on_terminal({ "wait", id, "--timeout", "0.3" },
        { env = { COMETAPI_BASE_URL = server.url, TERM = "dumb" } })
    end,
    ["without a terminal"] = function()
      return cli.run({ "wait", id, "--timeout", "0.3" }, { env = env }).err
    end,
  }

  for name, run in pairs(silent) do
    it("is not shown " .. name, function()
      local text = run()
      assert.is_truthy(text:find("^kling wait: task %d+: it was still submitted"), text)
      assert.is_nil(text:find("\27", 1, true), text)
    end)
  end
end)
