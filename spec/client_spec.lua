--- The client: submit, poll, cancel, close; and that it does not grow.

local core = require "kling.core"
local blame = require "spec.support.blamed_line"
local emulator = require "spec.support.emulator"
local kling = require "kling"
local quick = require "spec.support.quick"

local blamed_line, this_line = blame.of, blame.here
local CLIP, PATIENCE = quick.CLIP, quick.PATIENCE
local LIFE = 10 -- seconds; longer than any task here lives
local UNKNOWN = "878000000000000000"

describe("client", function()
  local server

  setup(function()
    server = emulator.start { clock = "manual", life = { submitted = 1, processing = 3 } }
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    server:reset()
  end)

  after_each(quick.close_all)

  local function start(options)
    local client = quick.client(server, options)
    local job = client:submit(CLIP)
    local info = quick.until_state(client, job, "submitted")
    return client, job, info
  end

  describe("submit", function()
    it("sends nothing before somebody steps, and then what was asked for", function()
      local client = quick.client(server)
      local job = client:submit {
        video_url = "https://example.com/a.mp4",
        sound_effect_prompt = "rain \"on\" a\ntin roof \226\130\172",
        bgm_prompt = "",
        asmr_mode = false,
        external_task_id = "mine",
      }
      assert.equal(0, #server:log())
      quick.until_state(client, job, "submitted")
      local body = quick.logged(server, "create")[1].body
      assert.same({
        video_url = "https://example.com/a.mp4",
        sound_effect_prompt = "rain \"on\" a\ntin roof \226\130\172",
        asmr_mode = false,
        external_task_id = "mine",
      }, require("cjson").decode(body))
    end)

    it("gives each task an external id of its own", function()
      local client = quick.client(server)
      local first, second = client:submit(CLIP), client:submit(CLIP)
      local a = select(2, client:poll(first)).external_task_id
      local b = select(2, client:poll(second)).external_task_id
      assert.matches("^%x+%-%x+%-4%x+%-[89ab]%x+%-%x+$", a)
      assert.not_equal(a, b)
    end)
  end)

  describe("poll", function()
    it("never waits, and tells what is known", function()
      server:fault { name = "delay", on = "create", seconds = 0.5 }
      local client = quick.client(server)
      local job = client:submit(CLIP)
      local started = core.now()
      for _ = 1, 20 do
        local state, info = client:poll(job)
        assert.truthy(state == "queued" or state == "submitting")
        assert.is_true(info.elapsed >= 0)
        assert.is_nil(info.task_id)
      end
      assert.is_true(core.now() - started < 0.4)
    end)

    it("says how long it took, and stops counting at the end", function()
      local client, job = start()
      server:advance(LIFE)
      assert(client:wait(job, PATIENCE))
      local before = select(2, client:poll(job)).elapsed
      client:step(0.05)
      assert.equal(before, select(2, client:poll(job)).elapsed)
      assert.is_true(before > 0)
    end)
  end)

  describe("cancel", function()
    it("before anything was sent says that nothing was made", function()
      local client = quick.client(server)
      local job = client:submit(CLIP)
      local cancelled, failure = client:cancel(job)
      assert.is_true(cancelled)
      assert.same({ "cancelled", "not-created", "no", false }, { failure.code,
        failure.task_state, failure.billed, failure.retryable })
      client:step(0.05)
      assert.equal(0, #server:log())
    end)

    it("while the create is on the way says that it may be made", function()
      server:fault { name = "delay", on = "create", seconds = 0.3 }
      local client = quick.client(server)
      local job = client:submit(CLIP)
      quick.drive(client, function()
        return #server:ledger() == 1
      end)
      local cancelled, failure = client:cancel(job)
      assert.is_true(cancelled)
      assert.same({ "cancelled", "may-exist", "maybe" },
        { failure.code, failure.task_state, failure.billed })
      assert.matches(failure.external_task_id, failure.hint, 1, true)
    end)

    it("of an accepted task says that it goes on there", function()
      local client, job, info = start()
      local cancelled, failure = client:cancel(job)
      assert.is_true(cancelled)
      assert.same({ "cancelled", "exists", "yes", info.task_id },
        { failure.code, failure.task_state, failure.billed, failure.task_id })
      assert.matches("no cancel", failure.hint)
      assert.is_false((client:cancel(job)))
      local asked = #quick.logged(server, "query")
      client:step(0.1)
      assert.is_true(#quick.logged(server, "query") <= asked + 1)
    end)

    it("of a task that ended changes nothing", function()
      local client, job = start()
      server:advance(LIFE)
      assert(client:wait(job, PATIENCE))
      local cancelled, failure = client:cancel(job)
      assert.is_false(cancelled)
      assert.is_nil(failure)
      assert(client:wait(job, 0))
    end)
  end)

  describe("close", function()
    it("is safe twice and makes every later use raise at the caller's line", function()
      local client, job = start()
      client:close()
      client:close()
      assert.matches("closed", tostring(client))
      local line = this_line()
      local calls = {
        function() client:submit(CLIP) end,
        function() client:attach(UNKNOWN) end,
        function() client:query(UNKNOWN) end,
        function() client:list() end,
        function() client:warm() end,
        function() client:save(job, "nowhere") end,
        function() client:step(0) end,
        function() client:pollfd() end,
        function() client:timeout() end,
      }
      for i, call in ipairs(calls) do
        local blamed, message = blamed_line(call)
        assert.equal(line + 1 + i, blamed)
        assert.matches("closed", message)
      end
    end)

    it("gives all descriptors back", function()
      local lfs = require "lfs"
      local function count()
        local found = 0
        for _ in lfs.dir "/proc/self/fd" do
          found = found + 1
        end
        return found
      end
      collectgarbage()
      local before = count()
      local client, job = start()
      assert.is_true(count() > before)
      client:close()
      assert.equal(before, count())
      assert.equal("closed", quick.failure(client, job).code)
    end)

    it("is what the collector does", function()
      local lfs = require "lfs"
      local function count()
        collectgarbage()
        collectgarbage()
        local found = 0
        for _ in lfs.dir "/proc/self/fd" do
          found = found + 1
        end
        return found
      end
      local before = count()
      -- in a function of its own: no stack slot is left that holds the client
      local function use_and_drop()
        local client = assert(kling.new { api_key = "k", base_url = server.url })
        local job = client:submit(CLIP)
        client:step(0.05)
        assert.is_true(count() > before)
        assert.equal(client, job:client())
      end
      use_and_drop()
      assert.equal(before, count())
    end)
  end)

  it("does not grow over thousands of tasks", function()
    server:life { submitted = 0, processing = 0 }
    local client = quick.client(server)
    local function resident()
      local file = io.open "/proc/self/statm"
      local pages = tonumber(file:read "*a":match "^%d+ (%d+)")
      file:close()
      return pages * 4 -- KiB
    end
    local function round(count)
      for _ = 1, count do
        client:submit(CLIP)
      end
      quick.drive(client, function()
        return client:timeout() == nil
      end)
      collectgarbage()
      collectgarbage()
    end
    server:fault { name = "service_code", on = "create", code = 1200, forever = true }
    round(200)
    local lua_before, before = collectgarbage "count", resident()
    for _ = 1, 10 do
      round(200)
    end
    assert.is_true(collectgarbage "count" < lua_before + 200)
    -- ASan and valgrind, who are preloaded, keep what was freed for a while.
    if (os.getenv "LD_PRELOAD" or "") == "" then
      assert.is_true(resident() < before + 4096)
    end
  end)
end)
