--- Processes that end while something is going on, as specs: each must end well.

local assert = require "luassert"
local busted = require "busted"

local WAYS = {
  waiting = "ends while coroutines wait",
  waiting_for_two_clients = "ends while coroutines wait for two clients",
  closed_and_gone = "ends after a client was closed under those who wait",
  closed_twice_and_on = "goes on after a client was closed under those who wait",
  dropped = "goes on after a client was dropped and collected",
  not_closed = "ends with a client that is open and idle",
  exit_inside = "exits in one coroutine while others wait",
}

local SECONDS = 30 -- after which a process will not end by itself

local interpreter = _G.jit and "luajit" or "lua" .. _VERSION:match "%d%.%d"

local function run(host, way, url)
  local command = ("timeout %d %s spec/hosts/leave.lua %s %s %s 2>&1; echo status $?"):format(
    SECONDS, interpreter, host.loop, way, url)
  local pipe = assert(io.popen(command))
  local output = pipe:read "*a"
  pipe:close()
  return output
end

return function(context)
  for way, what in pairs(WAYS) do
    busted.it(what, function()
      context.server:life { submitted = 60, processing = 60 }
      if way == "dropped" or way == "not_closed" then
        context.server:life { submitted = 0, processing = 0 }
      end
      assert.equal("the end\nstatus 0\n", run(context.host, way, context.server.url))
    end)
  end
end
