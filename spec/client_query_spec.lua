--- Single requests: query and list; following a task by its id; ids themselves.

local emulator = require "spec.support.emulator"
local quick = require "spec.support.quick"

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
        local client = quick.client(server, { resolve = "never" })
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

end)
