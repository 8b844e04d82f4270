--- When a job will probably end.

local core = require "kling.core"

local Client = require "kling.client"

local raw = core.raw

function core.Client:eta(job)
  Client.check_job(self, job, "eta")
  local seconds, low, high = raw.eta(self, job)
  return seconds and { seconds = seconds, low = low, high = high }
end
