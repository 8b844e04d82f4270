--- What was learned of a gateway, and of how long its tasks take, for all who use it: methods of
-- the client's side of the store (tasks.lua).

local core = require "kling.core"

local raw = core.raw

local SOME = 10 -- ends of tasks: worth a write
local PAUSE = 5 -- seconds between such writes, each of which holds up the program

local M = {}

--- Learn what the store knows. True; or nil, message, failure.
function M:learn(client)
  local facts, message, why = self.store:gateway()
  if not facts then
    return nil, message, why
  end
  raw.learn(client, facts)
  self.learned = raw.gateway(client).changes
  if facts.histogram then
    raw.learn_cadence(client, facts.histogram)
  end
  return true
end

function M:tell_gateway(client)
  local facts = raw.gateway(client)
  if facts.changes ~= self.learned and not self.problem then
    local done, message = self.store:learn(facts)
    if not done then
      return self:suffer(client, message)
    end
    self.learned = facts.changes
  end
end

-- A store that does not work says so where it matters: durations can wait.
local function tell_durations(self, client)
  local done = self.store:merge_histogram(function(known)
    if known then
      raw.learn_cadence(client, known)
    end
    return raw.cadence(client)
  end)
  if done then
    raw.tell_cadence(client)
  end
end

--- Tell how long tasks took, and learn what others have told, once that is worth it.
function M:share_durations(client)
  if raw.untold(client) >= SOME and not self.problem and core.now() >= self.share_at then
    self.share_at = core.now() + PAUSE
    tell_durations(self, client)
  end
end

--- The same at the end.
function M:share_last_durations(client)
  if raw.untold(client) > 0 and not self.problem then
    tell_durations(self, client)
  end
end

return M
