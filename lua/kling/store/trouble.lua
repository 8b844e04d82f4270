--- Makes failures of what a database says.

local failure = require "kling.failure"

-- Words in the message, what they mean, what to do, and whether the same call can succeed later.
-- SQLite's: sqlite3_errstr(); PostgreSQL's: its server's messages, in English or not.
local KNOWN = {
  { "in the midst", nil, "Try again, and not from a finalizer.", true },
  { "is locked", "another process holds it locked", "Try again.", true },
  { "lock timeout", "another process holds it locked", "Try again.", true },
  { "statement timeout", "the server takes too long", "Try again.", true },
  { "disk is full", "the disk is full", "Free space, then try again.", true },
  { "[Nn]o space left", "the disk is full", "Free space, then try again.", true },
  { "readonly database", "it is read-only", "Allow writing to the file and its folder." },
  { "read%-only", "it is read-only", "Name a server that takes writes." },
  { "unable to open", "it cannot be opened", "Check that its folder exists and may be written." },
  { "not a database", "the file is no SQLite database",
    "Name another file; what is in this one was left as it is." },
  { "malformed", "the file is damaged",
    "Move it away or restore a copy; tasks can be found at the service: list." },
  { "newer kling", nil, "Update kling; an older one must not write to it." },
  { "permission denied", nil, "Let this user make and use the schema kling." },
  -- For a wrong password, too: LuaDBI sends a BEGIN into a refused connection, and tells of that.
  { "connect", "there is no connection",
    "Check that the server runs, and the URL's user, password and database.", true },
}

local OTHERWISE = { nil, nil, "Check the store; nothing is sent that is not in it." }

local function find(words)
  for _, known in ipairs(KNOWN) do
    if words:find(known[1]) then
      return known
    end
  end
  return OTHERWISE
end

-- LuaDBI's own words say nothing: "Execute failed database is locked".
local IN_FRONT = {
  "^.*Execute failed ", "^.*Fetch failed ", "^Failed to connect to database: ",
  "^Error executing statement parameters: ", "^Error preparing statement handle: ",
}

local function clean(words)
  for _, front in ipairs(IN_FRONT) do
    words = words:gsub(front, "")
  end
  return (words:gsub("%s+", " "):gsub(" $", ""))
end

local M = {}

--- nil, message, failure. `known` are the failure's task_state and billed.
function M.give(name, words, known)
  words = clean(words)
  local kind = find(words)
  local reason = kind[2] and ("%s (%s)"):format(kind[2], words) or words
  local _, message, why = failure.give {
    code = "io",
    operation = "store",
    task_state = known.task_state,
    billed = known.billed,
    reason = name .. ": " .. reason,
    hint = kind[3],
  }
  why.retryable = kind[4] or false
  return nil, message, why
end

--- The same for a missing LuaDBI.
function M.give_missing(name, packages, known)
  local nothing, message, why = M.give(name, "LuaDBI is not installed", known)
  why.hint = "Install it: " .. packages .. "."
  return nothing, message, why
end

return M
