--- The live lines of many tasks.

local board = require "kling.cli.board"

describe("the board", function()
  local function new(total)
    return board.new(total, function(index)
      return "line " .. index
    end)
  end

  -- A job that ends in so many seconds, for all that is known.
  local function job(seconds)
    return {
      eta = function()
        return seconds and { seconds = seconds }
      end,
    }
  end

  it("begins with all waiting", function()
    local lines = new(3):lines()
    assert.equal(1, #lines)
    assert.equal(1, lines[1]:find("[....................] 0/3 done, 0 failed, 0 running  "
      .. "0:00:0", 1, true), lines[1])
  end)

  it("counts what is over and what runs", function()
    local b = new(4)
    b:note(1, { state = "succeeded" }, true)
    b:note(2, { state = "failed", failure = {} }, true)
    b:note(3, { state = "processing", job = job() }, false)
    b:note(4, { state = "queued" }, false)
    local lines = b:lines()
    assert.is_truthy(lines[1]:find("[##########..........] 1/4 done, 1 failed, 1 running  ", 1,
      true), lines[1])
    assert.equal(2, #lines)
    assert.matches("^line 3 +processing +0 s", lines[2])
  end)

  it("shows how far a save is, first of all", function()
    local b = new(3)
    b:note(1, { state = "submitted", job = job() }, false)
    b:note(2, { state = "saving", done = 50, total = 200 }, false)
    b:note(3, { state = "saving", done = 5000 }, false)
    local lines = b:lines()
    assert.matches("^line 2 +saving +0 s  %[#####%.+%]  25 %%$", lines[2])
    assert.matches("^line 3 +saving +0 s  5 kB$", lines[3])
    assert.matches("^line 1 +submitted", lines[4])
  end)

  it("shows when a task will probably end", function()
    local b = new(3)
    b:note(1, { state = "processing", job = job(79.6) }, false)
    b:note(2, { state = "processing", job = job(0) }, false)
    b:note(3, { state = "submitted", job = job() }, false)
    local lines = b:lines()
    assert.matches("^line 1 +processing +0 s  about 80 s left$", lines[2])
    assert.matches("^line 2 +processing +0 s  due now$", lines[3])
    assert.matches("^line 3 +submitted +0 s  $", lines[4])
  end)

  it("stays small, in both directions", function()
    local b = new(20000)
    for i = 1, 500 do
      b:note(i, { state = "saving", done = 1, total = 1 }, false)
    end
    local lines = b:lines()
    assert.equal(9, #lines)
    for _, line in ipairs(lines) do
      assert.is_true(#line <= 79, line)
    end
  end)
end)
