--- Whether a task id is any job's.

local parts = require "kling_parts"

describe("the ids of jobs", function()
  it("are known, all of them, and hardly any other", function()
    for _, count in ipairs { 0, 1, 14, 15, 1000, 20000 } do
      local known, others = parts.ids(count, count)
      assert.equal(count, known)
      assert.is_true(others <= 3, others)
    end
  end)

  it("take no more room when jobs come and go", function()
    local known, others, size = parts.ids(20000, 100)
    assert.equal(100, known)
    assert.is_true(others <= 3, others)
    assert.is_true(size <= 512, size)
  end)
end)
