--- With what the command line ends: one code for each kind of outcome, and nowhere else.

local errors = require("kling.core").errors

local M = {}

-- Codes of our own; those of `kling.errors` say themselves what they mean.
local meanings = {
  ok = "it worked",
  bug = "something unexpected; please report it",
  usage = "wrong arguments, or no COMETAPI_KEY; nothing was sent",
  may_exist = "a task may have been made and billed; look for its external id, do not submit again",
  interrupted = "stopped by Ctrl-C (SIGINT)",
  terminated = "stopped by SIGTERM",
}

-- What a release has given out stays. 130 and 143 are 128 and the signal's number, as in a shell.
local codes = {
  { 0, "ok" },
  { 1, "bug" },
  { 2, "usage" },
  { 3, "network" },
  { 4, "timeout" },
  { 5, "auth" },
  { 6, "quota" },
  { 7, "rejected" },
  { 8, "policy" },
  { 9, "rate_limited" },
  { 10, "not_found" },
  { 11, "unavailable" },
  { 12, "protocol" },
  { 13, "failed" },
  { 14, "expired" },
  { 15, "io" },
  { 16, "nomem" },
  { 17, "may_exist" },
  { 18, "budget" },
  { 130, "interrupted" },
  { 143, "terminated" },
}

local by_name = {}
for _, row in ipairs(codes) do
  by_name[row[2]] = row[1]
end

-- A create whose fate is unknown is an outcome of its own, whatever hid its fate: whoever tries
-- again on "network" must not pay twice.
local function name_of(failure)
  local is_lost = failure.operation ~= "list" and failure.task_state == "may-exist"
    and not failure.task_id
  local is_signal = failure.code == "interrupted" or failure.code == "terminated"
  return is_lost and not is_signal and "may_exist" or failure.code
end

--- The exit code for a failure, or for none. What cannot happen here is a bug.
function M.code(failure)
  return failure and (by_name[name_of(failure)] or by_name.bug) or by_name.ok
end

--- The table for people.
function M.help()
  local lines = { "Exit codes:" }
  for _, row in ipairs(codes) do
    local number, name = row[1], row[2]
    lines[#lines + 1] = ("  %3d  %-12s  %s"):format(number, name, meanings[name] or errors[name])
  end
  return table.concat(lines, "\n")
end

return M
