--- Ctrl-C, and what is said while a command waits.

local cli = require "spec.support.cli"
local emulator = require "spec.support.emulator"
local json = require "cjson.safe"
local scratch = require "spec.support.scratch"

describe("a command that is interrupted", function()
  local server

  setup(function()
    server = emulator.start { clock = "manual" }
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    server:reset()
  end)

  -- A command that does not hear us must fail its test, not hold it up.
  local function start(words)
    words[#words + 1] = "--timeout=20"
    return cli.start(words, { env = { COMETAPI_BASE_URL = server.url } })
  end

  local function wait_until_logged(kind)
    cli.wait_until(function()
      for _, entry in ipairs(server:log()) do
        if entry.request == kind then
          return true
        end
      end
    end)
  end

  it("says how to go on, and ends with 130", function()
    local process = start { "run", "--video-id", cli.VIDEO_ID, "--out", "here" }
    process:wait_for "accepted"
    process:signal "INT"
    local result = process:finish()
    assert.equal(130, result.code, result.err)
    local id = result.err:match "^task (%d+) accepted\n"
    assert.is_truthy(id)
    assert.is_truthy(result.err:find("interrupted", 1, true))
    local go_on = ("To go on: kling wait %s && kling save %s --out here\n"):format(id, id)
    assert.is_truthy(result.err:find(go_on, 1, true), result.err)
    assert.equal(("task %s\n"):format(id), result.out)
    assert.is_nil(result.err:find("traceback", 1, true))
  end)

  it("ends with 143 for SIGTERM, and tells of it in JSON", function()
    local process = start { "run", "--video-id", cli.VIDEO_ID, "--json" }
    process:wait_for "accepted"
    process:signal "TERM"
    local result = process:finish()
    local object = assert(json.decode(result.out))
    assert.equal(143, result.code)
    assert.equal(143, object.exit_code)
    assert.equal("terminated", object.failure.code)
    assert.equal("exists", object.failure.task_state)
    assert.equal("yes", object.failure.billed)
    assert.equal("submitted", object.state)
    assert.is_truthy(result.err:find("task " .. object.task_id .. " accepted", 1, true))
  end)

  it("names the external id when the task may have been made", function()
    server:fault { name = "delay", on = "create", seconds = 3, accepted = true }
    local process = start { "submit", "--video-id", cli.VIDEO_ID, "--external-id", "mine-1" }
    wait_until_logged "create"
    process:signal "INT"
    local result = process:finish()
    assert.equal(130, result.code)
    assert.equal("", result.out)
    assert.is_truthy(result.err:find("external_task_id mine-1", 1, true), result.err)
    assert.is_nil(result.err:find("To go on", 1, true))
  end)

  it("leaves no half file under a file's name, and goes on", function()
    local id = start({ "submit", "--video-id", cli.VIDEO_ID }):finish().out:match "%d+"
    server:advance(10)
    server:fault { name = "trickle", on = "download", times = 3 }
    local folder = scratch.new()
    local process = start { "save", id, "--out", folder }
    wait_until_logged "download"
    process:signal "INT"
    local result = process:finish()
    assert.equal(130, result.code, result.err)
    assert.is_truthy(result.err:find(("To go on: kling save %s"):format(id), 1, true))
    for _, name in ipairs(scratch.names(folder)) do
      assert.matches("%.part", name)
    end
    assert.equal(0, start({ "save", id, "--out", folder }):finish().code)
    assert.equal(3, #scratch.names(folder))
    scratch.remove(folder)
  end)

  for _, case in ipairs { { "poll", "query" }, { "list", "list" } } do
    local command, kind = case[1], case[2]
    it("ends " .. command, function()
      server:fault { name = "delay", on = kind, seconds = 3 }
      local process = start { command, command == "poll" and "1" or nil }
      wait_until_logged(kind)
      process:signal "INT"
      local result = process:finish()
      assert.equal(130, result.code)
      assert.is_truthy(result.err:find("interrupted", 1, true))
    end)
  end
end)

describe("a command that waits", function()
  local server

  setup(function()
    server = emulator.start { clock = "manual" }
  end)

  teardown(function()
    server:stop()
  end)

  it("warns once of a status nobody knows", function()
    server:variant "unknown_status"
    local env = { COMETAPI_BASE_URL = server.url }
    local id = cli.run({ "submit", "--video-id", cli.VIDEO_ID }, { env = env }).out:match "%d+"
    server:advance(2)
    local result = cli.run({ "wait", id, "--timeout", "0.3" }, { env = env })
    local _, count = result.err:gsub("warning: the status 'reviewing' is unknown", "")
    assert.equal(4, result.code)
    assert.equal(1, count, result.err)
  end)
end)
