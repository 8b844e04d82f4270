--- POST /clips: starts a task; the answer is the clip's id.

-- luacheck: std ngx_lua

local answer = require "answer"
local cjson = require "cjson.safe"
local tasks = require "tasks"

-- What a user may choose; the rest of a request is this site's business.
local allowed = {
  video_url = true,
  video_id = true,
  sound_effect_prompt = true,
  bgm_prompt = true,
  asmr_mode = true,
}

local function check(fields)
  if type(fields) ~= "table" then
    return "a JSON object expected"
  end
  for name in pairs(fields) do
    if not allowed[name] then
      return ("unknown field '%s'"):format(name)
    end
  end
end

-- A page of another site can post a form here in its visitor's name, but not JSON.
local function is_json()
  return (ngx.var.content_type or ""):lower():match "^application/json" ~= nil
end

if ngx.req.get_method() ~= "POST" then
  ngx.header.allow = "POST"
  return answer.problem(405, "invalid", "POST expected")
elseif not is_json() then
  return answer.problem(415, "invalid", "content-type application/json expected")
end

ngx.req.read_body()
local fields = cjson.decode(ngx.req.get_body_data() or "")
local id = ngx.var.request_id -- 16 random bytes
local problem = check(fields)
if not problem then
  local _, message = tasks.start(id, fields)
  problem = message
end
if problem then
  return answer.problem(400, "invalid", problem, "Change the request; nothing was sent.")
end
return answer.json(202, { id = id })
