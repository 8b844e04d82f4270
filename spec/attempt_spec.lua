--- What is remembered of requests that went wrong.

local parts = require "kling_parts"

local MAX = 16

local function last_numbers(count, upto)
  local numbers = {}
  for i = upto - count + 1, upto do
    numbers[#numbers + 1] = i
  end
  return numbers
end

describe("the attempts of a job", function()
  it("are none at first", function()
    assert.same({ {}, 0, 0 }, { parts.attempts(0) })
  end)

  it("are all kept, oldest first, up to sixteen", function()
    for count = 1, MAX do
      local kept, last = parts.attempts(count)
      assert.same(last_numbers(count, count), kept)
      assert.equal(count, last)
    end
  end)

  it("are the first, where the trouble began, and the last fifteen of more", function()
    for _, count in ipairs { MAX + 1, MAX + 2, 100 } do
      local kept, last = parts.attempts(count)
      local wanted = last_numbers(MAX - 1, count)
      table.insert(wanted, 1, 1)
      assert.same(wanted, kept)
      assert.equal(count, last)
    end
  end)

  it("have their time", function()
    local _, _, at = parts.attempts(1)
    assert.is_true(math.abs(at - os.time()) < 60)
  end)
end)
