--- Downloads that break off go on from there, whatever the server answers then.

local core = require "kling.core"
local gzip = require "kling.emulator.gzip"
local lfs = require "lfs"
local media = require "kling.emulator.media"
local parts = require "kling_parts"
local quick = require "spec.support.quick"
local raw_server = require "spec.support.raw_server"
local scratch = require "spec.support.scratch"

local PATIENCE = quick.PATIENCE
local OLD = media.cut_tone(30)
local NEW = "ID3\4\0\0\0\0\0\10" .. ("\0"):rep(10) .. media.cut_tone(31)
local HALF = math.floor(#OLD / 2)
local TAG, DATE = '"old"', "Sun, 22 Nov 2026 10:00:00 GMT"

local function reply(status, headers, body)
  local lines = { "HTTP/1.1 " .. status }
  for name, value in pairs(headers) do
    lines[#lines + 1] = name .. ": " .. value
  end
  return table.concat(lines, "\r\n") .. "\r\n\r\n" .. (body or "")
end

local function whole(bytes, tag)
  return reply("200 OK", { ["Content-Length"] = #bytes, ETag = tag or TAG }, bytes)
end

local function range_of(first, last, total)
  return ("bytes %s-%s/%s"):format(first, last, total)
end

-- The rest of OLD; `changes` to its headers.
local function rest(changes, bytes)
  bytes = bytes or OLD:sub(HALF + 1)
  local headers = { ["Content-Length"] = #bytes, ETag = TAG,
    ["Content-Range"] = range_of(HALF, #OLD - 1, #OLD) }
  for name, value in pairs(changes or {}) do
    headers[name] = value
  end
  return reply("206 Partial Content", headers, bytes)
end

-- The first reply, which breaks off in the middle.
local function beginning(headers)
  headers["Content-Length"] = headers["Content-Length"] or #OLD
  return reply("200 OK", headers, OLD:sub(1, HALF))
end

describe("a save that broke off", function()
  local folder

  before_each(function()
    folder = scratch.new()
  end)

  after_each(function()
    quick.close_all()
    scratch.remove(folder)
  end)

  -- Saves one file from a server that gives these replies in turn, the last for ever. What was
  -- asked each time: { range, if_range }.
  local function save_from(replies, options)
    local asked = {}
    local raw = raw_server.start(function(connection)
      local head = raw_server.read_request(connection)
      asked[#asked + 1] = { head:match "\nRange: ([^\r]*)", head:match "\nIf%-Range: ([^\r]*)" }
      connection:xwrite(replies[math.min(#asked, #replies)], "bn")
    end)
    local client = quick.client(raw, { loop = raw.loop, stall_timeout = 1 })
    options = options or {}
    local result = { task_id = "1", videos = {},
      audios = { { mp3 = { url = raw.url .. "/a.mp3", duration = options.duration } } } }
    local files, _, failure = client:save(result, folder, { timeout = options.timeout or PATIENCE,
      verify = options.verify })
    client:close()
    raw:stop()
    return files, failure, asked
  end

  local function saves(bytes, replies)
    local files, failure, asked = save_from(replies)
    assert(files, tostring(failure))
    assert.same({ #bytes, core.sha256(bytes) }, { files[1].bytes, files[1].sha256 })
    assert.is_true(bytes == quick.read(folder .. "/1.mp3"))
    assert.same({ "1.mp3" }, scratch.names(folder))
    assert.equal(#replies, #asked)
    assert.same({}, asked[1])
    return asked
  end

  local from_half = { ("bytes=%d-"):format(HALF), TAG }

  it("asks for the rest of the same version", function()
    local asked = saves(OLD, { beginning { ETag = TAG }, rest() })
    assert.same(from_half, asked[2])
  end)

  it("asks by date where there is no tag, and the date tells", function()
    local headers = { ["Last-Modified"] = DATE, Date = "Sun, 22 Nov 2026 10:02:00 GMT" }
    local asked = saves(OLD, { beginning(headers), rest { ETag = '"other"' } })
    assert.same({ from_half[1], DATE }, asked[2])
  end)

  it("asks for everything where versions cannot be told apart", function()
    for _, headers in ipairs { {}, { ETag = 'W/"old"' }, { ["Last-Modified"] = DATE },
      { ["Last-Modified"] = DATE, Date = "Sun, 22 Nov 2026 10:00:01 GMT" },
      { ["Last-Modified"] = "yesterday", Date = DATE } } do
      local asked = saves(OLD, { beginning(headers), whole(OLD) })
      assert.same({}, asked[2])
      os.remove(folder .. "/1.mp3")
    end
  end)

  it("takes the whole file when it gets that", function()
    saves(OLD, { beginning { ETag = TAG }, whole(OLD) })
  end)

  it("mixes no versions: a changed file comes whole", function()
    saves(NEW, { beginning { ETag = TAG }, whole(NEW, '"new"') })
  end)

  it("begins anew when another part comes than was asked for", function()
    local wrong = {
      rest { ["Content-Range"] = range_of(0, #OLD - 1, #OLD) },
      rest { ["Content-Range"] = range_of(HALF - 1, #OLD - 2, #OLD) },
      rest { ["Content-Range"] = range_of(HALF, #OLD, #OLD + 1) },
      rest { ["Content-Range"] = "nonsense" },
      rest { ETag = '"new"' },
      rest { ["Content-Encoding"] = "gzip" },
      reply("416 Range Not Satisfiable",
        { ["Content-Range"] = "bytes */7", ["Content-Length"] = 0 }),
      reply("400 Bad Request", { ["Content-Length"] = 0 }),
    }
    for _, bad in ipairs(wrong) do
      local asked = saves(NEW, { beginning { ETag = TAG }, bad, whole(NEW, '"new"') })
      assert.same({ from_half, {} }, { asked[2], asked[3] })
      os.remove(folder .. "/1.mp3")
    end
  end)

  it("takes a part of the rest, and asks for what is left", function()
    local more = HALF + 1000
    local asked = saves(OLD, { beginning { ETag = TAG },
      rest({ ["Content-Range"] = range_of(HALF, more - 1, #OLD) }, OLD:sub(HALF + 1, more)),
      rest({ ["Content-Range"] = range_of(more, #OLD - 1, #OLD) }, OLD:sub(more + 1)) })
    assert.equal(("bytes=%d-"):format(more), asked[3][1])
  end)

  it("needs to hear only once how long the file is", function()
    saves(OLD, { beginning { ETag = TAG },
      rest { ["Content-Range"] = range_of(HALF, #OLD - 1, "*") } })
  end)

  describe("of a file in chunks", function()
    local function chunked(bytes)
      local headers = { ETag = TAG, ["Transfer-Encoding"] = "chunked" }
      return reply("200 OK", headers, ("%x\r\n%s\r\n"):format(#bytes, bytes))
    end

    it("learns from the rest how long it is", function()
      assert.same(from_half, saves(OLD, { chunked(OLD:sub(1, HALF)), rest() })[2])
    end)

    it("is content when nothing was missing but the end", function()
      saves(OLD, { chunked(OLD), reply("416 Range Not Satisfiable",
        { ["Content-Range"] = "bytes */" .. #OLD, ["Content-Length"] = 0 }) })
    end)

    it("does not take a part of unknown length", function()
      saves(NEW, { chunked(OLD:sub(1, HALF)),
        rest { ["Content-Range"] = range_of(HALF, #OLD - 1, "*") }, whole(NEW, '"new"') })
    end)
  end)

  it("keeps what it has when a page comes in between, or the server is down", function()
    local page = whole "<html>"
    local down = reply("503 Unavailable", { ["Content-Length"] = 0 })
    local asked = saves(OLD, { beginning { ETag = TAG }, page, down, rest() })
    assert.same({ from_half, from_half, from_half }, { asked[2], asked[3], asked[4] })
  end)

  it("undoes an encoding that nobody asked for", function()
    local packed = gzip.wrap(OLD)
    saves(OLD, { reply("200 OK", { ["Content-Length"] = #packed, ["Content-Encoding"] = "gzip",
      ETag = TAG }, packed) })
    os.remove(folder .. "/1.mp3")
    -- and does not go on in the middle of one
    local cut = reply("200 OK", { ["Content-Length"] = #packed, ["Content-Encoding"] = "gzip",
      ETag = TAG }, packed:sub(1, HALF))
    assert.same({}, saves(OLD, { cut, whole(OLD) })[2])
  end)

  it("goes on in a later save", function()
    local files, failure = save_from({ beginning { ETag = TAG } , "" }, { timeout = 0.5 })
    assert.is_nil(files)
    assert.equal("timeout", failure.code)
    assert.same({ "1.mp3.part", "1.mp3.part.info" }, scratch.names(folder))
    local asked
    files, failure, asked = save_from { rest() }
    assert(files, tostring(failure))
    assert.same(from_half, asked[1])
    assert.equal(core.sha256(OLD), files[1].sha256)
    assert.same({ "1.mp3" }, scratch.names(folder))
  end)

  describe("refuses", function()
    local function refuses(why, replies, options)
      local files, failure, asked = save_from(replies, options)
      assert.is_nil(files)
      assert.equal("protocol", failure.code)
      assert.matches(why, failure.message, 1, true)
      assert.equal(folder .. "/1.mp3", failure.path)
      assert.same({ 3, 3 }, { #asked, #failure.attempts })
      assert.matches("verify", failure.hint)
      assert.same({}, scratch.names(folder))
    end

    it("a page in place of the file", function()
      refuses("a page came in its place", { whole "<!DOCTYPE html><html></html>" })
    end)

    it("another kind of file", function()
      refuses("it is not an MP3", { whole "RIFF\0\0\0\0WAVE" })
    end)

    it("nothing", function()
      refuses("nothing came", { whole "" })
    end)

    it("what lasts not as long as promised", function()
      refuses("it lasts 29.99 s, and 20 s were promised", { whole(OLD) }, { duration = 20 })
    end)
  end)

  it("takes what comes when it is told to", function()
    local files = assert(save_from({ whole "RIFF" }, { duration = 20, verify = false }))
    assert.equal(20, files[1].duration)
    assert.equal("RIFF", quick.read(files[1].path))
  end)

  it("says how long a file lasts when the service did not", function()
    local files = assert(save_from { whole(OLD) })
    assert.is_true(math.abs(files[1].duration - 30) < 0.05)
  end)

  it("takes a reply that makes no sense once or twice for an accident", function()
    saves(OLD, { whole "<html>", whole(OLD) })
  end)

  it("of a folder in its part file's place says so, at once", function()
    assert(lfs.mkdir(folder .. "/1.mp3.part"))
    local files, failure, asked = save_from { whole(OLD) }
    assert.is_nil(files)
    assert.same({ "io", false, 0 }, { failure.code, failure.retryable, #asked })
    assert.equal(folder .. "/1.mp3", failure.path)
  end)

  it("into a full disk leaves nothing, and says so", function()
    parts.limit_file_size(1000)
    finally(function()
      parts.limit_file_size(nil)
    end)
    local files, failure, asked = save_from { whole(OLD) }
    parts.limit_file_size(nil)
    assert.is_nil(files)
    assert.same({ "io", false, 1 }, { failure.code, failure.retryable, #asked })
    assert.matches(parts.errors.EFBIG, failure.message, 1, true)
    assert.same({}, scratch.names(folder))
  end)

  it("knows the files that are whole when others are not", function()
    local served = 0
    local raw = raw_server.start(function(connection)
      local head = raw_server.read_request(connection)
      served = served + (head:find "GET /a" and 1 or 0)
      connection:xwrite(head:find "GET /a" and whole(OLD) or whole "<html>", "bn")
    end)
    local client = quick.client(raw, { loop = raw.loop })
    local result = { task_id = "1", videos = {}, audios = {
      { mp3 = { url = raw.url .. "/a.mp3" } }, { mp3 = { url = raw.url .. "/b.mp3" } },
    } }
    for _ = 1, 2 do
      local files, _, failure = client:save(result, folder, { timeout = PATIENCE })
      assert.is_nil(files)
      assert.equal(folder .. "/1-2.mp3", failure.path)
      assert.same({ "1.mp3", "1.mp3.part.info" }, scratch.names(folder))
    end
    result.audios[2].mp3.url = raw.url .. "/a.mp3"
    local files = assert(client:save(result, folder, { timeout = PATIENCE }))
    assert.same({ core.sha256(OLD), core.sha256(OLD), 2 },
      { files[1].sha256, files[2].sha256, served })
    assert.same({ "1-2.mp3", "1.mp3" }, scratch.names(folder))
    client:close()
    raw:stop()
  end)
end)
