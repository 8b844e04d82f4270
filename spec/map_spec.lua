--- Many tasks at once.

local core = require "kling.core"
local emulator = require "spec.support.emulator"
local quick = require "spec.support.quick"
local scratch = require "spec.support.scratch"

local PATIENCE = quick.PATIENCE

local function clip(number)
  return { video_id = quick.CLIP.video_id, sound_effect_prompt = "rain " .. number }
end

local function clips(count)
  local list = {}
  for i = 1, count do
    list[i] = clip(i)
  end
  return list
end

describe("map", function()
  local server, folder

  setup(function()
    server = emulator.start { life = { submitted = 0.05, processing = 0.05 } }
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    server:reset()
    server:life { submitted = 0.05, processing = 0.05 }
    folder = scratch.new()
  end)

  after_each(function()
    quick.close_all()
    scratch.remove(folder)
  end)

  it("submits, waits for and saves all, in the order of the list", function()
    local outcomes = quick.client(server):map(clips(7),
      { save = folder, formats = { "mp3", "wav" }, timeout = PATIENCE })
    assert.equal(7, #outcomes)
    local prompts = {}
    for _, task in ipairs(server:tasks()) do
      prompts[task.task_id] = task.fields.sound_effect_prompt
    end
    for i, outcome in ipairs(outcomes) do
      assert.is_nil(outcome.failure)
      assert.equal("succeeded", outcome.state)
      assert.equal("rain " .. i, prompts[outcome.result.task_id])
      assert.equal(("%s/%s.mp3"):format(folder, outcome.result.task_id), outcome.files[1].path)
      assert.equal(2, #outcome.files)
    end
    assert.equal(14, #scratch.names(folder))
    assert.equal(7, #server:ledger())
  end)

  it("keeps what is not as promised only where it is not to be verified", function()
    server:fault { name = "status", on = "download", status = 200, body = "no sound",
      forever = true }
    local options = { save = folder, formats = { "mp3" }, timeout = PATIENCE }
    local refused = quick.client(server):map(clips(1), options)[1]
    assert.equal("protocol", refused.failure.code)
    options.verify = false
    assert.equal(8, quick.client(server):map(clips(1), options)[1].files[1].bytes)
  end)

  it("saves nothing unless asked to", function()
    local outcomes = quick.client(server):map(clips(2), { timeout = PATIENCE })
    assert.is_truthy(outcomes[2].result)
    assert.is_nil(outcomes[2].files)
    assert.equal(0, #quick.logged(server, "download"))
    assert.same({}, quick.client(server):map {})
  end)

  it("goes on with the rest when one fails", function()
    server:fault { name = "service_code", on = "create", code = 1201 }
    local client = quick.client(server, { max_running = 1 })
    local outcomes = client:map(clips(2),
      { save = folder, formats = { "wav" }, timeout = PATIENCE })
    assert.equal("rejected", outcomes[1].failure.code)
    assert.equal("failed", outcomes[1].state)
    assert.is_truthy(outcomes[2].files)
  end)

  it("takes jobs among requests, and fetches the files of one task once", function()
    local client = quick.client(server)
    local job = client:submit(clip(1))
    local outcomes = client:map({ job, clip(2), job }, { save = folder, timeout = PATIENCE })
    assert.equal(job, outcomes[1].job)
    assert.same(outcomes[1].files, outcomes[3].files)
    assert.not_same(outcomes[1].files, outcomes[2].files)
    assert.equal(6, #quick.logged(server, "download"))
  end)

  it("is not held up by one download that does not come", function()
    server:fault { name = "delay", on = "download", seconds = 30 }
    local client = quick.client(server)
    local over = {}
    local outcomes = client:map(clips(3), {
      save = folder, formats = { "mp3" }, timeout = 2,
      on_progress = function(index, _, is_over)
        over[#over + 1] = is_over and index or nil
      end,
    })
    local late = over[3]
    assert.equal(3, #over)
    for i, outcome in ipairs(outcomes) do
      assert.equal(i == late and "timeout", outcome.failure and outcome.failure.code or false)
      assert.equal(i ~= late, outcome.files ~= nil)
    end
  end)

  it("says of what is not over that the time was", function()
    server:life { submitted = 100, processing = 100 }
    local client = quick.client(server)
    local outcomes = client:map(clips(2), { save = folder, timeout = 0.3 })
    for _, outcome in ipairs(outcomes) do
      assert.equal("timeout", outcome.failure.code)
      assert.is_nil(outcome.files)
    end
    assert.equal("submitted", (client:poll(outcomes[1].job)))
  end)

  it("looks at no more of them the more there are", function()
    local count, looks, ended = 150, 0, core.raw.ended
    local list = {}
    for i = 1, count do
      list[i] = clip(1) -- the emulator makes the files of equal requests once
    end
    core.raw.ended = function(...)
      looks = looks + 1
      return ended(...)
    end
    local client = quick.client(server)
    local ok, outcomes = pcall(client.map, client, list, { timeout = PATIENCE })
    core.raw.ended = ended
    assert(ok, outcomes)
    for _, outcome in ipairs(outcomes) do
      assert.equal("succeeded", outcome.state)
    end
    assert.equal(count, #server:ledger())
    assert.is_true(looks < 10 * count, looks .. " looks")
  end)

  it("tells how each is doing", function()
    local seen = { {}, {} }
    quick.client(server):map(clips(2), {
      save = folder, timeout = PATIENCE,
      on_progress = function(index, outcome, is_over)
        local last = seen[index][#seen[index]]
        local word = is_over and "over" or outcome.state
        if word ~= last then
          table.insert(seen[index], word)
        end
        assert.is_true(outcome.done == nil or outcome.done >= 0)
      end,
    })
    for _, states in ipairs(seen) do
      local text = table.concat(states, " ")
      assert.is_truthy(text:find "submitted.* saving over$", text)
    end
  end)

  it("lets what on_progress raises out", function()
    local client = quick.client(server)
    assert.has_error(function()
      client:map(clips(2), { save = folder, timeout = PATIENCE, on_progress = function(_, outcome)
        if outcome.state == "saving" then
          error("enough", 0)
        end
      end })
    end, "enough")
  end)

  it("ends with a client that is closed meanwhile", function()
    local client
    client = quick.client(server, { on_change = function(_, state)
      if state == "succeeded" then
        client:close()
      end
    end })
    local outcomes = client:map(clips(3), { save = folder, timeout = PATIENCE })
    for _, outcome in ipairs(outcomes) do
      assert.equal("closed", outcome.failure.code)
    end
  end)

  describe("of very many", function()
    -- Each submit takes a hundredth of a second, as on a slow disk.
    local function slow_client(options)
      local client = quick.client(server, options)
      local guard = core.raw.private(client).guard
      local submit = guard.submit
      function guard.submit(...)
        local past = core.now() + 0.01
        repeat until core.now() >= past
        return submit(...)
      end
      return client
    end

    it("has sent the first before it has submitted the last", function()
      local sent
      local client = slow_client { on_change = function()
        sent = sent or core.now()
      end }
      local submitted
      local outcomes = client:map(clips(12), { timeout = PATIENCE, on_progress = function()
        submitted = submitted or core.now()
      end })
      assert.is_true(sent < submitted)
      assert.equal("succeeded", outcomes[12].state)
    end)

    it("ends with a client that is closed before all are submitted", function()
      local client
      client = slow_client { on_change = function()
        client:close()
      end }
      local outcomes = client:map(clips(12), { save = folder, timeout = PATIENCE })
      for _, outcome in ipairs(outcomes) do
        assert.equal("closed", outcome.failure.code)
      end
      assert.is_nil(outcomes[12].job)
    end)
  end)

  describe("that is left by an error goes on in the next one", function()
    local client, is_armed

    -- Raised while several files are on their way, a little at a time.
    local function raise(_, outcome)
      if is_armed and (outcome.done or 0) > 0 then
        is_armed = false
        error "enough"
      end
    end

    local function save_all(options)
      options.save, options.formats, options.timeout = folder, { "wav" }, PATIENCE
      return client:map(clips(4), options)
    end

    before_each(function()
      is_armed = true
      server:fault { name = "trickle", on = "download", bytes = 20000, seconds = 0.02,
        forever = true }
    end)

    local function assert_all_there()
      for _, outcome in ipairs(save_all {}) do
        assert.is_nil(outcome.failure)
      end
      assert.equal(4, #server:ledger())
    end

    it("of on_progress", function()
      client = quick.client(server, { duplicate_window = 600 })
      assert.is_false(pcall(save_all, { on_progress = raise }))
      assert_all_there()
    end)

    it("of on_change, once the collector has seen to it", function()
      local job
      client = quick.client(server, { duplicate_window = 600, on_change = function(changed)
        assert(changed ~= job, "enough")
      end })
      assert.is_false(pcall(save_all, { on_progress = function(_, outcome)
        if is_armed and (outcome.done or 0) > 0 then
          is_armed = false
          job = client:submit(clip "another")
        end
      end }))
      job = nil
      collectgarbage()
      collectgarbage()
      for _, outcome in ipairs(save_all {}) do
        assert.is_nil(outcome.failure)
      end
    end)
  end)

  it("raises for what it cannot take, at the caller's line, before anything is sent", function()
    local client = quick.client(server)
    local foreign = quick.client(server):submit(clip(1))
    local cases = {
      { "x", nil, "a list of requests expected, got string" },
      { { clip(1), { video_url = "x" } }, nil, "item 2: video_url: an http" },
      { { clip(1), 7 }, nil, "item 2: table expected, got number" },
      { { clip(1), { video = "x" } }, nil, "item 2: unknown field 'video'" },
      { { foreign }, nil, "item 1: this job belongs to another client" },
      { { clip(1) }, { save = "" }, "save: a folder expected, got ''" },
      { { clip(1) }, { formats = { "ogg" } }, "'mp3', 'wav' or 'video' expected, got 'ogg'" },
      { { clip(1) }, { folder = "x" }, "unknown field 'folder'" },
      { { clip(1) }, { timeout = -1 }, "timeout: at least 0" },
    }
    for _, case in ipairs(cases) do
      local called, message = pcall(function()
        client:map(case[1], case[2])
      end)
      assert.is_false(called)
      assert.matches("map_spec%.lua:%d+: map: ", message)
      assert.is_truthy(message:find(case[3], 1, true), message)
    end
    client:step(0.05)
    assert.equal(0, #server:log())
  end)

  it("lets the rest of the program run", function()
    local cqueues = require "cqueues"
    local client = quick.client(server, { loop = "cqueues" })
    local loop, turns, outcomes = cqueues.new(), 0, nil
    loop:wrap(function()
      outcomes = client:map(clips(3), { save = folder, timeout = PATIENCE })
      client:close()
    end)
    loop:wrap(function()
      while not outcomes do
        turns = turns + 1
        cqueues.sleep(0.005)
      end
    end)
    assert(loop:loop())
    assert.is_truthy(outcomes[3].files)
    assert.is_true(turns > 5)
  end)
end)
