--- Makes failures: facts in, a sentence for people and a table for programs out.

local M = {}

local Failure = {
  __tostring = function(failure)
    return failure.message
  end,
}

-- Failures in which the same call can succeed later without a change.
local passing = { timeout = true, network = true, unavailable = true, rate_limited = true }

local doing = {
  new = "cannot make a client",
  submit = "cannot submit the task",
  wait = "task",
  query = "cannot query task",
  list = "cannot list tasks",
  save = "cannot save task",
  warm = "cannot connect to the service",
  receive = "callback not taken",
  store = "cannot use the store of tasks",
}

local what_happened = {
  network = "no answer came from the service",
  timeout = "the time was over first",
  auth = "the key was refused",
  quota = "the account has no money or is blocked",
  rejected = "the service refused the request",
  policy = "it is against a rule",
  rate_limited = "too many requests or tasks at once",
  not_found = "the service knows no such task",
  unavailable = "the service is not available",
  protocol = "the reply makes no sense",
  failed = "the service gave up on the task",
  expired = "the link is no longer valid",
  cancelled = "it was cancelled",
  closed = "the client was closed",
  budget = "our own spend guard said no",
  io = "the file could not be written",
  nomem = "out of memory",
  not_yieldable = "the host allows no waiting here",
}

local hints = {
  network = "Check the network, the proxy and base_url, then try again.",
  timeout = "Wait again, or attach to the task later; it goes on at the service.",
  auth = "Check COMETAPI_KEY and what the key may do.",
  quota = "Top up the account; trying again changes nothing.",
  rejected = "Change the request as the service says.",
  policy = "Change the input; trying again changes nothing.",
  rate_limited = "Try again later, or with fewer tasks at once (max_running).",
  not_found = "Check the task id; the service forgets tasks after 30 days.",
  unavailable = "Try again later.",
  protocol = "Check base_url; if it is right, report this with the request id.",
  failed = "See service_message for the reason; a new submit is a new task and a new bill.",
  expired = "Query the task for fresh links; they last about 30 days.",
  budget = "Raise max_submits, or wait until its window has passed.",
  io = "Free space, choose another folder, or pass overwrite = true; then save again.",
  nomem = "Free memory, then try again.",
  not_yieldable = "Call wait from a coroutine of the host's loop, or use poll.",
}

local state_hints = {
  ["may-exist"] = "The task may have been made and billed: do not submit it as a new one; look for "
    .. "external_task_id %s at the service, or ask again later with client:query of that id.",
  ["exists"] = "The service has no cancel: the task goes on there and is billed; attach to it by "
    .. "its task id.",
  ["not-created"] = "Nothing was made and nothing is billed.",
}

local TAKEN = "A task with this external_task_id exists already; use another id for a new task."

local UNTRUSTED = "The server's certificate is not trusted: name a file of trusted ones with the "
  .. "option ca, and check base_url, the proxy and this machine's clock."

--- Signed links are secrets: whoever has one has the file. Backslashes: words may quote JSON.
function M.without_signatures(text)
  return (text:gsub("(%a[%w+.-]*:\\*/\\*/[^%s\"'<>?#]*)[?#][^%s\"'<>]*", "%1?..."))
end

local function clean(text)
  return text and M.without_signatures(text):gsub("%c+", " ") or nil
end

local function reply_of(attempt)
  local parts = {}
  if attempt.transport then
    parts[#parts + 1] = attempt.transport
  end
  if attempt.io then
    parts[#parts + 1] = attempt.io
  end
  if attempt.problem then
    parts[#parts + 1] = attempt.problem
  end
  if attempt.http_status then
    parts[#parts + 1] = "HTTP " .. attempt.http_status
  end
  if attempt.service_code then
    parts[#parts + 1] = "code " .. attempt.service_code
  end
  local words = clean(attempt.service_message)
  local outcome = table.concat(parts, ", ")
  return words and (outcome == "" and words or outcome .. ": " .. words) or outcome
end

--- One line on how an attempt ended.
local function outcome_of(attempt)
  local reply = reply_of(attempt)
  return attempt.unsent and "not sent, since another was refused with " .. reply or reply
end

local function copy_attempts(attempts)
  local copied = {}
  for i, attempt in ipairs(attempts or {}) do
    copied[i] = { at = attempt.at, request = attempt.request, outcome = outcome_of(attempt) }
  end
  return copied
end

local function name_of(failure)
  if failure.path then
    return " as " .. failure.path
  elseif failure.task_id then
    return " " .. failure.task_id
  elseif failure.external_task_id then
    return " (external id " .. failure.external_task_id .. ")"
  end
  return ""
end

-- Endings of our own making, which no reply explains.
local local_codes = { cancelled = true, closed = true, not_yieldable = true }

local function reason_of(failure, last)
  local reason = failure.reason or what_happened[failure.code]
  if failure.code == "failed" then
    return reason .. ": " .. (failure.service_message or "it gave no reason")
  end
  local outcome = last and not local_codes[failure.code] and outcome_of(last) or ""
  if outcome == "" then
    return reason
  end
  return ("%s (%s%s)"):format(reason, failure.code == "timeout" and "last trouble: " or "", outcome)
end

local function is_untrusted(failure, last)
  return last and last.untrusted and last.code == failure.code
end

local MADE = "A task with external_task_id %s was made: look for it at the service, or ask again "
  .. "later with client:query of that id."

-- A task that nobody can name by its task id.
local function hint_of_nameless(failure)
  if failure.task_state == "exists" and failure.operation == "submit" then
    return failure.code == "rejected" and TAKEN or MADE
  end
  return failure.task_state == "may-exist" and state_hints["may-exist"] or nil
end

local function hint_of_closed(failure)
  if failure.task_id then
    return "Make a new client and attach to the task."
  elseif failure.operation == "submit" then
    return "Make a new client and submit again; nothing was made and nothing is billed."
  end
  return "Make a new client, then try again."
end

local function hint_of_state(failure)
  local hint = not failure.task_id and hint_of_nameless(failure)
    or failure.code == "cancelled" and state_hints[failure.task_state]
    or failure.code == "closed" and hint_of_closed(failure)
  return hint and hint:format(failure.external_task_id or "(none)")
end

local function hint_of(failure, last)
  return hint_of_state(failure) or is_untrusted(failure, last) and UNTRUSTED or hints[failure.code]
end

local function add_last(failure, last)
  failure.http_status = last.http_status
  failure.service_code = last.service_code
  failure.service_message = clean(last.service_message)
  failure.request_id = last.request_id
end

-- A create that may have arrived must not be made again as if nothing had happened.
local function is_retryable(failure, last)
  if failure.retryable ~= nil then
    return failure.retryable
  elseif failure.operation == "submit" and failure.task_state ~= "not-created" then
    return false
  end
  if failure.operation == "wait" and failure.code == "timeout" then
    return true -- whatever became of a request that was too late before
  elseif last and last.code == failure.code then
    return last.retryable
  end
  return passing[failure.code] or false
end

-- The attempt that explains the failure: asking for a lost task goes on after what lost it.
local function telling_attempt(facts)
  local attempts = facts.attempts or {}
  for i = #attempts, 1, -1 do
    if attempts[i].code == facts.code and not facts.reason then
      return attempts[i]
    end
  end
  return attempts[#attempts]
end

--- A failure from facts: `code`, `operation`, `task_state`, `billed`, and what is known of
--- `task_id, external_task_id, attempts, reason, path, retryable, dry_run`.
function M.new(facts)
  local failure = {
    code = facts.code,
    operation = facts.operation,
    task_id = facts.task_id,
    external_task_id = facts.external_task_id,
    task_state = facts.task_state,
    billed = facts.billed,
    path = facts.path,
    dry_run = facts.dry_run,
    retryable = facts.retryable,
    reason = facts.reason,
    attempts = copy_attempts(facts.attempts),
  }
  local last = telling_attempt(facts)
  if last and not local_codes[facts.code] then
    add_last(failure, last)
  end
  failure.retryable = is_retryable(failure, last)
  failure.hint = facts.hint or hint_of(failure, last)
  failure.message =
    ("%s%s: %s"):format(doing[facts.operation], name_of(failure), reason_of(failure, last))
  failure.reason = nil
  return setmetatable(failure, Failure)
end

--- The three values a function returns: nil, message, failure.
function M.give(facts)
  local failure = M.new(facts)
  return nil, failure.message, failure
end

return M
