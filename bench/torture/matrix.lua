--- Runs cases of the fault matrix, many at once, and says how each ended.
--
-- Each case has a client of its own and is a coroutine; the loop given to the client yields.

local core = require "kling.core"
local kling = require "kling"

local emulator = require "spec.support.emulator"
local sleep = require("cqueues").sleep

local M = { TRANSPORTS = { "HTTP/1.1", "HTTP/2" } }

local VIDEO_ID = "861034216165875784"
local LIFE = { submitted = 0.2, processing = 0.2 }
local AT_ONCE = 40 -- cases; more only wait for the emulator
local TURN = 0.005 -- seconds between looks at all of them
local PATIENCE = 12 -- seconds a task is waited for
local HUNG = 60 -- seconds after which a case will never end

local SERVERS = {
  ["HTTP/1.1"] = { http2 = false },
  ["HTTP/2"] = { tls = true },
}

local loop = {
  pause = function(client)
    client:step(0)
    coroutine.yield()
  end,
}

local function new_client(server, resolve)
  return assert(kling.new {
    api_key = "key", base_url = server.url, ca = server.ca, resolve = resolve,
    resolve_timeout = 3, request_timeout = 3, stall_timeout = 3, loop = loop,
    first_poll = 0.05, poll_interval = 0.05, max_poll_interval = 0.2,
  })
end

local function submit(run, case)
  return run.client:submit { video_id = VIDEO_ID, external_task_id = case.id }
end

local function with(script, on, extra)
  script.on = on
  for name, value in pairs(extra) do
    script[name] = value
  end
  return script
end

local phases = {}

function phases.create(run, case)
  run.server:fault(with(case.script, "create", { sent = case.id }))
  return run.client:wait(submit(run, case), PATIENCE)
end

function phases.ask(run, case)
  run.server:fault { name = "drop_after", on = "create", sent = case.id }
  run.server:fault(with(case.script, "query", { path = case.id }))
  return run.client:wait(submit(run, case), PATIENCE)
end

local function until_submitted(run, job)
  local state, info
  repeat
    coroutine.yield()
    state, info = run.client:poll(job)
  until info.task_id or state == "failed"
  return assert(info.task_id, "the task was not accepted")
end

function phases.query(run, case)
  local job = submit(run, case)
  local task_id = until_submitted(run, job)
  run.server:fault(with(case.script, "query", { path = task_id }))
  return run.client:wait(job, PATIENCE)
end

function phases.list(run, case)
  run.server:fault(with(case.script, "list", { path = ("pageNum=%d&"):format(case.number) }))
  return run.client:list { page = case.number, timeout = 6 }
end

function phases.download(run, case)
  local result, message, failure = run.client:wait(submit(run, case), PATIENCE)
  if not result then
    return result, message, failure
  end
  run.server:fault(with(case.script, "download", { path = "/" .. result.task_id .. "/" }))
  return run.client:save(result, run.folder, { formats = { "mp3" }, timeout = PATIENCE })
end

-- What differs from run to run, and says nothing.
local function without_names(text)
  return (text:gsub("%x+%-%x+%-%x+%-%x+%-%x+", "ID"):gsub("%d%d%d%d%d%d%d%d+", "N")
    :gsub("127%.0%.0%.1:%d+", "HOST"):gsub("/tmp/[%w_.]+", "FOLDER"))
end

-- What `save` wrote is what the service has, or not.
local function is_whole(run, files)
  return not files[1] or not files[1].sha256 or files[1].sha256 == run.whole
end

-- An outcome as it should be on every Lua. `message`, too: people compare them.
local function outcome_of(run, brought, message, failure)
  if brought then
    return { summary = is_whole(run, brought) and "ok" or "ok, but not what the service has" }
  end
  local parts = { failure.code, failure.task_state, failure.billed,
                  failure.retryable and "retryable" or "final" }
  return {
    summary = table.concat(parts, " "),
    details = without_names(("%s | %s | %s | %s | %s"):format(failure.operation,
      failure.http_status or "-", failure.service_code or "-", message, failure.hint)),
  }
end

local function play(run, case)
  local client = new_client(run.server, case.resolve)
  local mine = setmetatable({ client = client }, { __index = run })
  local outcome = outcome_of(run, phases[case.phase:match "^%a+"](mine, case))
  client:close()
  return outcome
end

local function start(run, case)
  return { case = case, since = core.now(), thread = coroutine.create(function()
    run.outcomes[case.name] = play(run, case)
  end) }
end

-- One turn of a case: is it over?
local function turn(run, one)
  local fine, message = coroutine.resume(one.thread)
  if not fine then
    run.outcomes[one.case.name] = { summary = "raised: " .. tostring(message) }
    return true
  elseif core.now() - one.since > HUNG then
    run.outcomes[one.case.name] = { summary = "hung" }
    return true
  end
  return coroutine.status(one.thread) == "dead"
end

-- The digest of a file that nothing happened to.
local function save_one(run)
  local client = new_client(run.server, "never")
  local job = client:submit { video_id = VIDEO_ID, external_task_id = core.uuid() }
  local thread = coroutine.wrap(function()
    return assert(client:save(job, run.folder, { formats = { "mp3" }, timeout = PATIENCE }))
  end)
  local files
  repeat
    files = thread()
    sleep(TURN)
  until files
  client:close()
  return files[1].sha256
end

local function run_all(run, cases)
  run.whole = save_one(run)
  local going, next_case = {}, 1
  repeat
    while #going < AT_ONCE and cases[next_case] do
      going[#going + 1] = start(run, cases[next_case])
      next_case = next_case + 1
    end
    for i = #going, 1, -1 do
      if turn(run, going[i]) then
        table.remove(going, i)
      end
    end
    sleep(TURN)
  until #going == 0 and not cases[next_case]
end

local function count_bills(run, cases)
  local bills = {}
  for _, entry in ipairs(run.server:ledger()) do
    bills[entry.external_task_id] = (bills[entry.external_task_id] or 0) + 1
  end
  for _, case in ipairs(cases) do
    local outcome = run.outcomes[case.name]
    outcome.summary = ("%s, %d billed"):format(outcome.summary, bills[case.id] or 0)
  end
end

local function new_folder()
  local pipe = assert(io.popen "mktemp -d")
  local path = pipe:read "*l"
  pipe:close()
  return path
end

-- Cases whose gateways are alike share one emulator.
local function play_at_one(transport, variants, cases, outcomes)
  local options = { life = LIFE, variants = { "external_id_reusable" } }
  for name, value in pairs(SERVERS[transport]) do
    options[name] = value
  end
  for _, name in ipairs(variants) do
    table.insert(options.variants, name)
  end
  local run = { server = emulator.start(options), folder = new_folder(), outcomes = outcomes }
  local ran, message = pcall(function()
    run_all(run, cases)
    count_bills(run, cases)
  end)
  run.server:stop()
  os.execute("rm -rf '" .. run.folder .. "'")
  assert(ran, message)
end

--- Run cases (see cases.lua) over "HTTP/1.1" or "HTTP/2".
---@return table outcomes name of the case -> `{ summary, details }`
function M.run(transport, cases)
  local outcomes, groups = {}, {}
  for number, case in ipairs(cases) do
    local variants = table.concat(case.variants, " ")
    if not groups[variants] then
      groups[variants] = {}
      groups[#groups + 1] = groups[variants]
    end
    table.insert(groups[variants], case)
    case.number = number % 1000 + 1 -- a page of its own
    case.id = core.uuid()
  end
  for _, group in ipairs(groups) do
    play_at_one(transport, group[1].variants, group, outcomes)
  end
  return outcomes
end

return M
