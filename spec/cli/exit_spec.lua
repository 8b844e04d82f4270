--- Every kind of outcome has its exit code.

local cli = require "spec.support.cli"
local emulator = require "spec.support.emulator"
local exit = require "kling.cli.exit"
local json = require "cjson.safe"
local kling = require "kling"

describe("exit codes", function()
  local server

  setup(function()
    server = emulator.start { clock = "manual", link_seconds = 60 }
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    server:reset()
  end)

  local function run(words)
    words[#words + 1] = "--json"
    return cli.run(words, { env = { COMETAPI_BASE_URL = server.url } })
  end

  local function submit()
    local result = run { "submit", "--video-id", cli.VIDEO_ID }
    assert.equal(0, result.code, result.err)
    return assert(json.decode(result.out)).task_id
  end

  local function fault(name, on, fields)
    local script = { name = name, on = on }
    for key, value in pairs(fields or {}) do
      script[key] = value
    end
    server:fault(script)
  end

  local SUBMIT = { "submit", "--video-id", cli.VIDEO_ID }

  -- what happens -> the command's exit code, failure.code, how it is brought about
  local outcomes = {
    ["nobody listens"] = { 3, "network", function()
      return { "poll", "1", "--base-url", "http://127.0.0.1:9" }
    end },
    ["the time is over"] = { 4, "timeout", function()
      return { "wait", submit(), "--timeout", "0.3" }
    end },
    ["the key is refused"] = { 5, "auth", function()
      fault("service_code", "create", { code = 1002 })
      return SUBMIT
    end },
    ["there is no money"] = { 6, "quota", function()
      fault("no_balance", "create")
      return SUBMIT
    end },
    ["the request is refused"] = { 7, "rejected", function()
      fault("service_code", "create", { code = 1201 })
      return SUBMIT
    end },
    ["the content is refused"] = { 8, "policy", function()
      fault("service_code", "create", { code = 1301 })
      return SUBMIT
    end },
    ["there are too many requests"] = { 9, "rate_limited", function()
      fault("too_fast", "query", { forever = true })
      return { "poll", "1" }
    end },
    ["there is no such task"] = { 10, "not_found", function()
      return { "wait", "1" }
    end },
    ["the service is down"] = { 11, "unavailable", function()
      fault("html", "query", { forever = true })
      return { "poll", "1" }
    end },
    ["the reply makes no sense"] = { 12, "protocol", function()
      fault("empty", "query", { forever = true })
      return { "poll", submit() }
    end },
    ["the service gives up"] = { 13, "failed", function()
      server:life { submitted = 0, processing = 0, fail = "no sound for this" }
      local id = submit()
      server:advance(1)
      server:life { submitted = 0, processing = 0 }
      return { "wait", id }
    end },
    ["a link has expired"] = { 14, "expired", function()
      local id = submit()
      server:advance(10)
      fault("status", "download", { status = 403, forever = true })
      return { "save", id, "--out", "/tmp" }
    end },
    ["a folder cannot be made"] = { 15, "io", function()
      local id = submit()
      server:advance(10)
      return { "save", id, "--out", "/dev/null/folder" }
    end },
    ["the fate of a create is unknown"] = { 17, "auth", function()
      fault("drop_after", "create")
      server:fault { name = "service_code", on = "query", code = 1002 } -- or it would be found
      return SUBMIT
    end },
  }

  for name, case in pairs(outcomes) do
    it(("%d when %s"):format(case[1], name), function()
      local result = run(case[3]())
      local object = assert(json.decode(result.out), result.out)
      assert.equal(case[1], result.code, result.err)
      assert.equal(case[1], object.exit_code)
      assert.is_false(object.ok)
      assert.equal(case[2], object.failure.code)
      assert.is_truthy(result.err:find(object.failure.message, 1, true), result.err)
      assert.is_truthy(result.err:find(object.failure.hint, 1, true), result.err)
    end)
  end

  it("15 when standard output cannot be written", function()
    local result = cli.run({ "poll", submit() },
      { out = "/dev/full", env = { COMETAPI_BASE_URL = server.url } })
    assert.equal(15, result.code)
    assert.is_truthy(result.err:find("standard output", 1, true))
  end)
end)

describe("the table of exit codes", function()
  local help = cli.run({ "help" }).out

  local function is_listed(number, name)
    return help:find(("\n%5d  %s "):format(number, name)) ~= nil
  end

  it("has every failure code of the library, each with a number of its own", function()
    -- a command neither cancels, nor closes its client early, nor runs where it cannot wait
    local cannot_happen = { cancelled = true, closed = true, not_yieldable = true }
    local seen = {}
    for code in pairs(kling.errors) do
      local number = exit.code { code = code }
      if cannot_happen[code] then
        assert.equal(1, number, code)
      else
        assert.is_nil(seen[number], code)
        assert.is_true(number > 2, code)
        assert.is_true(is_listed(number, code), code)
        seen[number] = code
      end
    end
  end)

  it("has the command line's own", function()
    local own = { ok = 0, bug = 1, usage = 2, may_exist = 17, interrupted = 130, terminated = 143 }
    for name, number in pairs(own) do
      assert.is_true(is_listed(number, name), name)
    end
  end)
end)
