--- A cqueues program, for the contract.

local cqueues = require "cqueues"
local http_util = require "http.util"

local TURN = 0.05 -- seconds

local controller -- while there is something to control

return {
  name = "cqueues",
  loop = "cqueues",
  pcall = http_util.yieldable_pcall,
  sleep = cqueues.sleep,
  start = function(f)
    controller = controller or cqueues.new()
    controller:wrap(f)
  end,
  turn = function()
    if not controller then
      return
    end
    local ok, problem = controller:step(TURN)
    if controller:empty() then
      controller:close()
      controller = nil
    end
    if not ok then
      error(problem, 0)
    end
  end,
}
