--- Many tasks at once: submits all, waits for each and saves each as it ends.

local Client = require "kling.client"
local core = require "kling.core"
local deadline = require "kling.deadline"
local failure = require "kling.failure"
local news = require "kling.news"
local options = require "kling.options"
local request = require "kling.request"
local save = require "kling.save"

local raw = core.raw
local M = {}

local SLICE = 0.02 -- seconds of submitting, a write to disk each, until others have their turn
local BREATH = 0.001 -- seconds
local SAVES = 4 -- tasks whose files are fetched at a time, each file over a connection of its own

local function check_folder(folder)
  return folder == "" and "a folder expected, got ''" or nil
end

local rules = {
  save = { type = "string", check = check_folder },
  formats = save.rules.formats,
  overwrite = save.rules.overwrite,
  verify = save.rules.verify,
  timeout = save.rules.timeout,
  on_progress = { type = "function" },
}

-- Called by pcall, the complaints of what it checks carry no position.
local function check_request(fields)
  local checked, is_duplicate = request.check(fields)
  return checked, is_duplicate
end

--- What `submit` would make of a request: the checked copy and whether it is a wanted duplicate;
--- or nil and what is wrong.
function M.check_request(fields)
  local ok, checked, is_duplicate = pcall(check_request, fields)
  if ok then
    return checked, is_duplicate
  end
  return nil, (checked:gsub("^submit: ", ""))
end

local function problem_of(client, subject)
  if Client.is_job(subject) then
    return subject:client() ~= client and "this job belongs to another client" or nil
  end
  local checked, problem = M.check_request(subject)
  return not checked and problem or nil
end

-- All of it is looked at before any of it costs money.
local function check_list(client, list)
  if type(list) ~= "table" then
    error(("map: a list of requests expected, got %s"):format(type(list)), 3)
  end
  for i = 1, #list do
    local problem = problem_of(client, list[i])
    if problem then
      error(("map: item %d: %s"):format(i, problem), 3)
    end
  end
end

local Map = {}
Map.__index = Map

-- What on_progress raises is the caller's; but no download is left running that nobody waits for.
function Map:abandon()
  self.options.on_progress = nil
  for _, saver in ipairs(self.savers) do
    saver.state.problem = "cancelled"
    if coroutine.status(saver.thread) == "suspended" then
      coroutine.resume(saver.thread)
    end
  end
end

function Map:report(item, is_over)
  local on_progress = self.options.on_progress
  local called, raised = true, nil
  if on_progress then
    called, raised = pcall(on_progress, item.index, item.outcome, is_over or false)
  end
  if not called then
    self:abandon()
    error(raised, 0)
  end
end

function Map:finish(item)
  item.outcome.done, item.outcome.total = nil, nil
  self.left = self.left - 1
  self:report(item, true)
end

-- A job, or nil, message, failure.
function Map:submit(subject)
  if Client.is_job(subject) then
    return subject
  elseif not raw.is_open(self.client) then -- on_change may have closed it
    return failure.give { code = "closed", operation = "submit", task_state = "not-created",
      billed = "no" }
  end
  return self.client:submit(subject)
end

function Map:add(index, subject)
  local outcome, _ = {}, nil
  local item = { index = index, outcome = outcome }
  self.outcomes[index] = outcome
  outcome.job, _, outcome.failure = self:submit(subject)
  if outcome.job then
    self.items[#self.items + 1] = item
  else
    outcome.state = "failed"
    self:finish(item)
  end
end

-- Items may be of one task: its files are fetched once, for all of them.
local function share(items, fields)
  for _, item in ipairs(items) do
    for name, value in pairs(fields) do
      item.outcome[name] = value
    end
  end
end

function Map:queue_save(item)
  local task_id = item.outcome.result.task_id
  local items = self.saves[task_id]
  if not items then
    items = { item }
    self.saves[task_id] = items
    table.insert(self.to_save, items)
  elseif items.saved then
    share({ item }, items.saved)
    self:finish(item)
  else
    table.insert(items, item)
  end
end

function Map:end_task(item)
  local outcome = item.outcome
  local _
  item.has_ended = true
  outcome.result, _, outcome.failure = Client.result_of(self.client, outcome.job, self.until_when)
  if outcome.result and self.options.save then
    outcome.state = "saving"
    self:report(item)
    self:queue_save(item)
  else
    self:finish(item)
  end
end

function Map:look_at(item)
  local outcome = item.outcome
  local state = raw.ended(self.client, outcome.job)
  if not state and self.options.on_progress then
    state = Client.state_of(self.client, outcome.job)
    if state ~= outcome.state then
      outcome.state = state
      self:report(item)
    end
  elseif state then
    outcome.state = state
    self:end_task(item)
  end
end

-- Once at all of them; from then on only at those that change: waiting does not get slower with
-- their number.
function Map:begin()
  news.listen(self.client, self)
  for _, item in ipairs(self.items) do
    local place = raw.place(self.client, item.outcome.job)
    self.at[place] = self.at[place] or {}
    table.insert(self.at[place], item)
  end
  for _, item in ipairs(self.items) do
    self:look_at(item)
  end
end

function Map:hear(job)
  self.changed[#self.changed + 1] = job
end

function Map:look()
  local changed = self.changed
  self.changed = {}
  for _, job in ipairs(changed) do
    for _, item in ipairs(self.at[raw.place(self.client, job)] or {}) do
      if not item.has_ended then
        self:look_at(item)
      end
    end
  end
end

function Map:report_save(items, done, total)
  share(items, { done = done, total = total })
  for _, item in ipairs(items) do
    self:report(item)
  end
end

function Map:fetch(items)
  local given = self.options
  if not raw.is_open(self.client) then -- on_change may have closed it
    return failure.give { code = "closed", operation = "save", task_state = "exists",
      billed = "yes", task_id = items[1].outcome.result.task_id }
  end
  return self.client:save(items[1].outcome.job, given.save, {
    formats = given.formats,
    overwrite = given.overwrite,
    verify = given.verify,
    timeout = self.until_when:left(),
    on_progress = given.on_progress and function(done, total)
      self:report_save(items, done, total)
    end,
  })
end

function Map:save(items)
  local files, _, why = self:fetch(items)
  items.saved = { files = files, failure = why, state = files and "succeeded" or "failed" }
  share(items, items.saved)
  for _, item in ipairs(items) do
    self:finish(item)
  end
end

-- A save waits as any caller would, in a coroutine of its own; its pauses are ours, and do not keep
-- it alive when on_change has raised out of all this.
function Map:start_save(items)
  local state, until_when = {}, self.until_when
  local thread = coroutine.create(function()
    self:save(items)
  end)
  Client.set_pause(self.client, thread, function(_, seconds)
    state.pause = seconds
    if not state.problem then
      coroutine.yield()
    end
    return nil, state.problem or until_when.problem
  end)
  table.insert(self.savers, { thread = thread, state = state })
end

function Map:resume_savers()
  while #self.savers < SAVES and #self.to_save > 0 do
    self:start_save(table.remove(self.to_save, 1))
  end
  local longest
  for i = #self.savers, 1, -1 do
    local saver = self.savers[i]
    local ok, problem = coroutine.resume(saver.thread)
    if not ok then
      error(problem, 0)
    elseif coroutine.status(saver.thread) == "dead" then
      Client.set_pause(self.client, saver.thread, nil)
      table.remove(self.savers, i)
    else
      longest = math.min(longest or saver.state.pause, saver.state.pause)
    end
  end
  self.until_when.longest_pause = longest
end

-- A saver's step may end another's download, or a task: pausing then would sleep through it.
function Map:advance()
  local changes
  repeat
    changes = raw.changes(self.client)
    self:look()
    self:resume_savers()
  until raw.changes(self.client) == changes and (#self.savers == SAVES or #self.to_save == 0)
  return self.left == 0
end

-- The time is over for all of them: what is being saved says so itself.
function Map:give_up()
  for _, item in ipairs(self.items) do
    if not item.has_ended then
      self:end_task(item)
    end
  end
  while self.left > 0 do
    self:resume_savers()
  end
end

local function never()
  return false
end

-- Thousands may have to be written down, and the first of them has a lease to keep.
function Map:add_all(list)
  local slice_end = core.now() + SLICE
  for i = 1, #list do
    self:add(i, list[i])
    if core.now() >= slice_end then
      Client.wait_until(self.client, never, deadline.new(BREATH))
      slice_end = core.now() + SLICE
    end
  end
end

function core.Client:map(list, given)
  Client.check_open(self, "map")
  local checked = options.check(given, rules, "map")
  check_list(self, list)
  local map = setmetatable({
    client = self,
    options = checked,
    until_when = deadline.new(checked.timeout, "map"),
    outcomes = {}, -- { job, state, result, files, failure }, in the list's order
    items = {}, -- those that have a job
    at = {}, -- raw.place of a job -> its items
    changed = {}, -- jobs
    saves = {}, -- task id -> its items
    to_save = {}, -- of these, those whose turn has not come
    savers = {}, -- { thread, state = { pause, problem } }
    left = #list,
  }, Map)
  map:add_all(list)
  map:begin()
  Client.wait_until(self, function()
    return map:advance()
  end, map.until_when)
  news.deafen(self, map)
  map:give_up()
  return map.outcomes
end

return M
