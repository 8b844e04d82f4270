--- Downloads several files at once, and asks for fresh links when theirs have died.

local core = require "kling.core"
local Client = require "kling.client"
local deadline = require "kling.deadline"
local results = require "kling.result"
local url = require "kling.url"

local raw = core.raw

local M = {}

local PROGRESS = 0.1 -- seconds between calls of on_progress, at most
local RENEWALS = 3 -- fresh links asked for, for each file
local LONGEST_PAUSE = 30 -- seconds between questions for fresh links
local ATTEMPTS = 16 -- told of in a failure

local hints = {
  protocol = "Save again; if it stays so, verify = false keeps what comes as it is.",
  network = "Check the network and the proxy, then save again: it goes on from what is there.",
}

local BUSY = "Wait for the other save to end."

--- Why nothing may be downloaded from there, or nil.
function M.refusal(client, link)
  local private, scheme = raw.private(client), url.scheme(link)
  local may = scheme == "https"
    or scheme == "http" and (private.allow_http or private.is_loopback and url.is_loopback(link))
  return not may and "the link is not https: " .. url.for_people(link) or nil
end

local function stop_all(client, files)
  for _, file in ipairs(files) do
    if file.job then
      Client.stop(client, file.job)
    end
  end
end

local function failed_file(client, files)
  for _, file in ipairs(files) do
    local state = file.job and raw.ended(client, file.job)
    if state and state ~= "succeeded" then
      return file
    end
  end
end

local function all_ended(client, files)
  for _, file in ipairs(files) do
    if not raw.ended(client, file.job) then
      return false
    end
  end
  return true
end

-- What it raises is the caller's; but no download is left running that nobody waits for.
local function report_progress(client, files, on_progress)
  local done, total = 0, 0
  for _, file in ipairs(files) do
    local bytes, expected = raw.progress(client, file.job)
    done = done + (bytes or 0)
    total = total and expected and total + expected
  end
  local called, raised = pcall(on_progress, done, total or nil)
  if not called then
    stop_all(client, files)
    error(raised, 0)
  end
end

local function start(client, file, checked)
  file.job = raw.start_download(client, file.url, file.path, {
    source = file.source,
    sha256 = file.sha256,
    format = checked.verify and file.format or nil,
    duration = checked.verify and file.duration or nil,
    overwrite = checked.overwrite,
  })
  return not raw.ended(client, file.job)
end

local function start_all(client, files, checked)
  for _, file in ipairs(files) do
    if not start(client, file, checked) then
      return false
    end
  end
  return true
end

local function append(list, more)
  for _, element in ipairs(more or {}) do
    list[#list + 1] = element
  end
end

-- The last of them, in the order they were made in.
local function in_order(attempts)
  table.sort(attempts, function(a, b)
    return a.at < b.at
  end)
  while #attempts > ATTEMPTS do
    table.remove(attempts, 1)
  end
  return attempts
end

-- Of all its requests: those for earlier links too, and those for fresh ones.
local function attempts_of(client, file)
  local attempts = {}
  append(attempts, file.attempts)
  append(attempts, (file.job and raw.failure(client, file.job) or {}).attempts)
  return in_order(attempts)
end

local function all_attempts(client, files)
  local attempts = {}
  for _, file in ipairs(files) do
    append(attempts, attempts_of(client, file))
  end
  return in_order(attempts)
end

-- --- fresh links ---

local function never()
  return false
end

local function pause(client, seconds, until_when)
  local short = deadline.new(math.min(seconds, until_when:left()), "save")
  Client.wait_until(client, never, short)
end

local function may_pass(facts)
  local last = facts.attempts[#facts.attempts]
  return last ~= nil and last.retryable
end

-- The result as the service has it now; or nil, and how asking for it went.
local function ask_again(client, task_id, until_when)
  local attempts, seconds = {}, 1
  while until_when:left() > 0 and raw.is_open(client) do
    local job = raw.start_query(client, task_id)
    if not Client.wait_for(client, job, until_when) then
      Client.stop(client, job)
    elseif raw.ended(client, job) == "succeeded" then
      return results.new(raw.take(client, job))
    end
    local facts = raw.failure(client, job)
    append(attempts, facts.attempts)
    if not may_pass(facts) then
      break
    end
    pause(client, seconds, until_when)
    seconds = math.min(2 * seconds, LONGEST_PAUSE)
  end
  return nil, attempts
end

local function is_dead(client, file)
  return file.job and raw.ended(client, file.job) == "failed"
    and raw.failure(client, file.job).code == "expired"
end

-- A link that is the same as before may have been too young: a file need not be everywhere at once
-- where it is downloaded from. The second time it is dead.
local function take_link(client, file, fresh)
  local link = results.links(fresh, file.format)[file.number]
  local is_same = link ~= nil and link.url == file.url
  if not link or is_same and file.has_same_link or M.refusal(client, link.url)
    or not raw.is_open(client) then -- on_change may have closed it
    return false
  end
  file.has_same_link = is_same
  file.attempts = attempts_of(client, file)
  file.url = link.url
  return true
end

-- Goes on with a fresh link for every file whose link has died. False: there is none.
local function renew(client, task_id, files, checked, until_when)
  local dead = failed_file(client, files)
  dead.renewals = (dead.renewals or 0) + 1
  if dead.renewals > RENEWALS or not is_dead(client, dead) then
    return false
  end
  local fresh, attempts = ask_again(client, task_id, until_when)
  if not fresh then
    dead.attempts = dead.attempts or {}
    append(dead.attempts, attempts)
    return false
  end
  for _, file in ipairs(files) do
    if is_dead(client, file)
      and not (take_link(client, file, fresh) and start(client, file, checked)) then
      return false
    end
  end
  return true
end

-- --- all of it ---

local function give_up(client, files)
  local file = failed_file(client, files)
  stop_all(client, files)
  local facts = raw.failure(client, file.job)
  facts.code = raw.is_open(client) and facts.code or "closed"
  facts.path = file.path
  facts.attempts = attempts_of(client, file)
  facts.hint = hints[facts.code] or facts.code == "io" and may_pass(facts) and BUSY or nil
  return nil, facts
end

local function run_out(client, files, until_when)
  stop_all(client, files)
  local facts = { code = until_when.problem or "timeout", attempts = all_attempts(client, files) }
  if not until_when.problem then
    facts.reason = ("the download was not done after %.4g s"):format(until_when.seconds)
    facts.hint = "Save again: it goes on from what is there."
  end
  return nil, facts
end

local function wait_for_news(client, files, checked, until_when)
  return Client.wait_until(client, function()
    if checked.on_progress then
      report_progress(client, files, checked.on_progress)
    end
    return failed_file(client, files) or all_ended(client, files)
  end, until_when)
end

--- Download all of `files` ({ url, path, format, number, source, sha256?, duration? }), results of
--- the task `task_id`. True when all are there; nil and the facts of a failure.
function M.all(client, task_id, files, checked, until_when)
  if not start_all(client, files, checked) then
    return give_up(client, files)
  end
  until_when.longest_pause = checked.on_progress and PROGRESS
  while true do
    local in_time = wait_for_news(client, files, checked, until_when)
    if not failed_file(client, files) then
      if not in_time then
        return run_out(client, files, until_when)
      end
      return true
    elseif not raw.is_open(client) or not renew(client, task_id, files, checked, until_when) then
      return give_up(client, files)
    end
  end
end

return M
