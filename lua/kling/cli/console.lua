--- Standard error: lines that stay, and on a terminal some that live.

local core = require "kling.core"

local WIDTH = 79 -- a longer line would wrap, and a wrapped one cannot be taken back

local Console = {}
Console.__index = Console

local M = {}

--- Without a terminal, or when asked to be quiet, there are no live lines.
function M.new(quiet)
  local is_live = not quiet and core.is_terminal(2) and os.getenv "TERM" ~= "dumb"
  return setmetatable({ is_live = is_live, height = 1 }, Console)
end

-- Half a character at the end would be no UTF-8.
local function cut(text)
  if #text <= WIDTH then
    return text
  end
  return (text:sub(1, WIDTH):gsub("[\192-\255][\128-\191]*$", ""))
end

--- The live lines' new texts; the cursor stays in the last of them.
function Console:show_lines(texts)
  if not self.is_live then
    return
  end
  local out = { "\r", self.height > 1 and ("\27[%dA"):format(self.height - 1) or "" }
  for i, text in ipairs(texts) do
    out[#out + 1] = (i > 1 and "\n" or "") .. "\27[K" .. cut(text)
  end
  out[#out + 1] = #texts < self.height and "\27[J" or ""
  self.height = #texts
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
