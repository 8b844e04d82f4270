--- When to look at a task again.

local parts = require "kling_parts"

local DEFAULT = { 3, 3, 15 } -- first_poll, poll_interval, max_poll_interval
local MIDDLE = 0.5 -- of the dice: no jitter
local ALMOST_ONE = 1 - 2 ^ -53
local GROWTH = 1.25

local function next_look(cadence, looks, u)
  return parts.cadence_next(cadence, looks, u or MIDDLE)
end

describe("the time to the next look", function()
  it("is first_poll before the first", function()
    assert.near(3, next_look(DEFAULT, 0), 1e-9)
    assert.near(8, next_look({ 8, 1, 2 }, 0), 1e-9) -- longer than any interval: as asked
    assert.equal(0, next_look({ 0, 1, 2 }, 0))
  end)

  it("is poll_interval after the first, then a quarter longer each time", function()
    local expected = 3
    for looks = 1, 8 do
      assert.near(math.min(expected, 15), next_look(DEFAULT, looks), 1e-9)
      expected = expected * GROWTH
    end
  end)

  it("never gets shorter and ends at max_poll_interval", function()
    local previous = 0
    for looks = 1, 60 do
      local seconds = next_look(DEFAULT, looks)
      assert.is_true(seconds >= previous and seconds <= 15)
      previous = seconds
    end
    assert.equal(15, previous)
  end)

  it("stays at max_poll_interval after any number of looks", function()
    for _, looks in ipairs { 100, 65535, 2147483647 } do
      assert.near(15, next_look(DEFAULT, looks), 1e-9)
    end
  end)

  it("varies by a tenth, by the dice", function()
    assert.near(3 * 0.9, next_look(DEFAULT, 0, 0), 1e-9)
    assert.near(3 * 1.1, next_look(DEFAULT, 0, ALMOST_ONE), 1e-9)
    assert.near(3 * 0.9, next_look(DEFAULT, 1, 0), 1e-9)
    assert.near(3 * 1.1, next_look(DEFAULT, 1, ALMOST_ONE), 1e-9)
    assert.near(15 * 0.9, next_look(DEFAULT, 50, 0), 1e-9)
  end)

  it("is never longer than max_poll_interval", function()
    for looks = 1, 40 do
      for step = 0, 20 do
        assert.is_true(next_look(DEFAULT, looks, step / 20 * ALMOST_ONE) <= 15)
      end
    end
  end)

  it("is max_poll_interval when poll_interval is longer", function()
    for looks = 1, 5 do
      assert.near(2, next_look({ 1, 60, 2 }, looks), 1e-9)
      assert.is_true(next_look({ 1, 60, 2 }, looks, ALMOST_ONE) <= 2)
    end
  end)
end)
