--- Callbacks, where KLING_CALLBACK_URL leads here: a task's worker looks at it as soon as the
--- service says that something has changed, and not only when it is time to.

-- luacheck: std ngx_lua

local cjson = require "cjson.safe"
local clips = require "clips"
local webhook = require "kling.webhook"

local LOOK = 0.5 -- seconds between looks for callbacks that came to another worker

local dict = ngx.shared.clips

local M = {}

local function queue_of(worker)
  return "callbacks of worker " .. worker
end

local function take_passed_on(is_exiting, receiver)
  local text = not is_exiting and dict:lpop(queue_of(ngx.worker.id()))
  while text do
    local callback = cjson.decode(text)
    receiver:receive(callback.path, {}, callback.body)
    text = dict:lpop(queue_of(ngx.worker.id()))
  end
end

local receiver -- nil: not made yet; false: callbacks are not wanted

--- This worker's receiver, or false.
function M.receiver(client)
  if receiver == nil then
    local url = os.getenv "KLING_CALLBACK_URL"
    receiver = url and webhook.receiver(client, { url = url, key = os.getenv "KLING_CALLBACK_KEY" })
      or false
    if receiver then
      assert(ngx.timer.every(LOOK, take_passed_on, receiver))
    end
  end
  return receiver
end

--- A request that asks for callbacks, if they are wanted.
function M.add(client, fields)
  local made = M.receiver(client)
  return made and made:request(fields) or fields
end

--- Give a callback to the worker whose task it is about.
function M.pass_on(event)
  local clip = clips.find(event.external_task_id)
  if clip and clip.worker ~= ngx.worker.id() then
    local callback = { path = ngx.var.request_uri, body = ngx.req.get_body_data() }
    dict:rpush(queue_of(clip.worker), cjson.encode(callback))
  end
end

return M
