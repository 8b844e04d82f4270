---@meta kling.store
--- Everything of the store of tasks; goes on from ../meta.lua, and says things the same way. Never required.
--
-- `kling.new { store = URL }` uses all this by itself; `require "kling.store"` is for programs that look into a store.
-- Every call is one transaction, on disk when it has returned. It holds up the whole program meanwhile, event loop
-- included: about a disk's sync, and up to a second when another process writes. Call it rarely.
--
-- SQLite: for processes of one machine, on a local disk (not NFS). The file is readable by its owner only, and by
-- `sqlite3 tasks.db 'select * from tasks'`; do not open it by other means in a process that uses it as a store, POSIX
-- takes the locks away when that is closed. PostgreSQL 9.6 or later: the tables are in a schema named kling, made when
-- it is not there. A lost connection is made again at once; while that fails, every call does, and the next try waits
-- up to 30 seconds. The API key is in neither.
-- A store belongs to the process that opened it: after a fork open another one.

---@alias kling.StoredState
---| "queued" never sent
---| "sending" its create may have left
---| "submitted"
---| "processing"
---| "unresolved" it may exist; asking for it was given up
---| "succeeded" ended, like the next two
---| "failed"
---| "cancelled"

---@class kling.Record a task in the store
---@field external_task_id string
---@field task_id? string
---@field state kling.StoredState
---@field request table as it was submitted
---@field fingerprint? string the same for the same request
---@field failure? string why, in words
---@field result? string the service's last reply, JSON
---@field created_at number Unix seconds, as all times
---@field sent_at? number when it was last marked for sending
---@field updated_at number
---@field ended_at? number
---@field owner? string who looks after it; nil: nobody
---@field lease_until? number until when
---@field is_ours boolean whether this store is the owner
---@field is_free boolean whether nobody's lease lasts, or only since the clock was set back: `take` would take it

---@class kling.StoredFile
---@field format "mp3"|"wav"|"video"
---@field path string
---@field bytes integer
---@field sha256? string
---@field duration? number seconds

---@class kling.GatewayFacts
---@field external_query? "unknown"|"works"|"fails" whether tasks can be asked for by external_task_id; default unknown
---@field list? "unknown"|"works"|"fails" whether they can be listed; default unknown
---@field roundup? "unknown"|"works"|"fails" whether the list shows tasks as queries do; default unknown
---@field probe? string external_task_id of a task that is known to exist
---@field histogram? string how long tasks take, as one of kling's clients writes it

---@class kling.StoreOptions
---@field base_url? string whose tasks; default https://api.cometapi.com. One store may hold those of several
---@field lease? number seconds after which another may take a task that was not renewed; default 60
---@field owner? string who we are; default: a new UUID
---@field clock? fun(): number Unix seconds; default: the machine's clock with SQLite, the server's with PostgreSQL

---@class kling.Changes
---@field state? kling.StoredState
---@field task_id? string
---@field failure? string
---@field result? string
---@field ended? boolean default: as the state says
---@field is_given_back? boolean let others take it from now on

---@class kling.SendLimit
---@field count integer
---@field since? number Unix seconds of the store's clock (see now); default: ever

---@class kling.store what `require "kling.store"` returns
local store = {}

--- Open a store; make or migrate its tables. Needs LuaDBI. Raises for a wrong URL or option.
--- Fails, before anything was sent, for a file or server that cannot be written, a full disk, a file that is damaged
--- or none of SQLite's, one locked for longer than a second, tables of a newer kling, and a missing LuaDBI.
---@param url string "sqlite:PATH" or "postgresql://user:password@host:port/database" (what libpq takes)
---@param options? kling.StoreOptions
---@return kling.Store? store
---@return string? message
---@return kling.Failure? failure code: io
---
---     local tasks = assert(require("kling.store").open "sqlite:tasks.db")
---     for _, record in ipairs(assert(tasks:pending())) do print(record.external_task_id, record.state) end
---     tasks:close()
function store.open(url, options) end

--- Why this cannot be a store's URL; nil when it can.
---@param url string
---@return string? problem
function store.check_url(url) end

---@class kling.Store every method returns nil, message, failure (code: io) when the database fails
local Store = {}

--- Write a new task down, as ours: "queued", or "submitted" when it has a task_id.
---@param record { external_task_id: string, request: table, fingerprint?: string, task_id?: string }
---@param since? number Unix seconds of the store's clock (see now): not when find_same(fingerprint, since) finds one; nobody else adds meanwhile
---@return boolean? added false: it is there already, or the same one is
---@return kling.Record|string? other that one
---@return kling.Failure? failure
function Store:add(record, since) end

--- Write down that creates are about to leave; those of tasks with a task_id, or not ours, must not.
---@param ids string[] external_task_ids
---@param limit? kling.SendLimit how many tasks may be sent, by all who share the store; each counts once
---@return table<string, true>? sent those that may leave now
---@return table<string, true>|string? over those kept back by the limit
---@return kling.Failure? failure
function Store:sending(ids, limit) end

--- Write down what became of a task of ours; or of one that was ours, when nobody else has heard its
--- task id: it is ours again then.
---@param id string external_task_id
---@param changes kling.Changes
---@return boolean? done false: it is not ours any more, nothing was written
---@return string? message
---@return kling.Failure? failure
function Store:update(id, changes) end

--- The same for several tasks, in one transaction.
---@param changes_of table<string, kling.Changes> by external_task_id
---@return table<string, boolean>? done by external_task_id, each as of `update`
---@return string? message
---@return kling.Failure? failure
function Store:update_all(changes_of) end

--- Write down that a file of a task is whole and on disk.
---@param id string external_task_id
---@param file kling.StoredFile
---@return true? done
---@return string? message
---@return kling.Failure? failure
function Store:saved(id, file) end

--- The files of a task, by path.
---@param id string external_task_id
---@return kling.StoredFile[]? files
---@return string? message
---@return kling.Failure? failure
function Store:files(id) end

---@param id string external_task_id
---@return kling.Record|false|nil record false: there is none
---@return string? message
---@return kling.Failure? failure
function Store:get(id) end

---@param task_id string
---@return kling.Record|false|nil record false: there is none
---@return string? message
---@return kling.Failure? failure
function Store:by_task_id(task_id) end

--- All that has not ended, whoever's; the oldest first.
---@return kling.Record[]? records
---@return string? message
---@return kling.Failure? failure
function Store:pending() end

--- The newest task with this fingerprint that has not ended, or succeeded and was made since then.
---@param fingerprint string
---@param since number Unix seconds of the store's clock (see now)
---@return kling.Record|false|nil record false: there is none
---@return string? message
---@return kling.Failure? failure
function Store:find_same(fingerprint, since) end

--- What time it is by the store's clock, as far as an earlier call has seen it.
---@return number Unix seconds
function Store:now() end

--- How many tasks were marked for sending since then, by all who share the store.
---@param since? number Unix seconds of the store's clock (see now); default: ever
---@return integer? count
---@return string? message
---@return kling.Failure? failure
function Store:count_sent(since) end

--- Take over what has no owner or whose lease is over; each goes to one taker only.
---@param limit? integer default: all
---@param ids? string[] only among these external_task_ids, in this order
---@return kling.Record[]? records ours now; the oldest first
---@return string? message
---@return kling.Failure? failure
function Store:take(limit, ids) end

--- Begin a task that has ended once more, as ours: its create was refused, say, or it was cancelled.
---@param id string external_task_id
---@param state "queued"|"sending"|"submitted" where it begins
---@return boolean? done false: it has not ended
---@return string? message
---@return kling.Failure? failure
function Store:reopen(id, state) end

--- Make the lease of all that is ours last again. To be called several times a lease.
---@return true? done
---@return string[]|string? lost external_task_ids of what was ours and is somebody else's now
---@return kling.Failure? failure
function Store:renew() end

--- Give back what is ours: others may take it now.
---@param ids? string[] external_task_ids; default: all
---@return true? done
---@return string? message
---@return kling.Failure? failure
function Store:release(ids) end

--- What is known of the service at base_url. Without a probe of its own it names the newest task with a task_id.
---@return kling.GatewayFacts? facts
---@return string? message
---@return kling.Failure? failure
function Store:gateway() end

--- Write down what was found out about it; what is not given stays as it is.
---@param facts kling.GatewayFacts
---@return true? done
---@return string? message
---@return kling.Failure? failure
function Store:learn(facts) end

--- Write the histogram of durations anew, made of the one that is there; nobody else writes it meanwhile.
---@param merge fun(known?: string): string may be called twice
---@return true? done
---@return string? message
---@return kling.Failure? failure
function Store:merge_histogram(merge) end

--- Give back what is ours and close the connection. Safe twice.
function Store:close() end

return store
