--- What was learned about a gateway, for all who use the same base_url.

local session = require "kling.store.session"

local M = {}

local GATEWAY = "SELECT external_query, list, roundup, probe, histogram FROM gateways "
  .. "WHERE base_url = ?"

-- Any task that is known to exist can be asked for; one that is older than 30 days the service has
-- forgotten (docs/contract.md, section 6).
local YOUNG = 20 * 86400 -- seconds
local PROBE = "SELECT external_task_id FROM tasks WHERE base_url = ? AND task_id IS NOT NULL "
  .. "AND created_at >= ? ORDER BY created_at DESC LIMIT 1"

function M:gateway()
  return session.read(self, function(connection)
    local facts = connection:rows(GATEWAY, self.base_url)[1] or {}
    local since = session.now(self, connection) - YOUNG
    local known = connection:rows(PROBE, self.base_url, since)[1]
    facts.external_query = facts.external_query or "unknown"
    facts.list = facts.list or "unknown"
    facts.roundup = facts.roundup or "unknown"
    facts.probe = known and known.external_task_id or facts.probe
    return facts
  end)
end

local LEARN = [[
  INSERT INTO gateways (base_url, external_query, list, roundup, probe, histogram)
    VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (base_url) DO UPDATE SET
    external_query = coalesce(excluded.external_query, gateways.external_query),
    list = coalesce(excluded.list, gateways.list),
    roundup = coalesce(excluded.roundup, gateways.roundup),
    probe = coalesce(excluded.probe, gateways.probe),
    histogram = coalesce(excluded.histogram, gateways.histogram)]]

-- Who does not know does not unteach others.
local function known(fact)
  return fact ~= "unknown" and fact or nil
end

function M:learn(facts)
  return session.write(self, function(connection)
    connection:change(LEARN, self.base_url, known(facts.external_query), known(facts.list),
      known(facts.roundup), facts.probe, facts.histogram)
    return true
  end)
end

local HISTOGRAM = "SELECT histogram FROM gateways WHERE base_url = ?"
local SET_HISTOGRAM = "INSERT INTO gateways (base_url, histogram) VALUES (?, ?) "
  .. "ON CONFLICT (base_url) DO UPDATE SET histogram = excluded.histogram"

--- Others may tell what they have learned at the same time: none of it is lost.
function M:merge_histogram(merge)
  return session.write(self, function(connection)
    connection.dialect.lock_all(connection)
    local row = connection:rows(HISTOGRAM, self.base_url)[1]
    connection:change(SET_HISTOGRAM, self.base_url, merge(row and row.histogram))
    return true
  end)
end

return M
