--- Status requests by Copas over plain sockets, kept open, and lua-cjson, as little of HTTP/1.1
--- as will do: lua5.4 bench/http/copas_raw.lua URL IN_FLIGHT

local cjson = require "cjson.safe"
local copas = require "copas"
local socket = require "socket"

local url, in_flight = arg[1], tonumber(arg[2])
local PATH = "/kling/v1/audio/video-to-audio/"
local host, port, prefix = url:match "^http://([^:/]+):(%d+)(.*)$"

local function request_of(id)
  return table.concat({
    "GET " .. prefix .. PATH .. id .. " HTTP/1.1",
    "Host: " .. host .. ":" .. port,
    "Authorization: Bearer " .. (os.getenv "COMETAPI_KEY" or "key"),
    "User-Agent: " .. (os.getenv "BENCH_USER_AGENT" or "copas"),
    "Accept-Encoding: gzip",
    "", "",
  }, "\r\n")
end

local function read_body(connection)
  local length
  repeat
    local line = assert(connection:receive "*l")
    length = length or tonumber(line:lower():match "^content%-length:%s*(%d+)")
  until line == ""
  return (assert(connection:receive(length)))
end

local running = in_flight

local function follow(id)
  local plain = assert(socket.connect(host, tonumber(port)))
  plain:settimeout(0)
  local connection = copas.wrap(plain)
  local request = request_of(id)
  repeat
    assert(connection:send(request))
    local task = assert(cjson.decode(read_body(connection)))
  until task.data.task_status ~= "processing"
  plain:close()
  running = running - 1
end

-- Copas would print it, and its task be waited for.
local function give_up(problem)
  io.stderr:write(tostring(problem), "\n")
  os.exit(1)
end

for i = 1, in_flight do
  copas.addthread(function()
    copas.setErrorHandler(give_up)
    follow(("8781062428%08d"):format(i))
  end)
end
while running > 0 do
  copas.step()
end
