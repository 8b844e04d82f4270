--- A program of programs/ as a process of its own, with tools of ours preloaded.
--
-- Run from the top of the tree, with the environment of `make env`.

local Child = {}
Child.__index = Child

local M = { KILLED = 137 } -- the shell's word for an end by SIGKILL

local TOOLS = "build/torture/"

local function quote(text)
  return "'" .. tostring(text):gsub("'", "'\\''") .. "'"
end

local function interpreter()
  local first = 0
  while arg[first - 1] do
    first = first - 1
  end
  return arg[first]
end

-- What is preloaded already, a sanitizer say, comes first.
local function preloads(names)
  local paths = { os.getenv "LD_PRELOAD" }
  for _, name in ipairs(names or {}) do
    local path = name:find("/", 1, true) and name or TOOLS .. name .. ".so"
    assert(io.open(path), path .. " is missing; make torture-tools"):close()
    paths[#paths + 1] = path
  end
  return table.concat(paths, ":")
end

local function command(program, words, options)
  local parts = { "exec 2>&-; env", "LD_PRELOAD=" .. quote(preloads(options.preload)) }
  for name, value in pairs(options.env or {}) do
    parts[#parts + 1] = name .. "=" .. quote(value)
  end
  if options.limit then
    parts[#parts + 1] = ("timeout -s KILL %d"):format(options.limit)
  end
  parts[#parts + 1] = quote(interpreter())
  parts[#parts + 1] = ("bench/torture/programs/%s.lua"):format(program)
  for _, word in ipairs(words) do
    parts[#parts + 1] = quote(word)
  end
  return table.concat(parts, " ")
end

--- Start it. Options: `preload`, names of tools or paths; `env`, added to its environment; `limit`,
--- seconds after which it is hung (such a one cannot be killed before).
function M.start(program, words, options)
  local self = setmetatable({ output = os.tmpname() }, Child)
  self.pipe = assert(io.popen(("%s >%s 2>&1 </dev/null & echo $!; wait $!; echo $?"):format(
    command(program, words, options or {}), self.output)))
  self.pid = assert(self.pipe:read "*l", "no process")
  return self
end

--- End it as a power cut would.
function Child:kill()
  os.execute("kill -KILL " .. self.pid)
end

function Child:is_running()
  local pipe = assert(io.popen(("kill -0 %s 2>&- && echo yes"):format(self.pid)))
  local answer = pipe:read "*l"
  pipe:close()
  return answer == "yes"
end

--- Wait for its end: its exit status, and what it wrote.
function Child:finish()
  local status = tonumber(self.pipe:read "*l")
  self.pipe:close()
  local file = assert(io.open(self.output))
  local text = file:read "*a"
  file:close()
  os.remove(self.output)
  return status, text
end

--- Run it to its end.
function M.run(program, words, options)
  return M.start(program, words, options):finish()
end

return M
