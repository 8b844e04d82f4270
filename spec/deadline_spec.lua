--- "At most this long", counted once.

local core = require "kling.core"
local deadline = require "kling.deadline"

-- As a public function does it: its caller is to blame.
local function wait(seconds)
  local until_when = deadline.new(seconds, "wait")
  return until_when
end

describe("a deadline", function()
  it("has less and less left, and never less than nothing", function()
    local until_when = wait(0.005)
    local previous = until_when:left()
    assert.is_true(previous <= 0.005)
    while not until_when:is_over() do
      local left = until_when:left()
      assert.is_true(left <= previous and left >= 0)
      previous = left
    end
    assert.equal(0, until_when:left())
    assert.is_true(until_when:is_over())
  end)

  it("is over at once after no time", function()
    local until_when = wait(0)
    assert.is_true(until_when:is_over())
    assert.equal(0, until_when:left())
  end)

  it("is as many seconds from now as it says", function()
    local before = core.now()
    local until_when = wait(600)
    local after = core.now()
    assert.equal(600, until_when.seconds)
    assert.is_true(until_when.at >= before + 600 and until_when.at <= after + 600)
    assert.is_false(until_when:is_over())
  end)

  it("is half an hour from now when nothing is said", function()
    assert.equal(1800, deadline.DEFAULT)
    assert.equal(1800, wait(nil).seconds)
  end)

  it("may be never", function()
    local until_when = wait(math.huge)
    assert.equal(math.huge, until_when:left())
    assert.is_false(until_when:is_over())
  end)

  it("is refused when it is no number of seconds, and the caller is blamed", function()
    local text = "wait: seconds, a number, 0 or more, expected, got "
    for _, case in ipairs {
      { -1, "%-1" }, { -math.huge, "%-inf" }, { 0 / 0, "%-?nan" }, { "5", "string" },
      { {}, "table" }, { true, "boolean" }, { false, "boolean" },
    } do
      local line
      local ok, why = pcall(function()
        line = debug.getinfo(1, "l").currentline + 1
        wait(case[1])
      end)
      assert.is_false(ok)
      assert.equal(("spec/deadline_spec.lua:%d:"):format(line), why:match "^[%./]*(spec/.-:%d+:)")
      assert.truthy(why:match(text .. case[2] .. "$"), why)
    end
  end)
end)
