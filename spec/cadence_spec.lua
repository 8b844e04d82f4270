--- When to look at a task again.

local dice = require "spec.support.dice"
local parts = require "kling_parts"

local FIRST, LEAST, MOST, PATIENCE = 3, 3, 15, 0.5
local MIDDLE = 0.5 -- of the dice: no jitter
local ALMOST_ONE = 1 - 2 ^ -53
local FIRST_AT_MOST = 4 * MOST
local SEED = 20261122

local function new(patience)
  return parts.cadence(FIRST, LEAST, MOST, patience or PATIENCE)
end

-- A task of this duration, looked at as the cadence says; how often.
local function live(cadence, duration, u)
  local age, looks = 0, 0
  repeat
    local before = age
    age = age + cadence:next(before, u or MIDDLE)
    looks = looks + 1
    if age < duration then
      cadence:survive(before, age)
    else
      cadence:finish(before, age)
    end
  until age >= duration
  return looks, age - duration
end

-- Durations about `median`: nine of ten within a third of it.
local function duration(random, median)
  return median * (0.7 + 0.2 * (random() + random() + random()))
end

local function live_many(cadence, random, count, median)
  for _ = 1, count do
    live(cadence, duration(random, median), random())
  end
end

local function taught(median, patience, count)
  local cadence = new(patience)
  live_many(cadence, dice(SEED), count or 300, median)
  return cadence
end

local function looks_until(cadence, age)
  local looks, now = 0, 0
  repeat
    now = now + cadence:next(now, MIDDLE)
    looks = looks + 1
  until now >= age
  return looks
end

local function assert_between(low, high, value, what)
  assert.is_true(value >= low and value <= high,
    ("%s: %g expected to %g, got %g"):format(what or "value", low, high, value))
end

describe("the time to the first look", function()
  it("is first_poll while nothing is known", function()
    assert_between(FIRST, 1.15 * FIRST, new():next(0, MIDDLE))
    assert_between(8, 9.2, parts.cadence(8, 1, 2, 1):next(0, MIDDLE)) -- longer than any interval
    assert.equal(0, parts.cadence(0, 1, 2, 1):next(0, MIDDLE))
  end)

  it("is near where tasks begin to end, once that is known", function()
    assert_between(20, 38, taught(40):next(0, MIDDLE))
    assert_between(40, FIRST_AT_MOST, taught(80):next(0, MIDDLE))
  end)

  it("is four times max_poll_interval at most", function()
    local cadence = taught(3000, PATIENCE, 30)
    assert.near(FIRST_AT_MOST, cadence:next(0, ALMOST_ONE), 1e-4)
    assert.near(0.85 * FIRST_AT_MOST, cadence:next(0, 0), 1e-4)
  end)

  it("is never earlier than first_poll", function()
    local cadence = parts.cadence(30, 1, 15, 0.1)
    for _ = 1, 300 do
      live(cadence, 5)
    end
    for step = 0, 10 do
      assert.is_true(cadence:next(0, step / 10 * ALMOST_ONE) >= 30 - 1e-6)
    end
  end)
end)

describe("the time between looks", function()
  it("is short where tasks end, and long before", function()
    local cadence = taught(90)
    assert_between(LEAST, 6, cadence:next(95, MIDDLE), "where they end")
    assert_between(10, MOST, cadence:next(30, MIDDLE), "before")
  end)

  it("grows with age from poll_interval while nothing is known: the task may be quick", function()
    local cadence = new()
    assert_between(LEAST, 5, cadence:next(3, MIDDLE))
    assert_between(5, 8.5, cadence:next(20, MIDDLE))
    assert.is_true(looks_until(cadence, 12) >= 3)
  end)

  it("is at least poll_interval and at most max_poll_interval, whatever was learned", function()
    local random = dice(SEED)
    for _ = 1, 20 do
      local cadence = new(random() * 3)
      live_many(cadence, random, 40, 10 ^ (random() * 4 - 1))
      for _ = 1, 200 do
        assert_between(LEAST - 1e-6, MOST, cadence:next(10 ^ (random() * 8 - 2), random()))
      end
    end
  end)

  it("is max_poll_interval when poll_interval is longer", function()
    local cadence = parts.cadence(1, 60, 2, 1)
    for age = 1, 5 do
      assert_between(1.7, 2, cadence:next(age, MIDDLE))
      assert_between(1.7, 2, cadence:next(age, ALMOST_ONE))
    end
  end)

  it("grows with patience: fewer looks for the same life", function()
    local previous = math.huge
    for _, patience in ipairs { 0.05, 0.5, 5 } do
      local looks = looks_until(taught(90, patience), 120)
      assert.is_true(looks < previous)
      previous = looks
    end
  end)

  it("is poll_interval without any patience", function()
    assert_between(LEAST, 1.15 * LEAST, taught(90, 0):next(95, MIDDLE))
  end)

  it("spreads looks that were made together", function()
    for _, age in ipairs { 0, 20, 95, 1000 } do
      local cadence, slices = taught(90), {}
      local low, high = cadence:next(age, 0), cadence:next(age, ALMOST_ONE)
      assert.is_true(high - low >= 0.14 * low)
      local random = dice(SEED)
      for _ = 1, 10000 do
        local slice = math.floor(10 * (cadence:next(age, random()) - low) / (high - low))
        slices[slice] = (slices[slice] or 0) + 1
      end
      for slice = 0, 9 do
        assert_between(800, 1200, slices[slice] or 0, "looks in slice " .. slice)
      end
    end
  end)

  it("is near max_poll_interval where looks are to be rare, and varies", function()
    local cadence = new()
    assert.near(0.85 * MOST, cadence:rarest(0), 1e-9)
    assert.near(MOST, cadence:rarest(ALMOST_ONE), 1e-9)
  end)
end)

describe("what is known of durations", function()
  it("is nothing before the first end", function()
    local cadence = new()
    cadence:survive(0, 40)
    assert.equal(-1, cadence:quantile(0, 0.5))
    cadence:finish(40, 50)
    assert.is_true(cadence:quantile(0, 0.5) > 0)
  end)

  it("finds the median although ends are known to an interval only", function()
    local random = dice(SEED)
    local cadence = new()
    for _ = 1, 400 do
      local ended, before, now = duration(random, 80), 0, 10 + 20 * random()
      while now < ended do
        cadence:survive(before, now)
        before, now = now, now + 20
      end
      cadence:finish(before, now)
    end
    assert_between(76, 84, cadence:quantile(0, 0.5))
  end)

  it("learns from a time that is known as from a narrow interval", function()
    local cadence = new()
    for _ = 1, 50 do
      cadence:survive(0, 42)
      cadence:finish(42, 42)
    end
    assert_between(39, 45, cadence:quantile(0, 0.5))
  end)

  it("counts what still runs: nobody has ended, so tasks take longer", function()
    local cadence = taught(40)
    for _ = 1, 300 do
      cadence:survive(0, 120)
    end
    assert.is_true(cadence:quantile(0, 0.5) > 120)
  end)

  it("does not depend on the order in which tasks begin and end", function()
    local random = dice(SEED)
    local together, now = new(), 0
    local alive = {}
    for i = 1, 2000 do
      alive[i] = duration(random, 80)
    end
    while #alive > 0 do
      local left = {}
      for _, ended in ipairs(alive) do
        if ended > now + 5 then
          together:survive(now, now + 5)
          left[#left + 1] = ended
        else
          together:finish(now, now + 5)
        end
      end
      alive, now = left, now + 5
    end
    for _, share in ipairs { 0.1, 0.5, 0.9 } do
      assert.near(taught(80, 0.5, 2000):quantile(0, share), together:quantile(0, share), 8)
    end
  end)

  it("tells a later end to who has lived longer, and never one in the past", function()
    local cadence, previous = taught(60), 0
    for age = 0, 300, 5 do
      local last = age
      for _, share in ipairs { 0.1, 0.5, 0.9 } do
        local ends = cadence:quantile(age, share)
        assert.is_true(ends >= last)
        last = ends
      end
      assert.is_true(last >= previous)
      previous = last
    end
  end)

  it("follows when the service becomes twice as fast or slow", function()
    for _, factor in ipairs { 0.5, 2 } do
      local cadence = taught(80, 0.3, 1000)
      live_many(cadence, dice(SEED + 1), 200, 80 * factor)
      assert_between(0.9 * 80 * factor, 1.1 * 80 * factor, cadence:quantile(0, 0.5), "the median")
    end
  end)

  it("halves the looks of a fixed schedule at the same delay", function()
    local random = dice(SEED)
    local cadence, looks, delay, fixed = new(0.3), 0, 0, 0
    local COUNT, INTERVAL = 2000, 5
    for _ = 1, COUNT do
      local ended = duration(random, 90)
      local n, late = live(cadence, ended, random())
      looks, delay = looks + n, delay + late
      fixed = fixed + math.ceil(ended / INTERVAL)
    end
    assert_between(0, INTERVAL / 2 * 1.1, delay / COUNT, "the mean delay")
    assert_between(0, 0.5, looks / fixed, "the share of looks")
  end)

  it("survives what makes no sense", function()
    local cadence, random = new(), dice(SEED)
    local odd = { -1, 0, 1e-300, 1e-9, 3, 3 + 1e-12, 1e6, 1e300, math.huge, -math.huge, 0 / 0 }
    for _ = 1, 3000 do
      local a, b = odd[random(#odd)], odd[random(#odd)]
      if random(2) == 1 then
        cadence:survive(a, b)
      else
        cadence:finish(a, b)
      end
      assert_between(LEAST - 1e-6, FIRST_AT_MOST, cadence:next(b, random()))
      local ends = cadence:quantile(a, random())
      assert.is_true(ends == ends and ends < math.huge)
    end
  end)
end)

describe("what was learned, as text", function()
  local function ends_of(cadence)
    return tonumber(cadence:write():match "^d1 (%d+)")
  end

  it("teaches another the same", function()
    local one, other = taught(90), new()
    assert.is_true(other:read(one:write()))
    assert.equal(one:write(), other:write())
    assert.near(one:quantile(0, 0.5), other:quantile(0, 0.5), 0.5)
    assert.near(one:next(0, MIDDLE), other:next(0, MIDDLE), 5)
  end)

  it("of several is as if one had learned it all", function()
    local known = taught(60):write()
    local a, b, both = new(), new(), new()
    for _, cadence in ipairs { a, b, both } do
      cadence:read(known)
    end
    for i = 1, 20 do
      for _, cadence in ipairs { a, both } do
        cadence:finish(120 + i, 120 + i)
      end
    end
    for i = 1, 20 do
      for _, cadence in ipairs { b, both } do
        cadence:finish(30 + i, 30 + i)
      end
    end
    b:read(a:write())
    for _, share in ipairs { 0.1, 0.5, 0.9 } do
      assert.near(both:quantile(0, share), b:quantile(0, share), 0.5)
    end
    assert.equal(ends_of(both), ends_of(b))
  end)

  it("is learned once, however often it is read, and whoever wrote it", function()
    local a, b = taught(60), new()
    local text = a:write()
    a:tell()
    assert.is_true(a:read(text) and a:read(text))
    assert.equal(ends_of(a), tonumber(text:match "^d1 (%d+)"))
    assert.near(taught(60):quantile(0, 0.5), a:quantile(0, 0.5), 0.5)
    b:finish(30, 30)
    b:read(text)
    local once = b:write()
    b:read(text)
    assert.equal(once, b:write())
    b:tell()
    a:read(b:write())
    assert.equal(b:write(), a:write())
  end)

  it("is short, one line, and of nothing but digits and marks", function()
    local text = taught(90):write()
    assert.is_true(#text < 1024)
    assert.is_truthy(text:match "^d1 %d+[%d/ ]*$")
    assert.equal("d1 0", new():write())
  end)

  it("is ignored when it is not ours", function()
    local cadence = taught(90)
    local before = cadence:write()
    local many = "d1 1" .. (" 1/1"):rep(145)
    for _, text in ipairs {
      "", "d1", "d1 ", "d2 1 1/1", "d1 x", "d1 -1", "d1 1 ", "d1 1 1", "d1 1 1/", "d1 1 /1",
      "d1 1 1/1 ", "d1 1 1/-1", "d1 1 1.5/2", "d1 1  1/1", "d1 1 30001/1", "d1 1 1/1\n", many,
      "d1 99999999999999999999 1/1", before .. "x",
    } do
      assert.is_false(cadence:read(text), text)
      assert.equal(before, cadence:write())
    end
  end)

  it("may be any text: fuzzed, it is refused or leaves a cadence that works", function()
    local random, text = dice(SEED), taught(60):write()
    for _ = 1, 500 do
      local at = random(#text)
      local changed = text:sub(1, at - 1) .. string.char(random(32, 126)) .. text:sub(at + 1)
      local cadence = new()
      cadence:read(changed)
      assert_between(LEAST, MOST, cadence:next(random() * 100 + 1, MIDDLE))
    end
  end)
end)
