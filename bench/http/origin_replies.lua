--- What origin.conf answers: Kling's body of a status request (docs/contract.md, section 2), 721
--- bytes long while the task runs.

local ngx = _G.ngx
local latency = dofile(ngx.config.prefix() .. "origin_latency.lua")

local M = {}

local HEAD = '{"code":0,"message":"SUCCEED","request_id":"9ab376fc-9059-487f-9e2a-c9c89f1a344f",'
  .. '"data":{"task_id":"'
local AFTER_ID = '","task_info":{},"created_at":1777385361501,"updated_at":'
local AUDIOS = '"audios":[{"id":"878106242831892488",'
  .. '"url_mp3":"https://cdn.example.com/a.mp3","duration_mp3":"5.00",'
  .. '"url_wav":"https://cdn.example.com/a.wav","duration_wav":"5.00"}]'
local PARENT = '"parent_video":{"id":"861034216165875784","url":"https://cdn.example.com/'
local ID_LENGTH = 18

local function tail_of(status, updated_at, result)
  local tail = AFTER_ID .. updated_at .. ',"task_result":{' .. result .. '},' .. PARENT
  local last = '","duration":"5.0"},"task_status":"' .. status .. '"}}'
  return tail .. ("x"):rep(721 - #HEAD - ID_LENGTH - #tail - #last) .. last
end

local RUNNING = tail_of("processing", "1777385363321", "")
local ENDED = tail_of("succeed", "1777385373321", AUDIOS)

local answers, limit = 0, 0 -- one worker: no shared memory is needed
local looks = latency.new() -- how long it took from one look at a task to the next

--- Count anew; /limit?n=10000: tasks end after so many answers. Says how many were counted before.
function M.set_limit()
  ngx.say(answers)
  answers = 0
  limit = tonumber(ngx.var.arg_n) or 0
  looks = latency.new()
end

--- The median and the 99th percentile of those seconds since the last /limit.
function M.show_latency()
  ngx.say(latency.share(looks, 0.5), " ", latency.share(looks, 0.99))
end

local made = 0 -- tasks

-- That of the task that is asked for, or of a new one.
local function task_id()
  if ngx.req.get_method() ~= "POST" then
    return ngx.var.uri:match "[^/]+$"
  end
  made = made + 1
  return ("8610342161%08d"):format(made)
end

function M.answer()
  local id = task_id()
  answers = answers + 1
  latency.add(looks, id)
  local body = HEAD .. id .. (answers <= limit and RUNNING or ENDED)
  ngx.header.content_length = #body
  ngx.print(body)
end

return M
