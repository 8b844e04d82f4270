--- What the server of nginx_server.conf answers with.

local kling = require "kling"

local ngx = _G.ngx

local CLIP = { video_id = "861034216165875784" }
local SECONDS = 60

local M = {}

local made_before_fork -- by the master, hence in every worker's memory
local client -- this worker's own

function M.before_fork()
  made_before_fork = kling.new()
end

--- Submit a task and wait for it. Its id, or why there is none.
function M.wait()
  client = client or kling.new {
    first_poll = 0.5, poll_interval = 0.5, max_poll_interval = 0.5, duplicate_window = 0,
  }
  local result, _, failure = client:wait(client:submit(CLIP), SECONDS)
  ngx.status = result and 200 or 500
  ngx.say(result and result.task_id or failure.code)
end

function M.use_made_before_fork()
  local _, message = pcall(made_before_fork.submit, made_before_fork, CLIP)
  ngx.say(message)
end

return M
