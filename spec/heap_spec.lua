--- Who is due next: the heap against a list that is searched from end to end.

local dice = require "spec.support.dice"
local parts = require "kling_parts"

local IDS = 40
local STEPS = 1000

-- The model: id -> due.
local function earliest(model)
  local due
  for _, at in pairs(model) do
    due = (not due or at < due) and at or due
  end
  return due
end

local function size(model)
  local count = 0
  for _ in pairs(model) do
    count = count + 1
  end
  return count
end

local function count_by(model, by, below)
  local count = 0
  for id, at in pairs(model) do
    count = count + (at <= by and id < below and 1 or 0)
  end
  return count
end

local function assert_agree(model, heap)
  local id, due = heap:top()
  local by = (due or 0) + 1
  assert.equal(count_by(model, by, IDS / 2), heap:count_by(by, IDS, IDS / 2))
  assert.equal(math.min(count_by(model, by, IDS), 3), heap:count_by(by, 3, IDS))
  assert.equal(model[7] or math.huge, heap:due(7))
  assert.equal(size(model), heap:count())
  assert.equal(earliest(model), due)
  assert.equal(due, id and model[id]) -- of several due at once any may be the top
end

local function drain(model, heap)
  while next(model) do
    assert_agree(model, heap)
    local id = heap:top()
    heap:remove(id)
    model[id] = nil
  end
  assert_agree(model, heap)
end

-- Few different times: many entries are due at once.
local function random_steps(seed, times)
  local roll = dice(seed)
  local model, heap = {}, parts.heap()
  heap:reserve(IDS)
  for _ = 1, STEPS do
    local id = roll(IDS) - 1
    if roll(3) == 1 then
      heap:remove(id)
      model[id] = nil
    else
      model[id] = roll(times) / 8
      heap:set(id, model[id])
    end
    assert_agree(model, heap)
  end
  return model, heap
end

describe("the heap", function()
  it("is empty at first", function()
    local heap = parts.heap()
    assert.is_nil(heap:top())
    assert.equal(0, heap:count())
    heap:remove(0)
    heap:remove(1000)
    assert.equal(0, heap:count())
  end)

  for seed = 1, 5 do
    for _, times in ipairs { 5, 100000 } do
      it(("agrees with a list after every step (seed %d, %d times)"):format(seed, times), function()
        drain(random_steps(seed, times))
      end)
    end
  end

  it("gives entries back in order", function()
    local roll, heap, previous = dice(9), parts.heap(), -math.huge
    heap:reserve(500)
    for id = 0, 499 do
      heap:set(id, roll(1000) - 500)
    end
    for _ = 1, 500 do
      local id, due = heap:top()
      assert.is_true(due >= previous)
      previous = due
      heap:remove(id)
    end
    assert.is_nil(heap:top())
  end)

  it("keeps its entries when it gets room for more", function()
    local heap = parts.heap()
    for id = 0, 99 do
      assert.is_true(heap:reserve(id + 1))
      heap:set(id, 100 - id)
      assert.equal(id, (heap:top()))
    end
    assert.is_true(heap:reserve(1))
    assert.equal(100, heap:count())
  end)

  it("takes times before zero and beyond all others", function()
    local heap = parts.heap()
    heap:reserve(3)
    heap:set(0, math.huge)
    heap:set(1, 0)
    heap:set(2, -1)
    assert.same({ 2, -1 }, { heap:top() })
    heap:set(2, math.huge)
    assert.same({ 1, 0 }, { heap:top() })
  end)

  it("can be freed twice and used after", function()
    local heap = parts.heap()
    heap:reserve(1)
    heap:set(0, 1)
    heap:free()
    heap:free()
    assert.is_nil(heap:top())
    heap:reserve(1)
    heap:set(0, 2)
    assert.same({ 0, 2 }, { heap:top() })
  end)
end)
