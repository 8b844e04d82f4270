--- A connection made before it is needed.

local core = require "kling.core"

local Client = require "kling.client"
local deadline = require "kling.deadline"
local failure = require "kling.failure"

local raw = core.raw

-- Of one that has not ended; nothing was asked for.
local function not_done(until_when)
  return { operation = "warm", code = until_when.problem or "timeout",
    task_state = "not-created", billed = "no" }
end

function core.Client:warm(seconds)
  Client.check_open(self, "warm")
  local until_when = deadline.new(seconds or raw.private(self).request_timeout, "warm")
  local job = raw.start_warm(self)
  local state = Client.wait_for(self, job, until_when) and raw.ended(self, job)
  if state == "succeeded" then
    return true
  end
  local facts = state and raw.failure(self, job) or not_done(until_when)
  facts.hint = facts.code == "timeout" and "Try again." or nil
  return failure.give(facts)
end
