--- The longest single step of a client in a game, beside the longest curl_multi_perform of a bare C
--- program: lua5.4 bench/frames/run.lua
-- Between two calls a frame of one millisecond passes, here and there.

local core = require "kling.core"
local kling = require "kling"
local long_clip = require "spec.support.long_clip"
local origin = require "bench.http.origin"

local REQUESTS = 500
local BYTES = 5e6 -- of the download
local FRAME = 0.001 -- seconds
local PATH = "/kling/v1/audio/video-to-audio/878106242831892487"

local socket = require "socket"

local function new_client(server, place)
  return assert(kling.new {
    api_key = "key", base_url = server.urls.tls .. place, ca = server.ca, loop = "blocking",
    first_poll = 0, poll_interval = 1e-9, max_poll_interval = 1e-9,
  })
end

-- The seconds of each step until `is_done()`.
local function steps(client, is_done)
  local calls = {}
  repeat
    local started = core.now()
    client:step(0)
    calls[#calls + 1] = core.now() - started
    client:dispatch()
    socket.sleep(FRAME)
  until is_done()
  return calls
end

local function poll_all(server, place)
  local client = new_client(server, place)
  server:limit(REQUESTS)
  local job = client:attach(PATH:match "%d+$")
  local calls = steps(client, function()
    return client:poll(job) == "succeeded"
  end)
  client:close()
  return calls
end

local function download(server)
  local client = new_client(server, "/near")
  local loop, calls = {}, {}
  function loop.pause() -- what a wait does here: one step a frame
    local started = core.now()
    client:step(0)
    calls[#calls + 1] = core.now() - started
    socket.sleep(FRAME)
  end
  core.raw.private(client).loop = loop
  assert(client:save({
    task_id = "878106242831892487", audios = {},
    videos = { { url = server.urls.tls .. "/files/clip.mp4" } },
  }, server.folder .. "/saved", { formats = { "video" }, overwrite = true }))
  client:close()
  return calls
end

local function bare(server, path, requests, is_fresh)
  server:limit(1e9)
  local pipe = assert(io.popen(("build/bench/bare %s%s %d %d %s"):format(
    server.urls.tls, path, requests, is_fresh and 1 or 0, server.ca)))
  local p50, p99, longest, count = pipe:read("*n", "*n", "*n", "*n")
  pipe:close()
  return p50, p99, longest, count
end

local function show(title, who, p50, p99, longest, count)
  print(("%-28s %-8s %8.1f %8.1f %9.1f  %6d"):format(title, who, p50, p99, longest, count))
end

local function compare(title, calls, ...)
  table.sort(calls)
  show(title, "kling", calls[math.ceil(#calls / 2)] * 1e6, calls[math.ceil(#calls * 0.99)] * 1e6,
    calls[#calls] * 1e6, #calls)
  show("", "bare", ...)
end

local function run(server)
  print(("%-28s %-8s %8s %8s %9s  %6s   us, %d requests"):format(
    "", "", "p50", "p99", "longest", "calls", REQUESTS))
  compare("steady", poll_all(server, "/near"), bare(server, "/near" .. PATH, REQUESTS))
  compare("new TLS and name each time", poll_all(server, "/fresh"),
    bare(server, "/fresh" .. PATH, REQUESTS, true))
  long_clip(server.folder .. "/files/clip.mp4", BYTES)
  compare("download of 5 MB", download(server), bare(server, "/files/clip.mp4", 1))
end

local server = origin.start()
local ok, problem = pcall(run, server)
server:stop()
assert(ok, problem)
