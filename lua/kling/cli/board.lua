--- How many tasks are doing, as live lines: a bar for all of them, then one for each that is busy.

local core = require "kling.core"

local ROWS = 8 -- of single tasks: with the bar well within a terminal's height
local BAR = 20 -- characters

-- The states in which a task has a row, the nearest to its end first.
local order = { saving = 1, processing = 2, submitted = 3, submitting = 4 }

local Board = {}
Board.__index = Board

local M = {}

--- How many seconds something will take, in words.
function M.time_left(seconds)
  return seconds < 0.5 and "due now" or ("about %d s left"):format(math.floor(seconds + 0.5))
end

--- For so many tasks; `name_of(index)` is what to call one.
function M.new(total, name_of)
  return setmetatable({
    total = total,
    name_of = name_of,
    started = core.now(),
    busy = {}, -- index -> { index, state, since, outcome }
    done = 0,
    failed = 0,
  }, Board)
end

--- Take in how a task is doing: what client:map's on_progress is called with.
function Board:note(index, outcome, is_over)
  if is_over then
    local has_failed = outcome.failure and not outcome.failure.dry_run
    self.busy[index] = nil
    self.done = self.done + (has_failed and 0 or 1)
    self.failed = self.failed + (has_failed and 1 or 0)
  elseif order[outcome.state] then
    local row = self.busy[index] or { index = index, since = core.now() }
    row.state, row.outcome = outcome.state, outcome
    self.busy[index] = row
  end
end

local function bar(share)
  local full = math.floor(share * BAR)
  return "[" .. ("#"):rep(full) .. ("."):rep(BAR - full) .. "]"
end

local function clock(seconds)
  return ("%d:%02d:%02d"):format(math.floor(seconds / 3600), math.floor(seconds / 60) % 60,
    math.floor(seconds) % 60)
end

local function sorted(busy)
  local rows = {}
  for _, row in pairs(busy) do
    rows[#rows + 1] = row
  end
  table.sort(rows, function(a, b)
    if order[a.state] ~= order[b.state] then
      return order[a.state] < order[b.state]
    end
    return a.index < b.index
  end)
  return rows
end

local function detail_of(row)
  local outcome = row.outcome
  if row.state ~= "saving" then
    local eta = outcome.job:eta()
    return eta and M.time_left(eta.seconds) or ""
  elseif outcome.total and outcome.total > 0 then
    return ("%s %3d %%"):format(bar(outcome.done / outcome.total),
      math.floor(100 * outcome.done / outcome.total))
  end
  return ("%.0f kB"):format((outcome.done or 0) / 1000)
end

local function show_row(self, row)
  return ("%-14s %-10s %5d s  %s"):format(self.name_of(row.index), row.state,
    math.floor(core.now() - row.since), detail_of(row))
end

--- The lines to show now.
function Board:lines()
  local rows = sorted(self.busy)
  local share = (self.done + self.failed) / math.max(1, self.total)
  local lines = { ("%s %d/%d done, %d failed, %d running  %s"):format(bar(share), self.done,
    self.total, self.failed, #rows, clock(core.now() - self.started)) }
  for i = 1, math.min(ROWS, #rows) do
    lines[#lines + 1] = show_row(self, rows[i])
  end
  return lines
end

return M
