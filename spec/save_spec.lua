--- Downloads: whole or not at all, never over a file, and nothing left behind.

local core = require "kling.core"
local emulator = require "spec.support.emulator"
local lfs = require "lfs"
local parts = require "kling_parts"
local quick = require "spec.support.quick"

local CLIP, PATIENCE = quick.CLIP, quick.PATIENCE
local LIFE = 10 -- seconds; longer than any task here lives

local function names_in(folder)
  local found = {}
  for name in lfs.dir(folder) do
    if name ~= "." and name ~= ".." then
      found[#found + 1] = name
    end
  end
  table.sort(found)
  return found
end

-- Does nobody hold this part file any more? A sink of our own can have it then.
local function is_free(path)
  local sink = parts.sink(path, true)
  if sink then
    sink:close()
  end
  return sink ~= nil
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

describe("save", function()
  local server, client, job, result, folder, remove

  setup(function()
    server = emulator.start { clock = "manual", http2 = false, link_seconds = 3600 }
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    server:reset()
    folder, remove = quick.folder()
    client = quick.client(server)
    job = client:submit(CLIP)
    quick.until_state(client, job, "submitted")
    server:advance(LIFE)
    result = assert(client:wait(job, PATIENCE))
  end)

  after_each(function()
    quick.close_all()
    client, job, result = nil, nil, nil
    remove()
  end)

  local function save(options)
    options = options or {}
    options.timeout = options.timeout or PATIENCE
    return client:save(job, folder, options)
  end

  local function fail_to_save(options)
    local files, message, failure = save(options)
    assert.is_nil(files)
    assert.equal(message, tostring(failure))
    assert.same({ "save", "exists", "yes", result.task_id },
      { failure.operation, failure.task_state, failure.billed, failure.task_id })
    return failure
  end

  it("writes every file, whole, under its name, with its facts", function()
    local files = assert(save())
    local id = result.task_id
    assert.same({ id .. ".mp3", id .. ".mp4", id .. ".wav" }, names_in(folder))
    for i, format in ipairs { "mp3", "wav", "video" } do
      local bytes = quick.read(files[i].path)
      assert.same({ format, #bytes, core.sha256(bytes) },
        { files[i].format, files[i].bytes, files[i].sha256 })
      assert.is_true(#bytes > 1000)
    end
    assert.equal(result.audios[1].wav.duration, files[2].duration)
    assert.equal("RIFF", quick.read(files[2].path):sub(1, 4))
    assert.equal("ftyp", quick.read(files[3].path):sub(5, 8))
  end)

  it("writes what is asked for, in that order", function()
    local files = assert(save { formats = { "video", "mp3" } })
    assert.same({ "video", "mp3" }, { files[1].format, files[2].format })
    assert.equal(2, #names_in(folder))
  end)

  it("takes a result in place of its job, of any client", function()
    local files = assert(quick.client(server):save(result, folder, { formats = { "mp3" } }))
    assert.equal(1, #files)
  end)

  it("waits for a job that has not ended", function()
    local second = client:submit(CLIP)
    quick.until_state(client, second, "submitted")
    local files, _, failure = client:save(second, folder, { timeout = 0.1 })
    assert.is_nil(files)
    assert.same({ "timeout", "exists" }, { failure.code, failure.task_state })
    server:advance(LIFE)
    assert.equal(3, #assert(client:save(second, folder, { timeout = PATIENCE })))
  end)

  it("of a job that failed brings its failure", function()
    server:life { fail = "broken" }
    local second = client:submit(CLIP)
    quick.until_state(client, second, "submitted")
    server:advance(LIFE)
    local files, _, failure = client:save(second, folder)
    assert.is_nil(files)
    assert.equal("failed", failure.code)
    assert.same({}, names_in(folder))
  end)

  it("makes the folder and those above it", function()
    folder = folder .. "/a/b c/\195\188"
    assert(save { formats = { "mp3" } })
    assert.same({ result.task_id .. ".mp3" }, names_in(folder))
  end)

  it("into something that is no folder is a failure", function()
    write(folder .. "/file", "mine")
    folder = folder .. "/file"
    assert.equal("io", fail_to_save().code)
    folder = folder .. "/below"
    assert.equal("io", fail_to_save().code)
    assert.equal(0, #quick.logged(server, "download"))
  end)

  it("refuses what exists before it downloads anything", function()
    local path = folder .. "/" .. result.task_id .. ".mp4"
    write(path, "mine")
    local failure = fail_to_save()
    assert.equal("io", failure.code)
    assert.matches(path, failure.message, 1, true)
    assert.same({ result.task_id .. ".mp4" }, names_in(folder))
    assert.equal("mine", quick.read(path))
    client:step(0.05)
    assert.equal(0, #quick.logged(server, "download"))
  end)

  it("replaces what exists when it is told to", function()
    write(folder .. "/" .. result.task_id .. ".mp3", "mine")
    local files = assert(save { overwrite = true })
    assert.equal(files[1].bytes, #quick.read(files[1].path))
    assert.equal(3, #names_in(folder))
  end)

  it("does not write through a link that lies where its file will be", function()
    local mine = folder .. "/mine"
    write(mine, "mine")
    local path = folder .. "/" .. result.task_id .. ".mp3"
    for _, name in ipairs { path, path .. ".part" } do
      assert(lfs.link(mine, name, true))
      save { formats = { "mp3" }, overwrite = name ~= path }
      assert.equal("mine", quick.read(mine))
      os.remove(name)
      os.remove(path)
    end
  end)

  it("streams to a name that says it is not whole", function()
    server:fault { name = "trickle", on = "download", bytes = 60000, seconds = 0.1 }
    local seen = {}
    assert(save {
      formats = { "wav" },
      on_progress = function()
        for _, name in ipairs(names_in(folder)) do
          seen[name] = true
        end
      end,
    })
    assert.is_true(seen[result.task_id .. ".wav.part"])
    assert.same({ result.task_id .. ".wav" }, names_in(folder))
  end)

  it("tells how far it is", function()
    server:fault { name = "trickle", on = "download", bytes = 20000, seconds = 0.03, times = 3 }
    local steps, total_seen = {}, nil
    local files = assert(save {
      on_progress = function(done, total)
        steps[#steps + 1] = done
        total_seen = total or total_seen
      end,
    })
    local sum = 0
    for _, file in ipairs(files) do
      sum = sum + file.bytes
    end
    assert.equal(sum, total_seen)
    assert.equal(sum, steps[#steps])
    for i = 2, #steps do
      assert.is_true(steps[i] >= steps[i - 1])
    end
    assert.is_true(#steps > 3)
  end)

  it("stops what it began when on_progress raises", function()
    server:fault { name = "trickle", on = "download", bytes = 5000, seconds = 0.02, times = 1 }
    local oops = {}
    local done, raised = pcall(save, {
      formats = { "wav" },
      on_progress = function(bytes)
        if bytes > 0 then
          error(oops)
        end
      end,
    })
    assert.is_false(done)
    assert.equal(oops, raised)
    assert.is_nil(lfs.attributes(folder .. "/" .. result.task_id .. ".wav"))
    assert.is_true(is_free(folder .. "/" .. result.task_id .. ".wav"))
    local files = assert(save { formats = { "wav" } })
    assert.equal(files[1].sha256, core.sha256(quick.read(files[1].path)))
  end)

  it("stops what it began when on_change raises", function()
    server:fault { name = "trickle", on = "download", bytes = 5000, seconds = 0.02, times = 1 }
    local oops, is_raising = {}, false
    local other = quick.client(server, {
      on_change = function()
        if is_raising then
          error(oops)
        end
      end,
    })
    local saved = pcall(other.save, other, result, folder, {
      formats = { "wav" },
      timeout = PATIENCE,
      on_progress = function(bytes)
        if bytes > 0 and not is_raising then
          is_raising = true
          other:submit(CLIP)
        end
      end,
    })
    assert.is_false(saved)
    collectgarbage()
    collectgarbage()
    assert.is_true(is_free(folder .. "/" .. result.task_id .. ".wav"))
  end)

  it("tries downloads again that are cut off, reset, or answered with 503", function()
    server:fault { name = "cut", on = "download", path = ".mp3", bytes = 1000 }
    server:fault { name = "reset", on = "download", path = ".wav", bytes = 1000 }
    server:fault { name = "html", on = "download", path = ".mp4", status = 503 }
    for _, file in ipairs(assert(save())) do
      local bytes = quick.read(file.path)
      assert.same({ file.bytes, file.sha256 }, { #bytes, core.sha256(bytes) })
    end
    assert.equal(6, #quick.logged(server, "download"))
    assert.equal(3, #names_in(folder))
  end)

  it("rides trouble out until its time is over, and tells of it", function()
    server:fault { name = "cut", on = "download", bytes = 0, forever = true }
    local failure = fail_to_save { formats = { "mp3" }, timeout = 3 }
    assert.same({ "timeout", true }, { failure.code, failure.retryable })
    assert.matches("last trouble", failure.message)
    assert.is_true(#failure.attempts > 1)
    assert.is_true(#failure.attempts <= #quick.logged(server, "download"))
    assert.equal("download", failure.attempts[1].request)
    assert.same({}, names_in(folder))
  end)

  it("of a link that is no longer valid says so when there is no other", function()
    server:advance(3601)
    local failure = fail_to_save()
    assert.same({ "expired", 403, false },
      { failure.code, failure.http_status, failure.retryable })
    assert.not_matches("Signature=%w", failure.message)
    assert.same({}, names_in(folder))
    assert.is_true(#quick.logged(server, "download") <= 6)
  end)

  it("of a result that lacks what is asked for is a failure", function()
    result.videos = {}
    local files, _, failure = client:save(result, folder, { formats = { "video" } })
    assert.is_nil(files)
    assert.same({ "protocol", "save" }, { failure.code, failure.operation })
    result.audios = {}
    files, _, failure = client:save(result, folder)
    assert.is_nil(files)
    assert.equal("protocol", failure.code)
  end)

  it("raises for wrong use, at the caller's line", function()
    local calls = {
      { {}, folder }, { nil, folder }, { job }, { job, "" }, { job, folder, { formats = {} } },
      { job, folder, { formats = { "mp4" } } }, { job, folder, { formats = { "mp3", "mp3" } } },
      { job, folder, { overwite = true } }, { job, folder, { timeout = -1 } },
      { job, folder, "mp3" },
      { { task_id = "1", audios = { {} }, videos = { { id = "1" } } }, folder },
      { { task_id = "1", audios = { { mp3 = { url = 1 } } }, videos = {} }, folder },
      { { task_id = "1", audios = { { mp3 = "https://a" } }, videos = {} }, folder },
      { { task_id = "1", audios = { 1 }, videos = {} }, folder },
    }
    for i, call in ipairs(calls) do
      local saved, message = pcall(function()
        client:save(call[1], call[2], call[3])
      end)
      assert.is_false(saved, "call " .. i)
      assert.matches("save_spec%.lua:%d+: save", message)
    end
    assert.same({}, names_in(folder))
  end)

  it("as a job's method blames the caller's line too", function()
    for i, call in ipairs { { 42 }, { nil }, { folder, 42 }, { folder, { timeout = "soon" } } } do
      local saved, message = pcall(function()
        job:save(call[1], call[2])
      end)
      assert.is_false(saved, "call " .. i)
      assert.matches("save_spec%.lua:%d+: save", message)
    end
    client:close()
    local saved, message = pcall(function()
      job:save(folder)
    end)
    assert.is_false(saved)
    assert.matches("save_spec%.lua:%d+: save: client is closed", message)
  end)

  it("does not tear what another save of the same file has begun", function()
    server:fault { name = "trickle", on = "download", bytes = 20000, seconds = 0.02, times = 1 }
    local other = quick.client(server)
    local second_failure
    local files = assert(save {
      formats = { "wav" },
      on_progress = function(bytes)
        if bytes > 40000 and not second_failure then
          second_failure = select(3, other:save(result, folder,
            { formats = { "wav" }, timeout = 0, overwrite = true }))
        end
      end,
    })
    assert.equal("io", second_failure.code)
    assert.equal(files[1].sha256, core.sha256(quick.read(files[1].path)))
    assert.same({ result.task_id .. ".wav" }, names_in(folder))
  end)

  it("takes over a part file that nobody writes any more", function()
    write(folder .. "/" .. result.task_id .. ".wav.part", ("x"):rep(1000000))
    local files = assert(save { formats = { "wav" } })
    assert.equal(files[1].bytes, #quick.read(files[1].path))
    assert.equal(files[1].sha256, core.sha256(quick.read(files[1].path)))
    assert.same({ result.task_id .. ".wav" }, names_in(folder))
  end)
end)
