--- Create requests: no task is paid for twice, and only what cannot have arrived is sent again.

local core = require "kling.core"
local emulator = require "spec.support.emulator"
local quick = require "spec.support.quick"
local raw_server = require "spec.support.raw_server"

local CLIP, PATIENCE = quick.CLIP, quick.PATIENCE

-- What is refused for now: the fault, and the service's code.
local BUSY = {
  ["1302"] = { { name = "too_fast" }, "1302" },
  ["1303"] = { { name = "too_many" }, "1303" },
  ["429 and no code"] = { { name = "status", status = 429,
    body = '{"error":{"message":"too many requests","type":"comet_api_error","code":""}}' } },
  ["429 and a code of its own"] = { { name = "status", status = 429,
    body = '{"error":{"message":"slow down","code":"rate_limit_exceeded"}}' },
    "rate_limit_exceeded" },
  ["429 and a page"] = { { name = "html", status = 429 } },
}

local function assert_may_exist(failure, code, job_info)
  assert.same({
    code = code,
    operation = "submit",
    task_state = "may-exist",
    billed = "maybe",
    retryable = false,
    external_task_id = job_info.external_task_id,
  }, {
    code = failure.code,
    operation = failure.operation,
    task_state = failure.task_state,
    billed = failure.billed,
    retryable = failure.retryable,
    external_task_id = failure.external_task_id,
  })
  assert.matches(failure.external_task_id, failure.hint, 1, true)
  assert.equal("create", failure.attempts[1].request)
end

-- name -> the fault, the failure's code, how often the service has billed
local lost_creates = {
  ["is reset before the reply"] = { { name = "reset" }, "network", 1 },
  ["is dropped before it is carried out"] = { { name = "drop_before" }, "network", 0 },
  ["is dropped after it was carried out"] = { { name = "drop_after" }, "network", 1 },
  ["is answered too late"] = { { name = "delay", seconds = 0.6 }, "timeout", 1 },
  ["is answered with 500"] = { { name = "service_code", code = 5000 }, "unavailable", 0 },
  ["is answered with 504, accepted"] =
    { { name = "service_code", code = 5002, accepted = true }, "unavailable", 1 },
  ["is answered with 524"] = { { name = "html", status = 524, accepted = true }, "unavailable", 1 },
  ["is answered with a page"] = { { name = "html", status = 200, accepted = true }, "protocol", 1 },
  ["is answered with nothing"] = { { name = "empty" }, "protocol", 1 },
  ["is answered with half a reply"] = { { name = "truncated_json" }, "protocol", 1 },
  ["is cut off in the reply"] = { { name = "cut", bytes = 10 }, "network", 1 },
  ["is reset in the reply"] = { { name = "reset", bytes = 10 }, "network", 1 },
}

-- Over HTTP/1.1 alone: bytes that are no HTTP.
local lost_in_bytes = {
  ["is answered with bytes that are no HTTP"] = "mumble\r\n\r\n",
  ["is answered with a bad gzip"] = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n"
    .. "content-length: 5\r\n\r\nhello",
}

local servers = {
  ["HTTP/1.1"] = { clock = "manual", http2 = false },
  ["HTTP/2 over TLS"] = { clock = "manual", tls = true },
}

for transport, server_options in pairs(servers) do
  describe("a create over " .. transport, function()
    local server

    setup(function()
      server = emulator.start(server_options)
    end)

    teardown(function()
      server:stop()
    end)

    before_each(function()
      server:reset()
    end)

    after_each(quick.close_all)

    local function lose(fault, code, bills, is_reused)
      local client = quick.client(server, { request_timeout = 0.3, resolve = "never" })
      if is_reused then
        assert(client:list())
      end
      fault.on, fault.times = "create", 1
      server:fault(fault)
      local job = client:submit(CLIP)
      local failure = quick.failure(client, job)
      local _, info = job:poll()
      client:step(0.02) -- a job that ended has nothing left to send
      assert.equal(1, #quick.logged(server, "create"))
      assert.equal(bills, #server:ledger())
      assert_may_exist(failure, code, info)
      if transport == "HTTP/2 over TLS" then
        assert.equal(2, quick.logged(server, "create")[1].version)
      end
    end

    for name, case in pairs(lost_creates) do
      it("that " .. name .. " is not sent again", function()
        lose(case[1], case[2], case[3])
      end)

      -- libcurl's own mercy: only where it has not seen a reply begin
      if not case[1].status and not case[1].bytes then
        it("that " .. name .. " on a used connection is not sent again", function()
          lose(case[1], case[2], case[3], true)
        end)
      end
    end
  end)
end

describe("a create", function()
  local server

  setup(function()
    server = emulator.start { clock = "manual", http2 = false }
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    server:reset()
  end)

  after_each(quick.close_all)

  for name, bytes in pairs(lost_in_bytes) do
    it("that " .. name .. " is not sent again", function()
      server:fault { name = "raw", on = "create", text = bytes }
      local client = quick.client(server, { resolve = "never" })
      local job = client:submit(CLIP)
      local failure = quick.failure(client, job)
      assert_may_exist(failure, "protocol", select(2, job:poll()))
      assert.equal(1, #quick.logged(server, "create"))
    end)
  end

  it("is not sent again by libcurl when a used connection dies under it", function()
    local creates = 0
    local raw = raw_server.start(function(connection)
      local head = raw_server.read_request(connection)
      while head and head:match "^GET" do
        connection:xwrite(raw_server.reply '{"code":0,"data":[]}', "bn")
        head = raw_server.read_request(connection)
      end
      creates = creates + (head and 1 or 0)
    end)
    local client = quick.client(raw, { loop = raw.loop, resolve = "never" })
    assert.same({}, client:list())
    local connections = raw.connections
    local job = client:submit(CLIP)
    quick.until_state(client, job, "submitting")
    raw.loop.pause(client, 0.01)
    assert.equal(connections, raw.connections) -- it went out on the used one
    local failure = quick.failure(client, job)
    for _ = 1, 20 do
      raw.loop.pause(client, 0.005)
    end
    assert.equal(1, creates)
    assert_may_exist(failure, "network", select(2, job:poll()))
    client:close()
    raw:stop()
  end)

  for name, case in pairs(BUSY) do
    it("refused with " .. name .. " is sent again", function()
      case[1].on, case[1].times = "create", 1
      server:fault(case[1])
      local client = quick.client(server)
      local job = client:submit(CLIP)
      local info = quick.until_state(client, job, "submitted")
      assert.equal(2, #quick.logged(server, "create"))
      assert.equal(1, #server:ledger())
      assert.equal("rate_limited", info.failure.code)
      assert.equal(case[2], info.failure.service_code)
    end)
  end

  it("refused with 429 for want of money is not", function()
    server:fault { name = "status", on = "create", status = 429,
      body = '{"error":{"message":"exceeded","code":"insufficient_quota"}}' }
    local client = quick.client(server)
    local failure = quick.failure(client, client:submit(CLIP))
    assert.same({ "quota", "not-created", false },
      { failure.code, failure.task_state, failure.retryable })
    assert.equal(1, #quick.logged(server, "create"))
  end)

  it("waits as long as Retry-After says", function()
    server:fault { name = "too_fast", on = "create", retry_after = 1 }
    local client = quick.client(server)
    local started = core.now()
    quick.until_state(client, client:submit(CLIP), "submitted")
    assert.is_true(core.now() - started >= 1)
    assert.equal(2, #quick.logged(server, "create"))
  end)

  it("gives up when submit_timeout is over", function()
    server:fault { name = "too_many", on = "create", forever = true }
    local client = quick.client(server, { submit_timeout = 0.5 })
    local started = core.now()
    local failure = quick.failure(client, client:submit(CLIP))
    assert.is_true(core.now() - started < 1.5)
    assert.same({ "rate_limited", "not-created", "no", true },
      { failure.code, failure.task_state, failure.billed, failure.retryable })
    assert.equal(#failure.attempts, #quick.logged(server, "create"))
  end)

  it("is tried once when submit_timeout is 0", function()
    server:fault { name = "too_many", on = "create", forever = true }
    local client = quick.client(server, { submit_timeout = 0 })
    quick.failure(client, client:submit(CLIP))
    assert.equal(1, #quick.logged(server, "create"))
  end)

  -- Codes of Kling's table (K-docs) that end at once, and what they mean to us.
  local final = {
    [1000] = "auth", [1001] = "auth", [1002] = "auth", [1003] = "auth", [1004] = "auth",
    [1100] = "quota", [1101] = "quota", [1102] = "quota", [1103] = "auth",
    [1200] = "rejected", [1201] = "rejected", [1202] = "rejected", [1203] = "rejected",
    [1300] = "policy", [1301] = "policy", [1304] = "auth",
  }
  for code, ours in pairs(final) do
    it(("refused with %d ends at once"):format(code), function()
      server:fault { name = "service_code", on = "create", code = code, forever = true }
      local client = quick.client(server)
      local failure = quick.failure(client, client:submit(CLIP))
      assert.same({ ours, "not-created", "no", tostring(code), false }, { failure.code,
        failure.task_state, failure.billed, failure.service_code, failure.retryable })
      assert.equal(1, #quick.logged(server, "create"))
      assert.equal(0, #server:ledger())
    end)
  end

  it("with an external id that is taken says that the task exists", function()
    local client = quick.client(server)
    local request = { video_id = CLIP.video_id, external_task_id = "mine-1" }
    quick.until_state(client, client:submit(request), "submitted")
    local other = quick.client(server, { resolve = "never" }) -- for the first it is the same job
    local failure = quick.failure(other, other:submit(request))
    assert.same({ "rejected", "exists", "no", "1201", false, "mine-1" }, { failure.code,
      failure.task_state, failure.billed, failure.service_code, failure.retryable,
      failure.external_task_id })
    assert.matches("another id", failure.hint)
    assert.equal(2, #quick.logged(server, "create"))
    assert.equal(1, #server:ledger())
  end)

  it("is sent again while nobody listens, and then once", function()
    local free = raw_server.start(function() end)
    local port, url = free.port, free.url
    free:stop()
    local client = quick.client { url = url }
    local job = client:submit(CLIP)
    quick.drive(client, function()
      local state, info = client:poll(job)
      return state == "queued" and info.failure
    end)
    local late = emulator.start { port = port, clock = "manual" }
    finally(function()
      late:stop()
    end)
    local info = quick.until_state(client, job, "submitted")
    assert.equal("network", info.failure.code)
    assert.equal("create", info.failure.attempts[1].request)
    assert.equal(1, #quick.logged(late, "create"))
    assert.equal(1, #late:ledger())
  end)

  it("that finds nobody until submit_timeout says that nothing was made", function()
    local free = raw_server.start(function() end)
    free:stop()
    local client = quick.client({ url = free.url }, { submit_timeout = 0.3 })
    local failure = quick.failure(client, client:submit(CLIP))
    assert.same({ "network", "not-created", "no", true }, { failure.code, failure.task_state,
      failure.billed, failure.retryable })
    assert.matches("connect", failure.message)
  end)

  it("to a name that does not resolve is tried again", function()
    -- a label of more than 63 characters: the resolver says no without asking anybody (RFC 1035)
    local url = "https://" .. ("a"):rep(64) .. ".invalid"
    local client = quick.client { url = url }
    local job = client:submit(CLIP)
    local failure = quick.drive(client, function()
      local _, info = client:poll(job)
      return info.failure and #info.failure.attempts > 1 and info.failure
    end)
    assert.same({ "network", "not-created", "no" },
      { failure.code, failure.task_state, failure.billed })
    assert.matches("resolve", failure.message)
  end)

  it("whose TLS handshake is cut is tried again", function()
    local raw = raw_server.start(function(connection)
      connection:xread(1, "bn", PATIENCE)
    end, "https")
    local client = quick.client(raw, { loop = raw.loop })
    local job = client:submit(CLIP)
    local failure
    local deadline = core.now() + PATIENCE
    repeat
      failure = select(3, client:wait(job, 0.02))
    until #failure.attempts > 1 or core.now() > deadline
    assert.same({ "timeout", "not-created", "no" },
      { failure.code, failure.task_state, failure.billed })
    assert.is_true(raw.connections > 1)
    assert.matches("SSL", failure.attempts[1].outcome)
    client:close()
    raw:stop()
  end)
end)
