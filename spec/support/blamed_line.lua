--- The line of the calling file that an error blames, 0 for another file's; and the message.

local M = {}

function M.of(call)
  local file = debug.getinfo(2, "S").source:match "([^/]+)$"
  local done, message = pcall(call)
  assert(not done, "an error expected")
  local blamed, line = message:match "^%.?/?spec/([^:]+):(%d+): "
  return blamed == file and tonumber(line) or 0, message
end

function M.here()
  return debug.getinfo(2, "l").currentline
end

return M
