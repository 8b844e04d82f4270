--- The client's verbs as methods of a job: sugar and nothing more.

local core = require "kling.core"
local Client = require "kling.client"
local deadline = require "kling.deadline"
local save = require "kling.save"

local Job = core.Job

-- Here too: a mistake is blamed on the line that made it.
local function client_of(job, operation)
  local client = job:client()
  Client.check_process(client, operation, 3)
  return client
end

function Job:poll()
  return client_of(self, "poll"):poll(self)
end

function Job:wait(seconds)
  deadline.new(seconds, "wait") -- here too, as in client_of
  return client_of(self, "wait"):wait(self, seconds)
end

function Job:eta()
  return client_of(self, "eta"):eta(self)
end

function Job:save(folder, options)
  local client = self:client()
  Client.check_open(client, "save") -- here too, as in client_of
  save.check(client, self, folder, options)
  return client:save(self, folder, options)
end

function Job:cancel()
  return client_of(self, "cancel"):cancel(self)
end
