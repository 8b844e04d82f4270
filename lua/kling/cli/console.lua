--- Standard error: lines that stay, and on a terminal some that live.

local core = require "kling.core"

-- What is wider would wrap, what is higher would scroll, and neither can be taken back.
local WIDTH, HEIGHT = 79, 24

local Console = {}
Console.__index = Console

local M = {}

--- Without a terminal, or when asked to be quiet, there are no live lines.
function M.new(quiet)
  local is_live = not quiet and core.is_terminal(2) and os.getenv "TERM" ~= "dumb"
  return setmetatable({ is_live = is_live, height = 1 }, Console)
end

-- Half a character at the end would be no UTF-8.
local function cut(text, width)
  if #text <= width then
    return text
  end
  return (text:sub(1, width):gsub("[\192-\255][\128-\191]*$", ""))
end

-- Asked each time: people resize terminals. The last column is left free: some wrap at it.
local function room()
  local columns, rows = core.terminal_size(2)
  return columns and math.min(WIDTH, columns - 1) or WIDTH, math.max(1, rows or HEIGHT)
end

--- The live lines' new texts; the cursor stays in the last of them.
function Console:show_lines(texts)
  if not self.is_live then
    return
  end
  local width, rows = room()
  local height = math.min(#texts, rows)
  local out = { "\r", self.height > 1 and ("\27[%dA"):format(self.height - 1) or "" }
  for i = 1, height do
    out[#out + 1] = (i > 1 and "\n" or "") .. "\27[K" .. cut(texts[i], width)
  end
  out[#out + 1] = height < self.height and "\27[J" or ""
  self.height = height
  io.stderr:write(table.concat(out))
  io.stderr:flush()
end

--- The only live line's new text.
function Console:show(text)
  self:show_lines { text }
end

--- Take the live lines back.
function Console:clear()
  self:show ""
end

--- A line that stays.
function Console:note(text)
  self:clear()
  io.stderr:write(text, "\n")
end

return M
