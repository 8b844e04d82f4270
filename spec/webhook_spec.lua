--- Callbacks from end to end: hints that make a job look now, whatever the sender does with them.

local cqueues = require "cqueues"

local callback_server = require "spec.support.callback_server"
local emulator = require "spec.support.emulator"
local quick = require "spec.support.quick"
local webhook = require "kling.webhook"

local LIFE = 10 -- seconds; longer than any task here lives
local SECRET = "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI="
local NEVER = 1000 -- seconds: only a callback makes such a client look
local SLOW = { first_poll = NEVER, poll_interval = NEVER, max_poll_interval = NEVER }
local SOME_TURNS = 20

describe("a callback", function()
  local server, inbox

  setup(function()
    server = emulator.start { clock = "manual" }
    inbox = callback_server.start()
  end)

  teardown(function()
    server:stop()
    inbox:stop()
  end)

  before_each(function()
    server:reset()
  end)

  after_each(quick.close_all)

  local function make_client(options)
    local merged = { loop = inbox.loop }
    for name, value in pairs(options) do
      merged[name] = value
    end
    return quick.client(server, merged)
  end

  -- A client, its receiver behind the inbox, and all that the receiver is given and returns.
  local function start(client_options, receiver_options)
    local client = make_client(client_options or SLOW)
    local options = { url = inbox.url .. "/kling/callback" }
    for name, value in pairs(receiver_options or {}) do
      options[name] = value
    end
    local receiver = webhook.receiver(client, options)
    local taken = {}
    local receive = receiver.receive
    receiver.receive = function(self, path, ...)
      local event, message, failure = receive(self, path, ...)
      taken[#taken + 1] = { path = path, event = event, failure = failure }
      return event, message, failure
    end
    inbox.onstream = receiver:lua_http()
    return client, receiver, taken
  end

  local function submit(client, receiver)
    return client:submit(receiver:request(quick.CLIP))
  end

  local function until_logged(client, kind, number)
    return inbox:drive(client, function()
      local entries = quick.logged(server, kind)
      return #entries >= number and entries
    end)
  end

  local function states(entries)
    local words = {}
    for i, entry in ipairs(entries) do
      words[i] = entry.body:match '"task_status":"(%a+)"' or entry.body:match '"status":"(%a+)"'
    end
    return words
  end

  for _, generation in ipairs { "legacy", "new" } do
    it("ends a wait long before the next look is due, in its " .. generation .. " form", function()
      server:callbacks { generation = generation }
      local client, receiver, taken = start()
      local job = submit(client, receiver)
      until_logged(client, "callback", 1)
      server:advance(LIFE)
      local result = assert(client:wait(job, quick.PATIENCE))
      assert.is_string(result.audios[1].mp3.url)
      local callbacks = until_logged(client, "callback", 3)
      local success = generation == "new" and "succeeded" or "succeed"
      assert.same({ "submitted", "processing", success }, states(callbacks))
      for i, entry in ipairs(callbacks) do
        assert.equal(204, entry.status)
        local event = taken[i].event
        assert.equal(result.task_id, event.task_id)
        assert.equal(result.external_task_id, event.external_task_id)
        assert.is_nil(event.verified)
      end
      assert.same({ "succeeded", true }, { taken[3].event.state, taken[1].event.known })
      assert.is_true(#quick.logged(server, "query") <= 3)
    end)
  end

  it("wakes whoever sleeps until the next look", function()
    local client, receiver = start()
    submit(client, receiver)
    local before = inbox.wakes
    until_logged(client, "callback", 1)
    assert.is_true(inbox.wakes > before)
  end)

  it("ends a wait that sleeps on the client's descriptor", function()
    local client, receiver = start {
      first_poll = NEVER, poll_interval = NEVER, max_poll_interval = NEVER, loop = "cqueues",
    }
    local job = submit(client, receiver)
    local program = cqueues.new()
    local result
    program:wrap(function()
      result = client:wait(job, quick.PATIENCE)
    end)
    program:wrap(function()
      repeat
        cqueues.poll(inbox.cq, 0.1)
        inbox:step()
      until result
    end)
    program:wrap(function()
      repeat
        cqueues.sleep(0.01)
      until #server:ledger() == 1
      server:advance(LIFE)
    end)
    assert(program:loop(quick.PATIENCE))
    assert.is_truthy(result)
  end)

  it("that comes three times does what it does once", function()
    server:callbacks { times = 3 }
    local client, receiver = start()
    local job = submit(client, receiver)
    until_logged(client, "callback", 3)
    server:advance(LIFE)
    assert(client:wait(job, quick.PATIENCE))
    until_logged(client, "callback", 9)
    inbox:idle(client, SOME_TURNS)
    assert.equal(1, #server:ledger())
    assert.equal("succeeded", (client:poll(job)))
  end)

  it("that comes three times signed is known again by its id", function()
    server:callbacks { times = 3, secret = SECRET }
    local client, receiver, taken = start(SLOW, { secrets = SECRET })
    submit(client, receiver)
    local callbacks = until_logged(client, "callback", 3)
    for i = 1, 3 do
      local event = taken[i].event
      assert.same({ 204, true, i > 1, i == 1 },
        { callbacks[i].status, event.verified, event.repeated == true, event.known })
    end
    inbox:idle(client, SOME_TURNS)
    assert.equal(1, #quick.logged(server, "query"))
  end)

  it("that comes out of order takes no job back", function()
    server:callbacks { reversed = true }
    local seen = {}
    local client, receiver = start {
      first_poll = NEVER, poll_interval = NEVER, max_poll_interval = NEVER,
      on_change = function(_, state)
        seen[#seen + 1] = state
      end,
    }
    local job = submit(client, receiver)
    until_logged(client, "create", 1)
    server:advance(LIFE)
    assert(client:wait(job, quick.PATIENCE))
    assert.same({ "succeed", "processing", "submitted" },
      states(until_logged(client, "callback", 3)))
    assert.same({ "submitting", "submitted", "succeeded" }, seen)
  end)

  it("that comes before the create's reply is followed by a look right after it", function()
    server:callbacks { early = true }
    local client, receiver, taken
    local known_before
    client, receiver, taken = start {
      first_poll = NEVER, poll_interval = NEVER, max_poll_interval = NEVER,
      on_change = function(_, state)
        if state == "submitted" then
          known_before = taken[1] and taken[1].event.known
        end
      end,
    }
    submit(client, receiver)
    until_logged(client, "query", 1)
    assert.is_true(known_before)
    assert.equal("early", until_logged(client, "callback", 1)[1].fault)
  end)

  it("that comes late ends the wait when it comes", function()
    server:callbacks { late = 60 }
    local client, receiver = start()
    local job = submit(client, receiver)
    until_logged(client, "create", 1)
    server:advance(LIFE)
    inbox:idle(client, SOME_TURNS)
    assert.same({}, quick.logged(server, "callback"))
    server:advance(60)
    assert(client:wait(job, quick.PATIENCE))
  end)

  it("that is lost is made up for by polling", function()
    server:callbacks { lost = true }
    local client, receiver = start { max_poll_interval = 0.05 }
    local job = submit(client, receiver)
    until_logged(client, "create", 1)
    server:advance(LIFE)
    assert(client:wait(job, quick.PATIENCE))
    assert.equal("lost", until_logged(client, "callback", 3)[3].fault)
  end)

  it("that lies costs one look and changes nothing", function()
    server:callbacks { forge = "state" }
    local client, receiver, taken = start()
    local job = submit(client, receiver)
    until_logged(client, "query", 1)
    inbox:idle(client, SOME_TURNS)
    assert.equal("succeeded", taken[1].event.state)
    assert.equal("submitted", (client:poll(job)))
    assert.equal(1, #quick.logged(server, "query"))
    assert.equal("timeout", select(3, client:wait(job, 0.02)).code)
  end)

  it("to a path with another token is turned away and causes no look", function()
    server:callbacks { forge = "token" }
    local client, receiver, taken = start()
    submit(client, receiver)
    assert.equal(401, until_logged(client, "callback", 1)[1].status)
    inbox:idle(client, SOME_TURNS)
    assert.equal("auth", taken[1].failure.code)
    assert.same({}, quick.logged(server, "query"))
  end)

  it("that is not signed is turned away where one has the secret, and polling goes on", function()
    local client, receiver, taken = start({ max_poll_interval = 0.05 }, { secrets = { SECRET } })
    local job = submit(client, receiver)
    assert.equal(401, until_logged(client, "callback", 1)[1].status)
    server:advance(LIFE)
    assert(client:wait(job, quick.PATIENCE))
    assert.matches("not signed", taken[1].failure.message)
  end)

  describe("by hand", function()
    local function post(receiver, request, body)
      local path = request.callback_url:match "^%a+://[^/]+(.*)$"
      return receiver:receive(path, {}, body or '{"task_id":"1","task_status":"processing"}')
    end

    before_each(function()
      server:callbacks { lost = true }
    end)

    it("makes its task looked at rarely from the start, and others as ever", function()
      local client, receiver = start { max_poll_interval = NEVER, patience = 0 }
      local called = submit(client, receiver)
      local plain = client:submit(quick.CLIP)
      local plain_id = inbox:drive(client, function()
        return select(2, client:poll(plain)).task_id
      end)
      local queries = until_logged(client, "query", 5)
      for _, entry in ipairs(queries) do
        assert.matches(plain_id .. "$", entry.path)
      end
      assert.equal("submitted", (client:poll(called)))
    end)

    it("that comes during a look causes another one", function()
      server:fault { name = "delay", on = "query", seconds = 0.3 }
      local client, receiver = start()
      local request = receiver:request(quick.CLIP)
      local job = client:submit(request)
      inbox:drive(client, function()
        return (client:poll(job)) == "submitted"
      end)
      assert.is_true(post(receiver, request).known)
      client:step(0) -- the look goes out
      assert.is_true(post(receiver, request).known)
      assert.is_true(post(receiver, request).known)
      until_logged(client, "query", 2)
      inbox:idle(client, SOME_TURNS)
      assert.equal(2, #quick.logged(server, "query"))
    end)

    it("does not cut short the pause that the service asked for", function()
      server:fault { name = "too_fast", on = "query", retry_after = 60, times = 1 }
      local client, receiver = start()
      local request = receiver:request(quick.CLIP)
      local job = client:submit(request)
      inbox:drive(client, function()
        return (client:poll(job)) == "submitted"
      end)
      post(receiver, request)
      inbox:drive(client, function()
        return select(2, client:poll(job)).failure
      end)
      assert.is_true(post(receiver, request).known)
      inbox:idle(client, SOME_TURNS)
      assert.equal(1, #quick.logged(server, "query"))
    end)

    it("never brings a create forward", function()
      server:fault { name = "too_many", on = "create", retry_after = 60 }
      local client, receiver = start()
      local request = receiver:request(quick.CLIP)
      local job = client:submit(request)
      post(receiver, request)
      inbox:drive(client, function()
        return select(2, client:poll(job)).failure
      end)
      assert.is_true(post(receiver, request).known)
      inbox:idle(client, SOME_TURNS)
      assert.equal(1, #quick.logged(server, "create"))
      assert.equal("queued", (client:poll(job)))
    end)

    it("leaves those alone that are held back by max_running", function()
      local client, receiver = start { max_running = 1 }
      local requests, jobs = {}, {}
      for i = 1, 3 do
        requests[i] = receiver:request(quick.CLIP)
        jobs[i] = client:submit(requests[i])
      end
      until_logged(client, "create", 1)
      assert.is_true(post(receiver, requests[2]).known)
      inbox:idle(client, SOME_TURNS)
      for i = 1, 3 do
        assert.equal(i, #until_logged(client, "create", i))
        server:advance(LIFE)
        assert(client:wait(jobs[i], quick.PATIENCE))
      end
    end)

    it("finds a task that was attached to by the service's id", function()
      local client, receiver = start()
      local job = submit(client, receiver)
      local task_id = inbox:drive(client, function()
        return select(2, client:poll(job)).task_id
      end)
      server:variant "task_info_absent" -- the other process cannot learn the external id
      local other, its_receiver = start()
      other:attach(task_id)
      inbox:drive(other, function()
        return #quick.logged(server, "query") == 1
      end)
      local body = ('{"task_id":"%s","task_status":"succeed"}'):format(task_id)
      assert.is_true(post(its_receiver, its_receiver:request(quick.CLIP), body).known)
      inbox:drive(other, function()
        return #quick.logged(server, "query") == 2
      end)
    end)

    it("after the end, and after close, does nothing", function()
      local client, receiver = start()
      local request = receiver:request(quick.CLIP)
      local job = client:submit(request)
      inbox:drive(client, function()
        return (client:poll(job)) == "submitted"
      end)
      server:advance(LIFE)
      assert.is_true(post(receiver, request).known)
      assert(client:wait(job, quick.PATIENCE))
      assert.is_false(post(receiver, request).known)
      client:close()
      assert.is_false(post(receiver, request).known)
    end)
  end)
end)
