--- The part of the contract about the rest of the program: it keeps running whatever a client does.

local assert = require "luassert"
local busted = require "busted"

local core = require "kling.core"
local emulator = require "spec.support.emulator"
local quick = require "spec.support.quick"
local socket = require "cqueues.socket"

local it = busted.it

local LIFE = 0.3 -- seconds a task takes, where that matters
local SLACK = 1 -- seconds a machine may be late
local TICK = 0.005 -- seconds

-- A listening socket that nobody accepts from: connections are made, a handshake never ends.
local function silent_server()
  local listening = socket.listen { host = "127.0.0.1", port = 0 }
  assert(listening:listen())
  local _, _, port = listening:localname()
  return listening, { url = ("https://127.0.0.1:%d"):format(port) }
end

-- How often another coroutine got its turn while `f` ran, and the longest it had to wait for one.
local function tick_during(context, f)
  local ticks, longest, is_over = 0, 0, false
  context.run {
    function()
      f()
      is_over = true
    end,
    function()
      local deadline = core.now() + quick.PATIENCE
      while not is_over and core.now() < deadline do
        local before = core.now()
        context.host.sleep(TICK)
        ticks, longest = ticks + 1, math.max(longest, core.now() - before)
      end
    end,
  }
  assert.is_true(is_over, "it took too long")
  assert.is_true(longest < SLACK, ("nobody else's turn for %g s"):format(longest))
  return ticks
end

local function specify_tls(context)
  it("keeps ticking during a TLS handshake that takes its time", function()
    local listening, silent = silent_server()
    local client = context.client(nil, silent)
    local failure
    local ticks = tick_during(context, function()
      failure = select(3, client:query("1", 0.3))
    end)
    client:close()
    listening:close()
    assert.equal("timeout", failure.code)
    assert.is_true(ticks >= 10, ticks .. " ticks")
  end)

  it("keeps ticking while a task runs over TLS", function()
    local tls_server = emulator.start { tls = true,
                                        life = { submitted = 0, processing = LIFE } }
    local client = context.client(nil, tls_server)
    local result
    local ticks = tick_during(context, function()
      result = client:wait(client:submit(quick.CLIP), quick.PATIENCE)
    end)
    client:close()
    tls_server:stop()
    assert.is_table(result)
    assert.is_true(ticks >= 10, ticks .. " ticks")
  end)
end

local function specify_bytes(context)
  it("keeps ticking while a reply of 4 MiB comes in", function()
    local client = context.client()
    local task_id = context.wait(client, client:submit(quick.CLIP)).result.task_id
    context.server:fault { name = "pad", on = "query" }
    local task
    local ticks = tick_during(context, function()
      task = assert(client:query(task_id, quick.PATIENCE))
    end)
    assert.equal("succeeded", task.state)
    assert.is_true(ticks >= 2, ticks .. " ticks")
  end)

  it("keeps ticking during a download", function()
    local client = context.client()
    local job = client:submit(quick.CLIP)
    assert.is_table(context.wait(client, job).result)
    context.server:fault { name = "trickle", on = "download", bytes = 8192, seconds = 0.01 }
    local folder, remove = quick.folder()
    local files
    local ticks = tick_during(context, function()
      files = client:save(job, folder, { formats = { "wav" } })
    end)
    remove()
    assert.is_true(files[1].bytes > 100000)
    assert.is_true(ticks >= 10, ticks .. " ticks")
  end)
end

return function(context)
  specify_tls(context)
  specify_bytes(context)
end
