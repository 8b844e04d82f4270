--- love: one look a frame; love.update resumes the coroutine.

local yieldable = require "kling.adapters.yieldable"

return {
  pause = function(client, seconds)
    if not yieldable.in_coroutine() then
      client:step(seconds)
    elseif not yieldable.here() then
      return nil, "not_yieldable"
    else
      coroutine.yield()
    end
    return true
  end,
}
