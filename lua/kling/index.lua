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
    older = {}, -- such as a sweep has not come to
  }, Index)
end

-- What 32 bits hold; different texts may have the same. A text that is no such number is its own.
local function key_of(text)
  return tonumber(text:sub(1, 8), 16) or text
end

local function put(jobs, key, job)
  local found = jobs[key]
  if type(found) == "table" then
    found[#found + 1] = job
  else
    jobs[key] = found and { found, job } or job
  end
end

function Index:add(client, job)
  put(self.jobs, key_of(self.text_of(client, job)), job)
end

local function find(self, found, client, text)
  if type(found) ~= "table" then
    return found and self.text_of(client, found) == text and found or nil
  end
  for i = #found, 1, -1 do
    if self.text_of(client, found[i]) == text then
      return found[i]
    end
  end
end

--- The newest job with this text, or nil.
function Index:find(client, text)
  local key = key_of(text)
  return find(self, self.jobs[key], client, text) or find(self, self.older[key], client, text)
end

local function remove(jobs, key, job)
  local found = jobs[key]
  if found == job then
    jobs[key] = nil
  elseif type(found) == "table" then
    for i = #found, 1, -1 do
      if found[i] == job then
        table.remove(found, i)
        break
      end
    end
    jobs[key] = #found > 1 and found or found[1]
  end
end

function Index:remove(client, job)
  local key = key_of(self.text_of(client, job))
  remove(self.jobs, key, job)
  remove(self.older, key, job)
end

--- Forget all jobs that are not `is_needed(job)`; how many are left. A finalizer of the program's
--- may add some meanwhile: not to the table that is being gone through.
function Index:sweep(is_needed)
  local left = 0
  self.jobs, self.older = {}, self.jobs
  for key, found in pairs(self.older) do
    for _, job in ipairs(type(found) == "table" and found or { found }) do
      if is_needed(job) then
        put(self.jobs, key, job)
        left = left + 1
      end
    end
  end
  self.older = {}
  return left
end

return M
