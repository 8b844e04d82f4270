--- Requests that are cancelled while their connections come about: none of them is sent.

local cqueues = require "cqueues"

local emulator = require "spec.support.emulator"
local gateway = require "bench.torture.gateway"
local quick = require "spec.support.quick"

local CLIP = quick.CLIP
local SOON = 0.01 -- seconds
local MANY = 150 -- connections: many more than are closed in one turn
local ANSWERS = 3 -- at least as many as a handshake takes, and few enough for some to be left

for version, has_http2 in pairs { ["HTTP/1.1"] = false, ["HTTP/2"] = true } do
  describe("over " .. version, function()
    local server, way, cq, client

    setup(function()
      server = emulator.start { tls = true, http2 = has_http2, clock = "manual" }
      cq = cqueues.new() -- what is between client and server: while it rests so do they
      way = gateway.open(cq, tonumber(server.url:match ":(%d+)$"))
    end)

    teardown(function()
      way:become "refused"
      cq:close()
      server:stop()
    end)

    local function new_client()
      return quick.client({ url = "https://127.0.0.1:" .. way.port, ca = server.ca }, {
        max_requests = 2 * MANY,
      })
    end

    before_each(function()
      server:reset()
      client = new_client()
    end)

    after_each(quick.close_all)

    local function run_until(who, is_done)
      quick.drive(who, function()
        assert(cq:step(0))
        return is_done()
      end)
    end

    local function create(who)
      local job = who:submit(CLIP)
      run_until(who, function()
        return who:poll(job) == "submitted"
      end)
    end

    local function open_connections()
      local count = 0
      for _ in pairs(way.open) do
        count = count + 1
      end
      return count
    end

    local function begin_handshakes()
      for _ = 1, MANY do -- there are a few in each
        client:step(0)
      end
    end

    local function cancel_create(job)
      assert.equal("submitting", (client:poll(job)))
      local cancelled, failure = client:cancel(job)
      assert.is_true(cancelled)
      assert.same({ "not-created", "no" }, { failure.task_state, failure.billed })
    end

    it("a create that is cancelled is not sent", function()
      local job = client:submit(CLIP)
      client:step(0)
      cancel_create(job)
      create(client)
      assert.equal(1, #server:ledger())
    end)

    it("whoever waits is woken for what is left to do of a cancel, and not again", function()
      local job = client:submit(CLIP)
      client:step(0)
      cancel_create(job)
      assert.is_true(client:timeout() <= SOON)
      run_until(client, function()
        return client:timeout() == nil
      end)
    end)

    if not has_http2 then -- over which they leave at once, on the connection that is open
      it("a create is not sent that is cancelled together with many looks", function()
        server:fault { name = "stall", on = "query", bytes = 1 }
        create(client)
        run_until(client, function() -- the connection that was open has its work
          return #quick.logged(server, "query") == 1
        end)
        local looks = {}
        for i = 1, MANY do
          looks[i] = client:attach(tostring(i))
        end
        way.state = "silent" -- for these alone
        run_until(client, function()
          return open_connections() > MANY
        end)
        way.state = "up"
        begin_handshakes()
        local job, other = client:submit(CLIP), new_client()
        begin_handshakes()
        cancel_create(job)
        for _, look in ipairs(looks) do
          assert.is_true((client:cancel(look)))
        end
        for _ = 1, ANSWERS do
          client:step(0)
          assert.equal(0, client:timeout()) -- there are more
          create(other) -- meanwhile the server has answered the first
        end
        create(client)
        assert.equal(1 + ANSWERS + 1, #server:ledger())
      end)
    end
  end)
end
