--- Status requests by lua-http with kept connections and lua-cjson, a coroutine each:
--- lua5.4 bench/http/lua_http.lua URL IN_FLIGHT [CA]

local cjson = require "cjson.safe"
local client = require "http.client"
local cqueues = require "cqueues"
local headers = require "http.headers"
local tls = require "http.tls"
local store = require "openssl.x509.store"

local url, in_flight, ca = arg[1], tonumber(arg[2]), arg[3]
local PATH = "/kling/v1/audio/video-to-audio/"
local scheme, host, port, prefix = url:match "^(%w+)://([^:/]+):(%d+)(.*)$"

local function new_context()
  local context = tls.new_client_context()
  local trusted = store.new()
  trusted:add(ca)
  context:setStore(trusted)
  return context
end

local function connect()
  return assert(client.connect {
    host = host, port = tonumber(port), tls = scheme == "https", sendname = "localhost",
    ctx = ca and new_context() or nil,
  })
end

local function new_headers(id)
  local head = headers.new()
  head:append(":method", "GET")
  head:append(":scheme", scheme)
  head:append(":authority", host .. ":" .. port)
  head:append(":path", prefix .. PATH .. id)
  head:append("authorization", "Bearer " .. (os.getenv "COMETAPI_KEY" or "key"), true)
  head:append("user-agent", os.getenv "BENCH_USER_AGENT" or "lua-http")
  head:append("accept-encoding", "gzip")
  return head
end

local function follow(connection, id)
  local head = new_headers(id)
  repeat
    local stream = assert(connection:new_stream())
    assert(stream:write_headers(head, true))
    assert(stream:get_headers())
    local task = assert(cjson.decode((assert(stream:get_body_as_string()))))
  until task.data.task_status ~= "processing"
end

local loop = cqueues.new()
local shared
loop:wrap(function()
  for i = 1, in_flight do
    local connection = shared or connect()
    if connection.version == 2 then
      shared = connection
    end
    loop:wrap(function()
      follow(connection, ("8781062428%08d"):format(i))
    end)
  end
end)
assert(loop:loop())
