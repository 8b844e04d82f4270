--- Waits for several jobs.

local Client = require "kling.client"
local core = require "kling.core"
local deadline = require "kling.deadline"
local failure = require "kling.failure"

local raw = core.raw
local M = {}

local TICK = 0.02 -- seconds: with several clients none may sleep while another has news

local function check_jobs(jobs, operation)
  if type(jobs) ~= "table" then
    error(("%s: a list of jobs expected, got %s"):format(operation, type(jobs)), 3)
  end
  for i = 1, #jobs do
    if not Client.is_job(jobs[i]) then
      error(("%s: job %d: a job expected, got %s"):format(operation, i, type(jobs[i])), 3)
    end
    Client.check_process(jobs[i]:client(), operation, 3)
  end
end

local function by_client(jobs)
  local groups, clients = {}, {}
  for _, job in ipairs(jobs) do
    local client = job:client()
    if not groups[client] then
      groups[client] = {}
      clients[#clients + 1] = client
    end
    table.insert(groups[client], job)
  end
  return clients, groups
end

local function all_ended(client, jobs)
  for i = #jobs, 1, -1 do
    if not raw.ended(client, jobs[i]) then
      return false
    end
    jobs[i] = nil -- looked at once: waiting for many does not get slower with their number
  end
  return true
end

local function wait_for_all(jobs, until_when)
  local clients, groups = by_client(jobs)
  local left = #clients
  repeat -- at least once: 0 seconds are one look, as in wait
    for _, client in ipairs(clients) do
      local group = groups[client]
      if group then
        local slice = #clients > 1 and deadline.new(math.min(TICK, until_when:left())) or until_when
        local done = Client.wait_until(client, function()
          return all_ended(client, group)
        end, slice)
        until_when.problem = slice.problem
        if done then
          groups[client] = nil
          left = left - 1
        end
      end
    end
  until left == 0 or until_when:is_over() or until_when.problem
end

local function outcome_of(job, until_when)
  local result, _, why = Client.result_of(job:client(), job, until_when)
  return { job = job, result = result, failure = why }
end

--- kling.gather
function M.all(jobs, seconds)
  check_jobs(jobs, "gather")
  local until_when = deadline.new(seconds, "gather")
  wait_for_all(jobs, until_when)
  local outcomes = {}
  for i, job in ipairs(jobs) do
    outcomes[i] = outcome_of(job, until_when)
  end
  return outcomes
end

local function first_ended(client, jobs)
  for i, job in ipairs(jobs) do
    if raw.ended(client, job) then
      return i
    end
  end
end

function core.Client:next(jobs, seconds)
  check_jobs(jobs, "next")
  for _, job in ipairs(jobs) do
    Client.check_job(self, job, "next")
  end
  local until_when = deadline.new(seconds, "next")
  local at
  Client.wait_until(self, function()
    at = first_ended(self, jobs)
    return at or #jobs == 0
  end, until_when)
  if not at then
    return failure.give {
      code = until_when.problem or "timeout",
      operation = "wait",
      task_state = "may-exist",
      billed = "maybe",
      reason = ("none of %d jobs ended within %.4g s"):format(#jobs, until_when.seconds),
      hint = not until_when.problem and "Wait again; the tasks go on at the service." or nil,
    }
  end
  local job = table.remove(jobs, at)
  local outcome = outcome_of(job, until_when)
  return job, outcome.result, outcome.failure
end

return M
