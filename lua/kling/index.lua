--- Finds jobs by a text that the core has of each.
-- Thousands are kept, each for the price of a number: of the texts only the first digits are here.

local Index = {}
Index.__index = Index

local M = {}

--- `text_of(client, job)` is what they are found by.
function M.new(text_of)
  return setmetatable({
    text_of = text_of,
    jobs = {}, -- key -> job, or a list of jobs, the newest last
  }, Index)
end

-- What 32 bits hold; different texts may have the same. A text that is no such number is its own.
local function key_of(text)
  return tonumber(text:sub(1, 8), 16) or text
end

function Index:add(client, job)
  local key = key_of(self.text_of(client, job))
  local found = self.jobs[key]
  if type(found) == "table" then
    found[#found + 1] = job
  else
    self.jobs[key] = found and { found, job } or job
  end
end

--- The newest job with this text, or nil.
function Index:find(client, text)
  local found = self.jobs[key_of(text)]
  if type(found) ~= "table" then
    return found and self.text_of(client, found) == text and found or nil
  end
  for i = #found, 1, -1 do
    if self.text_of(client, found[i]) == text then
      return found[i]
    end
  end
end

function Index:remove(client, job)
  local key = key_of(self.text_of(client, job))
  local found = self.jobs[key]
  if found == job then
    self.jobs[key] = nil
  elseif type(found) == "table" then
    for i = #found, 1, -1 do
      if found[i] == job then
        table.remove(found, i)
        break
      end
    end
    self.jobs[key] = #found > 1 and found or found[1]
  end
end

local function keep_of_list(list, is_needed)
  local kept = {}
  for _, job in ipairs(list) do
    kept[#kept + 1] = is_needed(job) and job or nil
  end
  return #kept > 1 and kept or kept[1], #kept
end

-- What is left of what is under a key, and how many those are.
local function keep(found, is_needed)
  if type(found) == "table" then
    return keep_of_list(found, is_needed)
  elseif is_needed(found) then
    return found, 1
  end
  return nil, 0
end

--- Forget all jobs that are not `is_needed(job)`; how many are left.
function Index:sweep(is_needed)
  local left = 0
  for key, found in pairs(self.jobs) do
    local count
    self.jobs[key], count = keep(found, is_needed)
    left = left + count
  end
  return left
end

return M
