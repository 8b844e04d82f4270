--- Programs for which time goes faster: Debian's faketime.

local child = require "bench.torture.child"

local M = {}

local HUNG = 300 -- seconds
local FOLDERS = { "/usr/lib/*/faketime", "/usr/local/lib/faketime" }

local function library()
  local pipe = assert(io.popen(
    ("ls %s/libfaketime.so.1 2>&-"):format(table.concat(FOLDERS, "/libfaketime.so.1 "))))
  local path = pipe:read "*l"
  pipe:close()
  assert(path, "faketime is missing; sh .ci/install torture")
  return path
end

--- Start a program whose clock goes `rate` times as fast as ours; options as for child.start.
function M.start(rate, program, words, options)
  local env = { FAKETIME = "+0 x" .. rate }
  for name, value in pairs(options.env or {}) do
    env[name] = value
  end
  local preload = { library() }
  for _, name in ipairs(options.preload or {}) do
    preload[#preload + 1] = name
  end
  return child.start(program, words, { preload = preload, env = env, limit = HUNG })
end

return M
