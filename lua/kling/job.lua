--- The client's verbs as methods of a job: sugar and nothing more.

local core = require "kling.core"
local deadline = require "kling.deadline"

require "kling.client"

local Job = core.Job

function Job:poll()
  return self:client():poll(self)
end

function Job:wait(seconds)
  deadline.new(seconds, "wait") -- here too: a mistake is blamed on the line that made it
  return self:client():wait(self, seconds)
end

function Job:save(folder, options)
  return self:client():save(self, folder, options)
end

function Job:cancel()
  return self:client():cancel(self)
end
