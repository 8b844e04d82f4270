--- A create refused for good, in a way that every other will be, ends those not sent yet.

local emulator = require "spec.support.emulator"
local quick = require "spec.support.quick"

local CLIP, PATIENCE = quick.CLIP, quick.PATIENCE
local MANY = 40 -- more than are sent at once

describe("creates that wait behind one", function()
  local server

  setup(function()
    server = emulator.start { clock = "manual" }
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    server:reset()
  end)

  after_each(quick.close_all)

  local function submit(client)
    local jobs = {}
    for i = 1, MANY do
      jobs[i] = client:submit { video_id = CLIP.video_id, sound_effect_prompt = "rain " .. i }
    end
    return jobs
  end

  local final = {
    [1000] = "auth", [1001] = "auth", [1002] = "auth", [1003] = "auth", [1004] = "auth",
    [1100] = "quota", [1101] = "quota", [1102] = "quota", [1103] = "auth", [1304] = "auth",
  }
  for code, ours in pairs(final) do
    it(("that is refused with %d end unsent"):format(code), function()
      server:fault { name = "service_code", on = "create", code = code, forever = true }
      local client = quick.client(server, { max_requests = 3 })
      local jobs = submit(client)
      local unsent = 0
      for _, job in ipairs(jobs) do
        local failure = quick.failure(client, job)
        assert.same({ ours, "not-created", "no", tostring(code), false, 1 }, { failure.code,
          failure.task_state, failure.billed, failure.service_code, failure.retryable,
          #failure.attempts })
        local is_unsent = failure.attempts[1].outcome:match "^not sent, since another was refused"
        unsent = unsent + (is_unsent and 1 or 0)
      end
      local sent = #quick.logged(server, "create")
      assert.equal(MANY, sent + unsent)
      assert.is_true(sent <= 3)
    end)
  end

  it("that is refused for what it says go on", function()
    server:fault { name = "service_code", on = "create", code = 1301 }
    local client = quick.client(server)
    local jobs = submit(client)
    quick.drive(client, function()
      return #server:ledger() == MANY - 1
    end)
    assert.equal("policy", quick.failure(client, jobs[1]).code)
  end)

  it("that a box on the way refused go on", function()
    server:fault { name = "html", on = "create", status = 403 }
    local client = quick.client(server)
    submit(client)
    quick.drive(client, function()
      return #server:ledger() == MANY - 1
    end)
  end)

  it("end unsent too when they wait for their next try", function()
    server:fault { name = "too_fast", on = "create", retry_after = 1, times = 2 }
    server:fault { name = "service_code", on = "create", code = 1102, forever = true }
    local client = quick.client(server)
    local tries = 0
    local calm = client:submit { video_id = CLIP.video_id, asmr_mode = true }
    for _, job in ipairs { client:submit(CLIP), calm } do
      local failure = quick.failure(client, job)
      assert.same({ "quota", "not-created" }, { failure.code, failure.task_state })
      for _, attempt in ipairs(failure.attempts) do
        tries = tries + (attempt.outcome:match "^not sent" and 0 or 1)
      end
    end
    assert.equal(#quick.logged(server, "create"), tries)
    assert.is_true(tries == 3 or tries == 4)
  end)

  it("leave alone those that run, and those submitted later", function()
    local client = quick.client(server)
    local first = client:submit(CLIP)
    quick.until_state(client, first, "submitted")
    server:fault { name = "service_code", on = "create", code = 1102 }
    local refused = client:submit { video_id = CLIP.video_id, asmr_mode = true }
    assert.equal("quota", quick.failure(client, refused).code)
    local later = client:submit { video_id = CLIP.video_id, bgm_prompt = "piano" }
    quick.until_state(client, later, "submitted")
    server:advance(60)
    assert(client:wait(first, PATIENCE))
  end)
end)
