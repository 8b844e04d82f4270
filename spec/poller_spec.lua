--- Many descriptors and one timer folded into one descriptor.

local core = require "kling.core"
local parts = require "kling_parts"

local READ, WRITE, ERROR = parts.READ, parts.WRITE, parts.ERROR
local NOTHING = 0
local LONG = 20 -- seconds; never waited for unless something is broken
local is_one_descriptor = parts.poller_name ~= "none"

describe("the poller " .. parts.poller_name, function()
  local poller, open

  before_each(function()
    poller, open = parts.poller(), {}
  end)

  after_each(function()
    poller:close()
    for fd in pairs(open) do
      parts.close(fd)
    end
  end)

  local function pipe()
    local reader, writer = parts.pipe()
    open[reader], open[writer] = true, true
    return reader, writer
  end

  local function close(fd)
    parts.close(fd)
    open[fd] = nil
  end

  local function has_flag(what, flag)
    return what % (flag * 2) >= flag
  end

  it("has one descriptor where the system has such a thing", function()
    assert.equal(is_one_descriptor, poller:fd() >= 0)
  end)

  it("says nothing when nothing happens", function()
    local reader = pipe()
    assert.is_true(poller:watch(reader, READ))
    assert.same({}, (poller:wait(0)))
  end)

  it("says who can be read, again and again until it is read", function()
    local reader, writer = pipe()
    poller:watch(reader, READ)
    parts.write(writer, "x")
    for _ = 1, 3 do
      assert.same({ [reader] = READ }, (poller:wait(LONG)))
    end
    assert.equal("x", parts.read(reader))
    assert.same({}, (poller:wait(0)))
  end)

  it("says who can be written", function()
    local _, writer = pipe()
    poller:watch(writer, WRITE)
    assert.same({ [writer] = WRITE }, (poller:wait(LONG)))
  end)

  it("tells only what was asked for last", function()
    local reader, writer = pipe()
    parts.write(writer, "x")
    poller:watch(reader, READ)
    poller:watch(reader, WRITE)
    assert.same({}, (poller:wait(0)))
    poller:watch(reader, READ + WRITE)
    assert.same({ [reader] = READ }, (poller:wait(LONG)))
  end)

  it("says when the other end is gone", function()
    local reader, writer = pipe()
    poller:watch(reader, READ)
    close(writer)
    local what = poller:wait(LONG)[reader]
    assert.is_true(has_flag(what, ERROR))
  end)

  it("forgets", function()
    local reader, writer = pipe()
    parts.write(writer, "x")
    poller:watch(reader, READ)
    assert.is_true(poller:watch(reader, NOTHING))
    assert.same({}, (poller:wait(0)))
    assert.is_true(poller:watch(reader, NOTHING))
    poller:watch(reader, READ)
    assert.same({ [reader] = READ }, (poller:wait(LONG)))
  end)

  it("forgets what is closed already", function()
    local reader = pipe()
    poller:watch(reader, READ)
    close(reader)
    assert.is_true(poller:watch(reader, NOTHING))
    assert.same({}, (poller:wait(0)))
  end)

  it("does not take a new descriptor for the old one with its number", function()
    local reader = pipe()
    poller:watch(reader, READ)
    local other_reader, other_writer = pipe()
    parts.dup2(other_reader, reader)
    assert.is_true(poller:watch(reader, READ))
    parts.write(other_writer, "x")
    assert.same({ [reader] = READ }, (poller:wait(LONG)))
    poller:watch(reader, NOTHING)
    assert.same({}, (poller:wait(0)))
  end)

  it("watches many, and reports no more at once than asked for", function()
    local readers = {}
    for i = 1, 50 do
      local reader, writer = pipe()
      readers[i] = reader
      poller:watch(reader, READ)
      parts.write(writer, "x")
    end
    assert.equal(50, select(2, poller:wait(LONG)))
    local seen, count = {}, 0
    while count < 50 do
      local events, number = poller:wait(LONG, 7)
      assert.is_true(number > 0 and number <= 7)
      for reader in pairs(events) do
        assert.is_nil(seen[reader])
        seen[reader] = parts.read(reader) -- done with: the next wait tells of others
        count = count + 1
      end
    end
    for _, reader in ipairs(readers) do
      assert.equal("x", seen[reader])
    end
  end)

  it("watches the others on after one is forgotten", function()
    local first, first_writer = pipe()
    local second, second_writer = pipe()
    local third, third_writer = pipe()
    for _, reader in ipairs { first, second, third } do
      poller:watch(reader, READ)
    end
    poller:watch(first, NOTHING)
    for _, writer in ipairs { first_writer, second_writer, third_writer } do
      parts.write(writer, "x")
    end
    assert.same({ [second] = READ, [third] = READ }, (poller:wait(LONG)))
  end)

  it("refuses a descriptor that is not open, or says that it is in error", function()
    local reader = pipe()
    close(reader)
    if poller:watch(reader, READ) then
      assert.same({ [reader] = ERROR }, (poller:wait(LONG)))
    else
      assert.same({}, (poller:wait(0)))
    end
  end)

  describe("with a timer", function()
    it("does not wait past it, and not less", function()
      local due = core.now() + 0.02
      poller:set_timer(due)
      repeat
        assert.same({}, (poller:wait(LONG)))
      until core.now() >= due
    end)

    it("waits not at all when it is over", function()
      poller:set_timer(0)
      assert.same({}, (poller:wait(LONG)))
    end)

    it("still says who can be read", function()
      local reader, writer = pipe()
      poller:watch(reader, READ)
      parts.write(writer, "x")
      poller:set_timer(0)
      assert.same({ [reader] = READ }, (poller:wait(LONG)))
    end)

    it("waits as long as asked for when that is less", function()
      poller:set_timer(core.now() + LONG)
      local start = core.now()
      poller:wait(0.002)
      assert.is_true(core.now() - start < LONG)
    end)

    if is_one_descriptor then
      it("is readable from that moment on until the timer is set anew", function()
        local due = core.now() + 0.01
        poller:set_timer(due)
        assert.is_true(parts.is_readable(poller:fd(), LONG))
        assert.is_true(core.now() >= due)
        poller:wait(0)
        assert.is_true(parts.is_readable(poller:fd(), 0))
        poller:set_timer(core.now() + LONG)
        assert.is_false(parts.is_readable(poller:fd(), 0))
      end)

      it("is readable at the later of two moments, and once at most at the earlier", function()
        local early = core.now() + 0.01
        local late, turns = early + 0.02, 0
        poller:set_timer(early)
        poller:set_timer(late)
        repeat
          assert.is_true(parts.is_readable(poller:fd(), LONG))
          turns = turns + 1
          poller:set_timer(late)
        until core.now() >= late
        assert.is_true(turns <= 2)
        assert.is_true(parts.is_readable(poller:fd(), 0))
        poller:set_timer(core.now() + LONG)
        assert.is_false(parts.is_readable(poller:fd(), 0))
      end)

      it("is not readable when the timer is off", function()
        poller:set_timer(0)
        assert.is_true(parts.is_readable(poller:fd(), LONG))
        poller:set_timer(-1)
        assert.is_false(parts.is_readable(poller:fd(), 0))
        poller:set_timer(-2)
        assert.is_false(parts.is_readable(poller:fd(), 0))
      end)

      it("stays readable when it is set to the same moment", function()
        local due = core.now()
        poller:set_timer(due)
        assert.is_true(parts.is_readable(poller:fd(), LONG))
        poller:set_timer(due)
        assert.is_true(parts.is_readable(poller:fd(), 0))
      end)
    end
  end)

  if is_one_descriptor then
    it("is readable when something it watches is", function()
      local reader, writer = pipe()
      poller:watch(reader, READ)
      assert.is_false(parts.is_readable(poller:fd(), 0))
      parts.write(writer, "x")
      assert.is_true(parts.is_readable(poller:fd(), LONG))
      poller:watch(reader, NOTHING)
      assert.is_false(parts.is_readable(poller:fd(), 0))
    end)
  end

  it("waits no less than it was asked to", function()
    for _, seconds in ipairs { 0.0001, 0.0015, 0.003 } do
      local start = core.now()
      poller:wait(seconds)
      assert.is_true(core.now() - start >= seconds)
    end
  end)

  it("tells a signal from nothing happening", function()
    finally(function()
      parts.send_signals(0)
    end)
    parts.send_signals(0.02)
    local events, count = poller:wait(LONG)
    assert.same({ {}, -1 }, { events, count })
  end)

  it("can be closed twice", function()
    poller:close()
    poller:close()
    assert.is_true(poller:fd() < 0)
  end)
end)
