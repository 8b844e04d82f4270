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

local function interpreter()
  local first = 0
  while arg[first - 1] do
    first = first - 1
  end
  return arg[first]
end

-- The lines it prints: what, how many seconds too late, code, task_state.
local function run()
  local program, state = os.tmpname(), os.tmpname()
  for path, text in pairs { [program] = PROGRAM, [state] = "silent" } do
    local file = assert(io.open(path, "w"))
    file:write(text)
    file:close()
  end
  local preload = os.getenv "LD_PRELOAD"
  local pipe = assert(io.popen(("LD_PRELOAD=%s%s RESOLVER=%s timeout 60 %s %s 2>&1"):format(
    preload and preload .. ":" or "", TOOL, state, interpreter(), program)))
  local seen = {}
  for line in pipe:lines() do
    local what, late, code, task_state = line:match "^(%a+)\t(%S+)\t(%S+)\t(%S+)$"
    assert(what, line)
    seen[what] = { late = tonumber(late), code = code, task_state = task_state }
  end
  pipe:close()
  os.remove(program)
  os.remove(state)
  return seen
end

describe("a resolver that never answers", function()
  local seen

  setup(function()
    os.execute("env -u LD_PRELOAD make -s torture-tools")
    seen = run()
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
end)
