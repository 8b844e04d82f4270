---@meta kling
--- Everything public, documented once: for editors (LuaCATS), LDoc and people. Never required.
-- Options: meta_options.lua. Of callbacks, `require "kling.webhook"`: webhook/meta.lua. Of stores, `require "kling.store"`:
-- store/meta.lua.
--
-- Failure that can happen in a correct program returns `nil, message, failure`. `message` is one line for people and may
-- change. `failure.code` is one of the strings in `kling.errors` and is part of the version's promise; so are its other
-- fields. Wrong use - a bad argument, an unknown option, a closed client - raises, and blames the caller's line.
-- Nothing else raises; nothing else returns.
--
-- Units: seconds and bytes, everywhere, as numbers. Ids are strings, always: they have up to 20 digits.

---@alias kling.State
---| "queued"      # not sent yet: waiting for its turn, or for the network
---| "submitting"  # the create request is on its way; or it got no clear answer, and the service is asked for its task
---| "submitted"   # the service has it; it has a task id
---| "processing"  # the service is working on it
---| "succeeded"
---| "failed"
---| "cancelled"   # local work was stopped by `cancel`; the service has no cancel

---@alias kling.Code
---| "network"       # the request did not reach the server, or no answer came back
---| "timeout"       # the time given was over first
---| "auth"          # the key is missing, wrong or has no right to this
---| "quota"         # the account has no money or is blocked
---| "rejected"      # the service refused the request as invalid
---| "policy"        # refused by a rule: the service's content rules, or ours on where a download may come from
---| "rate_limited"  # too many requests or too many tasks at once
---| "not_found"     # the service knows no such task
---| "unavailable"   # the service is down, overloaded or under maintenance
---| "protocol"      # the reply makes no sense
---| "failed"        # the service worked on the task and gave up
---| "expired"       # a result link is no longer valid
---| "cancelled"     # cancelled by this program
---| "closed"        # the client was closed while this was running
---| "budget"        # our own spend guard said no: max_submits, or dry_run; nothing was sent
---| "io"            # a file could not be written
---| "nomem"         # out of memory
---| "not_yieldable" # waiting was asked for where the host allows no waiting

---@class kling.Attempt
---@field at number Unix time, seconds
---@field request "create"|"query"|"list"|"download"|"warm"
---@field outcome string how it ended, one line

---@class kling.Failure
---@field code kling.Code
---@field operation "submit"|"query"|"list"|"wait"|"save"|"warm"|"new"|"receive"|"store"
---@field message string the same text as the second return value, and what `tostring(failure)` gives
---@field http_status? integer what the service answered; of a callback: what to answer it
---@field service_code? string the service's own code, as text: "1303", "task_not_exist"
---@field service_message? string the service's own words, without key or signed URLs
---@field request_id? string for the service's support
---@field task_id? string
---@field external_task_id? string
---@field retryable boolean whether the same call can succeed later without a change
---@field task_state "not-created"|"may-exist"|"exists" what is known about the task at the service
---@field billed "no"|"maybe"|"yes"
---@field hint string what to do next, one sentence
---@field dry_run? true the request is fine; only `dry_run` kept it from being sent
---@field path? string the file or folder that could not be written
---@field attempts kling.Attempt[] requests of this job that failed, oldest first; of more than 16 the first and the last 15

---@class kling.Request
--- Exactly one of `video_id` and `video_url`. An empty string counts as absent, as in the service's own samples.
---@field video_url? string http(s) URL of an MP4 or MOV: at most 100 MB, 3-20 s, 720p or 1080p (source: CometAPI, Video to Audio)
---@field video_id? string id of a video made by Kling in the last 30 days, 3-20 s; the id of a *video*, not of a task
---@field sound_effect_prompt? string at most 200 characters (Unicode code points)
---@field bgm_prompt? string background music; at most 200 characters
---@field asmr_mode? boolean intensifies fine detail; the service's default is false
---@field external_task_id? string your own id, unique per account; default: a new UUID. An id this client, or its store, knows is that task: its job is returned (after 30 days, when the service has forgotten it, with the result that the store has, whose links are dead)
---@field callback_url? string http(s) URL the service notifies on each change of state
---@field duplicate? boolean submit it though the same was submitted just now, see `duplicate_window`; not sent; default false

---@class kling.Link
---@field url string signed; valid for about 30 days
---@field duration? number seconds

---@class kling.Audio
---@field id? string
---@field mp3? kling.Link
---@field wav? kling.Link

---@class kling.Video
---@field id? string
---@field url string
---@field duration? number seconds

---@class kling.Result
---@field task_id string
---@field external_task_id? string
---@field audios kling.Audio[]
---@field videos kling.Video[] the clip with the new sound in it
---@field created_at? number Unix seconds
---@field updated_at? number Unix seconds
---@field raw table the decoded reply; integers of more than 15 digits are strings in it

---@class kling.Task what one status request says
---@field task_id string
---@field external_task_id? string
---@field state "submitted"|"processing"|"succeeded"|"failed"
---@field status string the service's own word for it
---@field status_message? string the service's reason, when it failed
---@field created_at? number Unix seconds
---@field updated_at? number Unix seconds
---@field result? kling.Result when it succeeded
---@field raw table the decoded reply (from `list`: the decoded element)

---@class kling.Info
---@field task_id? string
---@field external_task_id? string
---@field elapsed number seconds since submit or attach; stands still once the job has ended
---@field eta? number seconds until it probably ends (as likely before as after): the `seconds` of `client:eta`; nil while unknown
---@field status? string the service's own word for the state
---@field warning? string something odd that is being ridden out, such as a status this version does not know or a store that cannot be written
---@field failure? kling.Failure why it ended, or, while it runs, the last thing that went wrong

---@class kling.File
---@field path string
---@field format "mp3"|"wav"|"video"
---@field bytes integer
---@field duration? number seconds, as the service stated it; when it did not, as measured
---@field sha256 string 64 hexadecimal digits

---@class kling.Outcome
---@field job kling.Job
---@field result? kling.Result
---@field failure? kling.Failure

---@class kling.MapOutcome: kling.Outcome
---@field job? kling.Job nil when the request could not even be queued
---@field state kling.State|"saving" what has become of it; in the end succeeded, failed, cancelled, or where it was when the time was over
---@field files? kling.File[] when they were asked for
---@field done? integer bytes so far, while saving
---@field total? integer bytes in all, while saving and once known

---@class kling.PendingTask: kling.Record what the store knows of a task; see store/meta.lua
---@field job? kling.Job where this client runs it, or waits for it

---@class kling
---@field version string "MAJOR.MINOR.PATCH"
---@field errors table<kling.Code, string> every code and what it means
local kling = {}

--- Make a client. Touches no network.
--- Raises for wrong options and for a missing key.
---@param options? kling.Options
---@return kling.Client? client
---@return string? message
---@return kling.Failure? failure codes: io, nomem
---
---     local client = kling.new { on_change = function(job, state) print(job, state) end }
function kling.new(options) end

--- Wait until all jobs have ended or the time is over. The jobs may belong to several clients.
---@param jobs kling.Job[]
---@param seconds? number default 1800
---@return kling.Outcome[] outcomes in the order of `jobs`; one that has not ended has a failure with code "timeout"
---
---     for i, outcome in ipairs(kling.gather(jobs, 600)) do
---       print(i, outcome.result and outcome.result.task_id or outcome.failure)
---     end
function kling.gather(jobs, seconds) end

---@class kling.Client
local Client = {}

--- Queue a task. Never blocks, never yields, needs no network; whoever drives the client makes the request go out.
--- Raises for a wrong request; nothing is sent then.
--- The same request again within `duplicate_window`, or the same `external_task_id`, is the same job, not a second bill.
--- With a store the request is on disk when this returns, and is marked there before its create leaves; where that fails
--- nothing is sent. A task that another process runs is waited for through the store.
---@param request kling.Request
---@return kling.Job? job
---@return string? message
---@return kling.Failure? failure codes: budget; rejected: the external id is another request's; io: the store does not work
---
---     local job = client:submit { video_url = "https://example.com/clip.mp4", bgm_prompt = "slow piano" }
function Client:submit(request) end

--- Follow a task that exists already, from another process or an earlier run.
---@param task_id string
---@return kling.Job job
---
---     local result = assert(client:wait(client:attach "878106242831892487", 600))
function Client:attach(task_id) end

--- Let I/O happen for a bounded moment and say what is known now. Never blocks or yields. Games call it once a frame.
---@param job kling.Job
---@return kling.State state
---@return kling.Info info
---
---     local state, info = client:poll(job)
function Client:poll(job) end

--- Wait until the job has ended or the time is over. Outside a coroutine it blocks; inside one, under a loop that an
--- adapter knows, the rest of the program runs on. A time-out ends the waiting, not the task: wait again, or `attach`.
---@param job kling.Job
---@param seconds? number default 1800; math.huge for no limit
---@return kling.Result? result
---@return string? message
---@return kling.Failure? failure any code
---
---     local result, message, failure = client:wait(job, 600)
---     if not result and failure.code == "timeout" then remember(failure.task_id) end
function Client:wait(job, seconds) end

--- Wait until one of the jobs has ended, and take it out of the list.
---@param jobs kling.Job[] changed: the job that ended is removed
---@param seconds? number default 1800
---@return kling.Job? job
---@return kling.Result|string? result the result; or the message, when no job ended in time
---@return kling.Failure? failure why the job failed; or code "timeout"
---
---     while #jobs > 0 do
---       local job, result, failure = assert(client:next(jobs, 600))
---       print(job, result and "done" or failure)
---     end
function Client:next(jobs, seconds) end

--- Many tasks at once: submit each request, wait for it and, where asked to, save its files; tasks that ended are saved
--- while the others run. A failure of one is its outcome's and does not stop the rest. Raises for a wrong request, before
--- anything is sent.
---@param list (kling.Request|kling.Job)[] a job is waited for and saved just the same
---@param options? kling.MapOptions
---@return kling.MapOutcome[] outcomes in the order of `list`
---
---     for i, outcome in ipairs(client:map(requests, { save = "out" })) do
---       print(i, outcome.files and outcome.files[1].path or outcome.failure)
---     end
function Client:map(list, options) end

--- In how many seconds the job will end, by how long tasks took so far and how long this one has run; 0: it should be over already.
---@param job kling.Job
---@return { seconds: number, low: number, high: number }? eta the median; of ten tasks one ends before `low`, one after `high`. nil while nothing is known: no task has ended yet, or this one's beginning is not known; and when it has ended
function Client:eta(job) end

--- Download a finished task's files: `folder/<task id>.mp3`, `.wav`, `.mp4`. Each appears under its name only when it is
--- whole and on disk. The key is not sent to the hosts the files come from. Trouble that may pass is ridden out until
--- the time is over. What came by then stays in `<name>.part` (and `<name>.part.info`, which says of what it is the
--- beginning) where the server tells versions of a file apart: the next save, in this process or another, goes on from
--- there, and takes files that are whole as they are. Links that have died are asked for anew.
---@param job kling.Job|kling.Result waits for a job that has not ended
---@param folder string made when missing
---@param options? kling.SaveOptions
---@return kling.File[]? files
---@return string? message
---@return kling.Failure? failure codes: any of wait's, and expired, io, network, policy, protocol
---
---     local files = assert(client:save(job, "out", { formats = { "mp3" } }))
function Client:save(job, folder, options) end

--- One status request. Waits for the reply, as `wait` does.
---@param task_id string
---@param seconds? number default: the client's request_timeout
---@return kling.Task? task
---@return string? message
---@return kling.Failure? failure
---
---     local task = assert(client:query "878106242831892487")
function Client:query(task_id, seconds) end

--- One page of the account's tasks. Documented by Kling; CometAPI is not documented to have it.
---@param options? { page: integer?, page_size: integer?, timeout: number? } page 1-1000 (1), page_size 1-500 (30)
---@return kling.Task[]? tasks
---@return string? message
---@return kling.Failure? failure
---
---     for _, task in ipairs(assert(client:list { page_size = 100 })) do print(task.task_id, task.state) end
function Client:list(options) end

--- Open the connection to the service before it is needed, and read the trusted certificates: the first connection has
--- to, in one go, 20 ms and more with libcurl's usual file, a fraction of that with a `ca` that has only a few. Waits for
--- that as `query` waits for its reply; when the time is over it goes on by itself: a game calls `client:warm(0)` while it
--- loads, and then steps. Costs nothing: asks for nothing (HEAD of base_url) and sends no key. Creates go out on a
--- connection that was quiet for at most 20 seconds.
---@param seconds? number default: the client's request_timeout
---@return true? warm
---@return string? message
---@return kling.Failure? failure codes: network, timeout, protocol, closed, nomem, not_yieldable
---
---     assert(client:warm())
function Client:warm(seconds) end

--- Stop local work on a job. The service has no cancel: a task it has accepted goes on there, and is paid for.
--- It takes microseconds whatever the network does: no byte of the request leaves any more, and the next step closes its connection.
---@param job kling.Job
---@return boolean cancelled false when the job had ended before
---@return kling.Failure? failure what is known about the task: `task_state`, `billed`, `hint`
---
---     local _, failure = client:cancel(job)
function Client:cancel(job) end

--- Let I/O happen for at most this long; return early when something changed. For event loops; `wait` and `poll` call it.
---@param seconds number 0 never blocks
---@return integer changed how many jobs changed
function Client:step(seconds) end

--- Call `on_change` for what changed since the last call. For event loops that call `step` themselves.
--- With a store they must call it after each step, and whenever `timeout()` has passed: it lets creates leave, writes
--- down what happened and renews the lease, each a short disk write that holds up the program.
function Client:dispatch() end

--- All tasks in the store that have not ended, whoever runs them; the oldest first. Raises without a store.
---@return kling.PendingTask[]? tasks
---@return string? message
---@return kling.Failure? failure code: io
---
---     for _, task in ipairs(assert(client:pending())) do print(task.external_task_id, task.state) end
function Client:pending() end

--- Take over the tasks in the store that no living process runs: those never sent are sent, those whose create may have
--- left are asked for, the others are followed. A worker calls it at its start and now and then. Raises without a store.
---@param options? { limit: integer? } how many at most; default: all
---@return kling.Job[]? jobs
---@return string? message
---@return kling.Failure? failure code: io
---
---     local client = kling.new { store = "sqlite:tasks.db" }
---     for i, outcome in ipairs(kling.gather(assert(client:reconcile()))) do print(i, outcome.result or outcome.failure) end
function Client:reconcile(options) end

--- The descriptor that becomes readable when `step` has something to do; nil where the platform has no such thing.
---@return integer? fd
function Client:pollfd() end

--- What to wait for on `pollfd()`: always "r".
---@return string events
function Client:events() end

--- How long nothing will be due.
---@return number? seconds nil: no limit
function Client:timeout() end

--- Give everything back. Jobs still running end with code "closed"; with a store others may take them over at once.
--- Safe to call twice.
function Client:close() end

---@class kling.Job
--- `job:wait(600)` is `client:wait(job, 600)`; likewise poll, eta, save and cancel. Two handles of the same job are equal.
local Job = {}

--- The client that runs it.
---@return kling.Client client
function Job:client() end

---@return kling.State state
---@return kling.Info info
function Job:poll() end

---@param seconds? number
---@return kling.Result? result
---@return string? message
---@return kling.Failure? failure
function Job:wait(seconds) end

---@return { seconds: number, low: number, high: number }? eta
function Job:eta() end

---@param folder string
---@param options? kling.SaveOptions
---@return kling.File[]? files
---@return string? message
---@return kling.Failure? failure
function Job:save(folder, options) end

---@return boolean cancelled
---@return kling.Failure? failure
function Job:cancel() end

return kling
