--- A garbage collector that never rests, for what must not depend on when it works.

-- Lua 5.3 takes a pause of 0 for a whole cycle at each step.
local PAUSE = _VERSION == "Lua 5.3" and 100 or 0

local M = {}

--- Until the function that is returned is called.
function M.restless()
  local pause = collectgarbage("setpause", PAUSE)
  local multiplier = collectgarbage("setstepmul", 1000)
  return function()
    collectgarbage("setpause", pause)
    collectgarbage("setstepmul", multiplier)
  end
end

return M
