--- Finding the command, help, and what cannot be understood.

local cli = require "spec.support.cli"
local json = require "cjson.safe"
local kling = require "kling"

describe("kling", function()
  it("says its version", function()
    local result = cli.run { "version" }
    assert.equal(0, result.code)
    assert.equal("kling " .. kling.version .. "\n", result.out)
    assert.equal("", result.err)
  end)

  it("helps, and says where the key comes from", function()
    local result = cli.run { "help" }
    assert.equal(0, result.code)
    assert.is_truthy(result.out:find("COMETAPI_KEY", 1, true))
    assert.equal("", result.err)
  end)

  it("describes every command it lists", function()
    local count = 0
    local commands = cli.run({ "help" }).out:match "Commands:\n(.-)\n\n"
    for name in commands:gmatch "\n?   (%l+) " do
      count = count + 1
      local result = cli.run { name, "--help" }
      assert.equal(0, result.code, name)
      assert.is_truthy(result.out:find("Usage: kling " .. name, 1, true), name)
    end
    assert.equal(12, count)
  end)

  it("shows the same help by its own command", function()
    assert.equal(cli.run({ "run", "--help" }).out, cli.run({ "help", "run" }).out)
  end)

  local wrong = {
    ["no command"] = { {}, "a command is required" },
    ["an unknown command"] = { { "rnu" }, "Did you mean 'run'?" },
    ["help for an unknown command"] = { { "help", "rnu" }, "'topic' must be one of" },
    ["an unknown option"] = { { "wait", "1", "--fast" }, "unknown option '--fast'" },
    ["an option without its value"] = { { "run", "--sound" }, "'--sound' requires an argument" },
    ["no task id"] = { { "wait" }, "missing argument 'id'" },
    ["no number"] = { { "wait", "1", "--timeout", "x" }, "--timeout: seconds, 0 or more," },
    ["a negative time"] = { { "wait", "1", "--timeout", "-1" }, "'-1'" },
    ["nan"] = { { "wait", "1", "--timeout", "nan" }, "got 'nan'" },
    ["half a page"] = { { "list", "--page", "1.5" }, "--page: a whole number expected" },
    ["an unknown format"] = { { "save", "1", "--format", "ogg" }, "'--format' must be one of" },
  }

  for name, case in pairs(wrong) do
    it("exits with 2 for " .. name, function()
      local result = cli.run(case[1])
      assert.equal(2, result.code)
      assert.equal("", result.out)
      assert.is_truthy(result.err:find(case[2], 1, true), result.err)
      assert.is_truthy(result.err:find("Usage: kling", 1, true), result.err)
    end)
  end

  it("takes no key as an argument, and does not repeat one", function()
    local result = cli.run { "list", "--api-key", cli.KEY } -- cli.run looks for the key
    assert.equal(2, result.code)
    assert.is_truthy(result.err:find("unknown option '--api-key'", 1, true))
  end)

  it("reports wrong use as JSON when asked to", function()
    local result = cli.run { "wait", "--json" }
    local object = assert(json.decode(result.out))
    assert.equal(2, result.code)
    assert.equal(2, object.exit_code)
    assert.is_false(object.ok)
    assert.equal("usage", object.failure.code)
    assert.equal("missing argument 'id'", object.failure.message)
  end)

  it("says in one line what to do when the library is not there", function()
    local result = cli.run({ "help" }, { env = { LUA_PATH = "/nowhere/?.lua" } })
    assert.equal(1, result.code)
    local line = "^kling: module 'kling.cli' not found; install kling[^\n]*\n$"
    assert.is_truthy(result.err:match(line), result.err)
  end)
end)

describe("an error nobody foresaw", function()
  local function run_with_a_bug(words)
    return cli.run({}, {
      code = ([[require("kling.cli.list").run = function() error "boom" end
        os.exit(require("kling.cli").main { %s })]]):format(words),
    })
  end

  it("exits with 1 and shows where it was", function()
    local result = run_with_a_bug "'list'"
    assert.equal(1, result.code)
    assert.equal("", result.out)
    assert.is_truthy(result.err:find("boom", 1, true))
    assert.is_truthy(result.err:find("stack traceback", 1, true))
  end)

  it("is a failure in JSON, too", function()
    local result = run_with_a_bug "'list', '--json'"
    local object = assert(json.decode(result.out))
    assert.equal(1, result.code)
    assert.equal(1, object.exit_code)
    assert.equal("list", object.command)
    assert.equal("bug", object.failure.code)
    assert.is_truthy(object.failure.message:find("boom", 1, true))
  end)
end)
