--- When to try again.

local parts = require "kling_parts"

local NOT_SAID = -1
local ALMOST_ONE = 1 - 2 ^ -53
local SMALLEST, LARGEST = 0.1, 30 -- seconds
local ASKED_MAX = 60 -- seconds; what a server may ask for
local OURS = 0.5 -- seconds on top of what was asked for, at most

local function delay(failures, retry_after, u)
  return parts.retry_delay(failures, retry_after, u)
end

describe("the delay before another try", function()
  it("is below a bound that doubles from 1 s to 30 s", function()
    local bounds = { 1, 2, 4, 8, 16, 30, 30, 30 }
    for failures, bound in ipairs(bounds) do
      assert.near(bound, delay(failures, NOT_SAID, ALMOST_ONE), 1e-9)
      assert.near(bound / 2, delay(failures, NOT_SAID, 0.5), 1e-9)
    end
  end)

  it("is anything from 0.1 s to the bound, in proportion to the dice", function()
    for failures = 1, 12 do
      local previous = 0
      for step = 0, 99 do
        local seconds = delay(failures, NOT_SAID, step / 100)
        assert.is_true(seconds >= SMALLEST and seconds < LARGEST)
        assert.is_true(seconds >= previous)
        previous = seconds
      end
    end
  end)

  it("is never nothing", function()
    assert.equal(SMALLEST, delay(1, NOT_SAID, 0))
    assert.equal(SMALLEST, delay(1000, NOT_SAID, 0))
  end)

  it("stays below 30 s after any number of failures", function()
    for _, failures in ipairs { 6, 63, 64, 65, 1000, 65535, 2147483647 } do
      assert.near(LARGEST, delay(failures, NOT_SAID, ALMOST_ONE), 1e-9)
    end
  end)

  it("is what the server asked for, and a little more by the dice", function()
    for _, asked in ipairs { 0, 0.5, 1, 7, 59, 60 } do
      for _, failures in ipairs { 1, 5, 100 } do
        assert.equal(asked, delay(failures, asked, 0))
        assert.near(asked + OURS / 2, delay(failures, asked, 0.5), 1e-9)
        assert.is_true(delay(failures, asked, ALMOST_ONE) <= asked + OURS)
      end
    end
  end)

  it("is not longer than a minute because a server says so", function()
    for _, asked in ipairs { 61, 3600, 1e9, math.huge } do
      assert.equal(ASKED_MAX, delay(1, asked, 0))
      assert.is_true(delay(1, asked, ALMOST_ONE) <= ASKED_MAX + OURS)
    end
  end)
end)
