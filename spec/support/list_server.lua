--- A service of many tasks in this process, which can be listed, for specs of the list.

local raw_server = require "spec.support.raw_server"

local M = {}

local RESULT = '{"audios":[{"id":"1","url_mp3":"https://cdn.example.com/%s.mp3"}],"videos":[]}'
local CREATED = os.time() * 1000 - 100000 -- ms

local Service = {}
Service.__index = Service

function M.id(number)
  return ("8780000000%08d"):format(number)
end

-- A task as queries and lists show it. Each was made 100 s ago, and has changed for the last time
-- when it was `age` ms old.
local function shown(task)
  local state = task.state
  return ('{"task_id":"%s","task_info":{},"task_status":"%s","task_status_msg":"%s",'
    .. '"created_at":%d,"updated_at":%d,"task_result":%s}'):format(task.id, state,
    state == "failed" and "Image pixel is invalid" or "", CREATED, CREATED + task.age,
    state == "succeed" and RESULT:format(task.id) or "{}")
end

local function envelope(data)
  return raw_server.reply(('{"code":0,"message":"SUCCEED","request_id":"r-1","data":%s}')
    :format(data))
end

local function list(self, number, size)
  local newest = #self.tasks - (number - 1) * size
  local items = {}
  for i = newest, math.max(newest - size + 1, 1), -1 do
    items[#items + 1] = self.show(self.tasks[i])
  end
  return envelope("[" .. table.concat(items, ",") .. "]")
end

local function answer(self, head)
  local target = head:match "^GET (%S+)"
  local number, size = target:match "%?pageNum=(%d+)&pageSize=(%d+)$"
  if number then
    self.lists = self.lists + 1
    self.sizes[#self.sizes + 1] = tonumber(size)
    return self.instead or list(self, tonumber(number), tonumber(size))
  end
  local id = target:match "[^/]+$"
  self.queries = self.queries + 1
  self.asked[id] = (self.asked[id] or 0) + 1
  return envelope(shown(self.by_id[id]))
end

--- So many tasks more, in a state: "submitted", "processing", "succeed" or "failed".
function Service:add(count, state)
  for _ = 1, count do
    local task = { id = M.id(#self.tasks + 1), state = state or "processing", age = 50000 }
    self.tasks[#self.tasks + 1] = task
    self.by_id[task.id] = task
  end
end

--- All tasks are in this state from now on.
function Service:turn(state)
  for _, task in ipairs(self.tasks) do
    task.state, task.age = state, task.age + 1000
  end
end

--- Count anew.
function Service:count_anew()
  self.queries, self.lists, self.asked, self.sizes = 0, 0, {}, {}
end

function Service:stop()
  self.server:stop()
end

--- Its fields: `url`, `loop`; `queries`, `lists`: how many there were; `asked`: id -> queries;
--- `sizes` of the pages asked for; `instead`: the reply to a list, in place of the true one;
--- `show(task)`: what a list says of a task.
function M.start()
  local self = setmetatable({ tasks = {}, by_id = {}, show = shown }, Service)
  self:count_anew()
  self.server = raw_server.start(function(connection)
    while true do
      local head = raw_server.read_request(connection)
      if not head then
        return
      end
      connection:xwrite(answer(self, head), "bn")
    end
  end)
  self.url, self.loop = self.server.url, self.server.loop
  return self
end

--- What a list says of a task.
M.shown = shown

return M
