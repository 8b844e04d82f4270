--- Runs bin/kling as a process of its own, under the Lua that runs the specs.

local cqueues = require "cqueues"

local PATIENCE = 30 -- seconds; valgrind and busy machines are slow

local M = {
  KEY = "sk-0123456789-never-to-be-shown",
  --- A video the emulator knows without fetching anything.
  VIDEO_ID = "861034216165875784",
}

local function quote(text)
  return "'" .. tostring(text):gsub("'", "'\\''") .. "'"
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function interpreter()
  local first = 0
  while arg[first - 1] do
    first = first - 1
  end
  return assert(arg[first], "no interpreter in arg")
end

local function environment(extra)
  local words = { "COMETAPI_KEY=" .. quote(M.KEY) }
  for name, value in pairs(extra or {}) do
    words[#words + 1] = name .. "=" .. quote(value)
  end
  return table.concat(words, " ")
end

local function command_line(words, options)
  local quoted = { "env", environment(options.env), quote(interpreter()) }
  quoted[#quoted + 1] = options.code and "-e " .. quote(options.code)
    or options.is_quick and "spec/support/quick_kling.lua" or "bin/kling"
  for _, word in ipairs(words) do
    quoted[#quoted + 1] = quote(word)
  end
  return table.concat(quoted, " ")
end

local Process = {}
Process.__index = Process

--- Start it. Options: `env`, added to its environment; `out`, where its output goes instead;
--- `code`, what to run instead of bin/kling; `is_quick`, to look at tasks all the time.
function M.start(words, options)
  options = options or {}
  local self = setmetatable({ out = os.tmpname(), err = os.tmpname() }, Process)
  -- the shell's own errors: it announces killed children
  local shell = "exec 2>/dev/null; %s >%s 2>%s </dev/null & echo $!; wait $!; echo $?"
  self.pipe = assert(io.popen(shell:format(
    command_line(words, options), quote(options.out or self.out), quote(self.err))))
  self.pid = self.pipe:read "*l"
  return self
end

--- Return once `is_done()`.
function M.wait_until(is_done)
  local deadline = cqueues.monotime() + PATIENCE
  while not is_done() do
    if cqueues.monotime() > deadline then
      error("it did not happen in time", 2)
    end
    cqueues.sleep(0.01)
  end
end

--- Return once it has written this to standard error.
function Process:wait_for(text)
  M.wait_until(function()
    return read(self.err):find(text, 1, true)
  end)
end

function Process:signal(name)
  os.execute(("kill -%s %s"):format(name, self.pid))
end

--- Wait for its end: `{ code, out, err }`. Whatever it was about, the key is not in it.
function Process:finish()
  local code = tonumber(self.pipe:read "*l")
  self.pipe:close()
  local result = { code = code, out = read(self.out), err = read(self.err) }
  os.remove(self.out)
  os.remove(self.err)
  assert(not (result.out .. result.err):find(M.KEY, 1, true), "the key was shown")
  return result
end

--- Run it to its end.
function M.run(words, options)
  return M.start(words, options):finish()
end

--- Run it with a terminal for standard error: what it wrote there. Another option: `columns`.
function M.on_terminal(words, options)
  local size = options.columns and ("stty cols %d rows 24 <&2; "):format(options.columns) or ""
  local inner = size .. command_line(words, options) .. " >/dev/null"
  local pipe = assert(io.popen(("script -qec %s /dev/null </dev/null"):format(quote(inner))))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

return M
