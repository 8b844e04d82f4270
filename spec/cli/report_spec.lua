--- What commands print, for people and as JSON.

local cli = require "spec.support.cli"
local emulator = require "spec.support.emulator"
local json = require "cjson.safe"
local lfs = require "lfs"

local function lines_of(text)
  local lines = {}
  for line in text:gmatch "([^\n]*)\n" do
    lines[#lines + 1] = line
  end
  return lines
end

describe("results on standard output", function()
  local server, id, folder

  local function run(words)
    local result = cli.run(words, { env = { COMETAPI_BASE_URL = server.url } })
    assert.equal(0, result.code, result.err)
    return result
  end

  local function run_json(words)
    words[#words + 1] = "--json"
    local result = run(words)
    assert.equal(1, #lines_of(result.out))
    return assert(json.decode(result.out))
  end

  setup(function()
    server = emulator.start { clock = "manual" }
    folder = os.tmpname()
    os.remove(folder)
    id = run({ "submit", "--video-id", cli.VIDEO_ID, "--external-id", "mine/1" }).out:match "%d+"
    server:advance(10)
  end)

  teardown(function()
    server:stop()
    for name in lfs.dir(folder) do
      os.remove(folder .. "/" .. name)
    end
    lfs.rmdir(folder)
  end)

  it("submit: the id alone; that it was accepted on standard error", function()
    local result = run { "submit", "--video-id", cli.VIDEO_ID }
    local printed = result.out:match "^(%d+)\n$"
    assert.is_truthy(printed, result.out)
    assert.equal(("task %s accepted\n"):format(printed), result.err)
  end)

  it("submit: all fields reach the service", function()
    local url = server.url .. "/clip.mp4"
    local printed = run { "submit", "--video-url", url, "--sound", "r\195\164in",
      "--music", "piano", "--asmr", "--external-id", "all",
      "--callback", "https://example.com/hook" }.out
    local tasks = server:tasks()
    local task = tasks[#tasks]
    assert.equal(task.task_id .. "\n", printed)
    assert.same({
      video_url = url,
      sound_effect_prompt = "r\195\164in",
      bgm_prompt = "piano",
      asmr_mode = true,
      external_task_id = "all",
      callback_url = "https://example.com/hook",
    }, task.fields)
  end)

  it("submit as JSON: ids as strings, the state", function()
    local object = run_json { "submit", "--video-id", cli.VIDEO_ID, "--external-id", "mine/2" }
    assert.is_true(object.ok)
    assert.equal(0, object.exit_code)
    assert.equal("submit", object.command)
    assert.equal("string", type(object.task_id))
    assert.equal("mine/2", object.external_task_id)
    assert.equal("submitted", object.state)
    assert.is_nil(object.failure)
  end)

  it("poll: id, state, time and our id on one line", function()
    local result = run { "poll", id }
    assert.is_truthy(result.out:match(
      "^" .. id .. "  succeeded  %d+%-%d%d%-%d%d %d%d:%d%d:%d%d  mine/1\n$"), result.out)
    assert.equal("", result.err)
  end)

  it("poll as JSON: the task", function()
    local object = run_json { "poll", id }
    assert.equal(id, object.task_id)
    assert.equal("succeeded", object.state)
    assert.equal(id, object.task.task_id)
    assert.equal(5, object.task.result.audios[1].mp3.duration)
    assert.is_nil(object.task.raw)
  end)

  it("wait: a line for each link", function()
    local lines = lines_of(run({ "wait", id }).out)
    assert.equal(3, #lines)
    for i, format in ipairs { "mp3", "wav", "video" } do
      assert.is_truthy(lines[i]:match("^" .. format .. " +5%.00 s  http://%S+$"), lines[i])
    end
  end)

  it("wait as JSON: the result", function()
    local object = run_json { "wait", id }
    assert.equal(id, object.result.task_id)
    assert.equal("mine/1", object.external_task_id)
    assert.is_truthy(object.result.videos[1].url)
    assert.is_nil(object.result.raw)
  end)

  it("save: a line for each file, and the files", function()
    local lines = lines_of(run({ "save", id, "--out", folder }).out)
    assert.equal(3, #lines)
    for i, extension in ipairs { "mp3", "wav", "mp4" } do
      local path = ("%s/%s.%s"):format(folder, id, extension)
      local size = lfs.attributes(path, "size")
      assert.equal(("%s  5.00 s  %d bytes"):format(path, size), lines[i])
    end
  end)

  it("save: only what is asked for, over what is there when told to", function()
    local words = { "save", id, "--out", folder, "--format", "mp3", "--format", "wav" }
    assert.equal(15, cli.run(words, { env = { COMETAPI_BASE_URL = server.url } }).code)
    words[#words + 1] = "--overwrite"
    local object = run_json(words)
    assert.equal(2, #object.files)
    assert.equal("mp3", object.files[1].format)
    assert.equal(64, #object.files[1].sha256)
  end)

  it("list: a line for each task, newest first", function()
    local lines = lines_of(run({ "list", "--page-size", "500" }).out)
    assert.equal(#server:tasks(), #lines)
    assert.equal(1, lines[#lines]:find(id, 1, true))
  end)

  it("list as JSON: an array, also of none", function()
    assert.equal(1, #run_json({ "list", "--page-size", "1" }).tasks)
    local empty = run { "list", "--page", "1000", "--json" }
    assert.is_truthy(empty.out:find('"tasks":[]', 1, true), empty.out)
  end)
end)

describe("failures", function()
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

  local function run(words)
    return cli.run(words, { env = { COMETAPI_BASE_URL = server.url } })
  end

  local function submit(...)
    return run({ "submit", "--video-id", cli.VIDEO_ID, ... })
  end

  it("go to standard error alone: what, why, what to do", function()
    server:fault { name = "no_balance", on = "create" }
    local result = submit()
    assert.equal("", result.out)
    local lines = lines_of(result.err)
    assert.is_truthy(lines[1]:match "^kling submit: cannot submit the task .*HTTP 429, code 1102")
    assert.equal("Top up the account; trying again changes nothing.", lines[2])
  end)

  it("have all their fields in JSON", function()
    server:fault { name = "service_code", on = "create", code = 1201, message = "no such video" }
    local failure = assert(json.decode(submit("--json", "--external-id", "mine").out)).failure
    assert.equal("rejected", failure.code)
    assert.equal("submit", failure.operation)
    assert.equal(400, failure.http_status)
    assert.equal("1201", failure.service_code)
    assert.equal("no such video", failure.service_message)
    assert.equal("mine", failure.external_task_id)
    assert.equal("not-created", failure.task_state)
    assert.equal("no", failure.billed)
    assert.is_false(failure.retryable)
    assert.is_string(failure.request_id)
    assert.equal("create", failure.attempts[1].request)
  end)

  it("of a create that may have arrived name the external id", function()
    server:fault { name = "drop_after", on = "create" }
    server:fault { name = "service_code", on = "query", code = 1002 } -- or it would be found
    local result = submit("--external-id", "lost-1")
    assert.equal(17, result.code)
    assert.equal("", result.out)
    assert.is_truthy(result.err:find("external_task_id lost-1", 1, true), result.err)
    assert.equal(1, #server:ledger())
  end)

  it("say how to go on, where that helps", function()
    local id = submit().out:match "%d+"
    local waited = run { "wait", id, "--timeout", "0.3", "--base-url", server.url }
    assert.equal(4, waited.code)
    local go_on = ("To go on: kling wait %s --base-url %s\n"):format(id, server.url)
    assert.is_truthy(waited.err:find(go_on, 1, true), waited.err)
    local saved = run { "save", id, "--timeout", "0.3", "--out", "it's here" }
    go_on = ("To go on: kling save %s --out 'it'\\''s here'\n"):format(id)
    assert.is_truthy(saved.err:find(go_on, 1, true), saved.err)
  end)

  it("do not, where it does not", function()
    local result = run { "wait", "12345" }
    assert.equal(10, result.code)
    assert.is_nil(result.err:find("To go on", 1, true))
  end)

  it("tell of a create that the time was too short for", function()
    server:fault { name = "delay", on = "create", seconds = 1 }
    local result = submit("--timeout", "0.3", "--external-id", "slow-1")
    assert.equal(17, result.code)
    assert.is_truthy(result.err:find("(external id slow-1) was not accepted within 0.3 s", 1, true))
    assert.is_truthy(result.err:find("may have been made and billed", 1, true))
  end)

  it("tell that nothing was made when nothing can have been", function()
    local result = submit("--timeout", "0.3", "--base-url", "http://127.0.0.1:9")
    assert.equal(4, result.code)
    assert.is_truthy(result.err:find("Nothing was made and nothing is billed.", 1, true))
  end)
end)
