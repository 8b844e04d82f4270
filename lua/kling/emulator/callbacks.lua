--- Tells a task's callback_url of each change of state, well or badly (contract, section 4).
--
-- Only on this machine. Of delivery nothing is documented but "on each change", so every other way
-- it may go is to be had by a rule. Who posts, and who sleeps, comes with `open`.

local json = require("kling.emulator.json")
local signature = require("kling.webhook.signature")
local url = require("kling.url")

local MIN_SLEEP = 0.01 -- seconds: a clock that stands still must not be asked all the time
local LOGGED_BODY = 4096 -- bytes, as for requests

local Callbacks = {}
Callbacks.__index = Callbacks

local callbacks = {}

local function check_one_of(...)
  local known, list = {}, table.concat({ ... }, " or ")
  for _, word in ipairs({ ... }) do
    known[word] = true
  end
  return function(word)
    return not known[word] and list .. " expected" or nil
  end
end

--- What may be said about how callbacks are sent.
callbacks.rules = {
  generation = { type = "string", check = check_one_of("legacy", "new") }, -- of the payload
  secret = { type = "string", check = signature.check_secret }, -- signs them
  lost = { type = "boolean" }, -- none is sent
  times = { type = "number", min = 1, max = 100, integer = true }, -- each is sent so often
  late = { type = "number", min = 0 }, -- seconds after the change
  reversed = { type = "boolean" }, -- at the end, the last first
  early = { type = "boolean" }, -- the first one before the create is answered
  -- One at the create claims success and is the only one; token: to another path.
  forge = { type = "string", check = check_one_of("state", "token") },
}

---@param options table `service`, `shapes`, `clock`, `log` (takes an entry)
function callbacks.new(options)
  local self = setmetatable({ rules = {}, serial = 0 }, Callbacks)
  for name, value in pairs(options) do
    self[name] = value
  end
  return self
end

--- From now on there are sockets.
---@param options table `cq`; `news`, a condition signalled when a task's work has ended; `post`
--- (target, headers, body -> status)
function Callbacks:open(options)
  self.cq, self.news, self.post = options.cq, options.news, options.post
end

--- The clock was moved, or all tasks are gone.
function Callbacks:wake()
  if self.news then
    self.news:signal()
  end
end

local function headers_for(self, id, body)
  local headers = { ["content-type"] = "application/json; charset=utf-8" }
  if self.rules.secret then
    local timestamp = ("%d"):format(math.floor(self.clock:now()))
    headers["webhook-id"] = id
    headers["webhook-timestamp"] = timestamp
    headers["webhook-signature"] = signature.sign(self.rules.secret, id, timestamp, body)
  end
  return headers
end

local function log(self, target, body, status, fault)
  self.log({
    at = self.clock:now(),
    request = "callback",
    method = "POST",
    path = target:match("^%a+://[^/]*([^?#]*)"),
    body = body:sub(1, LOGGED_BODY),
    status = status, -- 0: not sent, or not answered
    fault = fault,
  })
end

local function deliver(self, task, look, target, fault)
  local body = json.encode(self.shapes:called_back(task, look, self.rules.generation))
  self.serial = self.serial + 1
  local id = ("callback-%d"):format(self.serial) -- the same for each repetition
  for _ = 1, self.rules.times or 1 do
    if self.rules.lost then
      log(self, target, body, 0, "lost")
    elseif not url.is_loopback(target) then
      log(self, target, body, 0, "not on this machine")
    else
      log(self, target, body, self.post(target, headers_for(self, id, body), body), fault)
    end
  end
end

local function is_there(self, task)
  return self.service.by_id[task.id] == task -- not after a reset
end

-- Sleep until the clock shows what `moment` says, which may not be known yet. False: it never will.
local function wait_until(self, task, moment)
  while is_there(self, task) do
    local at, now = moment(task), self.clock:now()
    if at and at + (self.rules.late or 0) <= now then
      return true
    end
    self.news:wait(at and math.max(at + (self.rules.late or 0) - now, MIN_SLEEP))
  end
  return false
end

local function submitted_at(task)
  return task.created_at
end

local function processing_at(task)
  return task.created_at + task.life.submitted
end

local function ended_at(task)
  return task.outcome and math.max(processing_at(task) + task.life.processing, task.outcome.at)
end

local function send_changes(self, task)
  local state = task.called_back
  local kept = {}
  for _, moment in ipairs({ submitted_at, processing_at, ended_at }) do
    if not wait_until(self, task, moment) then
      return
    end
    local look = self.service:look(task, moment(task))
    if look.state ~= state and self.rules.reversed then
      table.insert(kept, 1, look)
    elseif look.state ~= state then
      deliver(self, task, look, task.fields.callback_url)
    end
    state = look.state
  end
  for _, look in ipairs(kept) do
    deliver(self, task, look, task.fields.callback_url, "reversed")
  end
end

local FORGED_TOKEN = ("0"):rep(64)

local function send_forged(self, task)
  local target = task.fields.callback_url
  if self.rules.forge == "token" then
    target = target:gsub("[^/]+$", FORGED_TOKEN)
  end
  local look = { state = "succeed", updated_at = task.created_at }
  deliver(self, task, look, target, "forged")
end

local function first_look(task)
  return { state = "submitted", updated_at = task.created_at }
end

--- A task was accepted: tell its callback_url, if it has one, what becomes of it.
function Callbacks:follow(task)
  if not self.cq or not task.fields.callback_url then
    return
  end
  local run = self.rules.forge and send_forged or send_changes
  if self.rules.early then
    task.called_back = "submitted"
    deliver(self, task, first_look(task), task.fields.callback_url, "early")
  end
  self.cq:wrap(run, self, task)
end

return callbacks
