--- Jobs found by a text of theirs.

local core = require "kling.core"
local index = require "kling.index"
local kling = require "kling"

local raw = core.raw

describe("an index of jobs", function()
  local client, jobs

  before_each(function()
    client = kling.new { api_key = "k", base_url = "http://127.0.0.1:9", loop = "blocking" }
    jobs = index.new(raw.external_id)
  end)

  after_each(function()
    client:close()
  end)

  -- The key is made of the first eight digits, which are those of all of them.
  local function text_of(name)
    return "01234567-" .. name
  end

  local function add(name)
    local job = raw.start_task(client, { video_id = name }, text_of(name))
    jobs:add(client, job)
    return job
  end

  local function find(name)
    return jobs:find(client, text_of(name))
  end

  it("finds the newest", function()
    assert.is_nil(find "a")
    local first = add "a"
    assert.equal(first, find "a")
    local second = add "a"
    assert.not_equal(first, second)
    assert.equal(second, find "a")
  end)

  it("takes none for another with the same key", function()
    local a = add "a"
    assert.is_nil(find "b")
    local b = add "b"
    assert.equal(a, find "a")
    assert.equal(b, find "b")
    assert.is_nil(find "c")
  end)

  it("finds what is no number", function()
    local job = raw.start_task(client, { video_id = "x" }, "mine")
    jobs:add(client, job)
    assert.equal(job, jobs:find(client, "mine"))
    assert.is_nil(jobs:find(client, "min"))
  end)

  it("forgets what is removed", function()
    local first, other, second = add "a", add "b", add "a"
    jobs:remove(client, second)
    assert.equal(first, find "a")
    jobs:remove(client, first)
    assert.is_nil(find "a")
    assert.equal(other, find "b")
    jobs:remove(client, first) -- it is there no more
    assert.equal(other, find "b")
    jobs:remove(client, other)
    assert.is_nil(next(jobs.jobs))
  end)

  it("forgets what is swept away, and says how many are left", function()
    local first, second, third = add "a", add "b", add "c"
    local function but(job)
      return function(each)
        return each ~= job
      end
    end
    assert.equal(2, jobs:sweep(but(second)))
    assert.equal(1, jobs:sweep(but(third)))
    assert.equal(first, find "a")
    assert.is_nil(find "b")
    assert.equal(0, jobs:sweep(but(first)))
    assert.is_nil(next(jobs.jobs))
  end)

  -- As a finalizer of the program's may, that runs while a sweep allocates.
  it("finds and takes jobs in the midst of a sweep", function()
    for i = 1, 20 do
      add("old " .. i)
      jobs:add(client, raw.start_task(client, { video_id = "x" }, "named " .. i))
    end
    local added = 0
    local left = jobs:sweep(function()
      added = added + 1
      add("new " .. added)
      assert.is_truthy(find "old 1" and find "old 20" and jobs:find(client, "named 7"))
      return true
    end)
    assert.same({ 40, 40 }, { left, added })
    for i = 1, 20 do
      assert.is_truthy(find("old " .. i) and find("new " .. i) and find("new " .. 20 + i))
    end
  end)
end)
