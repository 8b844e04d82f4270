--- Status requests by lua-resty-http and lua-cjson, a light thread each; run by resty.conf.

local cjson = require "cjson.safe"
local http = require "resty.http"
local ngx = _G.ngx

local PATH = "/kling/v1/audio/video-to-audio/"
local in_flight = tonumber(os.getenv "BENCH_IN_FLIGHT")
local scheme, host, port, prefix = os.getenv("BENCH_URL"):match "^(%w+)://([^:/]+):(%d+)(.*)$"

local headers = {
  Host = host .. ":" .. port,
  Authorization = "Bearer " .. (os.getenv "COMETAPI_KEY" or "key"),
  ["User-Agent"] = os.getenv "BENCH_USER_AGENT",
  ["Accept-Encoding"] = "gzip",
}

local function follow(id)
  local connection = assert(http.new())
  connection:set_timeout(10000) -- ms
  -- nginx has no resolver here; the certificate was made for this run, and is not looked at
  assert(connection:connect {
    scheme = scheme, host = "127.0.0.1", port = tonumber(port), ssl_server_name = host,
    ssl_verify = false,
  })
  repeat
    local reply = assert(connection:request { path = prefix .. PATH .. id, headers = headers })
    local task = assert(cjson.decode((assert(reply:read_body()))))
  until task.data.task_status ~= "processing"
  connection:close()
end

local threads = {}
for i = 1, in_flight do
  threads[i] = ngx.thread.spawn(follow, ("8781062428%08d"):format(i))
end
for _, thread in ipairs(threads) do
  local _, problem = ngx.thread.wait(thread)
  assert(not problem, problem)
end
