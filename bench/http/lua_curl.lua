--- Status requests by Lua-cURLv3's multi interface and lua-cjson, the usual way:
--- lua5.4 bench/http/lua_curl.lua URL IN_FLIGHT [CA]

local cjson = require "cjson.safe"
local curl = require "lcurl.safe"

local url, in_flight, ca = arg[1], tonumber(arg[2]), arg[3]
local PATH = "/kling/v1/audio/video-to-audio/"

local multi = curl.multi()
local parts, ids = {}, {}

local function new_easy(id)
  local easy = curl.easy {
    url = url .. PATH .. id,
    httpheader = { "Authorization: Bearer " .. (os.getenv "COMETAPI_KEY" or "key") },
    useragent = os.getenv "BENCH_USER_AGENT",
    accept_encoding = "gzip",
    cainfo = ca,
    pipewait = ca and 1 or 0,
  }
  ids[easy] = id
  parts[easy] = {}
  easy:setopt_writefunction(function(bytes)
    local body = parts[easy]
    body[#body + 1] = bytes
    return true
  end)
  return easy
end

local function is_running(easy)
  local task = assert(cjson.decode(table.concat(parts[easy])))
  parts[easy] = {}
  return task.data.task_status == "processing"
end

for i = 1, in_flight do
  multi:add_handle(new_easy(("8781062428%08d"):format(i)))
end

local running = in_flight
while running > 0 do
  multi:perform()
  while true do
    local easy, ok, problem = multi:info_read(true)
    if easy == 0 or not easy then
      break
    end
    assert(ok, problem)
    if is_running(easy) then
      easy:setopt_url(url .. PATH .. ids[easy])
      multi:add_handle(easy)
    else
      running = running - 1
    end
  end
  if running > 0 then
    multi:wait(1000)
  end
end
