--- Turns "at most this long" into "until this moment", once.

local core = require "kling.core"

local Deadline = {}
Deadline.__index = Deadline

--- Seconds left; never below 0.
function Deadline:left()
  return math.max(0, self.at - core.now())
end

function Deadline:is_over()
  return self.at <= core.now()
end

local M = {
  DEFAULT = 1800, -- seconds: no wait is without an end unless math.huge is asked for
}

--- A deadline `seconds` from now (default 1800). Raises when that is no number of seconds, and
--- blames the caller of our caller; `operation` is for the message.
function M.new(seconds, operation)
  if seconds ~= nil and (type(seconds) ~= "number" or seconds ~= seconds or seconds < 0) then
    error(("%s: seconds, a number, 0 or more, expected, got %s"):format(
      operation, type(seconds) == "number" and tostring(seconds) or type(seconds)), 3)
  end
  seconds = seconds or M.DEFAULT
  return setmetatable({ at = core.now() + seconds, seconds = seconds }, Deadline)
end

return M
