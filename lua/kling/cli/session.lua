--- One command's talk with the service: its client, its job, and what is shown of them meanwhile.
-- A step returns what it brought, or nil and a failure; `outcome` collects what there is to report.

local board = require "kling.cli.board"
local console = require "kling.cli.console"
local core = require "kling.core"
local deadline = require "kling.deadline"
local failures = require "kling.failure"
local kling = require "kling"
local usage = require "kling.cli.usage"

local SLICE = 0.25 -- seconds between looks for Ctrl-C, and between changes of the live line

local LEASE = 15 -- seconds: whoever runs a killed command again is not to wait for a minute

local Session = {}
Session.__index = Session

local M = {}

local function last_trouble(failure)
  local last = failure and failure.attempts[#failure.attempts]
  return last and "; last trouble: " .. last.outcome or ""
end

local function describe(state, info)
  return ("%-10s %4d s%s  %s%s"):format(state, math.floor(info.elapsed),
    info.eta and ", " .. board.time_left(info.eta) or "",
    info.task_id and "task " .. info.task_id or "not accepted yet", last_trouble(info.failure))
end

local function raise_if_interrupted()
  local signal = core.interrupted()
  if signal then
    error({ signal = signal }, 0)
  end
end

local function new_loop(self)
  return {
    pause = function(client, seconds)
      client:step(math.min(seconds, SLICE))
      raise_if_interrupted()
      self:draw()
    end,
  }
end

--- Bring the live lines up to date. A command with more than one task has a `draw` of its own.
function Session:draw()
  if self.job and not self.is_saving then
    self.console:show(describe(self.client:poll(self.job)))
  end
end

local function learn(self, state, info)
  local outcome = self.outcome
  outcome.state = state
  outcome.external_task_id = info.external_task_id
  if info.task_id and not outcome.task_id then
    outcome.task_id = info.task_id
    self.console:note(("task %s accepted"):format(info.task_id))
  end
  if info.warning and not self.has_warned then
    self.has_warned = true
    self.console:note("warning: " .. info.warning)
  end
end

local function new_client(self, args)
  if not os.getenv "COMETAPI_KEY" then
    usage.fail "no API key: set COMETAPI_KEY in the environment"
  end
  return usage.call("kling.new", kling.new, {
    base_url = args.base_url,
    ca = args.ca,
    proxy = args.proxy,
    store = args.store,
    lease = args.store and (args.lease or LEASE),
    resolve = args.resolve,
    max_submits = args.max_submits,
    dry_run = args.dry_run,
    loop = new_loop(self),
    on_change = function(job, state, info)
      if job == self.job then
        learn(self, state, info)
      end
    end,
  })
end

local function open(args)
  local self = setmetatable({
    args = args,
    outcome = {},
    console = console.new(args.quiet),
    until_when = deadline.new(args.timeout, "--timeout"),
  }, Session)
  core.watch_interrupt()
  local _, failure
  self.client, _, failure = new_client(self, args)
  return self, failure
end

--- Queue a task. True, or nil and a failure.
function Session:submit(request)
  local _, failure
  self.job, _, failure = usage.call("submit", self.client.submit, self.client, request)
  return self.job and true, failure
end

--- Follow a task that exists.
function Session:attach(task_id)
  self.job = usage.call("attach", self.client.attach, self.client, task_id)
  self.outcome.task_id = task_id
end

local ended = { succeeded = true, failed = true, cancelled = true }

local function not_accepted(self, state, info)
  local _, _, failure = self.client:wait(self.job, 0)
  if not ended[state] then -- for `wait` its own time was over, which was none
    failure.message = ("the task (external id %s) was not accepted within %.4g s%s"):format(
      info.external_task_id, self.until_when.seconds, last_trouble(info.failure))
  end
  return failure
end

--- Wait until the service has the task.
function Session:wait_until_accepted()
  local state, info
  repeat
    self.client:step(math.min(SLICE, self.until_when:left()))
    raise_if_interrupted()
    state, info = self.client:poll(self.job)
    self.console:show(describe(state, info))
  until info.task_id or ended[state] or self.until_when:is_over()
  if info.task_id then
    return info.task_id
  end
  return nil, not_accepted(self, state, info)
end

-- In tenths: a message may name it.
local function seconds_left(self)
  return math.ceil(self.until_when:left() * 10) / 10
end

--- Wait until the task has ended.
function Session:wait()
  local result, _, failure = self.client:wait(self.job, seconds_left(self))
  self.outcome.result = result
  return result, failure
end

--- Save the task's files; waits when it has not ended.
function Session:save()
  local args = self.args
  local files, _, failure = usage.call("save", self.client.save, self.client, self.job, args.out, {
    formats = #args.format > 0 and args.format or nil,
    overwrite = args.overwrite,
    verify = not args.no_verify,
    timeout = seconds_left(self),
    on_progress = function(done, total)
      self.is_saving = true
      local of_all = total and (" of %.0f"):format(total / 1000) or ""
      self.console:show(("saving %.0f%s kB"):format(done / 1000, of_all))
    end,
  })
  self.outcome.files = files
  return files, failure
end

--- Ask once how the task is.
function Session:query(task_id)
  local task, _, failure =
    usage.call("query", self.client.query, self.client, task_id, self.args.timeout)
  local outcome = self.outcome
  outcome.task_id, outcome.task = task_id, task
  if task then
    outcome.state, outcome.external_task_id = task.state, task.external_task_id
  end
  return task, failure
end

--- Ask for one page of the account's tasks.
function Session:list()
  local args = self.args
  local tasks, _, failure = usage.call("list", self.client.list, self.client,
    { page = args.page, page_size = args.page_size, timeout = args.timeout })
  self.outcome.tasks = tasks
  return tasks, failure
end

local words = { SIGINT = "interrupted", SIGTERM = "terminated" }
local operations = { poll = "query", list = "list" }

local function interruption(self, signal)
  local word, id = words[signal], self.outcome.task_id
  local operation = operations[self.args.command]
  return failures.new {
    code = word,
    operation = operation or id and "wait" or "submit",
    task_id = id,
    external_task_id = self.outcome.external_task_id,
    task_state = id and "exists" or "not-created",
    billed = id and "yes" or "no",
    reason = word,
  }
end

-- What is known of a job that has not ended, when nobody goes on with it or the store's next reader
-- does: what cancelling says would end it there too.
local function facts_of(self)
  if self.args.store then
    local _, _, known = self.client:wait(self.job, 0)
    return known, "The store has the task: nothing is lost."
  end
  local _, known = self.client:cancel(self.job)
  return known, known.hint
end

-- The process is about to end, and with it our side of a job that has not.
local function settle(self, failure)
  if ended[self.client:poll(self.job)] then
    return
  end
  local known, hint = facts_of(self)
  if not (known.task_id and failure.hint) then
    failure.external_task_id = known.external_task_id
    failure.task_state, failure.billed = known.task_state, known.billed
    failure.hint = hint
  end
end

local function attempt(self, work)
  local ok, value, failure = xpcall(function()
    return work(self)
  end, function(problem)
    return type(problem) == "string" and debug.traceback(problem, 2) or problem
  end)
  if ok then
    return failure
  elseif type(value) == "table" and value.signal then
    return interruption(self, value.signal)
  end
  self.client:close()
  error(value, 0)
end

--- Run `work(session)`. What came of it, and the failure that ended it.
function M.run(args, work)
  local self, failure = open(args)
  if not failure then
    failure = attempt(self, work)
    if self.job then
      learn(self, self.client:poll(self.job))
    end
    if self.job and failure then
      settle(self, failure)
    end
    self.client:close()
  end
  self.console:clear()
  self.outcome.dry_run = failure and failure.dry_run
  self.outcome.failure = not self.outcome.dry_run and failure or nil
  return self.outcome
end

return M
