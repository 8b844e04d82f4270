--- The client's verbs as methods of a job: sugar and nothing more.

local core = require "kling.core"
local Client = require "kling.client"
local deadline = require "kling.deadline"
local save = require "kling.save"

local Job = core.Job

function Job:poll()
  return self:client():poll(self)
end

function Job:wait(seconds)
  deadline.new(seconds, "wait") -- here too: a mistake is blamed on the line that made it
  return self:client():wait(self, seconds)
end

function Job:eta()
  return self:client():eta(self)
end

function Job:save(folder, options)
  local client = self:client()
  Client.check_open(client, "save") -- here too, as in wait
  save.check(client, self, folder, options)
  return client:save(self, folder, options)
end

function Job:cancel()
  return self:client():cancel(self)
end
