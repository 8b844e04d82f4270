--- A client with a store: what is written down, and when; and what happens when it cannot be.

local core = require "kling.core"
local emulator = require "spec.support.emulator"
local quick = require "spec.support.quick"
local remembering = require "spec.support.remembering"

local raw = core.raw

local CLIP, PATIENCE = quick.CLIP, quick.PATIENCE
local LIFE = 10 -- seconds; longer than any task here lives
local FULL = "the disk is full"

describe("a client with a store", function()
  local server, store

  setup(function()
    server = emulator.start { clock = "manual", life = { submitted = 1, processing = 3 } }
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    server:reset()
    store = remembering.new(server)
  end)

  after_each(function()
    quick.close_all()
    store:remove()
  end)

  local function submit(client, changes)
    local request = { video_id = CLIP.video_id }
    for name, value in pairs(changes or {}) do
      request[name] = value
    end
    local job = assert(client:submit(request))
    return job, select(2, raw.info(client, job)).external_task_id
  end

  describe("before a create leaves", function()
    it("has written the request down, though nobody has stepped", function()
      local client = store:client()
      local _, id = submit(client, { bgm_prompt = "rain", callback_url = "https://a.example/1" })
      local row = store:row(id)
      assert.same({ "queued", true }, { row.state, row.sent_at == nil })
      assert.same({ video_id = CLIP.video_id, bgm_prompt = "rain", external_task_id = id,
        callback_url = "https://a.example/1" }, row.request)
      assert.equal(0, #server:log())
    end)

    it("has marked it as one that may have left", function()
      local client = store:client()
      local _, id = submit(client)
      local seen
      store:watch(client, "sending", function()
        seen = #server:log()
      end)
      store:until_row(client, id, "submitted")
      assert.equal(0, seen)
      assert.is_number(store:row(id).sent_at)
    end)

    it("marks all that want to leave with one write", function()
      local client = store:client()
      local marked = {}
      store:watch(client, "sending", function(_, ids)
        marked[#marked + 1] = #ids
      end)
      submit(client, { bgm_prompt = "1" })
      submit(client, { bgm_prompt = "2" })
      quick.drive(client, function()
        return #server:ledger() == 2
      end)
      assert.same({ 2 }, marked)
    end)

    it("marks a create that is refused for now as not sent, until it is sent again", function()
      server:fault { name = "service_code", on = "create", code = 1303, retry_after = 60 }
      local client = store:client()
      local _, id = submit(client)
      quick.drive(client, function()
        return #quick.logged(server, "create") == 1
      end)
      assert.is_nil(store:until_row(client, id, "queued").task_id)
    end)

    it("never writes down the key, or what signs a link", function()
      local client = store:client()
      local job, id = submit(client)
      quick.until_state(client, job, "submitted")
      server:advance(LIFE)
      local result = assert(client:wait(job, PATIENCE))
      local signature = assert(result.audios[1].mp3.url:match "%?(.+)$")
      client:close()
      local files = store:bytes()
      assert.truthy(files:find(id, 1, true))
      assert.truthy(files:find(result.task_id, 1, true))
      assert.is_nil(files:find(quick.KEY, 1, true))
      assert.is_nil(files:find(signature, 1, true))
    end)
  end)

  describe("whose store cannot be written", function()
    it("submits nothing, and says why", function()
      local client = store:client()
      store:break_method(client, "add", FULL)
      local job, message, failure = client:submit(CLIP)
      assert.is_nil(job)
      assert.equal(message, tostring(failure))
      assert.matches(FULL, message)
      assert.same({ "io", "store", "not-created", "no" },
        { failure.code, failure.operation, failure.task_state, failure.billed })
      client:step(0.05)
      client:dispatch()
      assert.equal(0, #server:log())
      store:mend(client)
      quick.until_state(client, submit(client), "submitted")
    end)

    it("sends nothing that it could not mark, and says why", function()
      local client = store:client()
      local job, id = submit(client)
      store:break_method(client, "sending", FULL)
      local failure = quick.failure(client, job)
      assert.same({ "io", "submit", "not-created", "no" },
        { failure.code, failure.operation, failure.task_state, failure.billed })
      assert.matches(FULL, failure.message)
      assert.equal(0, #server:log())
      assert.matches(FULL, store:until_row(client, id, "failed").failure)
    end)

    it("submits nothing while another process holds it locked", function()
      local client = store:client()
      local unlock = store:lock()
      local job, _, failure = client:submit(CLIP)
      unlock()
      assert.is_nil(job)
      assert.same({ "io", true, "no" }, { failure.code, failure.retryable, failure.billed })
      assert(client:submit(CLIP))
    end)

    it("never takes a create for unsent that has left meanwhile", function()
      server:fault { name = "service_code", on = "create", code = 1303, retry_after = 0 }
      server:fault { name = "delay", on = "create", seconds = 1 }
      local client = store:client { lease = 0.3 }
      local _, id = submit(client)
      quick.drive(client, function()
        return store:row(id).state == "sending"
      end)
      store:break_method(client, "update_all", FULL) -- "it was refused for now"
      store:break_method(client, "renew", FULL)
      local is_sent_again = false
      store:watch(client, "sending", function()
        store:mend(client)
        is_sent_again = true
      end)
      quick.drive(client, function()
        return is_sent_again
      end)
      remembering.drive_for(client, 0.3)
      assert.equal("sending", store:row(id).state)
      store:until_row(client, id, "submitted")
    end)

    it("loses no task that the service has: it goes on, warns, and is written later", function()
      local client = store:client { lease = 0.3 }
      local job, id = submit(client)
      store:break_method(client, "update_all", FULL)
      store:break_method(client, "renew", FULL)
      quick.until_state(client, job, "submitted")
      assert.equal("sending", store:row(id).state)
      local _, info = client:poll(job)
      assert.matches(FULL, info.warning)
      server:advance(LIFE)
      local result = assert(client:wait(job, PATIENCE))
      assert.equal("sending", store:row(id).state)
      store:mend(client)
      local row = store:until_row(client, id, "succeeded")
      assert.equal(result.task_id, row.task_id)
      assert.is_nil(select(2, client:poll(job)).warning)
    end)

    it("looks on at its tasks though the lease is over: they are paid for", function()
      local client = store:client { lease = 0.15 }
      local job = submit(client)
      quick.until_state(client, job, "submitted")
      store:break_method(client, "renew", FULL)
      local past = core.now() + 0.3
      quick.drive(client, function()
        return core.now() > past
      end)
      local looks = #quick.logged(server, "query")
      quick.drive(client, function()
        return #quick.logged(server, "query") > looks
      end)
      assert.matches(FULL, select(2, client:poll(job)).warning)
    end)

    it("is not made at all", function()
      local client, message, failure = require("kling").new {
        api_key = quick.KEY, base_url = server.url, store = "sqlite:/nowhere/at/all/tasks.db",
      }
      assert.is_nil(client)
      assert.equal(message, tostring(failure))
      assert.same({ "io", "store", "no" }, { failure.code, failure.operation, failure.billed })
    end)

    it("is wrong use when it is no store", function()
      local called, message = pcall(function()
        store:client { store = "tasks.db" }
      end)
      assert.is_false(called)
      assert.matches("kling%.new: store: sqlite:PATH or postgresql:", message)
    end)
  end)

  describe("writes down", function()
    it("each state as it is seen, before on_change is told", function()
      local heard = {}
      local client = store:client {
        on_change = function(_, state, info)
          heard[#heard + 1] = state .. " " .. store:row(info.external_task_id).state
        end,
      }
      local job, id = submit(client)
      local info = quick.until_state(client, job, "submitted")
      assert.equal(info.task_id, store:row(id).task_id)
      server:advance(2)
      quick.until_state(client, job, "processing")
      server:advance(LIFE)
      assert(client:wait(job, PATIENCE))
      assert.equal("submitted submitted", heard[#heard - 2])
      assert.equal("processing processing", heard[#heard - 1])
      assert.equal("succeeded succeeded", heard[#heard])
      local row = store:row(id)
      assert.is_number(row.ended_at)
      assert.truthy(row.result:find('"task_status":"succeed"', 1, true))
    end)

    it("why a task failed, or was refused", function()
      server:fault { name = "service_code", on = "create", code = 1200 }
      local client = store:client()
      local refused, refused_id = submit(client)
      quick.failure(client, refused)
      assert.matches("^rejected: ", store:row(refused_id).failure)
      server:life { fail = "Image pixel is invalid" }
      local failing, failing_id = submit(client)
      quick.until_state(client, failing, "submitted")
      server:advance(LIFE)
      quick.failure(client, failing)
      local row = store:row(failing_id)
      assert.same({ "failed", true }, { row.state, row.ended_at ~= nil })
      assert.matches("^failed: .*Image pixel is invalid", row.failure)
    end)

    it("with one write what happened to many", function()
      local client = store:client()
      local writes, rows = 0, 0
      store:watch(client, "update_all", function(_, changes_of)
        writes = writes + 1
        for _ in pairs(changes_of) do
          rows = rows + 1
        end
      end)
      local jobs = {}
      for i = 1, 10 do
        jobs[i] = submit(client, { bgm_prompt = tostring(i) })
        raw.stop(client, jobs[i])
      end
      client:dispatch()
      assert.same({ 1, 10 }, { writes, rows })
    end)

    it("that a job was cancelled, at once: nobody is to send it", function()
      local client = store:client()
      local job, id = submit(client)
      client:cancel(job)
      assert.equal("cancelled", store:row(id).state)
    end)

    it("a task that may exist as unresolved, and lets go of it", function()
      server:fault { name = "drop_after", on = "create" }
      local client = store:client { resolve = "never" }
      local job, id = submit(client)
      assert.equal("may-exist", quick.failure(client, job).task_state)
      local row = store:row(id)
      assert.same({ "unresolved", true, true }, { row.state, row.is_free, row.ended_at == nil })
      assert.equal(1, #client:pending())
    end)

    it("a task that goes on there, though we may not look, the same way", function()
      local client = store:client()
      local job, id = submit(client)
      local info = quick.until_state(client, job, "submitted")
      server:fault { name = "service_code", on = "query", code = 1002 }
      assert.equal("auth", quick.failure(client, job).code)
      local row = store:row(id)
      assert.same({ "unresolved", info.task_id, true }, { row.state, row.task_id, row.is_free })
    end)

    it("what on_change itself does to a job", function()
      local second
      local client = store:client {
        max_running = 1, -- the second is not sent meanwhile
        on_change = function(_, state)
          if state == "submitted" then
            second:cancel()
          end
        end,
      }
      local job = submit(client)
      second = client:submit(remembering.named "second")
      quick.until_state(client, job, "submitted")
      assert.equal("cancelled", store:row("second").state)
    end)

    it("everything for a program that steps and dispatches by itself", function()
      local client = store:client()
      local job, id = submit(client)
      local deadline = core.now() + PATIENCE
      repeat
        client:step(0.02)
        client:dispatch()
      until store:row(id).state == "submitted" or core.now() > deadline
      server:advance(LIFE)
      repeat
        client:step(0.02)
        client:dispatch()
      until raw.ended(client, job) or core.now() > deadline
      assert.equal("succeeded", store:row(id).state)
    end)

    it("what is under way when it is closed", function()
      local client = store:client()
      local job, id = submit(client)
      store:until_row(client, id, "sending")
      local deadline = core.now() + PATIENCE
      repeat
        client:step(0.02)
      until select(2, raw.info(client, job)).task_id or core.now() > deadline
      assert.equal("sending", store:row(id).state)
      client:close()
      local row = store:row(id)
      assert.same({ "submitted", true, false }, { row.state, row.is_free, row.ended_at ~= nil })
      assert.equal("closed", quick.failure(client, job).code)
    end)
  end)

  it("is not slept through: its lease is renewed while somebody waits", function()
    local client = store:client { lease = 0.3, first_poll = 60 }
    local job, id = submit(client)
    quick.until_state(client, job, "submitted")
    assert.equal("timeout", select(3, client:wait(job, 0.7)).code)
    assert.is_false(store:row(id).is_free)
    assert.is_true(client:timeout() <= 0.1)
  end)

  it("keeps what was learned of the gateway, for all who come after", function()
    server:fault { name = "drop_after", on = "create" }
    local client = store:client()
    local job = submit(client)
    quick.until_state(client, job, "submitted")
    quick.drive(client, function()
      return raw.gateway(client).external_query == "works"
    end)
    client:dispatch()
    client:close()
    assert.equal("works", store:gateway().external_query)
    assert.equal("works", raw.gateway(store:client()).external_query)
  end)

  it("remembers files: another process does not download them again", function()
    local folder, remove = quick.folder()
    finally(remove)
    local client = store:client()
    local job, id = submit(client)
    quick.until_state(client, job, "submitted")
    server:advance(LIFE)
    local files = assert(client:save(job, folder))
    assert.equal(#files, #store:files(id))
    client:close()
    local downloads = #quick.logged(server, "download")
    local other = store:client()
    local again = assert(other:save(submit(other, { external_task_id = id }), folder))
    assert.equal(#files, #again)
    assert.equal(downloads, #quick.logged(server, "download"))
  end)

  it("keeps no list of what nobody wants to hear", function()
    local client = store:client()
    quick.until_state(client, submit(client), "submitted")
    assert.equal(0, #raw.private(client).tasks.news)
  end)
end)
