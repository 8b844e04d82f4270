--- A create whose outcome nobody knows: its task is asked for, and found or not.

local core = require "kling.core"
local emulator = require "spec.support.emulator"
local quick = require "spec.support.quick"

local raw = core.raw
local CLIP, PATIENCE = quick.CLIP, quick.PATIENCE
local LIFE = 10 -- seconds; longer than any task here lives

-- Faults after which the service has made a task, though nobody told us.
local lost = {
  ["a reset"] = { name = "reset" },
  ["a drop"] = { name = "drop_after" },
  ["a late reply"] = { name = "delay", seconds = 0.6 },
  ["a 504"] = { name = "service_code", code = 5002, accepted = true },
  ["a 524"] = { name = "html", status = 524, accepted = true },
  ["a page"] = { name = "html", status = 200, accepted = true },
  ["an empty reply"] = { name = "empty" },
  ["half a reply"] = { name = "truncated_json" },
  ["a cut"] = { name = "cut", bytes = 10 },
}

local server

local function client_of(options)
  local merged = { request_timeout = 0.3, resolve_timeout = 0.05 }
  for name, value in pairs(options or {}) do
    merged[name] = value
  end
  return quick.client(server, merged)
end

-- Submit one whose reply is lost; `is_made`: the service carries it out all the same.
local function submit_lost(client, is_made, request)
  server:fault { name = is_made and "drop_after" or "drop_before", on = "create" }
  return client:submit(request or CLIP)
end

local function assert_unresolved(failure, code)
  assert.same({ code, "submit", "may-exist", "maybe", false }, { failure.code, failure.operation,
    failure.task_state, failure.billed, failure.retryable })
  assert.matches(failure.external_task_id, failure.hint, 1, true)
  assert.equal("create", failure.attempts[1].request)
end

local function specify_server(options)
  setup(function()
    server = emulator.start(options)
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    server:reset()
  end)

  after_each(quick.close_all)
end

for transport, options in pairs {
  ["HTTP/1.1"] = { clock = "manual", http2 = false },
  ["HTTP/2 over TLS"] = { clock = "manual", tls = true },
} do
  describe("over " .. transport .. " the task of a create lost in", function()
    specify_server(options)

    for name, fault in pairs(lost) do
      it(name .. " is found by its external id", function()
        fault.on = "create"
        server:fault(fault)
        local client = client_of()
        local job = client:submit(CLIP)
        local info = quick.until_state(client, job, "submitted")
        assert.equal(1, #quick.logged(server, "create"))
        assert.equal(1, #server:ledger())
        assert.equal(server:ledger()[1].task_id, info.task_id)
        assert.same({ "exists", "yes" }, { raw.known(client, job) })
        assert.equal("works", raw.gateway(client).external_query)
        server:advance(LIFE)
        assert.equal(info.task_id, assert(client:wait(job, PATIENCE)).task_id)
      end)
    end
  end)
end

describe("a lost create", function()
  specify_server { clock = "manual", http2 = false, life = { submitted = 1, processing = 3 } }

  it("stays submitting while its task is asked for", function()
    local states = {}
    local client = client_of {
      resolve_timeout = 0.3,
      on_change = function(_, state, info)
        states[#states + 1] = { state, info.failure and info.failure.task_state }
      end,
    }
    quick.until_state(client, submit_lost(client, true), "submitted")
    assert.same({
      { "submitting" }, { "submitting", "may-exist" }, { "submitted", "exists" },
    }, states)
  end)

  it("that was not made fails as one that may exist", function()
    local client = client_of()
    local failure = quick.failure(client, submit_lost(client, false))
    assert_unresolved(failure, "network")
    assert.equal("query", failure.attempts[2].request)
    assert.matches("Task not found", failure.attempts[2].outcome)
    assert.not_matches("Task not found", failure.message)
    assert.equal(1, #quick.logged(server, "create"))
    assert.equal(0, #server:ledger())
  end)

  it("is asked for again and again until resolve_timeout is over", function()
    local client = client_of { resolve_timeout = 2.5 }
    local started = core.now()
    quick.failure(client, submit_lost(client, false))
    local took = core.now() - started
    assert.is_true(took >= 2.5)
    assert.is_true(#quick.logged(server, "query") >= 2)
  end)

  it("is not asked for where the policy says never", function()
    local client = client_of { resolve = "never" }
    assert_unresolved(quick.failure(client, submit_lost(client, true)), "network")
    assert.equal(0, #quick.logged(server, "query"))
  end)

  it("is found in the list where no query by external id finds it", function()
    server:variant "external_id_query_off"
    local client = client_of()
    local job = submit_lost(client, true)
    local info = quick.until_state(client, job, "submitted")
    assert.equal(server:ledger()[1].task_id, info.task_id)
    assert.equal("works", raw.gateway(client).list)
    assert.equal("unknown", raw.gateway(client).external_query)
  end)

  it("may exist where there is neither a query by external id nor a list", function()
    server:variant "external_id_query_off"
    for _, wrong_path in ipairs { "wrong_path_redirect", "wrong_path_html", "wrong_path_404" } do
      server:variant "list_off"
      server:variant(wrong_path)
      local client = client_of()
      assert_unresolved(quick.failure(client, submit_lost(client, true)), "network")
      assert.equal("fails", raw.gateway(client).list)
    end
  end)

  for code, ours in pairs { [1002] = "auth", [1103] = "auth", [1102] = "quota" } do
    it(("ends with %d, and may exist"):format(code), function()
      server:fault { name = "service_code", on = "query", code = code }
      local client = client_of()
      local failure = quick.failure(client, submit_lost(client, true))
      assert_unresolved(failure, ours)
      assert.equal(tostring(code), failure.service_code)
    end)
  end

  it("waits out an outage that is longer than resolve_timeout", function()
    server:fault { name = "html", status = 502, on = "query", times = 3 }
    server:fault { name = "html", status = 502, on = "list", times = 3 }
    local client = client_of()
    local job = submit_lost(client, true)
    quick.until_state(client, job, "submitted")
    assert.equal(1, #server:ledger())
    assert.is_true(#quick.logged(server, "query") >= 4)
  end)

  it("can be cancelled, and may exist", function()
    local client = client_of { resolve_timeout = 30 }
    local job = submit_lost(client, true)
    quick.drive(client, function()
      return select(2, client:poll(job)).failure
    end)
    local cancelled, failure = client:cancel(job)
    assert.is_true(cancelled)
    assert.same({ "cancelled", "may-exist", "maybe" },
      { failure.code, failure.task_state, failure.billed })
  end)

  it("refused later because its external id is taken was made", function()
    server:fault { name = "drop_after", on = "create" }
    server:variant "external_id_query_off"
    server:variant "list_off"
    local client = client_of { resolve = "resubmit" }
    local failure = quick.failure(client, client:submit(CLIP))
    assert.same({ "network", "exists", "maybe" },
      { failure.code, failure.task_state, failure.billed })
    assert.equal(2, #quick.logged(server, "create"))
    assert.equal(1, #server:ledger())
  end)
end)

describe("a create that is refused and yet given a task id", function()
  specify_server { clock = "manual", http2 = false }

  local ID = "878000000000000001"

  -- `id`: of the task in the refusal.
  local function refuse(code, status, id)
    server:fault {
      name = "status", status = status, on = "create",
      body = ('{"code":%d,"message":"no","data":{"task_id":"%s"}}'):format(code, id),
    }
  end

  for code, status in pairs { [1303] = 429, [1302] = 200, [1200] = 400, [5000] = 500 } do
    it(("with %d is followed, and not sent again"):format(code), function()
      refuse(code, status, ID)
      local client = client_of()
      local job = client:submit(CLIP)
      local info = quick.until_state(client, job, "submitted")
      assert.equal(ID, info.task_id)
      assert.same({ "may-exist", "maybe", tostring(code) },
        { info.failure.task_state, info.failure.billed, info.failure.service_code })
      quick.drive(client, function()
        return #quick.logged(server, "query") > 1
      end)
      assert.equal(1, #quick.logged(server, "create"))
    end)
  end

  it("is a task like any other once it is found", function()
    local before = client_of()
    local made = quick.until_state(before, before:submit(CLIP), "submitted")
    refuse(1303, 429, made.task_id)
    local client = client_of()
    local job = client:submit { video_id = CLIP.video_id, external_task_id = "another" }
    quick.until_state(client, job, "submitted")
    quick.drive(client, function()
      return raw.known(client, job) == "exists"
    end)
    server:advance(LIFE)
    assert(client:wait(job, PATIENCE))
  end)

  it("with an id that nobody can ask for is asked for by its external id", function()
    refuse(1303, 429, "..")
    local client = client_of()
    assert_unresolved(quick.failure(client, client:submit(CLIP)), "rate_limited")
    assert.equal(1, #quick.logged(server, "create"))
  end)
end)

describe("resubmitting", function()
  specify_server { clock = "manual", http2 = false }

  it("sends again what the service does not know, under the same external id", function()
    local client = client_of { resolve = "resubmit" }
    local job = submit_lost(client, false)
    local info = quick.until_state(client, job, "submitted")
    local creates = quick.logged(server, "create")
    assert.equal(2, #creates)
    assert.equal(creates[1].body, creates[2].body)
    assert.equal(1, #server:ledger())
    assert.equal(info.external_task_id, server:ledger()[1].external_task_id)
  end)

  it("sends nothing again that the service knows", function()
    local client = client_of { resolve = "resubmit" }
    quick.until_state(client, submit_lost(client, true), "submitted")
    assert.equal(1, #quick.logged(server, "create"))
  end)

  it("asks anew for each one that is lost", function()
    server:fault { name = "drop_before", on = "create", times = 2 }
    server:fault { name = "drop_after", on = "create" }
    local client = client_of { resolve = "resubmit" }
    quick.until_state(client, client:submit(CLIP), "submitted")
    assert.equal(3, #quick.logged(server, "create"))
    assert.equal(1, #server:ledger())
  end)

  it("ends with submit_timeout", function()
    server:fault { name = "drop_before", on = "create", forever = true }
    local client = client_of { resolve = "resubmit", submit_timeout = 0.4 }
    assert_unresolved(quick.failure(client, client:submit(CLIP)), "network")
    assert.is_true(#quick.logged(server, "create") > 1)
  end)

  it("does not forget a lost create because the next one is refused", function()
    server:fault { name = "drop_before", on = "create" }
    server:fault { name = "no_balance", on = "create" }
    local client = client_of { resolve = "resubmit" }
    local failure = quick.failure(client, client:submit(CLIP))
    assert_unresolved(failure, "quota")
    assert.equal(2, #quick.logged(server, "create"))
  end)

  it("is not done where the service can show no task by its external id", function()
    server:variant "external_id_query_off"
    server:variant "list_off"
    local client = client_of { resolve = "resubmit" }
    raw.learn(client, { external_query = "fails" })
    assert_unresolved(quick.failure(client, submit_lost(client, true)), "network")
    assert.equal(1, #quick.logged(server, "create"))
  end)
end)

describe("a create with an external id that is taken", function()
  specify_server { clock = "manual", http2 = false }

  it("is the task that has it", function()
    local client = client_of()
    local request = { video_id = CLIP.video_id, external_task_id = "mine-1" }
    local first = quick.until_state(client, client:submit(request), "submitted")
    local again = client_of()
    local second = quick.until_state(again, again:submit(request), "submitted")
    assert.equal(first.task_id, second.task_id)
    assert.equal(1, #server:ledger())
  end)
end)

describe("a create of an earlier process", function()
  specify_server { clock = "manual", http2 = false }

  local function restore(client, external_id)
    local request = { video_id = CLIP.video_id, external_task_id = external_id }
    return raw.start_task(client, request, external_id, false, "resolve"), request
  end

  it("is asked for at once, and not sent", function()
    local before = client_of()
    local info = quick.until_state(before, before:submit {
      video_id = CLIP.video_id, external_task_id = "mine-2",
    }, "submitted")
    local client = client_of { resolve_timeout = 60 }
    local job = restore(client, "mine-2")
    assert.same({ "submitting", "may-exist" }, { client:poll(job), (raw.known(client, job)) })
    assert.equal(info.task_id, quick.until_state(client, job, "submitted").task_id)
    assert.equal(1, #quick.logged(server, "create"))
  end)

  it("may exist when it is not found", function()
    local client = client_of()
    local failure = quick.failure(client, (restore(client, "mine-3")))
    assert.same({ "network", "submit", "may-exist", "maybe", "mine-3" }, { failure.code,
      failure.operation, failure.task_state, failure.billed, failure.external_task_id })
    assert.equal(0, #quick.logged(server, "create"))
  end)

  it("is sent when it is not found and the policy says so", function()
    local client = client_of { resolve = "resubmit" }
    local job = restore(client, "mine-4")
    quick.until_state(client, job, "submitted")
    assert.equal("mine-4", server:ledger()[1].external_task_id)
    assert.equal(1, #quick.logged(server, "create"))
  end)
end)

describe("what is known of the gateway", function()
  specify_server { clock = "manual", http2 = false }

  it("is nothing at first", function()
    assert.same({ external_query = "unknown", list = "unknown", changes = 0 },
      raw.gateway(client_of()))
  end)

  it("can be told, and counts its changes", function()
    local client = client_of()
    raw.learn(client, { external_query = "works", list = "fails", probe = "mine" })
    assert.same({ external_query = "works", list = "fails", probe = "mine", changes = 3 },
      raw.gateway(client))
    raw.learn(client, { external_query = "works" })
    assert.equal(3, raw.gateway(client).changes)
    assert.has_error(function()
      raw.learn(client, { list = "maybe" })
    end)
  end)

  it("has a task to try with as soon as a look has seen one", function()
    local client = client_of()
    local job = client:submit(CLIP)
    quick.until_state(client, job, "submitted")
    quick.drive(client, function()
      return raw.gateway(client).probe
    end)
    assert.equal(select(2, client:poll(job)).external_task_id, raw.gateway(client).probe)
  end)

  -- A task the service knows well, for a client that has learned of it.
  local function know_a_task()
    local before = client_of()
    local info = quick.until_state(before, before:submit(CLIP), "submitted")
    local client = client_of()
    raw.learn(client, { probe = info.external_task_id })
    return client
  end

  it("is tried with a task that exists before it is believed", function()
    local client = know_a_task()
    quick.failure(client, submit_lost(client, false))
    assert.equal("works", raw.gateway(client).external_query)
  end)

  it("is that it fails when not even a task that exists is found", function()
    server:variant "external_id_query_off"
    local client = know_a_task()
    quick.failure(client, submit_lost(client, false))
    assert.equal("fails", raw.gateway(client).external_query)
  end)

  it("is that it fails on a path that leads nowhere", function()
    local client = know_a_task()
    server:fault {
      name = "status", status = 404, on = "query", forever = true,
      body = '{"error":{"message":"Invalid URL (GET /kling)","code":""}}',
    }
    quick.failure(client, submit_lost(client, false))
    assert.equal("fails", raw.gateway(client).external_query)
  end)

  it("saves asking for long what cannot be found", function()
    server:variant "external_id_query_off"
    server:variant "list_off"
    local client = client_of { resolve_timeout = 1000 }
    raw.learn(client, { external_query = "fails", list = "fails" })
    assert_unresolved(quick.failure(client, submit_lost(client, true)), "network")
    assert.equal(1, #quick.logged(server, "query"))
    assert.equal(0, #quick.logged(server, "list"))
  end)
end)
