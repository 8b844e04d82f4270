--- A connection made before it is needed.

local emulator = require "spec.support.emulator"
local quick = require "spec.support.quick"
local raw_server = require "spec.support.raw_server"

-- No look of a job's is under way when a request goes out.
local SELDOM = { first_poll = 60, poll_interval = 60, max_poll_interval = 60 }
local CLIP, PATIENCE = quick.CLIP, quick.PATIENCE

describe("client:warm", function()
  after_each(quick.close_all)

  for name, options in pairs {
    ["over HTTP/2"] = { clock = "manual", tls = true },
    ["over HTTP/1.1 with TLS"] = { clock = "manual", tls = true, http2 = false },
    ["over HTTP/1.1"] = { clock = "manual" },
  } do
    describe(name, function()
      local server

      setup(function()
        server = emulator.start(options)
      end)

      teardown(function()
        server:stop()
      end)

      before_each(function()
        server:reset()
      end)

      it("opens the connection that the next requests go out on", function()
        local client = quick.client(server, SELDOM)
        assert.is_true(client:warm())
        quick.until_state(client, client:submit(CLIP), "submitted")
        assert(client:list())
        local log = server:log()
        assert.same({ "HEAD", "POST" }, { log[1].method, log[2].method })
        for _, entry in ipairs(log) do
          assert.equal(log[1].connection, entry.connection)
        end
        assert.equal(1, #server:tasks())
      end)

      it("shows nobody the key", function()
        assert.is_true(quick.client(server):warm())
        assert.is_false(server:log()[1].has_authorization)
      end)

      it("does not wait when there is no time, and goes on all the same", function()
        local client = quick.client(server)
        local warm, _, failure = client:warm(0)
        assert.is_nil(warm)
        assert.same({ "timeout", "warm", "not-created", "no", true }, { failure.code,
          failure.operation, failure.task_state, failure.billed, failure.retryable })
        collectgarbage()
        quick.drive(client, function()
          return client:timeout() == nil -- nothing is under way any more
        end)
        assert(client:list())
        local log = server:log()
        assert.equal(log[1].connection, log[2].connection)
      end)
    end)
  end

  it("is content with any answer", function()
    local status, asked
    local raw = raw_server.start(function(connection)
      asked = raw_server.read_request(connection)
      connection:xwrite(("HTTP/1.1 %s\r\nlocation: /\r\ncontent-length: 5\r\n\r\n"):format(status))
      connection:xread(1, "bn", PATIENCE) -- until the client closes
    end)
    for _, text in ipairs { "204 No Content", "301 Moved", "401 Unauthorized", "404 Not Found",
      "503 Service Unavailable" } do
      status = text
      local client = quick.client(raw, { loop = raw.loop, base_url = raw.url .. "/gateway" })
      assert.is_true(client:warm())
      assert.matches("^HEAD /gateway/ HTTP", asked)
      client:close()
    end
    raw:stop()
  end)

  it("says why there is no connection, and may be called again", function()
    local gone = raw_server.start(function() end)
    gone:stop()
    local client = quick.client(gone)
    for _ = 1, 2 do
      local warm, message, failure = client:warm()
      assert.is_nil(warm)
      assert.same({ "network", "warm", "not-created", "no", true, 1 }, { failure.code,
        failure.operation, failure.task_state, failure.billed, failure.retryable,
        #failure.attempts })
      assert.equal("warm", failure.attempts[1].request)
      assert.matches("^cannot connect to the service: ", message)
    end
  end)

  it("says when the server is not trusted", function()
    local server = emulator.start { clock = "manual", tls = true }
    finally(function()
      server:stop()
    end)
    local _, _, failure = quick.client(server, { ca = false }):warm()
    assert.same({ "network", false }, { failure.code, failure.retryable })
    assert.matches("%f[%w]ca%f[%W]", failure.hint)
  end)

  it("ends with connect_timeout when nothing answers", function()
    local raw = raw_server.start(function(connection)
      connection:xread(1e6, "bn", PATIENCE)
    end, "https")
    local client = quick.client(raw, { loop = raw.loop, connect_timeout = 0.1 })
    local _, _, failure = client:warm()
    assert.same({ "timeout", "warm", true },
      { failure.code, failure.operation, failure.retryable })
    assert.not_matches("attach", failure.hint)
    client:close()
    raw:stop()
  end)

  it("is stopped by close", function()
    local raw = raw_server.start(function(connection)
      connection:xread(1e6, "bn", PATIENCE)
    end, "https")
    local client = quick.client(raw, { loop = raw.loop })
    assert.is_nil((client:warm(0.01)))
    client:close()
    raw:stop()
  end)

  it("refuses what is no time", function()
    local server = raw_server.start(function() end)
    local client = quick.client(server)
    for _, seconds in ipairs { -1, "1", 0 / 0 } do
      assert.has_error(function()
        client:warm(seconds)
      end)
    end
    server:stop()
  end)
end)
