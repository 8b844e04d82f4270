--- Many tasks of one command: follows them, tells of each as it is over, and sums up.
-- A row says what people call a task, and what JSON has of it beside the outcome:
-- `{ name, fields }`.

local board = require "kling.cli.board"
local report = require "kling.cli.report"
local session = require "kling.cli.session"

local Many = {}
Many.__index = Many

local M = {}

-- Failures that the same command again does not mend.
local final = { failed = true, not_found = true, policy = true, rejected = true, expired = true }

local function task_id_of(outcome)
  local source = outcome.result or outcome.failure or outcome
  return source.task_id
end

local function paths_of(files)
  local paths = {}
  for i, file in ipairs(files or {}) do
    paths[i] = file.path
  end
  return paths
end

local function new(talk, rows)
  local self = setmetatable({
    session = talk,
    rows = rows,
    over = 0,
    failed = 0,
    unsent = 0, -- of a dry run: what would be submitted,
    unsaved = 0, -- and what was, by an earlier one, but is not done
    board = board.new(#rows, function(index)
      return rows[index].name
    end),
  }, Many)
  talk.draw = function()
    talk.console:show_lines(self.board:lines())
  end
  return self
end

local function print_row(row, outcome)
  local id = task_id_of(outcome)
  local words = { row.name, id and "task " .. id or "would be submitted" }
  for _, path in ipairs(paths_of(outcome.files)) do
    words[#words + 1] = path
  end
  report.line(table.concat(words, "  "))
end

local function print_json_row(row, outcome)
  local failure = outcome.failure
  local object = {
    ok = not failure,
    state = outcome.state,
    earlier = outcome.earlier,
    task_id = task_id_of(outcome),
    files = outcome.files,
    failure = failure,
  }
  for name, value in pairs(row.fields) do
    object[name] = value
  end
  report.json(object)
end

local function may_exist(failure)
  return failure.task_state == "may-exist"
end

-- One failure stands for all and decides the exit code: of a task that may have been made and is
-- not to be paid for again, else of the first line.
function Many:note_failure(index, failure)
  local worst = self.worst
  self.failed = self.failed + 1
  self.can_go_on = self.can_go_on or not final[failure.code]
  if not worst or may_exist(failure) and not may_exist(worst.failure)
    or may_exist(failure) == may_exist(worst.failure) and index < worst.index then
    self.worst = { index = index, failure = failure }
  end
  local hint = failure.hint ~= self.hint and "\n" .. failure.hint or "" -- a hundred times the same
  self.hint = failure.hint
  self.session.console:note(("%s: %s%s"):format(self.rows[index].name, failure.message, hint))
end

-- The outcome of a line that would be submitted, or whose task there is already.
function Many:note_dry_run(task_id)
  if task_id then
    self.unsaved = self.unsaved + 1
    return { state = "submitted", task_id = task_id }
  end
  self.unsent = self.unsent + 1
  return { state = "queued" }
end

--- An item is over.
function Many:finish(index, outcome)
  local row, failure = self.rows[index], outcome.failure
  self.over = self.over + 1
  self.session.console:clear()
  if failure and failure.dry_run then
    outcome = self:note_dry_run(failure.task_id)
  elseif failure then
    self:note_failure(index, failure)
  end
  if self.session.args.json then
    print_json_row(row, outcome)
  elseif not outcome.failure then
    print_row(row, outcome)
  end
  report.flush()
end

function Many:note(index, outcome, is_over)
  self.board:note(index, outcome, is_over)
  if is_over then
    self:finish(index, outcome)
  end
end

--- Submit, wait for and save `subjects`, what client:map takes; `indexes` are those of their rows.
function Many:map(subjects, indexes)
  local args, client = self.session.args, self.session.client
  client:map(subjects, {
    save = args.out,
    formats = #args.format > 0 and args.format or nil,
    overwrite = args.overwrite,
    verify = not args.no_verify,
    timeout = self.session.until_when:left(),
    on_progress = function(i, outcome, is_over)
      self:note(indexes[i], outcome, is_over)
    end,
  })
end

local function copy(failure)
  local copied = {}
  for name, value in pairs(failure) do
    copied[name] = value
  end
  return copied
end

local UNRESOLVED = "The same command asks for what may exist again; with --resolve resubmit it "
  .. "also submits again, under the same id, what the service does not know."

local is_signal = { interrupted = true, terminated = true }

-- A signal's failure knows of one task; here some may be at the service, whichever they are.
local function stopped(self, failure, counts)
  failure = copy(failure)
  if not is_signal[failure.code] then
    failure.message = ("%s; %s"):format(failure.message, counts)
    return failure
  end
  failure.message = ("%s; %s"):format(failure.code, counts)
  failure.hint = "Tasks that were accepted go on at the service."
  if next(self.board.busy) then
    failure.task_state, failure.billed = "may-exist", "maybe"
  end
  return failure
end

-- What all of it came to; `stop` is the failure that ended it early.
function Many:sum_up(stop)
  local total, done = #self.rows, self.over - self.failed - self.unsent - self.unsaved
  local outcome = { total = total, done = done, failed = self.failed }
  if self.session.args.dry_run then
    outcome.unsent, outcome.unsaved = self.unsent, self.unsaved
  end
  local counts = ("%d of %d done, %d failed"):format(done, total, self.failed)
  if stop then
    outcome.failure = stopped(self, stop, counts)
  elseif self.worst then
    local name, failure = self.rows[self.worst.index].name, self.worst.failure
    outcome.failure = copy(failure)
    outcome.failure.message = ("%s; %s: %s"):format(counts, name, failure.message)
    outcome.failure.hint = may_exist(failure) and self.session.args.resolve ~= "resubmit"
      and UNRESOLVED or failure.hint
  end
  outcome.can_go_on = stop ~= nil or self.can_go_on
  return outcome
end

local DAY = 86400 -- seconds: a batch may be long, but none goes on for ever

local function show(summary)
  local text = ("%d of %d done"):format(summary.done, summary.total)
  if summary.total == 0 then
    text = "nothing is pending"
  elseif summary.unsent then
    text = text .. ("; a dry run: %d would be submitted, %d gone on with"):format(summary.unsent,
      summary.unsaved)
  end
  if not summary.failure then
    io.stderr:write(text, "\n")
  end
end

--- Run a command: `work(session, begin)` calls `begin(rows)` for what maps them; it may return nil
--- and a failure. Returns the exit code.
function M.run(args, work)
  local all
  args.timeout = args.timeout or DAY
  local outcome = session.run(args, function(talk)
    return work(talk, function(rows)
      all = new(talk, rows)
      return all
    end)
  end)
  return report.finish(args, all and all:sum_up(outcome.failure) or outcome, function(summary)
    if all then
      show(summary)
    end
  end)
end

return M
