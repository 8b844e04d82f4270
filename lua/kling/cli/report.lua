--- What a command ends with: results on standard output, failures on standard error, and the exit
-- code; or all of it as one JSON object.

local exit = require "kling.cli.exit"
local json = require "kling.emulator.json"

local M = {}

local function quote(word)
  return word:find "^[%w_./:-]+$" and word or "'" .. word:gsub("'", "'\\''") .. "'"
end

-- Failures that doing the same again does not mend.
local final = { failed = true, not_found = true, policy = true }

-- Failures after which a task may yet be on its way, or be sent.
local passing = { timeout = true, interrupted = true, terminated = true }

-- Not to be repeated, though it was an argument: this may go to a log.
local function without_password(word)
  return (word:gsub("(%a+://[^/@:]*):[^/@]*@", "%1@"))
end

local function option(name, value)
  return value and (" --%s %s"):format(name, quote(without_password(value))) or ""
end

local function host_of(args)
  return option("base-url", args.base_url) .. option("store", args.store)
end

-- The same command again.
local function words_of(args)
  local words = { "kling" }
  for _, word in ipairs(args.words) do
    words[#words + 1] = quote(without_password(word))
  end
  return table.concat(words, " ")
end

-- Without its id only the store can find the task; whatever else is pending there comes along.
local function resume_all(args, failure)
  local may_be_made = failure.task_state == "may-exist" or passing[failure.code]
  return args.store and args.command ~= "list" and args.command ~= "doctor" and may_be_made
    and ("kling resume%s%s"):format(host_of(args), option("out", args.out)) or nil
end

-- The command that goes on where this one ended, or nil.
local function resume(args, outcome)
  local id, failure = outcome.task_id, outcome.failure
  if outcome.can_go_on then
    return words_of(args)
  elseif not id then
    return resume_all(args, failure)
  elseif final[failure.code] then
    return nil
  end
  local wait = ("kling wait %s%s"):format(quote(id), host_of(args))
  if not args.out then
    return wait
  end
  local save = ("kling save %s%s --out %s"):format(quote(id), host_of(args), quote(args.out))
  return args.command == "run" and wait .. " && " .. save or save
end

local function print_failure(args, outcome)
  local failure = outcome.failure
  local name = args.command and "kling " .. args.command or "kling"
  local lines = { name .. ": " .. failure.message, failure.hint }
  local next_command = resume(args, outcome)
  lines[#lines + 1] = next_command and "To go on: " .. next_command
  io.stderr:write(table.concat(lines, "\n"), "\n")
end

local lists = { attempts = true, audios = true, files = true, tasks = true, videos = true }

-- A copy fit for JSON. The decoded reply is left out: it would say everything twice.
local function plain(value, name)
  if type(value) ~= "table" then
    return value
  end
  local copy = lists[name] and json.list() or {}
  for key, item in pairs(value) do
    if key ~= "raw" then
      copy[key] = plain(item, key)
    end
  end
  return copy
end

--- Print a table as one line of JSON.
function M.json(object)
  io.stdout:write(json.encode(plain(object)), "\n")
end

local function print_json(args, outcome, code)
  local object = { ok = code == 0, exit_code = code, command = args.command }
  for name, value in pairs(outcome) do
    object[name] = value
  end
  M.json(object)
end

local is_lost = false -- something that was to be on standard output

--- True when all of standard output could be written so far.
function M.flush()
  is_lost = not io.stdout:flush() or is_lost -- a full disk
  return not is_lost
end

--- Report and return the exit code. `show(outcome)` prints for people what there is.
function M.finish(args, outcome, show)
  local code = exit.code(outcome.failure)
  if outcome.failure then
    print_failure(args, outcome)
  end
  if args.json then
    print_json(args, outcome, code)
  else
    show(outcome)
  end
  if not M.flush() then
    io.stderr:write("kling: standard output could not be written\n")
    return exit.code { code = "io" }
  end
  return code
end

--- A line on standard output. Not `print`: Lua 5.4's flushes, and does not say when that failed.
function M.line(text)
  io.stdout:write(text, "\n")
end

--- Say so when nothing was sent because nothing was to be.
function M.show_dry_run(outcome)
  if outcome.dry_run then
    M.line "a dry run: the request is fine; nothing was sent"
  end
end

local function seconds(duration)
  return duration and ("%.2f s"):format(duration) or "-"
end

--- Print saved files, one a line.
function M.show_files(files)
  for _, file in ipairs(files or {}) do
    M.line(("%s  %s  %d bytes"):format(file.path, seconds(file.duration), file.bytes))
  end
end

local function show_link(format, link)
  if link then
    M.line(("%-5s  %s  %s"):format(format, seconds(link.duration), link.url))
  end
end

--- Print a result's links, one a line.
function M.show_links(result)
  if not result then
    return
  end
  for _, audio in ipairs(result.audios) do
    show_link("mp3", audio.mp3)
    show_link("wav", audio.wav)
  end
  for _, video in ipairs(result.videos) do
    show_link("video", video)
  end
end

--- Print what is known of tasks, one a line: id, state, when it was made, our id, reason.
function M.show_tasks(tasks)
  for _, task in ipairs(tasks or {}) do
    local made = task.created_at
      and os.date("%Y-%m-%d %H:%M:%S", math.floor(task.created_at)) or "-"
    M.line(table.concat({ task.task_id or "-", task.state, made, task.external_task_id or "-",
      task.status_message }, "  "))
  end
end

return M
