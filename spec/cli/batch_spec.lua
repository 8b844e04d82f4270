--- `kling batch`: from a file of requests to a folder of files, run after run.

local cli = require "spec.support.cli"
local emulator = require "spec.support.emulator"
local json = require "cjson.safe"
local quick = require "spec.support.quick"
local scratch = require "spec.support.scratch"

local function line(prompt, fields)
  local object = { video_id = cli.VIDEO_ID, sound_effect_prompt = prompt }
  for name, value in pairs(fields or {}) do
    object[name] = value
  end
  return json.encode(object)
end

local function file_of(count)
  local texts = {}
  for i = 1, count do
    texts[i] = line("sound " .. i)
  end
  return table.concat(texts, "\n") .. "\n"
end

describe("kling batch", function()
  local server, folder, file, out

  setup(function()
    server = emulator.start()
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    server:reset()
    server:life { submitted = 0.1, processing = 0.1 }
    folder = scratch.new()
    file, out = folder .. "/in.jsonl", folder .. "/out"
  end)

  after_each(function()
    scratch.remove(folder)
  end)

  local function words(...)
    return { "batch", file, "--out", out, ... }
  end

  local function options(env)
    local all = { COMETAPI_BASE_URL = server.url }
    for name, value in pairs(env or {}) do
      all[name] = value
    end
    return { env = all, is_quick = true }
  end

  local function start(...)
    return cli.start(words(...), options())
  end

  local function run(...)
    return start(...):finish()
  end

  local function objects(text)
    local found = {}
    for each in text:gmatch "[^\n]+" do
      found[#found + 1] = assert(json.decode(each), each)
    end
    return found
  end

  local function media()
    local found = {}
    for _, name in ipairs(scratch.names(out)) do
      found[#found + 1] = name:match "^%d+%.%w+$"
    end
    return found
  end

  local function prompts()
    local found = {}
    for i, task in ipairs(server:tasks()) do
      found[i] = task.fields.sound_effect_prompt
    end
    table.sort(found)
    return found
  end

  it("saves what every line asks for, and says where", function()
    scratch.write(file, file_of(3))
    local result = run()
    assert.equal(0, result.code, result.err)
    assert.equal("3 of 3 done\n", result.err)
    assert.same({ "sound 1", "sound 2", "sound 3" }, prompts())
    assert.equal(9, #media())
    for i = 1, 3 do
      local id, path = result.out:match(("line %d  task (%%d+)  (%%S+)%%.mp3"):format(i))
      assert.equal(("%s/%s"):format(out, id), path, result.out)
    end
  end)

  it("keeps with --no-verify what is not as promised", function()
    server:fault { name = "status", on = "download", status = 200, body = "no sound",
      forever = true }
    scratch.write(file, file_of(1))
    assert.not_equal(0, run("--format", "mp3").code)
    assert.equal(0, run("--format", "mp3", "--no-verify").code)
    assert.equal(1, #media())
    assert.equal(1, #server:ledger())
  end)

  it("with --json prints an object for each line, and one for all", function()
    scratch.write(file, file_of(2))
    local result = run("--json", "--format", "wav")
    assert.equal(0, result.code, result.err)
    local found = objects(result.out)
    assert.equal(3, #found)
    local all = table.remove(found)
    assert.same({ true, 0, "batch", 2, 2, 0 },
      { all.ok, all.exit_code, all.command, all.total, all.done, all.failed })
    table.sort(found, function(a, b)
      return a.line < b.line
    end)
    for i, object in ipairs(found) do
      assert.same({ i, true, "succeeded", 1 },
        { object.line, object.ok, object.state, #object.files })
      assert.is_string(object.task_id)
      assert.is_string(object.external_task_id)
    end
  end)

  it("names a bad line before anything is sent", function()
    scratch.write(file, file_of(2) .. '{"video_id": 1}\n')
    local result = run()
    assert.equal(2, result.code)
    assert.is_truthy(result.err:find(
      ("kling batch: %s: line 3: video_id: string expected, got number\n"):format(file), 1, true),
      result.err)
    assert.equal(0, #server:log())
  end)

  it("does again only what is missing", function()
    scratch.write(file, file_of(2))
    assert.equal(0, run().code)
    local downloads = #quick.logged(server, "download")
    scratch.write(file, line "sound 3" .. "\n" .. file_of(2))
    local result = run()
    assert.equal(0, result.code, result.err)
    assert.equal("3 of 3 done\n", result.err)
    assert.equal(3, #server:ledger())
    assert.equal(downloads + 3, #quick.logged(server, "download"))
    assert.is_truthy(result.out:find("line 1  task", 1, true))
    assert.is_truthy(result.out:find("line 3  task", 1, true))
  end)

  it("saves again what has been removed or spoiled, and pays nothing", function()
    scratch.write(file, file_of(1))
    assert.equal(0, run().code)
    local name = media()[1]
    local whole = scratch.read(out .. "/" .. name)
    assert(os.remove(out .. "/" .. name))
    local result = run()
    assert.equal(0, result.code, result.err)
    assert.equal(whole, scratch.read(out .. "/" .. name))
    assert.equal(1, #server:ledger())
  end)

  it("does the same line once, unless duplicates are wanted", function()
    scratch.write(file, line "rain" .. "\n" .. line "rain" .. "\n")
    local result = run()
    assert.equal(0, result.code, result.err)
    assert.equal(1, #server:ledger())
    result = run "--duplicate"
    assert.equal(0, result.code, result.err)
    assert.equal(2, #server:ledger())
  end)

  it("goes on when a line fails, and says which and why", function()
    server:fault { name = "service_code", on = "create", code = 1201, message = "no such video" }
    scratch.write(file, file_of(3))
    local result = run()
    assert.equal(7, result.code, result.err)
    assert.is_truthy(result.err:match "line %d: cannot submit the task .*no such video", result.err)
    assert.is_truthy(result.err:find("kling batch: 2 of 3 done, 1 failed; line ", 1, true))
    assert.equal(6, #media())
    assert.equal(0, run().code) -- it was not made: now it is
    assert.equal(3, #server:ledger())
    assert.equal(9, #media())
  end)

  it("sends no more when no more can succeed", function()
    server:fault { name = "no_balance", on = "create", forever = true }
    scratch.write(file, file_of(30))
    local result = run()
    assert.equal(6, result.code, result.err)
    assert.is_true(#quick.logged(server, "create") < 30)
  end)

  it("does not submit again what may exist, and says what can be done", function()
    server:fault { name = "drop_before", on = "create" }
    scratch.write(file, file_of(2))
    local result = run()
    assert.equal(17, result.code, result.err)
    assert.is_truthy(result.err:find("with --resolve resubmit it also submits again", 1, true))
    assert.equal(1, #server:ledger())
    result = run("--resolve", "resubmit")
    assert.equal(0, result.code, result.err)
    assert.equal(2, #server:ledger())
  end)

  it("submits nothing in a dry run", function()
    scratch.write(file, file_of(2))
    local result = run "--dry-run"
    assert.equal(0, result.code, result.err)
    assert.equal("0 of 2 done; a dry run: 2 would be submitted, 0 gone on with\n", result.err)
    assert.equal(0, #server:log())
    assert.equal(0, run().code)
    assert.equal(2, #server:ledger())
    result = run "--dry-run"
    assert.equal("2 of 2 done; a dry run: 0 would be submitted, 0 gone on with\n", result.err)
    assert(os.remove(out .. "/" .. media()[1]))
    result = run "--dry-run"
    assert.equal("1 of 2 done; a dry run: 0 would be submitted, 1 gone on with\n", result.err)
  end)

  it("spends no more than it may, over all runs", function()
    scratch.write(file, file_of(3))
    local result = run("--max-submits", "2")
    assert.equal(18, result.code, result.err)
    assert.equal(2, #server:ledger())
    assert.equal(18, run("--max-submits", "2").code)
    assert.equal(2, #server:ledger())
    assert.equal(0, run("--max-submits", "3").code)
    assert.equal(3, #server:ledger())
  end)

  it("stops at Ctrl-C, says how to go on, and goes on", function()
    server:life { submitted = 0.1, processing = 100 }
    scratch.write(file, file_of(2))
    local process = start()
    cli.wait_until(function()
      return #server:ledger() == 2
    end)
    process:signal "INT"
    local result = process:finish()
    assert.equal(130, result.code, result.err)
    assert.is_truthy(result.err:find("kling batch: interrupted; 0 of 2 done, 0 failed\n", 1, true),
      result.err)
    assert.is_truthy(result.err:find(("To go on: kling batch %s --out %s\n"):format(file, out), 1,
      true), result.err)
    server:advance(200)
    result = run()
    assert.equal(0, result.code, result.err)
    assert.equal(2, #server:ledger())
    assert.equal(6, #media())
  end)

  it("on a terminal shows a line for each that runs", function()
    server:life { submitted = 0.3, processing = 0.6 }
    scratch.write(file, file_of(3))
    local text = cli.on_terminal(words(), options { TERM = "xterm" })
    assert.is_truthy(text:find("[....................] 0/3 done, 0 failed", 1, true), text)
    assert.is_truthy(text:match "\r?\n\27%[Kline %d +submitted +%d s", text)
    assert.is_truthy(text:find("\27[3A", 1, true), text)
    assert.is_truthy(text:find("3 of 3 done", 1, true), text)
  end)

  it("shows nothing of the kind elsewhere", function()
    scratch.write(file, file_of(1))
    assert.is_nil(run().err:find("\27", 1, true))
  end)
end)
