--- Jobs by what was asked for, to find the one that is the same request's.
-- Thousands are kept: a number each, and a list only for those that have one number.

local core = require "kling.core"

local raw = core.raw

local Same = {}
Same.__index = Same

local M = {}

function M.new()
  return setmetatable({ jobs = {} }, Same) -- number -> job, or a list of jobs, the newest last
end

-- Made of the fingerprint's first digits, which 32 bits hold. Different ones may have the same.
local function number_of(fingerprint)
  return tonumber(fingerprint:sub(1, 8), 16)
end

--- Is it this fingerprint's beginning, which a job keeps, and which is long enough?
function M.begins(beginning, fingerprint)
  return fingerprint:sub(1, #beginning) == beginning
end

function Same:add(client, job)
  local number = number_of(raw.fingerprint(client, job))
  local found = self.jobs[number]
  if type(found) == "table" then
    found[#found + 1] = job
  else
    self.jobs[number] = found and { found, job } or job
  end
end

function Same:remove(client, job)
  local number = number_of(raw.fingerprint(client, job))
  local found = self.jobs[number]
  if found == job then
    self.jobs[number] = nil
  elseif type(found) == "table" then
    for i = #found, 1, -1 do
      if found[i] == job then
        table.remove(found, i)
        return
      end
    end
  end
end

--- The newest job for this fingerprint that `stands(job)`. Newer ones that do not are forgotten:
--- they never will again.
function Same:find(client, fingerprint, stands)
  local number = number_of(fingerprint)
  local found = self.jobs[number]
  local list = type(found) == "table" and found or { found }
  for i = #list, 1, -1 do
    if M.begins(raw.fingerprint(client, list[i]), fingerprint) then
      if stands(list[i]) then
        return list[i]
      end
      table.remove(list, i)
    end
  end
  self.jobs[number] = #list > 0 and found or nil
end

local function kept_of(list, is_needed)
  local kept = {}
  for _, job in ipairs(list) do
    kept[#kept + 1] = is_needed(job) and job or nil
  end
  return #kept > 1 and kept or kept[1]
end

--- Forget all jobs that are not `is_needed(job)`.
function Same:sweep(is_needed)
  for number, found in pairs(self.jobs) do
    self.jobs[number] = kept_of(type(found) == "table" and found or { found }, is_needed)
  end
end

return M
