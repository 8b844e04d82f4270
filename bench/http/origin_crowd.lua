--- A crowd of tasks that end one after the other, as queries and as lists show them: below /crowd
--- with a list, below /alone without.
--
-- Made together; how long each takes is a lognormal's quantile, which one a matter of its number.

local ngx = _G.ngx

local M = {}

local PREFIX, DIGITS = "8781062428", 8
local SIGMA = 0.4

-- One worker: no shared memory is needed.
local tasks, median, made, durations
local queries, lists = 0, 0

-- The quantile of the normal distribution, by bisection of its logistic approximation.
local function normal(share)
  local low, high = -4, 4
  for _ = 1, 40 do
    local x = (low + high) / 2
    if 1 / (1 + math.exp(-1.5976 * x - 0.070566 * x ^ 3)) < share then
      low = x
    else
      high = x
    end
  end
  return low
end

-- Neighbours end far apart (the golden ratio's multiples are spread evenly).
local function duration_of(number)
  local share = (number * 0.6180339887 + 0.5) % 1
  return median * math.exp(SIGMA * normal(share))
end

local function document(number, now)
  durations[number] = durations[number] or duration_of(number)
  local ends = made + durations[number]
  local is_over = ends <= now
  local result = ""
  if is_over then
    result = ('"audios":[{"id":"1","url_mp3":"https://cdn.example.com/%d.mp3",'
      .. '"duration_mp3":"5.00"}]'):format(number)
  end
  local text = ('{"task_id":"%s%08d","task_info":{},"created_at":%d,"updated_at":%d,'
    .. '"task_result":{%s},"task_status":"%s"'):format(PREFIX, number, made * 1000,
    (is_over and ends or made + 1) * 1000, result, is_over and "succeed" or "processing")
  return text .. ',"parent_video":{"url":"https://cdn.example.com/' .. ("x"):rep(580 - #text)
    .. '"}}'
end

local function envelope(data)
  local body = '{"code":0,"message":"SUCCEED","request_id":"9ab376fc-9059-487f-9e2a-c9c89f1a344f",'
    .. '"data":' .. data .. "}"
  ngx.header.content_length = #body
  ngx.print(body)
end

local function list(now)
  local size = tonumber(ngx.var.arg_pageSize)
  local newest = tasks - (tonumber(ngx.var.arg_pageNum) - 1) * size
  local items = {}
  for number = newest, math.max(newest - size + 1, 1), -1 do
    items[#items + 1] = document(number, now)
  end
  lists = lists + 1
  envelope("[" .. table.concat(items, ",") .. "]")
end

--- /crowd/begin?n=10000&median=15: so many tasks, made now.
function M.begin()
  tasks, median, made = tonumber(ngx.var.arg_n), tonumber(ngx.var.arg_median), ngx.now()
  durations, queries, lists = {}, 0, 0
  ngx.say "ok"
end

--- /crowd/counts: queries and pages of the list that were answered since then.
function M.say_counts()
  ngx.say(("%d %d"):format(queries, lists))
end

function M.answer(has_list)
  local number = ngx.var.uri:match("/" .. PREFIX .. ("(" .. ("%d"):rep(DIGITS) .. ")$"))
  if number then
    queries = queries + 1
    envelope(document(tonumber(number), ngx.now()))
  elseif has_list then
    list(ngx.now())
  else
    lists = lists + 1
    ngx.exit(404)
  end
end

return M
