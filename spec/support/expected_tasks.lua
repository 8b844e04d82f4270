--- What the reply reader must find in each fixture about tasks: fixture -> operation -> facts.
-- A fact that is not named must be absent. A compressed fixture has the facts of what is inside it.

local TASK = "878106242831892487"
local EXTERNAL = "5f0c1b1e-7b0a-4f4e-9d55-2f6e0c1a9b10"
local REQUEST = "9ab376fc-9059-487f-9e2a-c9c89f1a344f"
local CREATED, UPDATED, FINISHED = 1777385361.501, 1777385363.321, 1777385401.250
local PIXEL = "Image pixel is invalid"
local ABSENT = {} -- removes a default

local function with(facts, more)
  for name, value in pairs(more or {}) do
    if value == ABSENT then
      facts[name] = nil
    else
      facts[name] = value
    end
  end
  return facts
end

local function task(state, status, updated_at, more)
  return with({
    kind = "task",
    verdict = "ok",
    task_id = TASK,
    state = state,
    status = status,
    request_id = REQUEST,
    created_at = CREATED,
    updated_at = updated_at,
  }, more)
end

local function created(more)
  return { create = with(task("submitted", "submitted", CREATED, { request_id = ABSENT }), more) }
end

local function processing(more)
  return { query = task("processing", "processing", UPDATED, more) }
end

local function succeeded(more)
  return { query = with(task("succeeded", "succeed", FINISHED, { result = true }), more) }
end

local function failed(more)
  return { query = with(task("failed", "failed", UPDATED), more) }
end

-- The wrapper: its times are whole seconds, and it has no request id.
local function wrapped(state, status, more)
  local facts = task(state, status, 1777385362, { created_at = 1777385361, request_id = ABSENT })
  return { query = with(facts, more) }
end

local function wrapped_success(more)
  local facts = { updated_at = 1777385401, result = true, external_task_id = EXTERNAL }
  return wrapped("succeeded", "SUCCESS", with(facts, more))
end

local function wrapped_failure(more)
  return wrapped("failed", "FAILURE", with({ status_message = PIXEL }, more))
end

-- Nothing inside, so no times but the wrapper's; which of its four become ours is not promised.
local SOME_SECONDS = { between = { 1777385361, 1777385401 } }
local LONE = { created_at = SOME_SECONDS, updated_at = SOME_SECONDS }

-- The service's code 0, without what it must come with: a create may have been accepted.
local NONSENSE = { kind = "unreadable", code = "protocol", verdict = "trouble" }

local function list(items)
  return { list = { kind = "list", verdict = "ok", items = items, request_id = REQUEST } }
end

return {
  ["create-ok"] = created(),
  ["create-ok-official"] = created { request_id = REQUEST, external_task_id = EXTERNAL },
  ["create-no-task-info"] = created(),
  ["create-external-id-null"] = created { request_id = REQUEST },
  ["create-message-success"] = created(),
  ["create-id-19-digits"] = created { task_id = "2032273960331935744" },
  ["create-id-letters"] = created { task_id = "CjMT7WdSwWcAAAAAALvB3g" },
  ["create-numeric-id-18"] = created(),
  ["create-numeric-id-19"] = created { task_id = "2032273960331935745" },
  ["create-numeric-id-20"] = created { task_id = "18446744073709551557" },
  ["create-status-201"] = created(),
  ["create-only-id"] = created {
    state = ABSENT,
    status = ABSENT,
    created_at = ABSENT,
    updated_at = ABSENT,
  },
  ["create-pretty-printed"] = created(),
  ["create-chunked"] = created(),
  ["create-gzip"] = created(),
  ["create-no-length"] = created(),
  ["create-no-task-id"] = { create = NONSENSE },
  ["create-empty-task-id"] = { create = NONSENSE },
  ["create-null-data"] = { create = NONSENSE },
  -- The success rule asks for code 0; but a task whose id is known must not be lost.
  ["create-no-code"] = created(),

  ["query-submitted"] = { query = task("submitted", "submitted", CREATED) },
  ["query-processing"] = processing(),
  ["query-no-request-id"] = processing { request_id = ABSENT },
  ["query-request-id-is-task-id"] = processing { request_id = TASK },
  ["query-no-task-info"] = processing(),
  ["query-external-id"] = processing { external_task_id = EXTERNAL },
  ["query-external-id-null"] = processing(),
  ["query-external-id-empty"] = processing(),
  ["query-external-id-numeric"] = processing { external_task_id = "20261122000000000017" },
  ["query-numeric-id-18"] = processing(),
  ["query-numeric-id-19"] = processing { task_id = "2032273960331935745" },
  ["query-numeric-id-20"] = processing { task_id = "18446744073709551557" },
  ["query-numeric-request-id"] = processing { request_id = TASK },
  ["query-id-letters"] = processing { task_id = "CjMT7WdSwWcAAAAAALvB3g" },
  ["query-unknown-status"] = processing { state = ABSENT, status = "reviewing" },
  ["query-no-status"] = { query = NONSENSE },
  ["query-null-data"] = { query = NONSENSE },
  ["query-chunked"] = processing(),

  ["query-succeed"] = succeeded { external_task_id = EXTERNAL },
  ["query-succeed-early-2026"] = succeeded { external_task_id = EXTERNAL },
  ["query-succeed-mp3-url"] = succeeded(),
  ["query-succeed-url-mp3"] = succeeded(),
  ["query-succeeded"] = succeeded { status = "succeeded" },
  ["query-succeed-videos-only"] = succeeded(),
  ["query-succeed-mp3-only"] = succeeded(),
  ["query-succeed-plain-audio"] = succeeded(),
  ["query-succeed-two-audios"] = succeeded(),
  ["query-succeed-number-durations"] = succeeded(),
  ["query-succeed-numeric-ids"] = succeeded(),
  ["query-succeed-cdn-klingai"] = succeeded(),
  ["query-succeed-escaped-urls"] = succeeded(),
  ["query-succeed-gzip"] = succeeded(),
  ["query-succeed-gzip-chunked"] = succeeded(),
  ["query-succeed-empty-result"] = succeeded { result = ABSENT },
  ["query-succeed-null-result"] = succeeded { result = ABSENT },
  ["query-succeed-empty-lists"] = succeeded { result = ABSENT },
  ["query-failed"] = failed { request_id = ABSENT, status_message = PIXEL },
  ["query-failed-no-reason"] = failed(),
  ["query-failed-no-message"] = failed(),

  ["query-wrapped-not-start"] = wrapped("submitted", "NOT_START", LONE),
  ["query-wrapped-submitted"] = wrapped("submitted", "SUBMITTED"),
  ["query-wrapped-queued"] = wrapped("submitted", "QUEUED"),
  ["query-wrapped-processing"] = wrapped("processing", "IN_PROGRESS"),
  ["query-wrapped-null-inner"] = wrapped("processing", "IN_PROGRESS", LONE),
  ["query-wrapped-all-fields"] = wrapped("processing", "IN_PROGRESS"),
  ["query-wrapped-numeric-id"] = wrapped("processing", "IN_PROGRESS"),
  ["query-wrapped-inner-id"] = wrapped("processing", "IN_PROGRESS"),
  ["query-wrapped-succeed"] = wrapped_success(),
  ["query-wrapped-succeed-envelope"] = wrapped_success(),
  ["query-wrapped-omni"] = wrapped_success { external_task_id = ABSENT },
  ["query-wrapped-success-null-inner"] = wrapped_success {
    external_task_id = ABSENT,
    result = ABSENT,
    created_at = SOME_SECONDS,
    updated_at = SOME_SECONDS,
  },
  ["query-wrapped-failure"] = wrapped_failure(LONE),
  ["query-wrapped-failure-inner-reason"] = wrapped_failure(),
  -- The gateway's word is the verdict, though the task inside still runs (new-api #5715).
  ["query-wrapped-failure-inner-running"] = wrapped_failure { status_message = "upstream timeout" },
  ["query-wrapped-unknown"] = wrapped(nil, "UNKNOWN", LONE),

  ["list-ok"] = list(3),
  ["list-empty"] = list(0),
  ["list-numeric-ids"] = list(2),
  ["list-gzip"] = list(1),
  ["list-null-data"] = { list = NONSENSE },
  ["list-not-an-array"] = { list = NONSENSE },
}
