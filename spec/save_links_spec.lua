--- Downloads: from which hosts, to which names, and what counts as whole.

local core = require "kling.core"
local emulator = require "spec.support.emulator"
local lfs = require "lfs"
local quick = require "spec.support.quick"
local raw_server = require "spec.support.raw_server"

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

  -- One file from a server of ours: `handle` gets each connection.
  local function save_from(handle, options)
    local raw = raw_server.start(handle)
    local other = quick.client(raw, { loop = raw.loop, stall_timeout = 1 })
    local link = { url = raw.url .. "/a.mp3" }
    local given = { task_id = "1", audios = { { mp3 = link } }, videos = {} }
    options = options or {}
    options.timeout = options.timeout or PATIENCE
    options.verify = false -- four letters are no MP3
    local files, _, failure = other:save(given, folder, options)
    local connections = raw.connections
    other:close()
    raw:stop()
    return files, failure, connections
  end

  it("ends when the client is closed while a fresh link is asked for", function()
    server:fault { name = "status", on = "download", status = 404, forever = true }
    server:fault { name = "html", on = "query", forever = true }
    local other
    other = quick.client(server, { loop = { pause = function(waiting, seconds)
      waiting:step(seconds)
      if #quick.logged(server, "query") > 1 then -- one made the result
        waiting:close()
      end
    end } })
    local files, message, failure = other:save(result, folder, { formats = { "mp3" } })
    assert.is_nil(files)
    assert.equal(message, tostring(failure))
    assert.equal("closed", failure.code)
  end)

  it("of a download that stalls tries again", function()
    local hung = 0
    local files, failure, connections = save_from(function(connection)
      raw_server.read_request(connection)
      if hung == 0 then
        hung = 1
        connection:xwrite("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nab", "bn")
        connection:xread(1, "bn", PATIENCE)
      else
        connection:xwrite("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nabcd", "bn")
      end
    end)
    assert(files, tostring(failure))
    assert.equal("abcd", quick.read(files[1].path))
    assert.equal(2, connections)
  end)

  it("takes no body for whole whose end was not seen", function()
    local failure = select(2, save_from(function(connection)
      raw_server.read_request(connection)
      connection:xwrite("HTTP/1.1 200 OK\r\n\r\nabcd", "bn")
    end, { timeout = 0.5 }))
    assert.truthy(failure.code == "network" or failure.code == "timeout")
    assert.same({}, names_in(folder))
  end)

  it("takes chunks, and an empty file", function()
    local files = assert(save_from(function(connection)
      raw_server.read_request(connection)
      connection:xwrite("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
        .. "3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n", "bn")
    end))
    assert.same({ 4, "abcd" }, { files[1].bytes, quick.read(files[1].path) })
    files = assert(save_from(function(connection)
      raw_server.read_request(connection)
      connection:xwrite("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", "bn")
    end, { overwrite = true }))
    assert.same({ 0, "" }, { files[1].bytes, quick.read(files[1].path) })
  end)

  it("does not save a part for the whole, nor a page with another status", function()
    for _, status in ipairs { "206 Partial Content", "204 No Content", "203 Odd", "400 Bad" } do
      local failure = select(2, save_from(function(connection)
        raw_server.read_request(connection)
        connection:xwrite(("HTTP/1.1 %s\r\ncontent-length: 4\r\n\r\nabcd"):format(status), "bn")
      end))
      assert.equal("protocol", failure.code)
      assert.equal(tonumber(status:match "%d+"), failure.http_status)
      assert.same({}, names_in(folder))
    end
  end)

  it("asks for bytes as they are, without the key", function()
    local head
    assert(save_from(function(connection)
      head = raw_server.read_request(connection)
      connection:xwrite("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\na", "bn")
    end))
    assert.not_matches("[Aa]uthorization", head)
    assert.not_matches(quick.KEY, head, 1, true)
    assert.matches("\nAccept%-Encoding: identity\r\n", head)
    assert.not_matches("Range", head)
    assert.matches("kling%-lua/", head)
  end)

  describe("to names made of ids", function()
    local function save_as(id, options)
      local given = { task_id = id, external_task_id = result.external_task_id,
        audios = result.audios, videos = result.videos }
      options = options or { formats = { "mp3" } }
      options.timeout = PATIENCE
      return assert(client:save(given, folder, options))
    end

    it("stays in the folder, whatever they hold", function()
      local inner = folder .. "/inner"
      assert(lfs.mkdir(inner))
      folder = inner
      local hostile = { "../out", "..", ".", "/etc/x", ".hidden", "-rf", "a/b", "a\0b", "a\nb",
        "\195\188", ("x"):rep(300), "a:b*?\"<>|", "", "a.part" }
      for i, id in ipairs(hostile) do
        local path = save_as(id)[1].path
        local name = path:sub(#inner + 2)
        assert.equal(inner .. "/", path:sub(1, #inner + 1))
        assert.matches("^[%w_][%w._-]*%.mp3$", name)
        assert.is_true(#name < 200)
        assert.equal(i, #names_in(inner))
      end
      inner = inner:match "^(.*)/"
      assert.same({ "inner" }, names_in(inner))
    end)

    it("numbers the second of a kind", function()
      local audio = result.audios[1]
      local given = { task_id = "1", audios = { audio, audio }, videos = {} }
      local files = assert(client:save(given, folder, { timeout = PATIENCE }))
      assert.equal(4, #files)
      assert.same({ "1-2.mp3", "1-2.wav", "1.mp3", "1.wav" }, names_in(folder))
    end)
  end)

  describe("with links", function()
    local function save_link(from, url, seconds)
      local given = { task_id = "1", audios = { { mp3 = { url = url } } }, videos = {} }
      local files, _, failure = from:save(given, folder, { timeout = seconds or PATIENCE })
      assert.is_nil(files)
      assert.same({}, names_in(folder))
      return failure
    end

    it("to private addresses opens no connection", function()
      for _, host in ipairs { "10.1.2.3", "192.168.0.1", "169.254.169.254", "172.16.0.1",
        "[fd00::1]", "[::ffff:10.1.2.3]", "0.0.0.0", "167838211", "0x0a010203" } do
        local started = core.now()
        local failure = save_link(client, "https://" .. host .. "/a.mp3?Signature=secret")
        assert.same({ "policy", false, 1 }, { failure.code, failure.retryable,
          #failure.attempts }, host)
        assert.not_matches("secret", failure.message)
        assert.is_true(core.now() - started < 2)
      end
    end)

    it("to loopback goes only where base_url does", function()
      local far = quick.client { url = "https://api.example.com" }
      for _, host in ipairs { "127.0.0.1", "127.9.9.9", "localhost", "[::1]" } do
        assert.equal("policy", save_link(far, "https://" .. host .. ":1/a.mp3").code)
      end
      -- nobody listens there, and it is tried again: not a rule of ours
      assert.equal("timeout", save_link(client, "https://127.0.0.1:1/a.mp3", 0.2).code)
    end)

    it("in plain http goes only to loopback", function()
      for _, url in ipairs { "http://example.com/a.mp3?Signature=secret", "ftp://127.0.0.1/a",
        "file:///etc/passwd", "HTTP://10.1.2.3/", "http://127.0.0.1@example.com/", "a.mp3",
        "http://127.0.0.1.example.com/" } do
        local failure = save_link(client, url)
        assert.equal("policy", failure.code, url)
        assert.not_matches("secret", failure.message)
      end
    end)

    it("does not follow a redirect from there", function()
      for _, location in ipairs { "https://10.1.2.3/a.mp3", "http://example.com/a.mp3",
        "file:///etc/passwd" } do
        local failure = select(2, save_from(function(connection)
          raw_server.read_request(connection)
          connection:xwrite(("HTTP/1.1 302 Found\r\nlocation: %s\r\ncontent-length: 0\r\n\r\n")
            :format(location), "bn")
        end))
        assert.same({ "policy", false }, { failure.code, failure.retryable })
        assert.same({}, names_in(folder))
      end
    end)
  end)

end)
