--- A loop of the specs' own: coroutines that pause until there is news or their time is over. It
--- writes down what a client asks of it: `pauses` (seconds), `wakes`, `forgets`.

local core = require "kling.core"
local cqueues = require "cqueues"
local quick = require "spec.support.quick"

local TURN = 0.01 -- seconds

local Loop = {}
Loop.__index = Loop

local function resume(self, task)
  self.sleeping[task] = nil
  local fine, problem = coroutine.resume(task)
  assert(fine, problem)
  if coroutine.status(task) == "dead" then
    self.tasks[task] = nil
  end
end

--- Run f in a coroutine, until it pauses.
function Loop:start(f)
  local task = coroutine.create(f)
  self.tasks[task] = true
  resume(self, task)
end

-- As an adapter that sleeps on the descriptor; one of those it wakes reads the answers.
local function has_news(self)
  local fd = self.client and core.raw.is_open(self.client) and self.client:pollfd()
  return not fd or cqueues.poll({ pollfd = fd, events = "r" }, 0.001) ~= 0.001
end

--- A turn for one whose time is over; true while somebody is left.
function Loop:turn()
  local news = has_news(self)
  for task in pairs(self.tasks) do
    if news or core.now() >= (self.sleeping[task] or 0) then
      resume(self, task)
      break -- resuming may have changed the table
    end
  end
  return next(self.tasks) ~= nil
end

--- Until all coroutines have ended.
function Loop:run()
  local deadline = core.now() + quick.PATIENCE
  while self:turn() do
    assert(core.now() < deadline, "a coroutine sleeps on")
  end
end

local function pause(self, client, seconds)
  self.pauses[#self.pauses + 1] = seconds
  local task = coroutine.running()
  if not (task and self.tasks[task]) then
    client:step(math.min(seconds, TURN))
    return
  end
  self.sleeping[task] = core.now() + seconds
  self.client = client
  coroutine.yield()
end

local function wake(self)
  self.wakes = self.wakes + 1
  for task in pairs(self.sleeping) do
    self.sleeping[task] = 0
  end
end

local function forget(self, client)
  self.forgets = self.forgets + 1
  local fd
  self.was_open_when_forgotten, fd = pcall(client.pollfd, client)
  if self.was_open_when_forgotten and fd then
    cqueues.cancel(fd)
  end
end

-- The client calls what an adapter is made of without a self.
local function bind(self, f)
  return function(...)
    return f(self, ...)
  end
end

return function()
  local self = setmetatable(
    { pauses = {}, wakes = 0, forgets = 0, sleeping = {}, tasks = {} }, Loop)
  self.pause, self.wake, self.forget = bind(self, pause), bind(self, wake), bind(self, forget)
  return self
end
