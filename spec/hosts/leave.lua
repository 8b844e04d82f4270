--- A program that ends in an awkward way: lua spec/hosts/leave.lua HOST WAY URL
-- What counts is that it does end, with status 0, after its last line of output.

local host = require("spec.hosts." .. arg[1])
local way, url = arg[2], arg[3]

local kling = require "kling"

local CLIP = { video_id = "861034216165875784" }
local LONG = 60 -- seconds

local function new_client(first_poll)
  return assert(kling.new {
    api_key = "key", base_url = url, loop = host.loop,
    first_poll = first_poll, poll_interval = first_poll, max_poll_interval = first_poll,
    duplicate_window = 0,
  })
end

local function turn_until(is_done)
  while not is_done() do
    host.turn(is_done)
  end
end

-- Two coroutines wait for jobs of the client for a long time; the other end knows of both.
local function let_two_wait(client)
  local failures = {}
  local jobs = {}
  for i = 1, 2 do
    jobs[i] = client:submit(CLIP)
    host.start(function()
      local failure = select(3, client:wait(jobs[i], LONG))
      failures[#failures + 1] = failure
    end)
  end
  turn_until(function()
    return client:poll(jobs[1]) == "submitted" and client:poll(jobs[2]) == "submitted"
  end)
  return failures
end

local function wait_once(client)
  local result
  host.start(function()
    result = client:wait(client:submit(CLIP), LONG)
  end)
  turn_until(function()
    return result ~= nil
  end)
end

local ways = {}

function ways.waiting()
  let_two_wait(new_client(LONG))
end

function ways.waiting_for_two_clients()
  let_two_wait(new_client(LONG))
  let_two_wait(new_client(LONG))
end

-- The loop never runs again, so nobody hears of it.
function ways.closed_and_gone()
  local client = new_client(LONG)
  let_two_wait(client)
  client:close()
end

function ways.closed_twice_and_on()
  local client = new_client(LONG)
  local failures = let_two_wait(client)
  host.start(function()
    client:close()
    client:close()
  end)
  turn_until(function()
    return #failures == 2
  end)
  local other = new_client(LONG) -- which has got the descriptors of the first one
  failures = let_two_wait(other)
  host.start(function()
    other:close()
  end)
  turn_until(function()
    return #failures == 2
  end)
end

function ways.dropped()
  wait_once(new_client(0.01))
  collectgarbage()
  collectgarbage()
  wait_once(new_client(0.01))
end

function ways.not_closed()
  _G.client = new_client(0.01) -- luacheck: ignore 112
  wait_once(_G.client)
end

function ways.exit_inside()
  let_two_wait(new_client(LONG))
  host.start(function()
    print "the end"
    io.stdout:flush()
    os.exit(0, true)
  end)
  turn_until(function()
    return false
  end)
end

ways[way]()
print "the end"
