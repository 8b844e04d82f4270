--- The service's state: tasks, their lives, what was billed. No sockets, no JSON, no files.

local Service = {}
Service.__index = Service

local service = {}

local UNITS = 0.25 -- a call's price (contract 6, K-docs)
local RETENTION = 30 * 24 * 3600 -- tasks and videos are kept 30 days (K-docs)
local FIRST_LOOK = 2 -- seconds a task stays unfindable under first_look_misses

-- The id on CometAPI's page (C-v2a); here it stands for the emulator's own clip.
service.sample_video_id = "861034216165875784"

--- What may be said about tasks' lives; see set_life.
service.life_rules = {
  submitted = { type = "number", min = 0 },
  processing = { type = "number", min = 0 },
  fail = { type = "string" },
}

local function problem(code, message, kind)
  return { code = code, message = message, kind = kind }
end

---@param options table `clock`, `variants`, `life` { submitted, processing, fail }, `cap`
function service.new(options)
  local self = setmetatable({
    clock = options.clock,
    variants = options.variants,
    default_life = options.life or {},
    default_cap = options.cap,
    serial = 0,
    -- Eighteen digits in all, above 2^53 and below 2^63, another start each time.
    prefix = ("878%06d"):format(math.floor(options.clock:now()) % 1000000),
  }, Service)
  self:reset()
  return self
end

--- Forget every task, bill and external id. Ids are not used again.
function Service:reset()
  self.tasks = {} -- in the order of their making
  self.by_id = {}
  self.by_external_id = {}
  self.videos = {}
  self.ledger = {}
  self.cap = self.default_cap
  self.life = { submitted = 1, processing = 3 }
  self:set_life(self.default_life)
end

--- How long tasks made from now on stay in each state; `fail` makes them fail with that text.
function Service:set_life(life)
  self.life = {
    submitted = life.submitted or self.life.submitted,
    processing = life.processing or self.life.processing,
    fail = life.fail,
  }
end

local LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

local function in_letters(digits)
  return (digits:gsub("%d%d?", function(pair)
    local at = tonumber(pair) % #LETTERS + 1
    return LETTERS:sub(at, at) .. pair
  end))
end

--- A new id, written as the variants say.
function Service:next_id()
  self.serial = self.serial + 1
  local digits = self.prefix .. ("%09d"):format(self.serial)
  if self.variants:is("ids_19_digits") then
    return "2" .. digits
  elseif self.variants:is("ids_numeric_20") then
    return "98" .. digits
  elseif self.variants:is("ids_letters") then
    return in_letters(digits)
  end
  return digits
end

--- What is known of a task at a moment.
---@return table look `{ state, updated_at, message }`
function Service:look(task, at)
  at = at or self.clock:now()
  local processing = task.created_at + task.life.submitted
  local ended = processing + task.life.processing
  if at < processing then
    return { state = "submitted", updated_at = task.created_at }
  elseif at < ended or not task.outcome or at < task.outcome.at then
    return { state = "processing", updated_at = processing }
  end
  return {
    state = task.outcome.state,
    updated_at = math.max(ended, task.outcome.at),
    message = task.outcome.message,
  }
end

local function running(self)
  local count = 0
  for _, task in ipairs(self.tasks) do
    local state = self:look(task).state
    if state == "submitted" or state == "processing" then
      count = count + 1
    end
  end
  return count
end

local function check_external_id(self, id)
  if id and self.by_external_id[id] and self.variants:is("external_id_unique") then
    return problem(1201, ("External_task_id %s already exists"):format(id))
  end
end

local function check_video_id(self, id)
  local video = self.videos[id]
  local known = id == nil or id == service.sample_video_id
  if not known and not (video and self.clock:now() < video.made_at + RETENTION) then
    return problem(1201, ("Video not found by id: %s"):format(id))
  end
end

-- A slot is held from submitted to the end (contract 6, K-docs).
local function check_cap(self)
  if self.cap and running(self) >= self.cap then
    return problem(1303)
  end
end

local function bill(self, task)
  local entry = {
    task_id = task.id,
    external_task_id = task.fields.external_task_id,
    units = UNITS,
    at = task.created_at,
    task = task,
  }
  self.ledger[#self.ledger + 1] = entry
end

--- The ledger: one entry for each accepted create, oldest first.
function Service:bills()
  local bills = {}
  for i, entry in ipairs(self.ledger) do
    bills[i] = {
      task_id = entry.task_id,
      external_task_id = entry.external_task_id,
      units = entry.units,
      at = entry.at,
      refunded = entry.task.refundable == true and self:look(entry.task).state == "failed",
    }
  end
  return bills
end

--- Accept a task and bill it, or say why not. A refused create costs nothing (K-live).
---@param fields table as checks.create returns them
---@return table|nil task
---@return table? problem
function Service:create(fields)
  local wrong = check_external_id(self, fields.external_task_id)
    or check_video_id(self, fields.video_id)
    or check_cap(self)
  if wrong then
    return nil, wrong
  end
  local task = {
    id = self:next_id(),
    fields = fields,
    created_at = self.clock:now(),
    life = self.life,
  }
  self.tasks[#self.tasks + 1] = task
  self.by_id[task.id] = task
  if fields.external_task_id then
    self.by_external_id[fields.external_task_id] = task
  end
  bill(self, task)
  return task
end

local function is_findable(self, task)
  local age = self.clock:now() - task.created_at
  return age < RETENTION and (age >= FIRST_LOOK or self.variants:is("first_look_finds"))
end

--- The task with this id, or this external id where that is allowed.
---@return table|nil task
---@return table? problem
function Service:find(id)
  local task = self.by_id[id]
  if not task and self.variants:is("external_id_query_on") then
    task = self.by_external_id[id]
  end
  if not task or not is_findable(self, task) then
    return nil, problem(1201, "Task not found by id/external id: " .. id, "not_found")
  end
  return task
end

local function check_page(name, value, default, most)
  local number = value == nil and default or tonumber(value)
  if not number or number % 1 ~= 0 or number < 1 or number > most then
    return nil, problem(1201, ("%s must be between 1 and %d"):format(name, most))
  end
  return number
end

--- One page of tasks, the newest first (contract 3, K-docs).
---@return table|nil tasks
---@return table? problem
function Service:list(page, size)
  local wrong
  page, wrong = check_page("pageNum", page, 1, 1000)
  if not page then
    return nil, wrong
  end
  size, wrong = check_page("pageSize", size, 30, 500)
  if not size then
    return nil, wrong
  end
  local newest = #self.tasks - (page - 1) * size
  local tasks = {}
  for i = newest, math.max(newest - size + 1, 1), -1 do
    tasks[#tasks + 1] = self.tasks[i]
  end
  return tasks
end

-- The task may be gone: reset does not stop work that has begun.
local function is_open(self, task)
  return self.by_id[task.id] == task and not task.outcome
end

--- The task's work is done; it shows once its life is over.
---@param media table `{ duration, mp3, wav, video }`, files of the emulator
function Service:finish(task, media)
  if task.life.fail then
    return self:fail(task, task.life.fail)
  elseif not is_open(self, task) then
    return
  end
  task.media = media
  task.audio_id, task.video_id = self:next_id(), self:next_id()
  self.videos[task.video_id] = { made_at = self.clock:now(), task = task }
  task.outcome = { state = "succeed", at = self.clock:now() }
end

--- The task's work cannot be done.
function Service:fail(task, message)
  if not is_open(self, task) then
    return
  end
  task.outcome = { state = "failed", at = self.clock:now(), message = message }
  task.refundable = self.variants:is("failed_refunded")
end

return service
