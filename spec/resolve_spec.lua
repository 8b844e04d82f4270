--- A create whose outcome nobody knows: its task is asked for, and found or not.

local core = require "kling.core"
local lost = require "spec.support.lost_creates"
local quick = require "spec.support.quick"

local raw = core.raw
local CLIP, PATIENCE = quick.CLIP, quick.PATIENCE
local LIFE = 10 -- seconds; longer than any task here lives

-- Faults after which the service has made a task, though nobody told us.
local lost_in = {
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

local function specify_server(options)
  setup(function()
    lost.start(options)
  end)

  teardown(lost.stop)
  before_each(lost.reset)
  after_each(quick.close_all)
end

for transport, options in pairs {
  ["HTTP/1.1"] = { clock = "manual", http2 = false },
  ["HTTP/2 over TLS"] = { clock = "manual", tls = true },
} do
  describe("over " .. transport .. " the task of a create lost in", function()
    specify_server(options)

    for name, fault in pairs(lost_in) do
      it(name .. " is found by its external id", function()
        fault.on = "create"
        lost.server:fault(fault)
        local client = lost.client()
        local job = client:submit(CLIP)
        local info = quick.until_state(client, job, "submitted")
        assert.equal(1, #quick.logged(lost.server, "create"))
        assert.equal(1, #lost.server:ledger())
        assert.equal(lost.server:ledger()[1].task_id, info.task_id)
        assert.same({ "exists", "yes" }, { raw.known(client, job) })
        assert.equal("works", raw.gateway(client).external_query)
        lost.server:advance(LIFE)
        assert.equal(info.task_id, assert(client:wait(job, PATIENCE)).task_id)
      end)
    end
  end)
end

describe("a lost create", function()
  specify_server { clock = "manual", http2 = false, life = { submitted = 1, processing = 3 } }

  it("stays submitting while its task is asked for", function()
    local states = {}
    local client = lost.client {
      resolve_timeout = 0.3,
      on_change = function(_, state, info)
        states[#states + 1] = { state, info.failure and info.failure.task_state }
      end,
    }
    quick.until_state(client, lost.submit(client, true), "submitted")
    assert.same({
      { "submitting" }, { "submitting", "may-exist" }, { "submitted", "exists" },
    }, states)
  end)

  it("is one whose reply names a task, or an external id, that is another's", function()
    local client = lost.client()
    local first = client:submit { video_id = CLIP.video_id, external_task_id = "first" }
    local known = quick.until_state(client, first, "submitted").task_id
    local lies = { '"task_id":"%s"', '"task_id":"1","task_info":{"external_task_id":"first"}' }
    for i, data in ipairs(lies) do
      lost.server:fault { name = "status", on = "create", status = 200, accepted = true,
        body = ('{"code":0,"data":{%s,"task_status":"submitted"}}'):format(data:format(known)) }
      local info = quick.until_state(client, client:submit(CLIP), "submitted")
      assert.equal(lost.server:ledger()[i + 1].task_id, info.task_id)
    end
  end)

  it("that was not made fails as one that may exist", function()
    local client = lost.client()
    local failure = quick.failure(client, lost.submit(client, false))
    lost.assert_unresolved(failure, "network")
    assert.equal("query", failure.attempts[2].request)
    assert.matches("Task not found", failure.attempts[2].outcome)
    assert.not_matches("Task not found", failure.message)
    assert.equal(1, #quick.logged(lost.server, "create"))
    assert.equal(0, #lost.server:ledger())
  end)

  it("is asked for again and again until resolve_timeout is over", function()
    local client = lost.client { resolve_timeout = 2.5 }
    local started = core.now()
    quick.failure(client, lost.submit(client, false))
    local took = core.now() - started
    assert.is_true(took >= 2.5)
    assert.is_true(#quick.logged(lost.server, "query") >= 2)
  end)

  it("is not asked for where the policy says never", function()
    local client = lost.client { resolve = "never" }
    lost.assert_unresolved(quick.failure(client, lost.submit(client, true)), "network")
    assert.equal(0, #quick.logged(lost.server, "query"))
  end)

  it("is found in the list where no query by external id finds it", function()
    lost.server:variant "external_id_query_off"
    local client = lost.client()
    local job = lost.submit(client, true)
    local info = quick.until_state(client, job, "submitted")
    assert.equal(lost.server:ledger()[1].task_id, info.task_id)
    assert.equal("works", raw.gateway(client).list)
    assert.equal("unknown", raw.gateway(client).external_query)
  end)

  it("may exist where there is neither a query by external id nor a list", function()
    lost.server:variant "external_id_query_off"
    for _, wrong_path in ipairs { "wrong_path_redirect", "wrong_path_html", "wrong_path_404" } do
      lost.server:variant "list_off"
      lost.server:variant(wrong_path)
      local client = lost.client()
      lost.assert_unresolved(quick.failure(client, lost.submit(client, true)), "network")
      assert.equal("fails", raw.gateway(client).list)
    end
  end)

  for code, ours in pairs { [1002] = "auth", [1103] = "auth", [1102] = "quota" } do
    it(("ends with %d, and may exist"):format(code), function()
      lost.server:fault { name = "service_code", on = "query", code = code }
      local client = lost.client()
      local failure = quick.failure(client, lost.submit(client, true))
      lost.assert_unresolved(failure, ours)
      assert.equal(tostring(code), failure.service_code)
    end)
  end

  it("waits out an outage that is longer than resolve_timeout", function()
    lost.server:fault { name = "html", status = 502, on = "query", times = 3 }
    lost.server:fault { name = "html", status = 502, on = "list", times = 3 }
    local client = lost.client()
    local job = lost.submit(client, true)
    quick.until_state(client, job, "submitted")
    assert.equal(1, #lost.server:ledger())
    assert.is_true(#quick.logged(lost.server, "query") >= 4)
  end)

  it("is asked for at once when somebody says that its task has changed", function()
    local client = lost.client { resolve_timeout = 1000 }
    local job = lost.submit(client, true)
    local info = quick.drive(client, function()
      local _, info = client:poll(job)
      return info.failure and info
    end)
    local started = core.now()
    assert.is_true(raw.hint(client, nil, info.external_task_id))
    quick.until_state(client, job, "submitted")
    assert.is_true(core.now() - started < 0.7) -- the first pause is 0.8 s, or more
  end)

  it("is no reason to submit it anew, says a wait that was too short", function()
    local client = lost.client { resolve_timeout = 1000 }
    local job = lost.submit(client, true)
    local _, message, failure = client:wait(job, 0.1)
    assert.same({ "timeout", "may-exist", "maybe", "submitting" }, { failure.code,
      failure.task_state, failure.billed, (client:poll(job)) })
    assert.matches("last trouble", message)
    assert.matches("do not submit", failure.hint)
  end)

  it("can be cancelled, and may exist", function()
    local client = lost.client { resolve_timeout = 30 }
    local job = lost.submit(client, true)
    quick.drive(client, function()
      return select(2, client:poll(job)).failure
    end)
    local cancelled, failure = client:cancel(job)
    assert.is_true(cancelled)
    assert.same({ "cancelled", "may-exist", "maybe" },
      { failure.code, failure.task_state, failure.billed })
  end)

  it("refused later because its external id is taken was made", function()
    lost.server:fault { name = "drop_after", on = "create" }
    lost.server:variant "external_id_query_off"
    lost.server:variant "list_off"
    local client = lost.client { resolve = "resubmit" }
    raw.learn(client, { external_query = "works" }) -- which it did, before
    local failure = quick.failure(client, client:submit(CLIP))
    assert.same({ "network", "exists", "maybe" },
      { failure.code, failure.task_state, failure.billed })
    assert.equal(2, #quick.logged(lost.server, "create"))
    assert.equal(1, #lost.server:ledger())
  end)
end)

describe("a create that is refused and yet given a task id", function()
  specify_server { clock = "manual", http2 = false }

  local ID = "878000000000000001"

  -- `id`: of the task in the refusal.
  local function refuse(code, status, id)
    lost.server:fault {
      name = "status", status = status, on = "create",
      body = ('{"code":%d,"message":"no","data":{"task_id":"%s"}}'):format(code, id),
    }
  end

  for code, status in pairs { [1303] = 429, [1302] = 200, [1200] = 400, [5000] = 500 } do
    it(("with %d is followed, and not sent again"):format(code), function()
      refuse(code, status, ID)
      local client = lost.client()
      local job = client:submit(CLIP)
      local info = quick.until_state(client, job, "submitted")
      assert.equal(ID, info.task_id)
      assert.same({ "may-exist", "maybe", tostring(code) },
        { info.failure.task_state, info.failure.billed, info.failure.service_code })
      quick.drive(client, function()
        return #quick.logged(lost.server, "query") > 1
      end)
      assert.equal(1, #quick.logged(lost.server, "create"))
    end)
  end

  it("is a task like any other once it is found", function()
    local before = lost.client()
    local made = quick.until_state(before, before:submit(CLIP), "submitted")
    refuse(1303, 429, made.task_id)
    local client = lost.client()
    local job = client:submit { video_id = CLIP.video_id, external_task_id = "another" }
    quick.until_state(client, job, "submitted")
    quick.drive(client, function()
      return raw.known(client, job) == "exists"
    end)
    lost.server:advance(LIFE)
    assert(client:wait(job, PATIENCE))
  end)

  for name, id in pairs { ["dots"] = "..", ["control characters"] = "1\\u00072",
    ["bytes that are no text"] = "\255\254", ["half a character"] = "f\195",
    ["a surrogate"] = "\237\160\128", ["a long form"] = "\224\128\175" } do
    it("with an id of " .. name .. " is asked for by its external id", function()
      refuse(1303, 429, id)
      local client = lost.client()
      lost.assert_unresolved(quick.failure(client, client:submit(CLIP)), "rate_limited")
      assert.equal(1, #quick.logged(lost.server, "create"))
    end)
  end
end)

describe("a create with an external id that is taken", function()
  specify_server { clock = "manual", http2 = false }

  it("is the task that has it", function()
    local client = lost.client()
    local request = { video_id = CLIP.video_id, external_task_id = "mine-1" }
    local first = quick.until_state(client, client:submit(request), "submitted")
    local again = lost.client()
    local second = quick.until_state(again, again:submit(request), "submitted")
    assert.equal(first.task_id, second.task_id)
    assert.equal(1, #lost.server:ledger())
  end)
end)

describe("a create of an earlier process", function()
  specify_server { clock = "manual", http2 = false }

  local function restore(client, external_id)
    local request = { video_id = CLIP.video_id, external_task_id = external_id }
    return raw.start_task(client, request, external_id, false, "resolve"), request
  end

  it("is asked for at once, and not sent", function()
    local before = lost.client()
    local info = quick.until_state(before, before:submit {
      video_id = CLIP.video_id, external_task_id = "mine-2",
    }, "submitted")
    local client = lost.client { resolve_timeout = 60 }
    local job = restore(client, "mine-2")
    assert.same({ "submitting", "may-exist" }, { client:poll(job), (raw.known(client, job)) })
    assert.equal(info.task_id, quick.until_state(client, job, "submitted").task_id)
    assert.equal(1, #quick.logged(lost.server, "create"))
  end)

  it("may exist when it is not found", function()
    local client = lost.client()
    local failure = quick.failure(client, (restore(client, "mine-3")))
    assert.same({ "network", "submit", "may-exist", "maybe", "mine-3" }, { failure.code,
      failure.operation, failure.task_state, failure.billed, failure.external_task_id })
    assert.equal(0, #quick.logged(lost.server, "create"))
  end)

  it("is sent when it is not found and the policy says so", function()
    local client = lost.client { resolve = "resubmit" }
    local job = restore(client, "mine-4")
    quick.until_state(client, job, "submitted")
    assert.equal("mine-4", lost.server:ledger()[1].external_task_id)
    assert.equal(1, #quick.logged(lost.server, "create"))
  end)
end)
