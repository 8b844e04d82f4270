--- What is learned of the gateway's ways to find a task, and when a create is sent again.

local core = require "kling.core"
local lost = require "spec.support.lost_creates"
local quick = require "spec.support.quick"

local raw = core.raw
local CLIP = quick.CLIP

local function specify_server(options)
  setup(function()
    lost.start(options)
  end)

  teardown(lost.stop)
  before_each(lost.reset)
  after_each(quick.close_all)
end

describe("what is known of the gateway", function()
  specify_server { clock = "manual", http2 = false }

  it("is nothing at first", function()
    assert.same({ external_query = "unknown", list = "unknown", roundup = "unknown", changes = 0 },
      raw.gateway(lost.client()))
  end)

  it("can be told, and counts its changes", function()
    local client = lost.client()
    raw.learn(client, { external_query = "works", list = "fails", probe = "mine" })
    assert.same({ external_query = "works", list = "fails", roundup = "unknown", probe = "mine",
      changes = 3 }, raw.gateway(client))
    raw.learn(client, { external_query = "works" })
    assert.equal(3, raw.gateway(client).changes)
    assert.has_error(function()
      raw.learn(client, { list = "maybe" })
    end)
  end)

  it("is not tried with an id that has no path", function()
    local client = lost.client()
    for _, id in ipairs { "", ".", "..", ("x"):rep(257) } do
      raw.learn(client, { probe = id })
      assert.is_nil(raw.gateway(client).probe)
    end
  end)

  it("has a task to try with as soon as a look has seen one", function()
    local client = lost.client()
    local job = client:submit(CLIP)
    quick.until_state(client, job, "submitted")
    quick.drive(client, function()
      return raw.gateway(client).probe
    end)
    assert.equal(select(2, client:poll(job)).external_task_id, raw.gateway(client).probe)
  end)

  -- A task the service knows well, for a client that has learned of it.
  local function know_a_task()
    local before = lost.client()
    local info = quick.until_state(before, before:submit(CLIP), "submitted")
    local client = lost.client()
    raw.learn(client, { probe = info.external_task_id })
    return client
  end

  it("is that it works when even a new task is found by its external id", function()
    local client = lost.client()
    quick.until_state(client, client:submit(CLIP), "submitted")
    quick.drive(client, function()
      return raw.gateway(client).probe
    end)
    quick.failure(client, lost.submit(client, false))
    assert.equal("works", raw.gateway(client).external_query)
  end)

  it("is not that it fails when only a new task is not found", function()
    lost.server:variant "external_id_query_off"
    local client = lost.client()
    quick.until_state(client, client:submit(CLIP), "submitted")
    quick.drive(client, function()
      return raw.gateway(client).probe
    end)
    quick.failure(client, lost.submit(client, false))
    assert.equal("unknown", raw.gateway(client).external_query)
  end)

  it("is tried with a task that exists before it is believed", function()
    local client = know_a_task()
    quick.failure(client, lost.submit(client, false))
    assert.equal("works", raw.gateway(client).external_query)
  end)

  it("is that it fails when not even a task that exists is found", function()
    lost.server:variant "external_id_query_off"
    local client = know_a_task()
    quick.failure(client, lost.submit(client, false))
    assert.equal("fails", raw.gateway(client).external_query)
  end)

  it("is that it fails on a path that leads nowhere", function()
    local client = know_a_task()
    lost.server:fault {
      name = "status", status = 404, on = "query", forever = true,
      body = '{"error":{"message":"Invalid URL (GET /kling)","code":""}}',
    }
    quick.failure(client, lost.submit(client, false))
    assert.equal("fails", raw.gateway(client).external_query)
  end)

  it("saves asking for long what cannot be found", function()
    lost.server:variant "external_id_query_off"
    lost.server:variant "list_off"
    local client = lost.client { resolve_timeout = 1000 }
    raw.learn(client, { external_query = "fails", list = "fails" })
    lost.assert_unresolved(quick.failure(client, lost.submit(client, true)), "network")
    assert.equal(1, #quick.logged(lost.server, "query"))
    assert.equal(0, #quick.logged(lost.server, "list"))
  end)
end)

describe("resubmitting", function()
  specify_server { clock = "manual", http2 = false }

  it("sends again what the service does not know, under the same external id", function()
    local client = lost.client { resolve = "resubmit" }
    local job = lost.submit(client, false)
    local info = quick.until_state(client, job, "submitted")
    local creates = quick.logged(lost.server, "create")
    assert.equal(2, #creates)
    assert.equal(creates[1].body, creates[2].body)
    assert.equal(1, #lost.server:ledger())
    assert.equal(info.external_task_id, lost.server:ledger()[1].external_task_id)
  end)

  it("sends nothing again that the service knows", function()
    local client = lost.client { resolve = "resubmit" }
    quick.until_state(client, lost.submit(client, true), "submitted")
    assert.equal(1, #quick.logged(lost.server, "create"))
  end)

  it("asks anew for each one that is lost", function()
    lost.server:fault { name = "drop_before", on = "create", times = 2 }
    lost.server:fault { name = "drop_after", on = "create" }
    local client = lost.client { resolve = "resubmit" }
    quick.until_state(client, client:submit(CLIP), "submitted")
    assert.equal(3, #quick.logged(lost.server, "create"))
    assert.equal(1, #lost.server:ledger())
  end)

  it("ends with submit_timeout", function()
    lost.server:fault { name = "drop_before", on = "create", forever = true }
    local client = lost.client { resolve = "resubmit", submit_timeout = 0.4 }
    lost.assert_unresolved(quick.failure(client, client:submit(CLIP)), "network")
    assert.is_true(#quick.logged(lost.server, "create") > 1)
  end)

  it("does not forget a lost create because the next one is refused", function()
    lost.server:fault { name = "drop_before", on = "create" }
    lost.server:fault { name = "no_balance", on = "create" }
    local client = lost.client { resolve = "resubmit" }
    local failure = quick.failure(client, client:submit(CLIP))
    lost.assert_unresolved(failure, "quota")
    assert.equal(2, #quick.logged(lost.server, "create"))
  end)

  it("is done under the first external id when the same is submitted once more", function()
    lost.server:fault { name = "drop_before", on = "create" }
    lost.server:fault { name = "no_balance", on = "create" }
    local client = lost.client { resolve = "resubmit", duplicate_window = 600 }
    local failure = quick.failure(client, client:submit(CLIP))
    quick.until_state(client, client:submit(CLIP), "submitted")
    assert.equal(3, #quick.logged(lost.server, "create"))
    assert.equal(failure.external_task_id, lost.server:ledger()[1].external_task_id)
  end)

  it("is not done before the service is known to show tasks by their external id", function()
    lost.server:variant "external_id_query_off"
    lost.server:variant "list_off"
    lost.server:variant "external_id_reusable"
    local client = lost.client { resolve = "resubmit" }
    lost.assert_unresolved(quick.failure(client, lost.submit(client, true)), "network")
    assert.equal(1, #lost.server:ledger())
  end)

  it("is not done for an empty list where a task is known to exist", function()
    lost.server:variant "external_id_query_off"
    lost.server:variant "external_id_reusable"
    lost.server:fault {
      name = "status", on = "list", status = 200, body = '{"code":0,"data":[]}', forever = true,
    }
    local client = lost.client { resolve = "resubmit" }
    raw.learn(client, { probe = "of-another-day" })
    lost.assert_unresolved(quick.failure(client, lost.submit(client, true)), "network")
    assert.equal(1, #lost.server:ledger())
  end)

  local function show_on_page(number, task_id, external_id)
    local body = [[{"code":0,"data":[
      {"task_id":"%s","task_status":"submitted","task_info":{"external_task_id":"%s"}}]}]]
    lost.server:fault { name = "status", on = "list", path = "pageNum=" .. number, forever = true,
      status = 200, body = body:format(task_id, external_id) }
  end

  -- Lost, but made, where each page shows fewer tasks than were asked for.
  local function lose_among_short_pages()
    lost.server:variant "external_id_query_off"
    lost.server:variant "external_id_reusable"
    local client = lost.client { resolve = "resubmit" }
    local job = lost.submit(client, true)
    quick.drive(client, function()
      return #lost.server:ledger() == 1
    end)
    show_on_page(1, "100", "another")
    return client, job, lost.server:ledger()[1]
  end

  it("is not done for a page of the list with fewer tasks than were asked for", function()
    local client, job, made = lose_among_short_pages()
    show_on_page(2, made.task_id, made.external_task_id)
    assert.equal(made.task_id, quick.until_state(client, job, "submitted").task_id)
    assert.equal(1, #lost.server:ledger())
  end)

  it("is not done for a list that does not end", function()
    local client, job = lose_among_short_pages()
    for page = 2, 4 do
      show_on_page(page, "100", "another")
    end
    lost.assert_unresolved(quick.failure(client, job), "network")
    assert.equal(1, #lost.server:ledger())
  end)

  it("is done when the list shows other tasks, and not this one", function()
    lost.server:variant "external_id_query_off"
    local client = lost.client { resolve = "resubmit" }
    quick.until_state(client, client:submit(CLIP), "submitted")
    local job = lost.submit(client, false)
    quick.until_state(client, job, "submitted")
    assert.equal(3, #quick.logged(lost.server, "create"))
    assert.equal(2, #lost.server:ledger())
  end)

  it("is not done where the service can show no task by its external id", function()
    lost.server:variant "external_id_query_off"
    lost.server:variant "list_off"
    local client = lost.client { resolve = "resubmit" }
    raw.learn(client, { external_query = "fails" })
    lost.assert_unresolved(quick.failure(client, lost.submit(client, true)), "network")
    assert.equal(1, #quick.logged(lost.server, "create"))
  end)
end)
