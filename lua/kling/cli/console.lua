--- Standard error: lines that stay, and on a terminal one that lives.

local core = require "kling.core"

local WIDTH = 79 -- a longer line would wrap, and a wrapped one cannot be taken back

local Console = {}
Console.__index = Console

local M = {}

--- Without a terminal, or when asked to be quiet, there is no live line.
function M.new(quiet)
  local is_live = not quiet and core.is_terminal(2) and os.getenv "TERM" ~= "dumb"
  return setmetatable({ is_live = is_live }, Console)
end

-- Half a character at the end would be no UTF-8.
local function cut(text)
  if #text <= WIDTH then
    return text
  end
  return (text:sub(1, WIDTH):gsub("[\192-\255][\128-\191]*$", ""))
end

--- The live line's new text.
function Console:show(text)
  if self.is_live then
    io.stderr:write("\r\27[K", cut(text))
    io.stderr:flush()
  end
end

--- Take the live line back.
function Console:clear()
  self:show ""
end

--- A line that stays.
function Console:note(text)
  self:clear()
  io.stderr:write(text, "\n")
end

return M
