--- A connection that a router has forgotten answers nothing and never breaks. Over HTTP/2 each look
-- at a task was sent there, for as long as the system itself took to give it up.

local cqueues = require "cqueues"

local emulator = require "spec.support.emulator"
local gateway = require "bench.torture.gateway"
local quick = require "spec.support.quick"

describe("a forgotten connection", function()
  local server

  setup(function()
    server = emulator.start { tls = true, clock = "manual" }
  end)

  teardown(function()
    server:stop()
  end)

  after_each(quick.close_all)

  it("of HTTP/2 is left with the first request it does not answer", function()
    local cq = cqueues.new()
    local way = gateway.open(cq, tonumber(server.url:match ":(%d+)$"))
    local client = quick.client({ url = "https://127.0.0.1:" .. way.port, ca = server.ca },
      { loop = "cqueues", request_timeout = 0.5 })
    local brought, message
    cq:wrap(function()
      local job = client:submit(quick.CLIP)
      repeat
        cqueues.sleep(0.01)
        local state = client:poll(job)
      until state == "submitted"
      way:forget()
      server:advance(100)
      brought, message = client:wait(job, 10)
      client:close()
      way:become "refused"
    end)
    assert(cq:loop(quick.PATIENCE))
    cq:close()
    assert.is_truthy(brought, message)
    assert.equal(2, quick.logged(server, "query")[1].version)
  end)
end)
