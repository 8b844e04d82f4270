--- The fault matrix of every Lua, beside what is expected and beside one another.

local cases = require "bench.torture.cases"
local evidence = require "bench.torture.evidence"
local expected = require "spec.torture.expected"
local matrix = require "bench.torture.matrix"

local M = {}

local ROW = "  %-10s %7s %11s %8s %10s %7s %7s"

-- "transport: case" -> `{ summary, details }`
local function read(path)
  local outcomes = {}
  for line in (evidence.read(path) or ""):gmatch "[^\n]+" do
    local transport, name, summary, details = line:match "^([^\t]*)\t([^\t]*)\t([^\t]*)\t(.*)$"
    outcomes[transport .. " " .. name] = { summary = summary, details = details }
  end
  return outcomes
end

local function all_cases()
  local all = {}
  for _, transport in ipairs(matrix.TRANSPORTS) do
    for _, case in ipairs(cases.all(transport)) do
      case.key = transport .. " " .. case.name
      all[#all + 1] = case
    end
  end
  return all
end

-- Does it say the same on both Luas? Whether a reset is met while sending or while receiving is not
-- ours to say, and libcurl's words tell.
local function is_unlike(case, outcome, reference)
  return outcome ~= nil and reference ~= nil and not case.fault:match "^reset"
    and outcome.details ~= reference.details
end

-- What is wrong with one case under one Lua, by kind.
local function judge(case, outcome, reference)
  local summary = outcome and outcome.summary or "was not run"
  local wanted = expected.of(case)
  local bills = tonumber(summary:match "(%d+) billed")
  return {
    other = summary ~= wanted,
    double = bills ~= nil and bills > 1,
    hung = summary:match "^hung" ~= nil,
    unlike = is_unlike(case, outcome, reference),
  }, ("%s: %s, and not %s"):format(case.key, summary, tostring(wanted))
end

local KINDS = { "other", "double", "hung", "unlike" }

local function count(lua, outcomes, reference, problems)
  local counts = { other = 0, double = 0, hung = 0, unlike = 0, cases = 0 }
  for _, case in ipairs(all_cases()) do
    local wrong, text = judge(case, outcomes[case.key], reference[case.key])
    counts.cases = counts.cases + 1
    for _, kind in ipairs(KINDS) do
      counts[kind] = counts[kind] + (wrong[kind] and 1 or 0)
    end
    if wrong.other then
      problems[#problems + 1] = ("faults on %s: %s"):format(lua, text)
    elseif wrong.unlike then
      problems[#problems + 1] = ("faults on %s: %s: other words than on the first Lua: %s"):format(
        lua, case.key, outcomes[case.key].details)
    end
  end
  return counts
end

--- Judge what programs/matrix.lua wrote under each of `luas`: the file `path_of(lua)`.
---@return table report `{ lines, problems }`
function M.report(luas, path_of)
  local report = { problems = {}, lines = {
    "every fault x phase x transport x resolve; other words: than the first Lua's",
    ROW:format("", "cases", "as expected", "other", "2 bills", "hung", "words"),
  } }
  local reference = read(path_of(luas[1]))
  for _, lua in ipairs(luas) do
    local counts = count(lua, read(path_of(lua)), reference, report.problems)
    table.insert(report.lines, ROW:format(lua, counts.cases, counts.cases - counts.other,
      counts.other, counts.double, counts.hung, counts.unlike))
  end
  return report
end

return M
