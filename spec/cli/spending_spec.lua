--- What keeps `kling run` and `kling submit` from paying by mistake.

local cli = require "spec.support.cli"
local emulator = require "spec.support.emulator"
local json = require "cjson.safe"
local quick = require "spec.support.quick"

describe("spending", function()
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

  local function submit(...)
    return cli.run({ "submit", "--video-id", cli.VIDEO_ID, ... },
      { env = { COMETAPI_BASE_URL = server.url } })
  end

  it("nothing in a dry run, which is a success", function()
    local result = submit "--dry-run"
    assert.equal(0, result.code, result.err)
    assert.equal("a dry run: the request is fine; nothing was sent\n", result.out)
    result = cli.run({ "run", "--video-id", cli.VIDEO_ID, "--dry-run", "--json" },
      { env = { COMETAPI_BASE_URL = server.url } })
    local object = assert(json.decode(result.out))
    assert.same({ true, 0, true }, { object.ok, object.exit_code, object.dry_run })
    assert.equal(2, submit("--dry-run", "--sound", ("x"):rep(201)).code)
    assert.equal(0, #server:log())
  end)

  it("no more than allowed", function()
    local result = submit("--max-submits", "0", "--json")
    assert.equal(18, result.code, result.err)
    assert.equal("budget", assert(json.decode(result.out)).failure.code)
    assert.equal(0, #server:log())
    assert.equal(0, submit("--max-submits", "1/3600").code)
  end)

  it("nothing for a number that is none", function()
    for _, text in ipairs { "x", "1.5", "-1", "1/", "1/0", "/5" } do
      local result = submit("--max-submits=" .. text)
      assert.equal(2, result.code, text)
      assert.is_truthy(result.err:find("--max-submits: N or N/SECONDS expected", 1, true))
    end
  end)

  it("by --resolve, not when a task may exist", function()
    server:fault { name = "drop_after", on = "create" }
    local result = submit("--resolve", "never")
    assert.equal(17, result.code, result.err)
    assert.equal(0, #quick.logged(server, "query"))
    server:fault { name = "drop_after", on = "create" }
    result = submit("--resolve", "query")
    assert.equal(0, result.code, result.err)
    assert.equal(2, #server:ledger())
    assert.equal(2, submit("--resolve", "maybe").code)
  end)
end)
