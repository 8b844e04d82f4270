--- Jobs found by what was asked for.

local core = require "kling.core"
local kling = require "kling"
local same = require "kling.same"

local raw = core.raw

describe("the same request's job", function()
  local client, jobs

  before_each(function()
    client = kling.new { api_key = "k", base_url = "http://127.0.0.1:9", loop = "blocking" }
    jobs = same.new()
  end)

  after_each(function()
    client:close()
  end)

  -- The first eight digits are those of all of them.
  local function fingerprint(text)
    return "01234567" .. core.sha256(text)
  end

  local function add(text)
    local job = raw.start_task(client, { video_id = text }, core.uuid())
    raw.set_fingerprint(client, job, fingerprint(text))
    jobs:add(client, job)
    return job
  end

  local function find(text, stands)
    return jobs:find(client, fingerprint(text), stands or function()
      return true
    end)
  end

  it("is the newest", function()
    assert.is_nil(find "a")
    local first = add "a"
    assert.equal(first, find "a")
    assert.equal(add "a", find "a")
  end)

  it("is none of another's with the same number", function()
    local a = add "a"
    assert.is_nil(find "b")
    local b = add "b"
    assert.equal(a, find "a")
    assert.equal(b, find "b")
  end)

  it("is an older one where the newer does not stand, which is forgotten", function()
    local first, other, second = add "a", add "b", add "a"
    assert.equal(first, find("a", function(job)
      return job ~= second
    end))
    assert.equal(first, find "a")
    assert.equal(other, find "b")
  end)

  it("is none that was removed or swept away", function()
    local first, second = add "a", add "a"
    jobs:remove(client, second)
    assert.equal(first, find "a")
    jobs:remove(client, first)
    assert.is_nil(find "a")
    local third, fourth = add "a", add "b"
    jobs:sweep(function(job)
      return job == fourth
    end)
    assert.is_nil(find "a")
    assert.equal(fourth, find "b")
    jobs:remove(client, third)
    jobs:sweep(function() end)
    assert.is_nil(next(jobs.jobs))
  end)
end)
