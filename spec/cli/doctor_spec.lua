--- `kling doctor`, and `kling list --pending`: what is known without asking the service.

local cli = require "spec.support.cli"
local emulator = require "spec.support.emulator"
local json = require "cjson.safe"
local scratch = require "spec.support.scratch"
local store = require "kling.store"

local NOWHERE = "http://127.0.0.1:9"

local function run(words, env)
  local all = { COMETAPI_BASE_URL = NOWHERE }
  for name, value in pairs(env or {}) do
    all[name] = value
  end
  return cli.run(words, { env = all })
end

local function with_tasks(url)
  local s = assert(store.open(url, { base_url = NOWHERE }))
  for _, id in ipairs { "one", "two" } do
    assert(s:add { external_task_id = id, request = { video_id = "1" }, fingerprint = id })
  end
  assert(s:sending { "two" })
  assert(s:update("two", { state = "unresolved" }))
  assert(s:learn { external_query = "works" })
  return s
end

describe("kling doctor", function()
  local folder, url

  before_each(function()
    folder = scratch.new()
    url = "sqlite:" .. folder .. "/tasks.db"
  end)

  after_each(function()
    scratch.remove(folder)
  end)

  it("shows what there is", function()
    local result = run { "doctor" }
    assert.equal(0, result.code, result.err)
    assert.matches("kling     %d+%.%d+%.%d+\n", result.out)
    assert.matches("lua       Lua", result.out)
    assert.matches("curl      libcurl/%d", result.out)
    assert.is_truthy(result.out:find("key       present (COMETAPI_KEY)", 1, true), result.out)
    assert.is_truthy(result.out:find("service   " .. NOWHERE, 1, true))
  end)

  it("says that the key is missing, and goes on", function()
    local result = cli.run({ "doctor" }, { code = 'os.getenv = function() end\n'
      .. 'os.exit(require("kling.cli").main { "doctor" })' })
    assert.equal(0, result.code, result.err)
    assert.is_truthy(result.out:find("key       missing", 1, true), result.out)
    assert.is_truthy(result.out:find("service   https://api.cometapi.com", 1, true), result.out)
  end)

  it("says what a store and the memory of the gateway have", function()
    with_tasks(url):close()
    local result = run { "doctor", "--store", url }
    assert.equal(0, result.code, result.err)
    assert.is_truthy(result.out:find("/tasks.db: 2 tasks pending, 1 of them unresolved", 1, true),
      result.out)
    assert.is_truthy(result.out:find("asking by external id: works; list of tasks: unknown; "
      .. "looks by list: unknown", 1, true), result.out)
  end)

  it("has all of it in JSON", function()
    with_tasks(url):close()
    local object = assert(json.decode(run({ "doctor", "--store", url, "--json" }).out))
    assert.is_true(object.ok)
    assert.equal("present", object.key)
    assert.same({ 2, 1, "works" },
      { object.store.pending, object.store.unresolved, object.store.gateway.external_query })
  end)

  it("makes no store, and says so when there is none", function()
    local result = run { "doctor", "--store", url }
    assert.equal(15, result.code)
    assert.is_truthy(result.err:find("there is no such store", 1, true), result.err)
    assert.is_truthy(result.out:find("kling     ", 1, true), result.out)
    assert.same({}, scratch.names(folder))
  end)

  it("says what is wrong with a store", function()
    scratch.write(folder .. "/tasks.db", ("rain\n"):rep(1000))
    local result = run { "doctor", "--store", url }
    assert.equal(15, result.code)
    assert.is_truthy(result.err:find("no SQLite database", 1, true), result.err)
    result = run { "doctor", "--store", "tasks.db" }
    assert.equal(2, result.code)
    assert.is_truthy(result.err:find("--store: sqlite:PATH", 1, true), result.err)
  end)

  describe("online", function()
    local server

    setup(function()
      server = emulator.start()
    end)

    teardown(function()
      server:stop()
    end)

    before_each(function()
      server:reset()
    end)

    local function ask()
      return run({ "doctor", "--online" }, { COMETAPI_BASE_URL = server.url })
    end

    it("says that the service answers", function()
      local result = ask()
      assert.equal(0, result.code, result.err)
      assert.matches("online    answered in %d+%.%d%d s; the key is let in\n", result.out)
      assert.equal(0, #server:ledger())
    end)

    it("says that the key is refused", function()
      server:fault { name = "service_code", code = 1002, forever = true }
      local result = ask()
      assert.equal(5, result.code)
      assert.is_nil(result.out:find("online", 1, true))
    end)

    it("says that nobody answers", function()
      assert.equal(3, run({ "doctor", "--online" }).code)
    end)
  end)
end)

describe("kling list --pending", function()
  local folder, url

  before_each(function()
    folder = scratch.new()
    url = "sqlite:" .. folder .. "/tasks.db"
  end)

  after_each(function()
    scratch.remove(folder)
  end)

  it("prints what a store knows not to have ended, and who has it", function()
    local s = with_tasks(url)
    local result = run { "list", "--pending", "--store", url }
    assert.equal(0, result.code, result.err)
    assert.matches("^%-  queued  [%d-]+ [%d:]+  one  held until %d%d:%d%d:%d%d by ", result.out)
    assert.matches("\n%-  unresolved  [%d-]+ [%d:]+  two  held until ", result.out)
    s:close()
    result = run { "list", "--pending", "--store", url }
    assert.matches("one  held by nobody\n", result.out)
  end)

  it("says that nobody has what a dead process has left", function()
    local s = assert(store.open(url, { base_url = NOWHERE, lease = 0.001 }))
    assert(s:add { external_task_id = "one", request = { video_id = "1" } })
    s.mine = {} -- nothing is given back
    s:close()
    assert.matches("one  held by nobody\n", run({ "list", "--pending", "--store", url }).out)
  end)

  it("has ids, states, requests and owners in JSON", function()
    with_tasks(url):close()
    local tasks = assert(json.decode(run({ "list", "--pending", "--store", url, "--json" }).out))
      .tasks
    assert.equal(2, #tasks)
    assert.same({ "one", "queued", "1" },
      { tasks[1].external_task_id, tasks[1].state, tasks[1].request.video_id })
  end)

  it("needs a store that is there", function()
    local result = run { "list", "--pending" }
    assert.equal(2, result.code)
    assert.is_truthy(result.err:find("--pending: --store expected", 1, true), result.err)
    assert.equal(15, run({ "list", "--pending", "--store", url }).code)
  end)
end)
