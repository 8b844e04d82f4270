--- Which adapter a client waits with. An adapter is a table:
--
--   pause(client, seconds, most)
--                            let the rest of the program run; return when the client may have
--                            news, or `seconds` later; nil, "not_yieldable" where that cannot be
--   wake(client)             optional: make every pause return
--   forget(client)           optional: drop what pause keeps; called before the descriptor closes

local options = require "kling.options"

local names = {
  blocking = true,
  copas = true,
  cqueues = true,
  love = true,
  luv = true,
  neovim = true,
  openresty = true,
}

local M = {}

--- Why `loop` cannot be one, or nil.
function M.check(loop)
  if type(loop) == "table" then
    return type(loop.pause) ~= "function" and "a table with a function 'pause' expected" or nil
  end
  if not names[loop] then
    return ("unknown adapter '%s'%s"):format(loop, options.hint(loop, names))
  end
end

-- Only looks at what is loaded; loads nothing.
local function detect()
  local globals, loaded = _G, package.loaded
  if type(globals.ngx) == "table" and globals.ngx.get_phase then
    return "openresty"
  elseif type(globals.vim) == "table" and globals.vim.schedule then
    return "neovim"
  elseif type(globals.love) == "table" and globals.love.getVersion then
    return "love"
  end
  for _, name in ipairs { "cqueues", "copas", "luv" } do
    if loaded[name] then
      return name
    end
  end
  return "blocking"
end

--- The adapter for `loop`: a table as it is, a name by loading it, nil by looking around.
function M.find(loop)
  if type(loop) == "table" then
    return loop
  end
  return require("kling.adapters." .. (loop or detect()))
end

return M
