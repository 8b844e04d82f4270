--- A luv program, for the contract.

local uv = require "luv"

local TURN_MS = 50

-- Never closed: luv (1.44) crashes at exit when a handle was closed and the loop did not run again.
local clock = uv.new_timer()
clock:start(TURN_MS, TURN_MS, function() end)

return {
  name = "luv",
  loop = "luv",
  sleep = function(seconds)
    local sleeping = coroutine.running()
    local timer = uv.new_timer()
    timer:start(math.ceil(seconds * 1000), 0, function()
      timer:close()
      local ok, problem = coroutine.resume(sleeping)
      if not ok then
        error(problem, 0)
      end
    end)
    coroutine.yield()
  end,
  start = function(f)
    coroutine.wrap(f)()
  end,
  turn = function()
    uv.run "once"
  end,
}
