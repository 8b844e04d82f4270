--- A Lua program in a process of its own, under the Lua that runs the specs: one talks with it by
--- lines.
--
--     local process = lua_process.start([[ print(io.read() .. "!") ]])
--     process:write "hello"; process:read() --> "hello!"
--     process:close()

local scratch = require "spec.support.scratch"

local M = {}

local Process = {}
Process.__index = Process

local function interpreter()
  local first = 0
  while arg[first - 1] do
    first = first - 1
  end
  return assert(arg[first], "no interpreter in arg")
end

--- Start `code`, whose `...` are `words`. `wrap` is a command to run it under.
function M.start(code, words, wrap)
  local self = setmetatable({ folder = scratch.new() }, Process)
  scratch.write(self.folder .. "/program.lua", "io.stdout:setvbuf 'line'\n" .. code)
  local inlet = self.folder .. "/in"
  os.execute("mkfifo " .. inlet)
  self.output = assert(io.popen(("exec %s %s %s/program.lua %s 2>&1 <%s"):format(
    wrap or "", interpreter(), self.folder, table.concat(words or {}, " "), inlet)))
  self.input = assert(io.open(inlet, "w")) -- waits for the shell to open its end
  return self
end

function Process:write(line)
  self.input:write(line, "\n")
  self.input:flush()
end

--- The next line it prints; nil when it has ended.
function Process:read()
  return self.output:read "*l"
end

--- End its input and wait for its end: what it still printed. Safe twice.
function Process:close()
  local rest
  if self.input then
    self.input:close()
    rest = self.output:read "*a"
    self.output:close()
    self.input = nil
    scratch.remove(self.folder)
  end
  return rest
end

--- All that a program prints.
function M.run(code, words, wrap)
  return M.start(code, words, wrap):close()
end

return M
