--- The torture bench, in short: `make torture` has the whole of it.

-- As in `make torture`: on one Lua. What could differ between them is in faults_spec, for each.
if _VERSION ~= "Lua 5.4" then
  return
end

local cap = require "bench.torture.cap"
local crashes = require "bench.torture.crashes"
local fleet = require "bench.torture.fleet"
local outage = require "bench.torture.outage"
local overshoot = require "bench.torture.overshoot"
local scratch = require "spec.support.scratch"

-- What a busy machine may add is no concern of these specs.
local LATE = 2000 -- ms
local MOST = { ratio = 2, late_refused = 0.3 }

-- faketime and AddressSanitizer wait for each other for ever.
local on_moved_clock = (os.getenv "LD_PRELOAD" or ""):find "asan" and pending or it

local function assert_no_problem(report)
  assert.same({}, report.problems, table.concat(report.lines, "\n"))
end

describe("a client", function()
  it("that is killed again and again pays once, and brings whole files", function()
    assert_no_problem(crashes.run { first = 1, last = 6 })
  end)

  on_moved_clock("rides out ten minutes without the service", function()
    assert_no_problem(outage.run(outage.MOMENTS))
  end)

  it("returns by its deadline when nobody ever answers", function()
    assert_no_problem(overshoot.run(5, LATE))
  end)

  it("takes over the tasks of one that died, and of no other", function()
    local folder = scratch.new()
    local report = fleet.run {
      store = "sqlite:" .. folder .. "/tasks.db", lease = 1, processes = 4, tasks = 5, seconds = 8,
    }
    scratch.remove(folder)
    assert_no_problem(report)
  end)

  on_moved_clock("learns how many tasks the service runs at once", function()
    assert_no_problem(cap.run({ 5 }, 0.25, MOST))
  end)
end)
