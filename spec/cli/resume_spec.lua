--- `kling resume`: what one process left, another brings to its end.

local cli = require "spec.support.cli"
local emulator = require "spec.support.emulator"
local json = require "cjson.safe"
local scratch = require "spec.support.scratch"

describe("kling resume", function()
  local server, folder, url, out

  setup(function()
    server = emulator.start { life = { submitted = 0.1, processing = 0.1 } }
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    server:reset()
    server:life { submitted = 0.1, processing = 0.1 }
    folder = scratch.new()
    out = folder .. "/out"
    url = "sqlite:" .. folder .. "/tasks.db"
  end)

  after_each(function()
    scratch.remove(folder)
  end)

  local function start(...)
    return cli.start({ ... }, { env = { COMETAPI_BASE_URL = server.url }, is_quick = true })
  end

  local function run(...)
    return start(...):finish()
  end

  local function submit(prompt, ...)
    return run("submit", "--video-id", cli.VIDEO_ID, "--sound", prompt, "--store", url, ...)
  end

  it("waits for and saves what was submitted", function()
    local id = submit("rain").out:match "%d+"
    local pending = run("list", "--pending", "--store", url).out
    assert.is_truthy(pending:find(id .. "  submitted", 1, true), pending)
    local result = run("resume", "--store", url, "--out", out)
    assert.equal(0, result.code, result.err)
    assert.equal("1 of 1 done\n", result.err)
    assert.is_truthy(result.out:find(("  task %s  %s/%s.mp3"):format(id, out, id), 1, true))
    assert.equal(3, #scratch.names(out))
    assert.equal("", run("list", "--pending", "--store", url).out)
  end)

  it("goes on after a kill, and pays nothing", function()
    server:fault { name = "delay", on = "create", seconds = 2, accepted = true }
    local process = start("run", "--video-id", cli.VIDEO_ID, "--store", url, "--out", out,
      "--lease", "1")
    cli.wait_until(function()
      return #server:ledger() == 1
    end)
    process:signal "KILL"
    process:finish()
    local result
    cli.wait_until(function()
      result = run("resume", "--store", url, "--out", out, "--lease", "1", "--json")
      return result.out:find('"line"', 1, true) or result.out:find('"files"', 1, true)
    end)
    assert.equal(0, result.code, result.err)
    local first, all = result.out:match "^([^\n]+)\n([^\n]+)\n$"
    first, all = assert(json.decode(first)), assert(json.decode(all))
    assert.same({ true, 3, 1, 1 }, { first.ok, #first.files, all.done, all.total })
    assert.equal(1, #server:ledger())
  end)

  it("goes on after Ctrl-C, which says so", function()
    server:fault { name = "delay", on = "create", seconds = 2, accepted = true }
    local process = start("run", "--video-id", cli.VIDEO_ID, "--store", url, "--out", out)
    cli.wait_until(function()
      return #server:ledger() == 1
    end)
    process:signal "INT"
    local result = process:finish()
    assert.equal(130, result.code, result.err)
    local go_on = ("To go on: kling resume --store %s --out %s\n"):format(url, out)
    assert.is_truthy(result.err:find(go_on, 1, true), result.err)
    result = run("resume", "--store", url, "--out", out)
    assert.equal(0, result.code, result.err)
    assert.equal("1 of 1 done\n", result.err)
    assert.equal(1, #server:ledger())
  end)

  it("goes on after a wait that was too short", function()
    server:life { submitted = 1, processing = 1 }
    local result = run("run", "--video-id", cli.VIDEO_ID, "--store", url, "--out", out,
      "--timeout", "1")
    assert.equal(4, result.code)
    local id = result.err:match "task (%d+) accepted"
    local wait = ("To go on: kling wait %s --store %s && kling save %s"):format(id, url, id)
    assert.is_truthy(result.err:find(wait, 1, true), result.err)
    assert.equal(0, run("wait", id, "--store", url).code)
    assert.equal("", run("list", "--pending", "--store", url).out)
  end)

  it("does not repeat a password", function()
    local report = require "kling.cli.report"
    local old, text = io.stderr, ""
    io.stderr = { write = function(_, ...) -- luacheck: ignore
      text = text .. table.concat { ... }
    end }
    report.finish({ command = "run", store = "postgresql://u:secret@h/db", words = {} },
      { failure = { code = "timeout", message = "late", hint = "wait" } }, function() end)
    io.stderr = old -- luacheck: ignore
    assert.is_truthy(text:find("--store 'postgresql://u@h/db'", 1, true), text)
  end)

  it("has nothing to do when all has ended", function()
    submit "rain"
    assert.equal(0, run("resume", "--store", url, "--out", out).code)
    local result = run("resume", "--store", url, "--out", out)
    assert.equal(0, result.code, result.err)
    assert.equal("nothing is pending\n", result.err)
  end)

  it("makes no store where there is none", function()
    local result = run("resume", "--out", out)
    assert.equal(15, result.code)
    assert.is_truthy(result.err:find("/out/.kling.db: there is no such store", 1, true), result.err)
    assert.is_nil(scratch.read(out .. "/.kling.db"))
  end)
end)

describe("kling with a store", function()
  local server, folder, url

  setup(function()
    server = emulator.start { clock = "manual" }
    folder = scratch.new()
    url = "sqlite:" .. folder .. "/tasks.db"
  end)

  teardown(function()
    server:stop()
    scratch.remove(folder)
  end)

  local function submit(...)
    return cli.run({ "submit", "--video-id", cli.VIDEO_ID, "--store", url, ... },
      { env = { COMETAPI_BASE_URL = server.url } })
  end

  it("does not pay for the same again, unless that is wanted", function()
    local first, second = submit(), submit()
    assert.equal(0, second.code, second.err)
    assert.equal(first.out, second.out)
    assert.equal(1, #server:ledger())
    assert.not_equal(first.out, submit("--duplicate").out)
    assert.equal(2, #server:ledger())
  end)

  it("shares its budget with all who have the store", function()
    local result = submit("--duplicate", "--max-submits", "2")
    assert.equal(18, result.code, result.err)
    assert.equal(2, #server:ledger())
  end)

  it("sends nothing when the store does not work", function()
    scratch.write(folder .. "/bad.db", ("rain\n"):rep(1000))
    local result = cli.run({ "run", "--video-id", cli.VIDEO_ID, "--store",
      "sqlite:" .. folder .. "/bad.db" }, { env = { COMETAPI_BASE_URL = server.url } })
    assert.equal(15, result.code)
    assert.is_truthy(result.err:find("no SQLite database", 1, true), result.err)
    assert.equal(2, #server:ledger())
  end)
end)
