--- Saves that go on with fresh links, and where a killed process left off.

local cli = require "spec.support.cli"
local core = require "kling.core"
local emulator = require "spec.support.emulator"
local lfs = require "lfs"
local quick = require "spec.support.quick"
local scratch = require "spec.support.scratch"

local CLIP, PATIENCE = quick.CLIP, quick.PATIENCE
local LIFE = 10 -- seconds; longer than any task here lives

-- A program that saves a task's WAV.
local PROGRAM = [[
local kling = require "kling"
local client = assert(kling.new { base_url = %q, first_poll = 0, loop = "blocking" })
assert(client:save(client:attach(%q), %q, { formats = { "wav" } }))
]]

describe("a save", function()
  local server, client, result, folder

  setup(function()
    server = emulator.start { clock = "manual", http2 = false, link_seconds = 3600 }
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    server:reset()
    folder = scratch.new()
    client = quick.client(server)
    local job = client:submit(CLIP)
    quick.until_state(client, job, "submitted")
    server:advance(LIFE)
    result = assert(client:wait(job, PATIENCE))
  end)

  after_each(function()
    quick.close_all()
    scratch.remove(folder)
  end)

  local function save(formats)
    return client:save(result, folder, { formats = formats or { "wav" }, timeout = PATIENCE })
  end

  local function is_whole(file)
    assert.equal(file.sha256, core.sha256(quick.read(file.path)))
    assert.equal(file.bytes, lfs.attributes(file.path, "size"))
  end

  local function queries()
    return #quick.logged(server, "query")
  end

  local function sent_bytes()
    local sent = 0
    for _, entry in ipairs(quick.logged(server, "download")) do
      sent = sent + (entry.status < 300 and entry.sent or 0)
    end
    return sent
  end

  describe("whose links have died", function()
    before_each(function()
      server:variant "links_fresh"
    end)

    it("asks for fresh ones, once", function()
      server:advance(3601)
      local before = queries()
      local files = assert(save { "mp3", "wav", "video" })
      assert.equal(1, queries() - before)
      for _, file in ipairs(files) do
        is_whole(file)
      end
      assert.equal(3, #scratch.names(folder))
    end)

    it("goes on from where it was", function()
      for _, status in ipairs { 401, 403, 404, 410 } do
        server:advance(1) -- or the fresh link would be the old one
        server:fault { name = "cut", on = "download", bytes = 60000 }
        server:fault { name = "status", on = "download", status = status }
        local before = sent_bytes()
        local file = assert(save())[1]
        is_whole(file)
        assert.equal(file.bytes, sent_bytes() - before)
        os.remove(file.path)
      end
    end)

    it("rides out what is in the way of asking", function()
      server:advance(3601)
      server:fault { name = "html", on = "query", status = 502 }
      server:fault { name = "drop_before", on = "query" }
      is_whole(assert(save())[1])
    end)

    it("tries a link again that may have been too young", function()
      server:variant "links_fixed"
      server:fault { name = "status", on = "download", status = 404 }
      is_whole(assert(save())[1])
    end)

    it("tells of it when the service does not know the task any more", function()
      server:advance(3601)
      server:fault { name = "service_code", on = "query", code = 1203 }
      local files, _, failure = save()
      assert.is_nil(files)
      assert.equal("expired", failure.code)
      assert.same({ "download", "query" },
        { failure.attempts[1].request, failure.attempts[2].request })
    end)

    it("does not ask for ever", function()
      server:fault { name = "status", on = "download", status = 403, forever = true }
      local failure = select(3, client:save(result, folder, {
        formats = { "wav" },
        timeout = PATIENCE,
        on_progress = function()
          server:advance(1) -- so that each fresh link is another
        end,
      }))
      assert.equal("expired", failure.code)
      assert.is_true(queries() < 20)
    end)
  end)

  it("of a file that changes in the middle brings the new one", function()
    local old = assert(save())[1]
    os.remove(old.path)
    server:fault { name = "cut", on = "download", bytes = 60000 }
    server:fault { name = "changed", on = "download", forever = true }
    local new = assert(save())[1]
    is_whole(new)
    assert.equal(old.bytes, new.bytes)
    assert.not_equal(old.sha256, new.sha256)
  end)

  it("begins anew where ranges are ignored", function()
    server:fault { name = "cut", on = "download", bytes = 60000 }
    server:fault { name = "ignored_range", on = "download" }
    local file = assert(save())[1]
    is_whole(file)
    assert.equal(file.bytes + 60000, sent_bytes())
  end)

  it("of a download that stands still goes on", function()
    client = quick.client(server, { stall_timeout = 1 })
    server:fault { name = "stall", on = "download", bytes = 60000 }
    local file = assert(save())[1]
    is_whole(file)
    assert.is_true(quick.logged(server, "download")[2].status == 206) -- or 206.0
  end)

  describe("after one was killed", function()
    local path, part

    before_each(function()
      path = folder .. "/" .. result.task_id .. ".wav"
      part = path .. ".part"
    end)

    local function start_program()
      return cli.start({}, { code = PROGRAM:format(server.url, result.task_id, folder) })
    end

    -- Runs until the part file has so many bytes; then nothing of it can tidy up.
    local function kill_at(bytes)
      local process = start_program()
      cli.wait_until(function()
        return (lfs.attributes(part, "size") or 0) >= bytes
      end)
      process:signal "KILL"
      process:finish()
      return assert(lfs.attributes(part, "size"))
    end

    it("downloads what it lacks", function()
      server:fault { name = "trickle", on = "download", bytes = 10000, seconds = 0.02 }
      local had = kill_at(30000)
      local file = assert(save())[1]
      is_whole(file)
      local asked = quick.logged(server, "download")[2]
      assert.same({ ("bytes=%d-"):format(had), 206, file.bytes - had },
        { asked.range, asked.status, asked.sent })
      assert.same({ result.task_id .. ".wav" }, scratch.names(folder))
    end)

    it("goes on although another process was killed on the way too", function()
      server:fault { name = "trickle", on = "download", bytes = 10000, seconds = 0.02, times = 2 }
      local first = kill_at(20000)
      local second = kill_at(first + 20000)
      local file = assert(save())[1]
      is_whole(file)
      assert.equal(file.bytes - second, quick.logged(server, "download")[3].sent)
    end)

    it("leaves alone what a living process writes", function()
      server:fault { name = "trickle", on = "download", bytes = 10000, seconds = 0.02 }
      local process = start_program()
      cli.wait_until(function()
        return (lfs.attributes(part, "size") or 0) >= 20000
      end)
      local files, message, failure = save()
      assert.is_nil(files)
      assert.same({ "io", true }, { failure.code, failure.retryable })
      assert.matches("another save is writing it", message, 1, true)
      assert.matches("Wait for the other", failure.hint)
      assert.same({ code = 0, out = "", err = "" }, process:finish())
      assert.same({ result.task_id .. ".wav" }, scratch.names(folder))
    end)
  end)

  describe("with somebody who keeps a list", function()
    local kept, answer

    before_each(function()
      kept, answer = {}, nil
      local private = core.raw.private(client)
      function private.on_saved(_, info, file)
        kept[#kept + 1] = { task_id = info.task_id, file = file }
        return answer
      end
      function private.saved_file(_, info, format, path)
        for _, one in ipairs(kept) do
          local file = one.file
          if one.task_id == info.task_id and file.format == format and file.path == path then
            return file
          end
        end
      end
    end)

    it("tells of each file, and downloads no file twice", function()
      local files = assert(save { "mp3", "wav" })
      assert.same({ files[1], files[2] }, { kept[1].file, kept[2].file })
      local before = #quick.logged(server, "download")
      assert.same(files, assert(save { "mp3", "wav" }))
      assert.equal(before, #quick.logged(server, "download"))
      assert.equal(2, #scratch.names(folder))
    end)

    it("does not take a file that was changed since for the one that was saved", function()
      local file = assert(save())[1]
      scratch.write(file.path, "mine")
      local files, _, failure = save()
      assert.is_nil(files)
      assert.same({ "io", file.path }, { failure.code, failure.path })
      assert.equal("mine", scratch.read(file.path))
    end)

    it("keeps what is known of a file until it is in the list", function()
      answer = false
      local file = assert(save())[1]
      assert.equal(2, #scratch.names(folder))
      kept, answer = {}, nil
      assert.same({ file }, assert(save()))
      assert.same({ 1, 1 }, { #scratch.names(folder), #quick.logged(server, "download") })
    end)
  end)
end)
