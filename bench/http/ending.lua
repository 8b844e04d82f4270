--- What a look that ends its task costs, in instructions (callgrind), beside one of the best C
--- program that changes nothing: lua5.4 bench/http/ending.lua.
--
-- Behind 150 ms: an answer that is there at once, as often happens near by, is read without a turn,
-- and such luck makes a twelfth of the figure. What a task costs without a look is taken off.

local origin = require "bench.http.origin"

local IN_FLIGHT, FEW, MANY = 16, 160, 800
local PATH = "/kling/v1/audio/video-to-audio/8781062428"
local VALGRIND = "timeout 120 valgrind --tool=callgrind --callgrind-out-file=/dev/null %s 2>&1"

local function instructions(command)
  local pipe = assert(io.popen(VALGRIND:format(command)))
  local text = pipe:read "*a"
  pipe:close()
  return assert(tonumber(text:match "Collected : (%d+)"), text)
end

local function each(count)
  return (count(MANY) - count(FEW)) / (MANY - FEW)
end

local function measure(server, protocol)
  local url, ca = server.urls[protocol], protocol == "h1" and "" or server.ca
  local function ours(until_what)
    return each(function(tasks)
      server:limit(0)
      return instructions(("lua5.4 bench/http/ours_ending.lua %s/far %d %d %s %s"):format(
        url, IN_FLIGHT, tasks, until_what, ca))
    end)
  end
  local base = each(function(looks)
    server:limit(looks)
    return instructions(("build/bench/baseline %s /far%s %d socket_action %s"):format(
      url, PATH, IN_FLIGHT, ca))
  end)
  local attached = ours "attached"
  return base, ours "ended" - attached, ours "decoded" - attached
end

local function run(server)
  print "A look that ends its task, instructions (callgrind); behind 150 ms, 16 in flight\n"
  for _, protocol in ipairs { "h1", "h2" } do
    local base, ended, decoded = measure(server, protocol)
    print(("%s   C, best, a look that changes nothing %8.0f"):format(protocol, base))
    print(("     kling, until the core has the result %8.0f  %.2f"):format(ended, ended / base))
    print(("     kling, until the program has it      %8.0f  %.2f"):format(decoded, decoded / base))
  end
end

local server = origin.start()
local ok, problem = pcall(run, server)
server:stop()
assert(ok, problem)
