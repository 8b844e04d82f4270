--- What origin.conf answers: Kling's body of a status request (docs/contract.md, section 2), 721
--- bytes long while the task runs.

local ngx = _G.ngx

local M = {}

local HEAD = '{"code":0,"message":"SUCCEED","request_id":"9ab376fc-9059-487f-9e2a-c9c89f1a344f",'
  .. '"data":{"task_id":"878106242831892487","task_info":{"external_task_id":'
  .. '"3f1f5b0a-7c1e-4d0b-9a53-2f7c6f0e8d11"},"created_at":1777385361501,"updated_at":'
local AUDIOS = '"audios":[{"id":"878106242831892488",'
  .. '"url_mp3":"https://cdn.example.com/a.mp3","duration_mp3":"5.00",'
  .. '"url_wav":"https://cdn.example.com/a.wav","duration_wav":"5.00"}]'
local PARENT = '"parent_video":{"id":"861034216165875784","url":"https://cdn.example.com/'

local function document(status, updated_at, result)
  local body = HEAD .. updated_at .. ',"task_result":{' .. result .. '},' .. PARENT
  local tail = '","duration":"5.0"},"task_status":"' .. status .. '"}}'
  return body .. ("x"):rep(721 - #body - #tail) .. tail
end

local RUNNING = document("processing", "1777385363321", "")
local ENDED = document("succeed", "1777385373321", AUDIOS)

local counts = ngx.shared.counts
local limit = 0

--- Count anew; /limit?n=10000: tasks end after so many answers. Says how many were counted before.
function M.set_limit()
  ngx.say(counts:get("answers") or 0)
  counts:set("answers", 0)
  limit = tonumber(ngx.var.arg_n) or 0
end

function M.answer()
  local body = counts:incr("answers", 1, 0) <= limit and RUNNING or ENDED
  ngx.header.content_length = #body
  ngx.print(body)
end

return M
