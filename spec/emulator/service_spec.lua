--- The emulated service's state, on a clock of our own and without sockets.

local clock = require("kling.emulator.clock")
local service = require("kling.emulator.service")
local variants = require("kling.emulator.variants")

local START = 1785000000
local DAY = 24 * 3600
local MEDIA = { duration = 5, mp3 = "a.mp3", wav = "a.wav", video = "a.mp4" }

describe("emulator service", function()
  local time, shapes, s

  before_each(function()
    time = clock.manual(START)
    shapes = variants.new()
    s = service.new({ clock = time, variants = shapes, life = { submitted = 2, processing = 5 } })
  end)

  local function create(fields)
    return assert(s:create(fields or { video_url = "http://h/clip.mp4" }))
  end

  it("gives ids of 18 digits above 2^53, none twice, also after a reset", function()
    local seen = {}
    for round = 1, 2 do
      for _ = 1, 100 do
        local id = create().id
        assert.matches("^%d+$", id)
        assert.equal(18, #id)
        assert.is_true(tonumber(id) > 2 ^ 53)
        assert.is_nil(seen[id])
        seen[id] = round
      end
      s:reset()
    end
  end)

  it("writes ids as the variants say", function()
    local patterns = {
      ids_19_digits = "^%d" .. ("%d"):rep(18) .. "$",
      ids_numeric_20 = "^98" .. ("%d"):rep(18) .. "$",
      ids_letters = "^%w*%a%w*$",
    }
    for name, pattern in pairs(patterns) do
      shapes:use(name)
      assert.matches(pattern, s:next_id())
    end
  end)

  it("leads a task through its life by the clock", function()
    local task = create()
    s:finish(task, MEDIA)
    local function state_after(seconds)
      time:advance(seconds)
      return s:look(task).state
    end
    assert.equal("submitted", state_after(0))
    assert.equal("submitted", state_after(1.9))
    assert.equal("processing", state_after(0.1))
    assert.equal("processing", state_after(4.9))
    assert.equal("succeed", state_after(0.1))
  end)

  it("says when the state last changed", function()
    local task = create()
    s:finish(task, MEDIA)
    assert.equal(START, s:look(task).updated_at)
    time:advance(3)
    assert.equal(START + 2, s:look(task).updated_at)
    time:advance(60)
    assert.equal(START + 7, s:look(task).updated_at)
  end)

  it("keeps a task processing until its work is done", function()
    local task = create()
    time:advance(100)
    assert.equal("processing", s:look(task).state)
    s:finish(task, MEDIA)
    assert.same({ state = "succeed", updated_at = START + 100 }, s:look(task))
  end)

  it("can say what was known at an earlier moment", function()
    local task = create()
    s:finish(task, MEDIA)
    time:advance(100)
    assert.equal("submitted", s:look(task, START + 1).state)
    assert.equal("processing", s:look(task, START + 6).state)
  end)

  it("lets a task fail with a reason, by its work or by its life", function()
    local bad = create()
    s:fail(bad, "Video resolution must be 720p or 1080p")
    s:set_life({ fail = "content policy" })
    local scripted = create()
    s:finish(scripted, MEDIA)
    time:advance(10)
    assert.equal("failed", s:look(bad).state)
    assert.equal("Video resolution must be 720p or 1080p", s:look(bad).message)
    assert.equal("content policy", s:look(scripted).message)
  end)

  it("bills each accepted create once, and none that was refused", function()
    local task = create({ video_url = "http://h/c.mp4", external_task_id = "mine" })
    assert.is_nil(s:create({ video_url = "http://h/c.mp4", external_task_id = "mine" }))
    assert.same({ {
      task_id = task.id, external_task_id = "mine", units = 0.25, at = START, refunded = false,
    } }, s:bills())
  end)

  it("gives a failed task's units back once it has failed, unless told not to", function()
    s:fail(create(), "why")
    assert.is_false(s:bills()[1].refunded)
    time:advance(10)
    assert.is_true(s:bills()[1].refunded)
    shapes:use("failed_billed")
    s:fail(create(), "why")
    time:advance(10)
    assert.is_false(s:bills()[2].refunded)
  end)

  it("refuses an external id for ever", function()
    create({ video_url = "http://h/c.mp4", external_task_id = "mine" })
    time:advance(100 * DAY)
    local _, problem = s:create({ video_url = "http://h/d.mp4", external_task_id = "mine" })
    assert.same({ code = 1201, message = "External_task_id mine already exists" }, problem)
    shapes:use("external_id_reusable")
    create({ video_url = "http://h/d.mp4", external_task_id = "mine" })
  end)

  it("finds a task by either id, and by the external one only where that is allowed", function()
    local task = create({ video_url = "http://h/c.mp4", external_task_id = "mine" })
    assert.equal(task, s:find(task.id))
    assert.equal(task, s:find("mine"))
    shapes:use("external_id_query_off")
    local found, problem = s:find("mine")
    assert.is_nil(found)
    assert.equal("not_found", problem.kind)
    assert.equal("Task not found by id/external id: mine", problem.message)
  end)

  it("forgets a task after 30 days", function()
    local task = create()
    time:advance(30 * DAY - 1)
    assert.equal(task, s:find(task.id))
    time:advance(1)
    assert.is_nil(s:find(task.id))
  end)

  it("can miss a task for two seconds after its create", function()
    shapes:use("first_look_misses")
    local task = create()
    assert.is_nil(s:find(task.id))
    time:advance(2)
    assert.equal(task, s:find(task.id))
  end)

  it("takes the id of a video it made, for 30 days, and of no other", function()
    local task = create()
    s:finish(task, MEDIA)
    create({ video_id = task.video_id })
    create({ video_id = service.sample_video_id })
    assert.equal(1201, select(2, s:create({ video_id = "1" })).code)
    assert.equal(1201, select(2, s:create({ video_id = task.id })).code)
    time:advance(30 * DAY)
    assert.equal(1201, select(2, s:create({ video_id = task.video_id })).code)
  end)

  it("lets no more tasks run at once than its cap", function()
    s.cap = 2
    local first = create()
    create()
    local refused, problem = s:create({ video_url = "http://h/c.mp4" })
    assert.is_nil(refused)
    assert.equal(1303, problem.code)
    s:finish(first, MEDIA)
    time:advance(10)
    create()
  end)

  it("lists the newest first, in pages", function()
    local ids = {}
    for i = 1, 5 do
      ids[6 - i] = create().id
    end
    local function page(number, size)
      local out = {}
      for i, task in ipairs(assert(s:list(number, size))) do
        out[i] = task.id
      end
      return out
    end
    assert.same(ids, page())
    assert.same({ ids[1], ids[2] }, page("1", "2"))
    assert.same({ ids[5] }, page("3", "2"))
    assert.same({}, page("4", "2"))
  end)

  it("refuses pages out of range", function()
    local wrong = { { "0" }, { "1001" }, { "x" }, { "1", "0" }, { "1", "501" }, { "1.5" } }
    for _, bad in ipairs(wrong) do
      local tasks, problem = s:list(bad[1], bad[2])
      assert.is_nil(tasks)
      assert.equal(1201, problem.code)
    end
  end)

  it("drops work that comes in after a reset", function()
    local task = create()
    s:reset()
    s:finish(task, MEDIA)
    s:fail(task, "late")
    assert.is_nil(task.outcome)
    assert.same({}, s:bills())
  end)

  it("goes back to the life and cap it was made with", function()
    s.cap = 1
    s:set_life({ submitted = 9, fail = "x" })
    s:reset()
    assert.is_nil(s.cap)
    assert.same({ submitted = 2, processing = 5 }, s.life)
  end)
end)
