--- The client's verbs: wait and its end, poll, on_change, cancel, close, query, list, attach.

local core = require "kling.core"
local emulator = require "spec.support.emulator"
local kling = require "kling"
local quick = require "spec.support.quick"

local CLIP, PATIENCE = quick.CLIP, quick.PATIENCE
local LIFE = 10 -- seconds; longer than any task here lives
local UNKNOWN = "878000000000000000"

-- The line of this file that an error blames; 0 for another file's.
local function blamed_line(call)
  local done, message = pcall(call)
  assert.is_false(done)
  return tonumber(message:match "^spec/client_spec%.lua:(%d+): " or
    message:match "^%./spec/client_spec%.lua:(%d+): ") or 0, message
end

local function this_line()
  return debug.getinfo(2, "l").currentline
end

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

  describe("wait", function()
    it("brings the result", function()
      local client, job, info = start()
      server:advance(LIFE)
      local result = assert(client:wait(job, PATIENCE))
      assert.equal(info.task_id, result.task_id)
      assert.equal(info.external_task_id, result.external_task_id)
      assert.equal(1, #result.audios)
      assert.equal(1, #result.videos)
      assert.equal(result.task_id, (assert(client:wait(job, 0))).task_id)
      assert.is_number(result.audios[1].mp3.duration)
      assert.is_true(result.updated_at >= result.created_at)
    end)

    it("leaves the task alive when its time is over", function()
      local client, job, info = start()
      local started = core.now()
      local result, message, failure = client:wait(job, 0.1)
      assert.is_true(core.now() - started >= 0.1)
      assert.is_nil(result)
      assert.equal(message, tostring(failure))
      assert.same({ "timeout", "wait", "exists", "yes", true, info.task_id }, { failure.code,
        failure.operation, failure.task_state, failure.billed, failure.retryable,
        failure.task_id })
      server:advance(LIFE)
      assert(client:wait(job, PATIENCE))
      assert.equal(1, #quick.logged(server, "create"))
    end)

    it("with 0 seconds looks once", function()
      local client, job = start()
      assert.equal("timeout", select(3, client:wait(job, 0)).code)
    end)

    it("does not say that a task was not made while its create is on the way", function()
      server:fault { name = "delay", on = "create", seconds = 0.5 }
      local client = quick.client(server)
      local job = client:submit(CLIP)
      local failure = select(3, client:wait(job, 0.1))
      assert.equal("submitting", (client:poll(job)))
      assert.same({ "timeout", "may-exist", "maybe" },
        { failure.code, failure.task_state, failure.billed })
      quick.until_state(client, job, "submitted")
    end)

    it("nor when an earlier create was refused for now", function()
      server:fault { name = "too_fast", on = "create" }
      server:fault { name = "delay", on = "create", seconds = 0.5 }
      local client = quick.client(server)
      local job = client:submit(CLIP)
      quick.drive(client, function()
        local state, info = client:poll(job)
        return state == "submitting" and info.failure
      end)
      local failure = select(3, client:wait(job, 0.05))
      assert.same({ "timeout", "may-exist", "maybe" },
        { failure.code, failure.task_state, failure.billed })
      assert.equal("may-exist", select(2, client:poll(job)).failure.task_state)
    end)

    it("says that nothing was made while the create has not left", function()
      local client = quick.client(server, { max_running = 1 })
      client:submit(CLIP)
      local job = client:submit(CLIP)
      local failure = select(3, client:wait(job, 0.1))
      assert.same({ "timeout", "not-created", "no" },
        { failure.code, failure.task_state, failure.billed })
    end)

    it("takes math.huge for no limit", function()
      local client, job = start()
      server:advance(LIFE)
      assert(client:wait(job, math.huge))
    end)

    it("brings the same failure again and again", function()
      server:life { fail = "broken" }
      local client, job = start()
      server:advance(LIFE)
      local first = quick.failure(client, job)
      assert.same(first, quick.failure(client, job))
      assert.equal("failed", first.code)
    end)

    it("of a job that was cancelled says so", function()
      local client, job = start()
      client:cancel(job)
      local failure = quick.failure(client, job)
      assert.same({ "cancelled", "exists", "yes" },
        { failure.code, failure.task_state, failure.billed })
    end)

    it("of a job whose client was closed says so", function()
      local client, job, info = start()
      client:close()
      local failure = quick.failure(client, job)
      assert.same({ "closed", "exists", info.task_id },
        { failure.code, failure.task_state, failure.task_id })
      local state, after = client:poll(job)
      assert.equal("failed", state)
      assert.equal("closed", after.failure.code)
    end)

    it("blames the caller's line for a wrong argument", function()
      local client, job = start()
      local other = quick.client(server)
      local line = this_line()
      local calls = {
        function() client:wait(job, "10") end,
        function() client:wait(job, -1) end,
        function() client:wait(job, 0 / 0) end,
        function() client:wait({}, 1) end,
        function() client:wait(nil, 1) end,
        function() other:wait(job, 1) end,
        function() job:wait "10" end,
      }
      for i, call in ipairs(calls) do
        assert.equal(line + 1 + i, (blamed_line(call)))
      end
    end)
  end)

  describe("on_change", function()
    it("hears each state once, with what is known", function()
      local heard = {}
      local client, job = start {
        on_change = function(job, state, info)
          heard[#heard + 1] = { job, state, info.task_id }
        end,
      }
      server:advance(2)
      local info = quick.until_state(client, job, "processing")
      server:advance(LIFE)
      assert(client:wait(job, PATIENCE))
      local states = {}
      for i, event in ipairs(heard) do
        assert.equal(job, event[1])
        states[i] = event[2]
      end
      assert.same({ "submitting", "submitted", "processing", "succeeded" }, states)
      assert.equal(info.task_id, heard[2][3])
    end)

    it("that raises reaches the caller as it is, and the rest goes on", function()
      local heard, oops = {}, { "an error that is a table" }
      local is_raising = true
      local client = quick.client(server, {
        on_change = function(_, state, info)
          heard[#heard + 1] = info.external_task_id .. " " .. state
          if is_raising then
            error(oops)
          end
        end,
      })
      local jobs = {}
      for i = 1, 3 do
        jobs[i] = client:submit { video_id = CLIP.video_id, external_task_id = "job" .. i }
      end
      for _ = 1, 2 do
        local done, raised = pcall(client.wait, client, jobs[1], PATIENCE)
        assert.is_false(done)
        assert.equal(oops, raised)
      end
      is_raising = false
      quick.drive(client, function()
        return #server:ledger() == 3
      end)
      server:advance(LIFE)
      for _, job in ipairs(jobs) do
        assert(client:wait(job, PATIENCE))
      end
      local count = {}
      for _, event in ipairs(heard) do
        count[event] = (count[event] or 0) + 1
      end
      for i = 1, 3 do
        assert.equal(1, count["job" .. i .. " succeeded"])
      end
    end)

    it("may close the client during a wait", function()
      local client
      client = quick.client(server, {
        on_change = function(_, state)
          if state == "submitted" then
            client:close()
          end
        end,
      })
      local failure = quick.failure(client, client:submit(CLIP))
      assert.equal("closed", failure.code)
      client:close()
    end)

    for _, verb in ipairs { "query", "list", "save", "next" } do
      it("may close the client during " .. verb, function()
        local client, job
        local is_closing = false
        client, job = start {
          on_change = function()
            if is_closing then
              client:close()
            end
          end,
        }
        is_closing = true
        server:advance(LIFE)
        if verb ~= "save" then
          server:fault { name = "delay", on = verb == "list" and "list" or "query",
            path = verb == "query" and UNKNOWN or nil, seconds = 1 }
        end
        local value, failure
        if verb == "query" then
          value, _, failure = client:query(UNKNOWN, PATIENCE)
        elseif verb == "list" then
          value, _, failure = client:list { timeout = PATIENCE }
        elseif verb == "next" then
          value, _, failure = client:next({ job }, PATIENCE)
          assert.equal(job, value)
          assert.is_nil(failure)
          return
        else
          value, _, failure = client:save(job, "nowhere", { timeout = PATIENCE })
        end
        assert.is_nil(value)
        assert.equal("closed", failure.code)
      end)
    end

    it("may submit, cancel, wait and poll", function()
      local second, state_seen
      local client
      client = quick.client(server, {
        on_change = function(job, state)
          if state == "submitted" and not second then
            second = client:submit(CLIP)
            client:cancel(job)
            client:wait(second, 0.1)
            state_seen = client:poll(second)
          end
        end,
      })
      local first = client:submit(CLIP)
      assert.equal("cancelled", quick.failure(client, first).code)
      assert.equal("submitted", state_seen)
      server:advance(LIFE)
      assert(client:wait(second, PATIENCE))
    end)

    it("is called by dispatch for who steps", function()
      local count = 0
      local client = quick.client(server, {
        on_change = function()
          count = count + 1
        end,
      })
      client:submit(CLIP)
      local deadline = core.now() + PATIENCE
      while client:step(0.05) == 0 and core.now() < deadline do
        assert.equal(0, count)
      end
      assert.equal(0, count)
      client:dispatch()
      assert.equal(1, count)
      client:dispatch()
      assert.equal(1, count)
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

  describe("query", function()
    it("says what the service knows now", function()
      local client, _, info = start()
      local task = assert(client:query(info.task_id))
      assert.same({ info.task_id, "submitted", "submitted", info.external_task_id },
        { task.task_id, task.state, task.status, task.external_task_id })
      assert.is_nil(task.result)
      assert.is_table(task.raw.data)
      server:advance(LIFE)
      task = assert(client:query(info.task_id))
      assert.equal("succeeded", task.state)
      assert.equal(info.task_id, task.result.task_id)
    end)

    it("of a failed task brings the reason", function()
      server:life { fail = "broken" }
      local client, _, info = start()
      server:advance(LIFE)
      local task = assert(client:query(info.task_id))
      assert.same({ "failed", "broken" }, { task.state, task.status_message })
    end)

    it("fails for a task nobody knows", function()
      local client = quick.client(server)
      local task, message, failure = client:query(UNKNOWN)
      assert.is_nil(task)
      assert.same({ "not_found", "query", UNKNOWN, false }, { failure.code, failure.operation,
        failure.task_id, failure.retryable })
      assert.matches(UNKNOWN, message)
    end)

    it("ends with its time", function()
      server:fault { name = "delay", on = "query", path = UNKNOWN, seconds = 0.5 }
      local client = quick.client(server)
      local task, _, failure = client:query(UNKNOWN, 0.1)
      assert.is_nil(task)
      assert.same({ "timeout", "query", true },
        { failure.code, failure.operation, failure.retryable })
    end)

    it("refuses what is no id", function()
      local client = quick.client(server)
      for _, id in ipairs { "", "..", "a\nb", ("x"):rep(257), 878106242831892487, true } do
        assert.has_error(function()
          client:query(id)
        end)
      end
      assert.equal(0, #server:log())
    end)
  end)

  describe("list", function()
    it("brings one page, the newest first", function()
      local client = quick.client(server)
      local ids = {}
      for i = 1, 3 do
        local job = client:submit(CLIP)
        ids[i] = quick.until_state(client, job, "submitted").task_id
      end
      local tasks = assert(client:list { page = 1, page_size = 2 })
      assert.same({ ids[3], ids[2] }, { tasks[1].task_id, tasks[2].task_id })
      tasks = assert(client:list { page = 2, page_size = 2 })
      assert.same({ ids[1] }, { tasks[1].task_id })
      assert.equal(1, #tasks)
      assert.same({}, client:list { page = 3, page_size = 2 })
      assert.equal("pageNum=1&pageSize=2", quick.logged(server, "list")[1].query)
    end)

    it("where there is none is a failure", function()
      for variant, status in pairs { wrong_path_redirect = 301, wrong_path_404 = 404,
        wrong_path_html = 200 } do
        server:reset()
        server:variant "list_off"
        server:variant(variant)
        local client = quick.client(server)
        local tasks, _, failure = client:list()
        assert.is_nil(tasks)
        assert.same({ status, "list" }, { failure.http_status, failure.operation })
      end
    end)

    it("refuses pages the service does not have", function()
      local client = quick.client(server)
      for _, options in ipairs { { page = 0 }, { page = 1001 }, { page_size = 501 },
        { page = 1.5 }, { pages = 1 } } do
        assert.has_error(function()
          client:list(options)
        end)
      end
    end)
  end)

  describe("attach", function()
    it("follows a task of another client to its end", function()
      local _, _, info = start()
      local other = quick.client(server)
      local job = other:attach(info.task_id)
      quick.drive(other, function()
        return select(2, other:poll(job)).status == "submitted"
      end)
      server:advance(LIFE)
      local result = assert(other:wait(job, PATIENCE))
      assert.same({ info.task_id, info.external_task_id },
        { result.task_id, result.external_task_id })
      assert.equal(1, #quick.logged(server, "create"))
    end)

    it("does not claim to know before it has looked", function()
      local client = quick.client(server)
      local job = client:attach(UNKNOWN)
      local _, failure = client:cancel(job)
      assert.same({ "may-exist", "maybe", UNKNOWN },
        { failure.task_state, failure.billed, failure.task_id })
    end)

    it("keeps going when the service is in trouble from the first look on", function()
      local _, _, info = start()
      server:fault { name = "html", on = "query", status = 502, times = 3 }
      local other = quick.client(server)
      local job = other:attach(info.task_id)
      server:advance(LIFE)
      assert(other:wait(job, PATIENCE))
    end)
  end)

  describe("an id", function()
    -- what the wire holds, and what is asked for
    local function answer(id_json)
      server:fault { name = "status", on = "create", status = 200,
        body = ('{"code":0,"data":{"task_id":%s,"task_status":"submitted"}}'):format(id_json) }
    end

    for _, variant in ipairs { "ids_18_digits", "ids_19_digits", "ids_letters", "ids_numeric",
      "ids_numeric_20" } do
      it("arrives as it is: " .. variant, function()
        server:variant(variant)
        local client, job, info = start()
        local known = server:tasks()[1].task_id
        assert.equal(known, info.task_id)
        server:advance(LIFE)
        local result = assert(client:wait(job, PATIENCE))
        assert.equal(known, result.task_id)
        assert.equal("string", type(result.audios[1].id))
        assert.matches(result.audios[1].id, result.audios[1].mp3.url, 1, true)
        assert.matches(result.videos[1].id, result.videos[1].url, 1, true)
        local shown = tostring(result.raw.data.task_id)
        assert.equal(known, shown)
        assert.equal(known, assert(client:query(known)).task_id)
        assert.equal(known, assert(client:list())[1].task_id)
        local folder, remove = quick.folder()
        finally(remove)
        local files = assert(client:save(job, folder, { formats = { "mp3" } }))
        assert.equal(folder .. "/" .. known .. ".mp3", files[1].path)
      end)
    end

    it("that nobody can ask for is a failure, and not another id", function()
      for _, id in ipairs { '".."', '"' .. ("x"):rep(257) .. '"', '"' .. ("x"):rep(600) .. '"',
        ("9"):rep(600), '"a\\u0000b"' } do
        answer(id)
        local client = quick.client(server)
        local failure = quick.failure(client, client:submit(CLIP))
        assert.equal("protocol", failure.code)
        assert.not_equal("not-created", failure.task_state)
        assert.equal(false, failure.retryable)
        assert.not_equal("no", failure.billed)
      end
    end)

    it("with odd characters is asked for and shown as it is", function()
      for json, id in pairs { ['"a/b c"'] = "a/b c", ['"f\\u00fcr"'] = "f\195\188r" } do
        answer(json)
        local client = quick.client(server)
        local job = client:submit(CLIP)
        assert.equal(id, quick.until_state(client, job, "submitted").task_id)
        assert.matches(id, tostring(job), 1, true)
      end
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
    assert.is_true(resident() < before + 4096)
  end)
end)
