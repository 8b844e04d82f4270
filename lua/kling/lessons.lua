--- What was learned of a gateway, for all who use it: methods of the client's side of the store
-- (tasks.lua).

local core = require "kling.core"

local raw = core.raw

local M = {}

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

return M
