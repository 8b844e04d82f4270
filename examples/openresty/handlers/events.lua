--- GET /events?clip=ID&clip=ID...: each clip's text, now and whenever it changes, as server-sent
--- events; ends when all clips are over. A browser that comes back gets everything again: each
--- event is all that is known.

-- luacheck: std ngx_lua

local answer = require "answer"
local clips = require "clips"

local LOOK = 0.2 -- seconds between looks at the dictionary
local BEAT = 15 -- seconds of silence, after which proxies hear that the stream lives
local MOST = 100 -- clips

local function ids_asked_for()
  local given = ngx.req.get_uri_args(MOST).clip
  local ids = {}
  for _, id in ipairs(type(given) == "table" and given or { given }) do
    if type(id) == "string" and id:match "^%x+$" then
      ids[#ids + 1] = id
    end
  end
  return ids
end

-- The server's time goes along: a browser's clock may be wrong.
local function event(id, text)
  return ('data: {"now":%.3f,"id":"%s","clip":%s}\n\n'):format(ngx.now(), id, text or "null")
end

-- Whether anything is still to come.
local function send_news(ids, sent)
  local is_over = true
  for _, id in ipairs(ids) do
    local text, is_last = clips.text(id)
    if sent[id] ~= (text or "") then
      sent[id] = text or ""
      sent.at = ngx.now()
      ngx.print(event(id, text))
    end
    is_over = is_over and (is_last or not text)
  end
  if ngx.now() - sent.at > BEAT then
    sent.at = ngx.now()
    ngx.print ": still here\n\n"
  end
  return not is_over
end

local ids = ids_asked_for()
if #ids == 0 then
  return answer.problem(400, "invalid", "at least one clip expected")
end

local is_gone = false
ngx.on_abort(function()
  is_gone = true
end)

ngx.header.content_type = "text/event-stream"
ngx.header.cache_control = "no-cache"
ngx.header.x_accel_buffering = "no" -- for an nginx in front of this one

local sent = { at = ngx.now() }
while send_news(ids, sent) and ngx.flush(true) and not is_gone and not ngx.worker.exiting() do
  ngx.sleep(LOOK)
end
