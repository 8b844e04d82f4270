--- What a client with a store goes on with after a crash, and what it knows of.

local emulator = require "spec.support.emulator"
local lua_process = require "spec.support.lua_process"
local quick = require "spec.support.quick"
local remembering = require "spec.support.remembering"

local CLIP, PATIENCE = quick.CLIP, quick.PATIENCE
local record, make_task = remembering.record, remembering.make_task
local drive_for = remembering.drive_for
local LIFE = 10 -- seconds; longer than any task here lives
local HERE = "^%.?/?spec/recovery_spec%.lua:(%d+): "

local FORKING = [[
  local url, store_url = ...
  local kling = require "kling"
  local parts = require "kling_parts"
  local client = assert(kling.new {
    api_key = "k", base_url = url, store = store_url, loop = "blocking", first_poll = 0.01,
  })
  local job = client:submit { video_id = "861034216165875784", external_task_id = "one" }
  repeat
    client:step(0.02)
  until client:poll(job) == "submitted"
  local child = parts.fork()
  if child == 0 then
    print(select(2, pcall(function() client:poll(job) end)))
    client:dispatch()
    client:close()
    os.exit(0)
  end
  print("child ended with " .. parts.wait(child))
  print(client:poll(job))
  io.read()
  print(client:wait(job, 20) and "done")
  client:close()
]]

describe("a store", function()
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

  local function finish(client, job)
    quick.drive(client, function()
      return select(2, client:poll(job)).task_id
    end)
    server:advance(LIFE)
    return assert(client:wait(job, PATIENCE))
  end

  -- What `died` wrote is reconciled by a new client: the client and its only job.
  local function reconcile(died, options)
    store:die(died)
    drive_for(quick.client(server), 0.01)
    local client = store:client(options)
    local jobs = assert(client:reconcile())
    assert.equal(1, #jobs)
    return client, jobs[1]
  end

  describe("is reconciled after a crash", function()
    it("before the create: it is sent, once", function()
      local client, job = reconcile(function(died)
        assert(died:add(record "one"))
      end)
      finish(client, job)
      assert.equal("one", server:ledger()[1].external_task_id)
      assert.equal(1, #server:ledger())
      assert.equal("succeeded", store:row("one").state)
    end)

    it("during the create that has arrived: it is found", function()
      local task_id = make_task(server, "one")
      local client, job = reconcile(function(died)
        assert(died:add(record "one"))
        assert(died:sending { "one" })
      end)
      assert.equal(task_id, finish(client, job).task_id)
      assert.equal(1, #quick.logged(server, "create"))
      assert.equal(task_id, store:row("one").task_id)
    end)

    it("during the create that has not arrived: it is not sent, and said to be unresolved",
      function()
        local client, job = reconcile(function(died)
          assert(died:add(record "one"))
          assert(died:sending { "one" })
        end, { resolve_timeout = 0.1 })
        local failure = quick.failure(client, job)
        assert.same({ "may-exist", "maybe", "one" },
          { failure.task_state, failure.billed, failure.external_task_id })
        assert.equal(0, #quick.logged(server, "create"))
        local row = store:row "one"
        assert.same({ "unresolved", true }, { row.state, row.is_free })
      end)

    it("and then sent where that is the policy", function()
      make_task(server, "known to exist") -- so that the service is known to answer
      local client, job = reconcile(function(died)
        assert(died:add(record "one"))
        assert(died:sending { "one" })
      end, { resolve_timeout = 0.1, resolve = "resubmit" })
      finish(client, job)
      assert.equal("one", server:ledger()[2].external_task_id)
      assert.equal(2, #server:ledger())
    end)

    for _, state in ipairs { "submitted", "processing" } do
      it("while it was " .. state .. ": it is followed", function()
        local task_id = make_task(server, "one")
        local client, job = reconcile(function(died)
          assert(died:add(record "one"))
          assert(died:sending { "one" })
          assert(died:update("one", { state = state, task_id = task_id }))
        end)
        assert.equal(task_id, finish(client, job).task_id)
        assert.equal(1, #quick.logged(server, "create"))
      end)
    end

    it("and when asking for it had been given up: it is asked for again", function()
      local task_id = make_task(server, "one")
      local client, job = reconcile(function(died)
        assert(died:add(record "one"))
        assert(died:sending { "one" })
        assert(died:update("one", { state = "unresolved" }))
      end)
      assert.equal(task_id, finish(client, job).task_id)
    end)

    it("but not what has ended", function()
      store:die(function(died)
        for _, state in ipairs { "succeeded", "failed", "cancelled" } do
          assert(died:add(record(state)))
          assert(died:update(state, { state = state }))
        end
      end)
      assert.same({}, store:client():reconcile())
      assert.same({}, store:client():pending())
    end)

    it("a few at a time", function()
      store:die(function(died)
        for i = 1, 3 do
          assert(died:add(record("task " .. i)))
        end
      end)
      drive_for(quick.client(server), 0.01)
      local client = store:client()
      assert.equal(2, #client:reconcile { limit = 2 })
      assert.equal(1, #client:reconcile())
      assert.equal(0, #client:reconcile())
    end)

    it("without a create where a dry run or a limit forbids it: others may", function()
      store:die(function(died)
        assert(died:add(record "one"))
      end)
      drive_for(quick.client(server), 0.01)
      local dry = store:client { dry_run = true }
      assert.same({}, dry:reconcile())
      local poor = store:client { max_submits = 0 }
      local job = poor:reconcile()[1]
      assert.equal("budget", quick.failure(poor, job).code)
      assert.is_true(store:until_row(poor, "one", "queued").is_free)
      assert.equal(0, #server:log())
      local client = store:client()
      finish(client, client:reconcile()[1])
    end)
  end)

  describe("of tasks that the service has forgotten", function()
    local function make_old(id)
      os.execute(("sqlite3 %s \"UPDATE tasks SET created_at = created_at - 31 * 86400 "
        .. "WHERE external_task_id = '%s'\""):format(store.path, id))
    end

    -- Task "one" is done and saved; then its service forgets it.
    local function save_and_forget()
      local client = store:client()
      local result = finish(client, client:submit(remembering.named "one"))
      local folder = store.folder .. "/out"
      local files = assert(client:save(result, folder, { timeout = PATIENCE }))
      client:close()
      make_old "one"
      server:reset()
      return result, folder, files
    end

    it("brings the results and the files that it knows of, and asks nobody", function()
      local before, folder, files = save_and_forget()
      local client = store:client()
      local job = assert(client:submit(remembering.named "one"))
      local result = assert(client:wait(job, PATIENCE))
      assert.same({ before.task_id, "one", before.audios[1].mp3.duration },
        { result.task_id, result.external_task_id, result.audios[1].mp3.duration })
      assert.same(files, assert(client:save(job, folder)))
      assert.equal("succeeded", (client:poll(job)))
      assert.equal(before.task_id, assert(client:wait(client:attach(before.task_id))).task_id)
      assert.same({}, server:log())
      os.remove(files[1].path)
      assert.equal("expired", select(3, client:save(job, folder, { timeout = PATIENCE })).code)
      assert.equal(0, #quick.logged(server, "create"))
    end)

    it("asks for it all the same where its reply is not to be had", function()
      save_and_forget()
      os.execute("sqlite3 " .. store.path .. " \"UPDATE tasks SET result = '{}'\"")
      local client = store:client()
      local job = assert(client:submit(remembering.named "one"))
      quick.drive(client, function()
        return #quick.logged(server, "query") > 0
      end)
      assert.equal("submitted", (client:poll(job)))
      assert.equal(0, #quick.logged(server, "create"))
    end)
  end)

  it("stays its parent's after a fork, whatever the child does to the client", function()
    local process = lua_process.start(FORKING, { server.url, store.url })
    assert.matches("made before fork", process:read())
    assert.equal("child ended with 0", process:read())
    assert.matches("^submitted", process:read())
    local row = store:row "one"
    assert.same({ "submitted", false }, { row.state, row.is_free })
    server:advance(LIFE)
    process:write ""
    assert.equal("done", process:read())
    process:close()
    assert.equal("succeeded", store:row("one").state)
  end)

  describe("lists what is pending", function()
    it("whoever runs it, with the job of this client", function()
      local one, other = store:client(), store:client()
      local job = one:submit(remembering.named "one")
      other:submit(remembering.named "two")
      quick.until_state(one, job, "submitted")
      local found = assert(one:pending())
      assert.equal(2, #found)
      assert.same({ "one", "submitted", true, false, "two", "queued", false, false }, {
        found[1].external_task_id, found[1].state, found[1].is_ours, found[1].is_free,
        found[2].external_task_id, found[2].state, found[2].is_ours, found[2].is_free })
      assert.equal(job, found[1].job)
      assert.is_nil(found[2].job)
      assert.equal(CLIP.video_id, found[2].request.video_id)
    end)

    it("or says why it cannot", function()
      local client = store:client()
      for _, method in ipairs { "pending", "take" } do
        store:break_method(client, method, "the file is damaged")
      end
      for _, call in ipairs { "pending", "reconcile" } do
        local found, message, failure = client[call](client)
        assert.is_nil(found)
        assert.equal(message, tostring(failure))
        assert.equal("io", failure.code)
      end
    end)

    it("and is asked for by those who have one, by the right names", function()
      local client, plain = store:client(), quick.client(server)
      local line = debug.getinfo(1, "l").currentline
      local calls = {
        function() plain:pending() end,
        function() plain:reconcile() end,
        function() client:reconcile { limit = 0 } end,
        function() client:reconcile { most = 1 } end,
        function() client.pending {} end,
      }
      for i, call in ipairs(calls) do
        local called, message = pcall(call)
        assert.is_false(called)
        assert.equal(line + 1 + i, tonumber(message:match(HERE)), message)
      end
      client:close()
      assert.matches("closed", select(2, pcall(client.pending, client)))
    end)
  end)
end)
