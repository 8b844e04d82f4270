--- How long single calls take, with a frame between two.

local core = require "kling.core"
local kling = require "kling"
local socket = require "socket"

local FRAME = 0.001 -- seconds

local Calls = {}
Calls.__index = Calls

local M = {}

function M.new()
  return setmetatable({ times = {}, work = {} }, Calls)
end

function Calls:measure(f, ...)
  local worked = os.clock()
  local started = core.now() -- the last thing: the processor's clock takes a while itself
  f(...)
  local ended = core.now()
  self.work[#self.work + 1] = os.clock() - worked
  self.times[#self.times + 1] = ended - started
end

--- What a game does each frame.
function Calls:step(client)
  self:measure(client.step, client, 0)
  client:dispatch()
  socket.sleep(FRAME)
end

local function at(sorted, share)
  return sorted[math.max(1, math.ceil(#sorted * share))] * 1e6
end

--- In microseconds: p50, p99 and the longest; p99 and the longest in processor time, which other
--- programs do not lengthen. And how many there were.
function Calls:figures()
  local times, work = self.times, self.work
  table.sort(times)
  table.sort(work)
  return at(times, 0.5), at(times, 0.99), at(times, 1), at(work, 0.99), at(work, 1), #times
end

--- A client that looks at its tasks without a pause.
function M.client(url, ca, max_requests)
  return assert(kling.new {
    api_key = "key", base_url = url, ca = ca, loop = "blocking", insecure_http = true,
    first_poll = 0, poll_interval = 1e-9, max_poll_interval = 1e-9, max_requests = max_requests,
  })
end

--- Follow so many tasks to their ends, step by step.
function Calls:follow(client, tasks)
  local jobs = {}
  for i = 1, tasks do
    jobs[i] = client:attach(("8781062428%08d"):format(i))
  end
  while #jobs > 0 do
    self:step(client)
    for i = #jobs, 1, -1 do
      if core.raw.ended(client, jobs[i]) then
        assert(core.raw.ended(client, jobs[i]) == "succeeded")
        table.remove(jobs, i)
      end
    end
  end
end

return M
