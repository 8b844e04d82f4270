--- Puts bench/results/how_fast.md into the README, in place of what is between the two marks there.

local FIRST, LAST = "<!-- bench/results/how_fast.md -->\n", "<!-- so far -->\n"

local function contents(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  return text
end

local text = contents "README.md"
local _, before = text:find(FIRST, 1, true)
local after = assert(before and text:find(LAST, before, true), "README.md: the marks are not there")
local file = assert(io.open("README.md", "w"))
file:write(text:sub(1, before), contents "bench/results/how_fast.md", text:sub(after))
file:close()
