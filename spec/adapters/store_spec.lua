--- A client with a store, waited for by a loop's coroutines: whoever takes a turn writes for all.

local core = require "kling.core"
local emulator = require "spec.support.emulator"
local quick = require "spec.support.quick"
local remembering = require "spec.support.remembering"

local LEASE = 0.3 -- seconds
local LIFE = { submitted = 0.3, processing = 0.6 } -- seconds; longer than a lease

local function run_all(host, functions)
  local left = #functions
  for _, f in ipairs(functions) do
    host.start(function()
      f()
      left = left - 1
    end)
  end
  local deadline = core.now() + quick.PATIENCE
  local function is_done()
    return left == 0
  end
  while not is_done() do
    assert(core.now() < deadline, "a coroutine did not end")
    host.turn(is_done)
  end
end

for _, name in ipairs { "blocking", "cqueues", "luv", "copas" } do
  local is_there, host = pcall(require, "spec.hosts." .. name)
  if is_there then
    describe("a store under " .. name, function()
      local server, store

      setup(function()
        server = emulator.start { life = LIFE }
      end)

      teardown(function()
        server:stop()
      end)

      before_each(function()
        store = remembering.new(server)
      end)

      after_each(function()
        quick.close_all()
        store:remove()
      end)

      it("keeps its leases while several wait, and writes down what becomes of all", function()
        local client = store:client { loop = host.loop, lease = LEASE }
        local other = store:client { loop = host.loop, lease = LEASE }
        local jobs, waits, results = {}, {}, {}
        for i = 1, 4 do
          local whose = i < 4 and client or other -- the other waits for what the first runs
          jobs[i] = whose:submit(remembering.named(i < 4 and "task " .. i or "task 1"))
          waits[i] = function()
            results[i] = whose:wait(jobs[i], quick.PATIENCE)
          end
        end
        run_all(host, waits)
        assert.equal(4, #results)
        assert.equal(results[1].task_id, results[4].task_id)
        assert.same({}, client:pending())
        assert.equal(3, #server:ledger())
      end)
    end)
  end
end
