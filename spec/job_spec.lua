--- A job's states, and what each event does to them.

local parts = require "kling_parts"

-- The order of enum job_event in job.h.
local events = { "sent", "repulsed", "submitted", "processing", "succeeded", "failed", "cancelled" }

-- state -> event -> the next state; what is not here changes nothing.
local expected = {
  queued = { sent = "submitting", failed = "failed", cancelled = "cancelled" },
  submitting = {
    repulsed = "queued",
    submitted = "submitted",
    processing = "processing",
    succeeded = "succeeded",
    failed = "failed",
    cancelled = "cancelled",
  },
  submitted = {
    processing = "processing",
    succeeded = "succeeded",
    failed = "failed",
    cancelled = "cancelled",
  },
  processing = { succeeded = "succeeded", failed = "failed", cancelled = "cancelled" },
  succeeded = {},
  failed = {},
  cancelled = {},
}

local number_of = {}
for number, name in ipairs(parts.states) do
  number_of[name] = number - 1
end

local function apply(state, event_number)
  local next_number = parts.job_apply(number_of[state], event_number - 1)
  return next_number and parts.states[next_number + 1]
end

describe("a job", function()
  it("has the states that are documented", function()
    assert.same({
      "queued", "submitting", "submitted", "processing", "succeeded", "failed", "cancelled",
    }, parts.states)
  end)

  for state, row in pairs(expected) do
    for number, event in ipairs(events) do
      it(("that is %s, when %s"):format(state, event), function()
        assert.equal(row[event], apply(state, number))
      end)
    end
  end

  it("knows no other event", function()
    assert.has_error(function()
      parts.job_apply(0, #events)
    end)
  end)

  it("that has ended stays as it is", function()
    for _, state in ipairs(parts.states) do
      local is_end = state == "succeeded" or state == "failed" or state == "cancelled"
      assert.equal(is_end, parts.job_is_end(number_of[state]))
      assert.equal(is_end, next(expected[state]) == nil)
    end
  end)

  it("never goes back but to try the create again", function()
    local rank = { queued = 1, submitting = 2, submitted = 3, processing = 4 }
    for state in pairs(rank) do
      for number, event in ipairs(events) do
        local after = apply(state, number)
        local is_back = after and rank[after] and rank[after] < rank[state]
        assert.equal(state == "submitting" and event == "repulsed", is_back or false)
      end
    end
  end)

  it("that is cleared keeps nothing", function()
    assert.same({ "external", "the second", "odd", true },
      { parts.job_clear("external", "the second", "odd") })
  end)
end)
