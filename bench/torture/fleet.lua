--- Several processes on one store, two of them killed: who looks at which task, and when.

local cqueues = require "cqueues"
local http_request = require "http.request"

local child = require "bench.torture.child"
local emulator = require "spec.support.emulator"

local Run = {}
Run.__index = Run

local M = {}

local PATIENCE = 300 -- seconds for any step

function Run:problem(text, ...)
  self.problems[#self.problems + 1] = text:format(...)
end

function Run:wait_until(what, is_done)
  local deadline = cqueues.monotime() + PATIENCE
  while not is_done() do
    assert(cqueues.monotime() < deadline, what .. ": not in time")
    for name, worker in pairs(self.workers) do
      if not worker:is_running() then
        local status, output = worker:finish()
        self.workers[name] = nil
        assert(status == 0, ("%s ended with %s: %s"):format(name, status, output))
      end
    end
    cqueues.sleep(0.2)
  end
end

-- A request for a made-up name puts the moment into the emulator's own log.
local function mark(self, name)
  local request = http_request.new_from_uri(("%s/killed/%s"):format(self.server.url, name))
  request.follow_redirects = false
  local _, stream = assert(request:go(10))
  stream:shutdown()
end

function Run:kill(name)
  local worker = self.workers[name]
  self.workers[name] = nil
  worker:kill()
  worker:finish()
  mark(self, name)
end

-- The first dies while there are creates to be sent, the second when all have been.
function Run:play(count, tasks)
  for i = 1, count do
    local name = "worker" .. i
    self.workers[name] = child.start("worker", { self.server.url, self.store, name, tasks },
      { env = { LEASE = self.lease } })
  end
  local function billed(share)
    return function()
      return #self.server:ledger() >= share * count * tasks
    end
  end
  self:wait_until("half of the creates", billed(0.5))
  self:kill "worker1"
  self:wait_until("all creates", billed(1))
  cqueues.sleep(self.lease) -- all are looked at
  self:kill "worker2"
  self:wait_until("all tasks", function()
    return next(self.workers) == nil
  end)
end

-- External id -> its one task; a second bill, or none, is a problem.
function Run:check_bills(count, tasks)
  local names, bills = {}, {}
  for _, entry in ipairs(self.server:ledger()) do
    names[entry.task_id] = entry.external_task_id
    bills[entry.external_task_id] = (bills[entry.external_task_id] or 0) + 1
  end
  for worker = 1, count do
    for i = 1, tasks do
      local name = ("worker%d-%d"):format(worker, i)
      if bills[name] ~= 1 then
        self:problem("%s: %d bills", name, bills[name] or 0)
      end
    end
  end
  return names
end

local function add(looks, task, entry)
  looks[task] = looks[task] or {}
  table.insert(looks[task], { who = entry.user_agent:match "^%S+", at = entry.at })
end

-- Task -> who created and looked at it, and when, in the order in which the service saw them; and
-- who was killed, and when.
local function looks_of(log, names)
  local looks, killed = {}, {}
  for _, entry in ipairs(log) do
    local last = entry.path:match "([^/]+)$"
    if entry.request == "create" then
      add(looks, entry.body:match '"external_task_id":"([^"]+)"', entry)
    elseif entry.request == "query" then
      add(looks, names[last] or last, entry)
    elseif entry.path:match "^/killed/" then
      killed[last] = entry.at
    end
  end
  return looks, killed
end

-- Whoever looks at a task goes on until it is killed; only then another may.
function Run:check_pollers(looks, killed)
  local taken = {}
  for task, list in pairs(looks) do
    for i = 2, #list do
      local before, now = list[i - 1], list[i]
      local died = killed[before.who]
      if before.who ~= now.who and (not died or now.at < died) then
        self:problem("%s: %s looks at it while %s does", task, now.who, before.who)
      elseif before.who ~= now.who then
        taken[#taken + 1] = now.at - died
      end
    end
  end
  table.sort(taken)
  return taken
end

local function report(self, options, taken, looks)
  local total = 0
  for _, list in pairs(looks) do
    total = total + #list
  end
  return { problems = self.problems, lines = {
    ("%d processes, %d tasks each, two processes killed, a lease of %g s"):format(
      options.processes, options.tasks, options.lease),
    ("  %-58s %6d"):format("creates of tasks and looks at them", total),
    ("  %-58s %6d"):format("tasks looked at by two processes, or billed twice or never",
      #self.problems),
    ("  %-58s %6d"):format("tasks taken over", #taken),
    ("  %-58s %6.1f"):format("seconds from death to the next look, median",
      taken[math.ceil(#taken / 2)] or 0),
    ("  %-58s %6.1f"):format("seconds from death to the next look, at most", taken[#taken] or 0),
  } }
end

--- `store` and `lease` as for kling.new, `processes` (more than 2), `tasks` of each, and how many
--- `seconds` they take.
---@return table report `{ lines, problems }`
function M.run(options)
  local self = setmetatable({
    workers = {}, problems = {}, store = options.store, lease = options.lease,
  }, Run)
  self.server = emulator.start {
    http2 = false, variants = { "external_id_reusable" },
    life = { submitted = options.seconds / 2, processing = options.seconds / 2 },
  }
  local taken, looks, killed
  local ran, message = pcall(function()
    self:play(options.processes, options.tasks)
    looks, killed = looks_of(self.server:log(), self:check_bills(options.processes, options.tasks))
    taken = self:check_pollers(looks, killed)
    if #taken == 0 then
      self:problem "no task was taken over: nothing was tried"
    end
  end)
  for _, worker in pairs(self.workers) do
    worker:kill()
    worker:finish()
  end
  self.server:stop()
  assert(ran, message)
  return report(self, options, taken, looks)
end

return M
