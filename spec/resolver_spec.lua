--- A resolver that never answers holds nobody: not require, nor a wait, nor its end.

local TOOL = "build/torture/resolver.so"
local MOST = 2 -- seconds past a deadline; a resolver that holds us does so for ever

local PROGRAM = [[
local core = require "kling.core"
local kling = require "kling"
local client = assert(kling.new {
  api_key = "key", base_url = "https://silent.example", loop = "blocking",
})
local job = client:submit { video_id = "1" }
local started = core.now()
local _, _, failure = client:wait(job, 0.2)
print("wait", core.now() - started - 0.2, failure.code, failure.task_state)
started = core.now()
_, _, failure = client:query("1", 0.2)
print("query", core.now() - started - 0.2, failure.code, failure.task_state)
started = core.now()
_, failure = client:cancel(job)
print("cancel", core.now() - started, failure.code, failure.task_state)
client:submit { video_id = "2" }
client:step(0.05)
started = core.now()
client:close()
print("close", core.now() - started, "nil", "nil")
]]

-- Ends while names are being looked up.
local LEAVING = [[
local kling = require "kling"
local client = assert(kling.new {
  api_key = "key", base_url = "https://silent.example", loop = "blocking",
})
for i = 1, 16 do
  client:attach(tostring(i))
end
client:step(0)
client:close()
]]

local function interpreter()
  local first = 0
  while arg[first - 1] do
    first = first - 1
  end
  return arg[first]
end

local function write(text)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
  return path
end

-- The lines a program prints, and its exit status.
local function run(text)
  local program, state = write(text), write "silent"
  local preload = os.getenv "LD_PRELOAD"
  local pipe = assert(io.popen(("LD_PRELOAD=%s%s RESOLVER=%s timeout 60 %s %s 2>&1; echo $?")
    :format(preload and preload .. ":" or "", TOOL, state, interpreter(), program)))
  local lines = {}
  for line in pipe:lines() do
    lines[#lines + 1] = line
  end
  pipe:close()
  os.remove(program)
  os.remove(state)
  return lines, tonumber(table.remove(lines))
end

-- What was called -> how many seconds too late it returned, the code, the task_state.
local function read(lines)
  local seen = {}
  for _, line in ipairs(lines) do
    local what, late, code, task_state = line:match "^(%a+)\t(%S+)\t(%S+)\t(%S+)$"
    assert(what, line)
    seen[what] = { late = tonumber(late), code = code, task_state = task_state }
  end
  return seen
end

describe("a resolver that never answers", function()
  local seen

  setup(function()
    os.execute("env -u LD_PRELOAD make -s torture-tools")
    seen = read((run(PROGRAM)))
  end)

  it("does not hold require and a new client", function()
    assert.is_table(seen.wait)
  end)

  for what, known in pairs {
    wait = { "timeout", "not-created" },
    query = { "timeout", "may-exist" },
    cancel = { "cancelled", "not-created" },
    close = { "nil", "nil" },
  } do
    it("does not hold " .. what, function()
      assert.is_true(seen[what].late < MOST)
      assert.same(known, { seen[what].code, seen[what].task_state })
    end)
  end

  -- libcurl's threads go on in its code, which a Lua state that ends must not unload.
  it("does not bring down a program that ends", function()
    for _ = 1, 20 do
      local lines, status = run(LEAVING)
      assert.same({}, lines)
      assert.equal(0, status)
    end
  end)
end)
