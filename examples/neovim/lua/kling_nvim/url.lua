--- Finds the URL a user means.

local M = {}

-- What a sentence or a Markdown link puts behind a URL is not part of it.
local function without_punctuation(url)
  if not url:find("(", 1, true) then
    url = url:match "^[^)]+"
  end
  return (url:gsub("[.,;:!?]+$", ""))
end

--- The URL at a column (a byte, from 0) of a line, or the next one after it; nil when none is.
function M.at(line, column)
  local first, last = 1, 0
  while first and last <= column do
    first, last = line:find("https?://[^%s<>\"'`]+", last + 1)
  end
  return first and without_punctuation(line:sub(first, last))
end

--- The URL under the cursor.
function M.under_cursor()
  return M.at(vim.api.nvim_get_current_line(), vim.api.nvim_win_get_cursor(0)[2])
end

return M
