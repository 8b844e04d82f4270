--- Status requests by Debian's lua-curl, which knows no multi interface, and lua-cjson, one at a
--- time: lua5.1 bench/http/lua_curl_easy.lua URL 1 [CA]

local cjson = require "cjson.safe"
local curl = require "curl"

local url, ca = arg[1], arg[3]
local PATH = "/kling/v1/audio/video-to-audio/878106242800000001"

local parts = {}
local easy = curl.easy_init()
easy:setopt(curl.OPT_URL, url .. PATH)
easy:setopt(curl.OPT_HTTPHEADER, {
  "Authorization: Bearer " .. (os.getenv "COMETAPI_KEY" or "key"),
  "Accept-Encoding: gzip", -- it is too old to know the option's name
})
easy:setopt(curl.OPT_USERAGENT, os.getenv "BENCH_USER_AGENT" or "lua-curl")
if ca then
  easy:setopt(curl.OPT_CAINFO, ca)
end
easy:setopt(curl.OPT_WRITEFUNCTION, function(bytes)
  parts[#parts + 1] = bytes
  return #bytes
end)

local task
repeat
  parts = {}
  assert(easy:perform())
  task = assert(cjson.decode(table.concat(parts)))
until task.data.task_status ~= "processing"
