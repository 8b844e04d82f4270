--- The clocks, and seconds as poll takes them.

local core = require "kling.core"
local parts = require "kling_parts"

local INT_MAX = 2147483647

describe("the clock", function()
  it("never goes back", function()
    local previous = core.now()
    for _ = 1, 1000 do
      local now = core.now()
      assert.is_true(now >= previous)
      previous = now
    end
  end)

  it("goes on", function()
    local start = core.now()
    repeat until core.now() > start
    assert.is_true(core.now() > start)
  end)

  it("tells people the time", function()
    assert.is_true(math.abs(parts.clock_wall() - os.time()) < 60)
  end)
end)

describe("milliseconds for poll", function()
  it("are rounded up, never down", function()
    local cases = {
      { 0.001, 1 }, { 0.0011, 2 }, { 0.0001, 1 }, { 1e-9, 1 }, { 1e-300, 1 },
      { 1, 1000 }, { 1.0005, 1001 }, { 0.25, 250 }, { 2147483.5, 2147483500 },
    }
    for _, case in ipairs(cases) do
      assert.equal(case[2], parts.clock_ms(case[1]))
    end
  end)

  it("are never shorter than the seconds were, nor longer by more than one", function()
    for i = 1, 2000 do
      local seconds = i * i / 7919
      local ms = parts.clock_ms(seconds)
      assert.is_true(ms >= seconds * 1000 and ms < seconds * 1000 + 1)
    end
  end)

  it("are 0 for what is over", function()
    for _, seconds in ipairs { 0, -1e-9, -1, -1e300, -math.huge } do
      assert.equal(0, parts.clock_ms(seconds))
    end
  end)

  it("are as many as an int holds for what is longer", function()
    for _, seconds in ipairs { 2147483.647, 2147484, 1e300, math.huge } do
      assert.equal(INT_MAX, parts.clock_ms(seconds))
    end
  end)
end)
