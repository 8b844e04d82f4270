--- Adds what waits, and what is told to people, to the C client's methods.

local core = require "kling.core"
local deadline = require "kling.deadline"
local failure = require "kling.failure"
local options = require "kling.options"
local request = require "kling.request"
local result = require "kling.result"

local raw = core.raw
local Client = core.Client

local M = {}

--- What the Lua layer keeps of a client: `loop`, `on_change` and a few options.
function M.set_up(client, fields)
  local private = raw.private(client)
  for name, value in pairs(fields) do
    private[name] = value
  end
end

function M.is_job(value)
  local meta = type(value) == "userdata" and getmetatable(value)
  return type(meta) == "table" and meta.__index == core.Job
end

--- Raises for a client that a fork has copied: its sockets are the parent's.
function M.check_process(client, operation, level)
  if raw.is_inherited(client) then
    local text = "%s: client was made before fork(); make a new one in this process"
    error(text:format(operation), level + 1)
  end
end

--- Raises unless `job` is one of this client; blames the caller of our caller.
function M.check_job(client, job, operation)
  if not M.is_job(job) then
    error(("%s: a job expected, got %s"):format(operation, type(job)), 3)
  elseif job:client() ~= client then
    error(("%s: this job belongs to another client"):format(operation), 3)
  end
  M.check_process(client, operation, 3)
end

--- Raises for a closed client; blames the caller of our caller.
function M.check_open(client, operation)
  local meta = type(client) == "userdata" and getmetatable(client)
  if type(meta) ~= "table" or meta.__index ~= Client then
    local text = "%s: a client expected, got %s; call it with a colon"
    error(text:format(operation, type(client)), 3)
  end
  if not raw.is_open(client) then
    error(("%s: client is closed"):format(operation), 3)
  end
  M.check_process(client, operation, 3)
end

--- The failure of a job, or what last went wrong while it runs; nil when nothing has.
function M.failure_of(client, job)
  local facts = raw.failure(client, job)
  local tasks = raw.private(client).tasks
  if facts and tasks then
    tasks:explain(facts)
  end
  return facts and failure.new(facts)
end

--- A job's state, and info without its failure.
function M.state_of(client, job)
  local state, info = raw.info(client, job)
  local tasks = raw.private(client).tasks
  return tasks and tasks:amend(state, info) or state, info
end

--- What `poll` says.
function M.info_of(client, job)
  local state, info = M.state_of(client, job)
  info.failure = M.failure_of(client, job)
  return state, info
end

local engine_timeout = Client.timeout

function Client:timeout()
  M.check_open(self, "timeout")
  local seconds, tasks = engine_timeout(self), raw.private(self).tasks
  if tasks then
    return math.min(seconds or math.huge, tasks:left())
  end
  return seconds
end

-- One turn: whoever steps may have read another coroutine's answer off the socket, so the others
-- are woken before anybody's on_change can raise.
local function turn(client, loop)
  if raw.is_open(client) then
    client:step(0)
  end
  local private, changes = raw.private(client), raw.changes(client)
  if private.changes ~= changes then
    private.changes = changes
    if loop.wake then
      loop.wake(client)
    end
  end
  client:dispatch()
end

--- In this coroutine, and only there, `pause` is how the client's waits pause; nil: as everywhere.
--- It must not refer to the coroutine: one that nobody waits for any more is collected.
function M.set_pause(client, thread, pause)
  local private = raw.private(client)
  private.loops = private.loops or setmetatable({}, { __mode = "k" })
  private.loops[thread] = pause and { pause = pause, wake = private.loop.wake }
end

local function loop_of(client)
  local private = raw.private(client)
  local thread = private.loops and coroutine.running()
  return thread and private.loops[thread] or private.loop
end

local LONGEST_PAUSE = 3600 -- seconds: not every loop has a timer for "no limit"

-- Seconds to pause at most when no I/O is to be done.
local function longest_pause(client, until_when)
  local tasks = raw.private(client).tasks
  local most = until_when.longest_pause or LONGEST_PAUSE
  return math.min(until_when:left(), most, tasks and tasks:left() or most)
end

--- The only loop in the library: until `is_done()` or the deadline. True when done. Where the host
--- allows no waiting the deadline says so, in `problem`.
function M.wait_until(client, is_done, until_when)
  local loop = loop_of(client)
  while true do
    turn(client, loop)
    if is_done() then
      return true
    end
    if until_when:is_over() or not raw.is_open(client) then
      return false
    end
    local most = longest_pause(client, until_when)
    local _, problem = loop.pause(client, math.min(most, client:timeout() or most), most)
    if problem then
      until_when.problem = problem
      return false
    end
  end
end

--- Wait for one job of any kind. True when it has ended.
function M.wait_for(client, job, until_when)
  return M.wait_until(client, function()
    return raw.ended(client, job)
  end, until_when)
end

--- Stop a job of any kind. Who waits for it, or for its place, is woken.
function M.stop(client, job)
  local stopped = raw.stop(client, job)
  local loop = raw.private(client).loop
  if stopped and loop.wake then
    loop.wake(client)
  end
  return stopped
end

local function reason_not_done(state, until_when)
  return ("it was still %s after %.4g s"):format(state, until_when.seconds)
end

-- Of a task without a task id.
local wait_again = {
  ["not-created"] = "Wait again: the task has not been accepted yet.",
  ["may-exist"] = "Wait again: whether the task was made is being asked; do not submit it anew.",
  ["exists"] = "Wait again: the task was made, and its id is still being asked for.",
}

--- nil, message, failure for a wait that ended before its job.
function M.not_done(client, job, until_when, operation)
  local state, info = M.info_of(client, job)
  local facts = raw.failure(client, job) or {}
  facts.task_state, facts.billed = raw.known(client, job)
  facts.task_id, facts.external_task_id = info.task_id, info.external_task_id
  facts.operation = operation
  facts.code = until_when.problem or "timeout"
  if not until_when.problem then
    facts.reason = reason_not_done(state, until_when)
    facts.hint = not info.task_id and wait_again[facts.task_state] or nil
  end
  return failure.give(facts)
end

--- What an ended job brought, or nil, message, failure.
function M.outcome(client, job)
  if raw.ended(client, job) == "succeeded" then
    return raw.take(client, job)
  end
  local why = M.failure_of(client, job)
  return nil, why.message, why
end

--- The result of a task's job; or nil, message, failure, also when it has not ended.
function M.result_of(client, job, until_when)
  if not raw.ended(client, job) then
    return M.not_done(client, job, until_when, "wait")
  end
  local task, message, why = M.outcome(client, job)
  if not task then
    return nil, message, why
  end
  local _, info = raw.info(client, job)
  task.task_id = info.task_id or task.task_id
  task.external_task_id = info.external_task_id or task.external_task_id
  return result.new(task)
end

-- Is the callback_url one that a webhook receiver of this client made?
local function is_called_back(client, callback_url)
  local urls = raw.private(client).callback_urls
  local receiver_url = callback_url and callback_url:match "^(.*)/[^/]+/[^/]+$"
  return urls ~= nil and receiver_url ~= nil and urls[receiver_url] == true
end

function Client:submit(fields)
  M.check_open(self, "submit")
  local checked, is_duplicate = request.check(fields)
  local is_named = checked.external_task_id ~= nil
  checked.external_task_id = checked.external_task_id or core.uuid()
  return raw.private(self).guard:submit(self, {
    id = checked.external_task_id,
    is_named = is_named or nil, -- kept with each task: false would take room
    request = checked,
    fingerprint = request.fingerprint(checked),
    is_wanted_anew = is_duplicate or is_named, -- who names a task says which one is meant
    is_called_back = is_called_back(self, checked.callback_url),
  })
end

local function check_task_id(task_id, operation)
  local problem = "a task id, a string, expected, got " .. type(task_id)
  if type(task_id) == "string" then
    problem = task_id == "" and "a task id expected, got ''" or request.check_id(task_id)
  end
  if problem then
    error(("%s: %s"):format(operation, problem), 3)
  end
end

function Client:attach(task_id)
  M.check_open(self, "attach")
  check_task_id(task_id, "attach")
  local tasks = raw.private(self).tasks
  return tasks and tasks:attach(self, task_id) or raw.attach(self, task_id)
end

function Client:poll(job)
  M.check_job(self, job, "poll")
  turn(self, raw.private(self).loop)
  return M.info_of(self, job)
end

function Client:wait(job, seconds)
  M.check_job(self, job, "wait")
  local until_when = deadline.new(seconds, "wait")
  M.wait_for(self, job, until_when)
  return M.result_of(self, job, until_when)
end

function Client:cancel(job)
  M.check_job(self, job, "cancel")
  local stopped, tasks = M.stop(self, job), raw.private(self).tasks
  if stopped and tasks and tasks:is_usable() then
    tasks:note_changes(self) -- at once: nobody else is to send it when this process ends here
  end
  return stopped, M.failure_of(self, job)
end

-- A single request: its job is stopped with its deadline.
local function call(client, job, until_when, operation)
  if not M.wait_for(client, job, until_when) then
    M.stop(client, job)
    local facts = raw.failure(client, job)
    facts.code, facts.operation = until_when.problem or "timeout", operation
    facts.hint = not until_when.problem and "Try again." or nil
    return failure.give(facts)
  end
  return M.outcome(client, job)
end

local function to_task(task, asked_id)
  task.task_id = task.task_id or asked_id
  task.state = task.state or "processing" -- an unknown word is not an end
  task.result = task.state == "succeeded" and result.new(task) or nil
  return task
end

function Client:query(task_id, seconds)
  M.check_open(self, "query")
  check_task_id(task_id, "query")
  local until_when = deadline.new(seconds or raw.private(self).request_timeout, "query")
  local job = raw.start_query(self, task_id)
  local task, message, why = call(self, job, until_when, "query")
  if not task then
    return nil, message, why
  end
  return to_task(task, task_id)
end

-- Limits: Kling's own page; see docs/contract.md, section 3.
local list_rules = {
  page = { type = "number", integer = true, min = 1, max = 1000, default = 1 },
  page_size = { type = "number", integer = true, min = 1, max = 500, default = 30 },
  timeout = { type = "number", min = 0 },
}

function Client:list(given)
  M.check_open(self, "list")
  local checked = options.check(given, list_rules, "list")
  local until_when = deadline.new(checked.timeout or raw.private(self).request_timeout, "list")
  local query = ("pageNum=%d&pageSize=%d"):format(checked.page, checked.page_size)
  local tasks, message, why = call(self, raw.start_list(self, query), until_when, "list")
  if not tasks then
    return nil, message, why
  end
  for i, task in ipairs(tasks) do
    tasks[i] = to_task(task)
  end
  return tasks
end

-- The loop lets go of the descriptor before it is closed: libuv aborts the process otherwise.
function Client:close()
  local loop, tasks = raw.private(self).loop, raw.private(self).tasks
  if tasks and tasks:is_usable() then
    tasks:close(self)
  end
  if loop and loop.forget and raw.is_open(self) then
    loop.forget(self)
  end
  raw.close(self)
  if loop and loop.wake then
    loop.wake(self)
  end
end

return M
