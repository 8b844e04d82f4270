--- What the library raises for, in the words of the command line.

local cli = require "spec.support.cli"
local usage = require "kling.cli.usage"

-- Nothing listens there: what is refused here is refused before anything is sent.
local NOWHERE = "http://127.0.0.1:9"
local LONG = ("x"):rep(201)

describe("wrong arguments", function()
  local wrong = {
    { { "submit" }, "exactly one of --video-url and --video-id expected, got neither" },
    { { "run", "--video-url", "http://a", "--video-id", "1" }, "expected, got both" },
    { { "run", "--video-url", "ftp://a" }, "--video-url: an http:// or https:// URL expected" },
    { { "run", "--video-id", "1", "--sound", LONG }, "--sound: at most 200 characters expected" },
    { { "run", "--video-id", "1", "--music", LONG }, "--music: at most 200 characters expected" },
    { { "run", "--video-id", "1", "--music", "\255" }, "--music: UTF-8 expected" },
    { { "run", "--video-id", ".." }, "--video-id: an id expected" },
    { { "run", "--video-id", "1", "--external-id", "a\nb" }, "--external-id: an id without" },
    { { "run", "--video-id", "1", "--callback", "x" }, "--callback: an http:// or https:// URL" },
    { { "wait", "" }, "ID: a task id expected, got ''" },
    { { "poll", "" }, "ID: a task id expected, got ''" },
    { { "save", "1", "--out", "" }, "--out: a string expected, got ''" },
    { { "list", "--page", "1001" }, "--page: at most 1000 expected, got 1001" },
    { { "list", "--page-size", "501" }, "--page-size: at most 500 expected, got 501" },
    { { "wait", "1", "--base-url", "x" }, "--base-url (or COMETAPI_BASE_URL): https://host" },
    { { "wait", "1", "--base-url", "http://example.com" }, "https expected" },
  }

  for _, case in ipairs(wrong) do
    it("names what is wrong: " .. case[2], function()
      local result = cli.run(case[1], { env = { COMETAPI_BASE_URL = NOWHERE } })
      assert.equal(2, result.code, result.err)
      assert.equal("", result.out)
      assert.is_truthy(result.err:find(case[2], 1, true), result.err)
      assert.is_nil(result.err:find("%.lua:%d"), result.err)
      assert.is_truthy(result.err:find("kling " .. case[1][1] .. ": ", 1, true), result.err)
    end)
  end

  it("says how to give the key", function()
    local result = cli.run({ "list" }, { code = 'os.getenv = function() end\n'
      .. 'os.exit(require("kling.cli").main { "list" })' })
    assert.equal(2, result.code)
    assert.is_truthy(result.err:find("set COMETAPI_KEY in the environment", 1, true), result.err)
  end)

  it("names the variable when the key is blank", function()
    local result = cli.run({ "list" }, { env = { COMETAPI_KEY = " " } })
    assert.equal(2, result.code)
    assert.is_truthy(result.err:find("COMETAPI_KEY: a key expected, got a blank", 1, true))
  end)
end)

describe("usage.call", function()
  it("returns what the function returns", function()
    local a, b, c = usage.call("wait", function(...)
      return ...
    end, 1, nil, 3)
    assert.same({ 1, nil, 3 }, { a, b, c })
  end)

  it("lets a bug be one", function()
    local ok, problem = pcall(usage.call, "wait", function()
      error "wait: boom"
    end)
    assert.is_false(ok)
    assert.is_truthy(tostring(problem):match "usage_spec%.lua:%d+: wait: boom$")
  end)

  it("lets pass what is raised on purpose", function()
    local raised = {}
    local ok, problem = pcall(usage.call, "wait", error, raised)
    assert.is_false(ok)
    assert.equal(raised, problem)
  end)
end)
