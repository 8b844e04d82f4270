--- Whether the running coroutine can be paused here.

local M = {}

--- Are we in a coroutine at all? Lua 5.1 answers nil on the main thread, later ones `true` second.
function M.in_coroutine()
  local coroutine_, is_main = coroutine.running()
  return coroutine_ ~= nil and not is_main
end

local is_puc_51 = _VERSION == "Lua 5.1" and not _G.jit

-- The C functions that can be yielded across; in Lua 5.1 none.
local passable = is_puc_51 and {}
  or { [pcall] = true, [xpcall] = true, [dofile] = not _G.jit or nil }

-- Lua 5.1 cannot yield out of a metamethod or an iterator; neither is a C function, but neither
-- has a name either. (So a call of an unnamed value, `f()()`, is taken for one of them.)
local function is_hidden_boundary(info, next_info)
  if not is_puc_51 or info.what ~= "Lua" then
    return false
  end
  local is_nameless = info.namewhat == "" and next_info ~= nil and next_info.what ~= "tail"
  return is_nameless or info.name == "(for generator)"
end

-- Before 5.3, and in nginx, nobody answers the question, so look who called us: a C function in
-- between, other than those it can yield across, is a boundary.
local function stack_is_clear()
  local level = 3
  local info = debug.getinfo(level, "Snf")
  while info do
    local next_info = debug.getinfo(level + 1, "Snf")
    if info.what == "C" and not passable[info.func] or is_hidden_boundary(info, next_info) then
      return false
    end
    level, info = level + 1, next_info
  end
  return true
end

--- Can this coroutine be paused, and not only the thread be blocked?
M.here = rawget(coroutine, "isyieldable") or function()
  return M.in_coroutine() and stack_is_clear()
end

return M
