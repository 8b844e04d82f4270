--- The longest single step of a client in a game, beside the longest curl_multi_perform of a bare C
--- program: lua5.4 bench/frames/run.lua
-- Between two calls a frame of one millisecond passes, here and there. The trusted certificates are
-- this machine's, as many as a real client has.

local calls = require "bench.frames.calls"
local core = require "kling.core"
local long_clip = require "spec.support.long_clip"
local machine = require "bench.machine"
local origin = require "bench.http.origin"

local REQUESTS = 500
local AT_ONCE = 16
local CROWD = 1000
local ROUNDS = 20 -- of so many at once, and of downloads
local BYTES = 5e6 -- of the download
local PATH = "/kling/v1/audio/video-to-audio/878106242831892487"
local AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
local RESOLVER = "build/torture/resolver.so"

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
  return path
end

local function show(title, who, figures)
  local line = { ("%-36s %-6s"):format(title, who) }
  for _, figure in ipairs(figures) do
    line[#line + 1] = ("%8.0f"):format(figure)
  end
  print(table.concat(line, " "))
end

-- The figures that a program prints, a line each.
local function run_program(command)
  local lines = {}
  local pipe = assert(io.popen(command))
  for line in pipe:lines() do
    local figures = {}
    for figure in line:gmatch "%S+" do
      figures[#figures + 1] = assert(tonumber(figure), line)
    end
    lines[#lines + 1] = figures
  end
  pipe:close()
  return lines
end

local function show_bare(server, url, rounds, at_once, how, environment)
  server:limit(1e9)
  local lines = run_program(("%s build/bench/bare '%s' %d %d %s %s"):format(environment or "", url,
    rounds, at_once, server.ca, how))
  show("", "bare", lines[1])
end

local function idle(server)
  local client, taken = calls.client(server.urls.h2, server.ca), calls.new()
  for _ = 1, 2000 do
    taken:step(client)
  end
  client:close()
  show("nothing to do", "kling", { taken:figures() })
end

local function warm_client(url, ca, max_requests)
  local client = calls.client(url, ca, max_requests)
  assert(client:warm())
  return client
end

-- One task, looked at again and again.
local function one(server, title, url, how)
  local client, taken = warm_client(url, server.ca), calls.new()
  server:limit(REQUESTS)
  taken:follow(client, 1)
  client:close()
  show(title, "kling", { taken:figures() })
  show_bare(server, url .. PATH, REQUESTS, 1, how)
end

-- Tasks that are all due in the first step of a client, new ones again and again.
local function first(server, title, url, tasks, new_client)
  local taken = calls.new()
  for _ = 1, ROUNDS do
    local client = new_client(url, server.ca, tasks)
    server:limit(0)
    taken:follow(client, tasks)
    client:close()
  end
  show(title, "kling", { taken:figures() })
end

local function many(server, title, url)
  first(server, title, url, AT_ONCE, calls.client)
  show_bare(server, url .. PATH, ROUNDS, AT_ONCE, "new")
  first(server, "  after client:warm()", url, AT_ONCE, warm_client)
end

local function preload(server, state)
  return ("LD_PRELOAD=%s RESOLVER=%s"):format(RESOLVER, write(server.folder .. "/resolver", state))
end

local function names(server)
  local url = "http://n%d.example" .. server.urls.h1:match ":%d+$" .. "/near"
  server:limit(0)
  local environment = preload(server, "up")
  show("new connection, name to look up", "kling", run_program(
    ("%s lua5.4 bench/frames/names.lua '%s' %d"):format(environment, url, REQUESTS))[1])
  show_bare(server, url .. PATH, REQUESTS, 1, "closed", environment)
end

local function silent(server)
  local lines = run_program(preload(server, "silent") .. " lua5.4 bench/frames/silent.lua")
  show("a resolver that never answers: step", "kling", lines[1])
  show("  cancel", "kling", lines[2])
  show("  close", "kling", lines[3])
end

-- Not by `save`, which takes steps of its own between two frames.
local function download(server, client, taken, number)
  local path = ("%s/%d.mp4"):format(server.folder, number)
  local job = core.raw.start_download(client, server.urls.tls .. "/files/clip.mp4", path, {
    source = path, format = "video",
  })
  while not core.raw.ended(client, job) do
    taken:step(client)
  end
  assert(core.raw.ended(client, job) == "succeeded")
end

local function downloads(server)
  local client, taken = warm_client(server.urls.tls, server.ca), calls.new()
  long_clip(server.folder .. "/files/clip.mp4", BYTES)
  for number = 1, ROUNDS do
    download(server, client, taken, number)
  end
  client:close()
  show("download of 5 MB, saved and checked", "kling", { taken:figures() })
  show_bare(server, server.urls.tls .. "/files/clip.mp4", ROUNDS, 1, "kept")
end

local function print_load()
  print("load average: " .. read("/proc/loadavg"):match "^%S+")
end

local function run(server)
  server.ca = write(server.folder .. "/authorities.pem", read(server.ca) .. read(AUTHORITIES))
  print("lua5.4 bench/frames/run.lua")
  machine.describe(print)
  print_load()
  print(("%-36s %-6s %8s %8s %8s %8s %8s %8s"):format("microseconds", "", "p50", "p99", "longest",
    "work p99", "longest", "calls"))
  idle(server)
  first(server, "the first TLS connection", server.urls.h2 .. "/near", 1, calls.client)
  show_bare(server, server.urls.h2 .. "/near" .. PATH, ROUNDS, 1, "new")
  first(server, "  after client:warm()", server.urls.h2 .. "/near", 1, warm_client)
  one(server, "500 looks, HTTP/1.1", server.urls.tls .. "/near", "kept")
  one(server, "500 looks, HTTP/2", server.urls.h2 .. "/near", "kept")
  one(server, "500 looks, a new TLS connection each", server.urls.tls .. "/fresh", "closed")
  names(server)
  silent(server)
  many(server, "16 looks at once, HTTP/1.1", server.urls.tls .. "/near")
  many(server, "16 looks at once, HTTP/2", server.urls.h2 .. "/near")
  first(server, "1000 looks at once, HTTP/2, warm", server.urls.h2 .. "/near", CROWD, warm_client)
  downloads(server)
  print_load()
end

local server = origin.start()
local ok, problem = pcall(run, server)
server:stop()
assert(ok, problem)
