--- The emulator as a process: real clips, real media, real broken connections.

local cjson = require("cjson")
local cqueues = require("cqueues")
local cqueues_socket = require("cqueues.socket")
local http_request = require("http.request")

local abandon = require("kling.emulator.abandon")
local emulator = require("spec.support.emulator")
local json = require("kling.emulator.json")

local ENDPOINT = "/kling/v1/audio/video-to-audio"

local function has_program(name)
  local status = os.execute("command -v " .. name .. " >/dev/null 2>&1")
  return status == 0 or status == true
end

local HAS_FFMPEG = has_program("ffmpeg") and has_program("ffprobe")

local function probe_seconds(path)
  local command = "ffprobe -v error -show_entries format=duration -of csv=p=0 " .. path
  local pipe = assert(io.popen(command))
  local seconds = tonumber(pipe:read("*l"))
  pipe:close()
  return seconds
end

-- One HTTP request; the status is nil when no reply came.
local function ask(server, method, path, body, headers)
  local url = path:match("^https?:") and path or server.url .. path
  local request = http_request.new_from_uri(url)
  request.headers:upsert(":method", method)
  request.headers:upsert("authorization", "Bearer key")
  for name, value in pairs(headers or {}) do
    request.headers:upsert(name, value)
  end
  request.ctx = server.context
  request.follow_redirects = false
  if body then
    request:set_body(body)
  end
  local reply, stream = request:go(10)
  if not reply then
    return nil, stream
  end
  local version = stream.connection.version
  local text = stream:get_body_as_string(10)
  abandon(stream)
  stream:shutdown()
  return tonumber(reply:get(":status")), text, reply, version
end

local function create(server, fields)
  local status, text = ask(server, "POST", ENDPOINT, json.encode(fields))
  assert.equal(200, status, text)
  return cjson.decode(text).data.task_id
end

local function query(server, id)
  local _, text = ask(server, "GET", ENDPOINT .. "/" .. id)
  return cjson.decode(text).data
end

-- The task once its life is over.
local function finished(server, fields)
  local id = create(server, fields)
  server:advance(5)
  return query(server, id)
end

-- What comes back for these bytes until the server closes, over a bare connection.
local function converse(server, bytes)
  local host, port = server.url:match("^http://([^:]+):(%d+)")
  local socket = cqueues_socket.connect({ host = host, port = tonumber(port) })
  socket:setmode("bn", "bn")
  socket:onerror(function(_, _, code)
    return code
  end)
  assert(socket:write(bytes))
  socket:settimeout(5)
  local text, code = socket:read("*a")
  socket:close()
  return text or "", code
end

describe("emulator server", function()
  local server

  setup(function()
    server = emulator.start({ clock = "manual", ffmpeg = true })
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    server:reset()
  end)

  local function clip_url(name)
    return server.url .. "/" .. (name or "clip.mp4")
  end

  it("leads a task through its life as its clock is moved", function()
    local id = create(server, { video_url = clip_url() })
    local states = { query(server, id).task_status }
    for _, seconds in ipairs({ 1, 2.9, 0.2 }) do
      server:advance(seconds)
      states[#states + 1] = query(server, id).task_status
    end
    assert.same({ "submitted", "processing", "processing", "succeed" }, states)
  end)

  it("makes media as long as the clip", function()
    local data = finished(server, { video_url = clip_url(), sound_effect_prompt = "rain" })
    local audio, video = data.task_result.audios[1], data.task_result.videos[1]
    assert.equal("5.0", audio.duration_mp3)
    for _, url in ipairs({ audio.url_mp3, audio.url_wav, video.url }) do
      local status, bytes = ask(server, "GET", url)
      assert.equal(200, status)
      local path = os.tmpname()
      local file = assert(io.open(path, "wb"))
      file:write(bytes)
      file:close()
      if HAS_FFMPEG then
        assert.near(5, probe_seconds(path), 0.1)
      end
      os.remove(path)
    end
  end)

  it("fetches the clip without a key, and says in the log that it did", function()
    finished(server, { video_url = clip_url() })
    local fetched
    for _, entry in ipairs(server:log()) do
      fetched = entry.request == "clip" and entry or fetched
    end
    assert.equal("/clip.mp4", fetched.path)
    assert.is_false(fetched.has_authorization)
  end)

  it("accepts the ids of its own videos and makes sound for them", function()
    local first = finished(server, { video_url = clip_url() })
    local second = finished(server, { video_id = first.task_result.videos[1].id })
    assert.equal("succeed", second.task_status)
    assert.equal("succeed", finished(server, { video_id = "861034216165875784" }).task_status)
  end)

  it("lets tasks with a bad clip fail after accepting them, and gives the money back", function()
    local reasons = {
      [clip_url("nothing.mp4")] = "HTTP status 404",
      [clip_url("README.md")] = "HTTP status 404",
      ["http://127.0.0.1:1/clip.mp4"] = "Failed to download",
    }
    for url, reason in pairs(reasons) do
      local data = finished(server, { video_url = url })
      assert.equal("failed", data.task_status)
      assert.is_truthy(data.task_status_msg:find(reason, 1, true), data.task_status_msg)
    end
    server:fault({ name = "status", status = 200, body = "no clip at all", on = "clip" })
    assert.matches("format is not supported",
      finished(server, { video_url = clip_url() }).task_status_msg)
    server:fault({ name = "cut", bytes = 5000, on = "clip" })
    assert.equal("failed", finished(server, { video_url = clip_url() }).task_status)
    for _, entry in ipairs(server:ledger()) do
      assert.is_true(entry.refunded)
    end
  end)

  it("keeps two downloads of the same file apart by their ranges", function()
    local data = finished(server, { video_url = clip_url() })
    local url = data.task_result.audios[1].url_wav
    local _, whole, headers = ask(server, "GET", url)
    local status, part = ask(server, "GET", url, nil,
      { range = "bytes=1000-1999", ["if-range"] = headers:get("etag") })
    assert.equal(206, status)
    assert.is_true(whole:sub(1001, 2000) == part)
    local _, nothing, head = ask(server, "HEAD", url)
    assert.same({ "", ("%d"):format(#whole) }, { nothing, head:get("content-length") })
  end)

  it("closes without a reply, before or after the task was made", function()
    server:fault({ name = "drop_before", on = "create" })
    assert.is_nil((ask(server, "POST", ENDPOINT, json.encode({ video_url = clip_url() }))))
    assert.equal(0, #server:ledger())
    server:fault({ name = "drop_after", on = "create" })
    assert.is_nil((ask(server, "POST", ENDPOINT, json.encode({ video_url = clip_url() }))))
    assert.equal(1, #server:ledger())
  end)

  describe("on a bare connection", function()
    local GET = "GET /clip.mp4 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"

    it("sends raw bytes as they are", function()
      server:fault({ name = "raw", text = "HTTP/1.1 299 Odd\r\nX: y\r\n\r\nrest", on = "clip" })
      assert.equal("HTTP/1.1 299 Odd\r\nX: y\r\n\r\nrest", (converse(server, GET)))
    end)

    it("cuts the body off though more was announced", function()
      server:fault({ name = "cut", bytes = 1000, on = "clip" })
      local head, body = converse(server, GET):match("^(.-)\r\n\r\n(.*)$")
      assert.equal(1000, #body)
      assert.is_true(tonumber(head:match("content%-length: (%d+)")) > 100000)
    end)

    it("resets the connection, before a reply and inside of one", function()
      server:fault({ name = "reset", on = "clip" })
      local text, code = converse(server, GET)
      assert.same({ "", 104 }, { text, code }) -- ECONNRESET on Linux
      server:fault({ name = "reset", bytes = 1000, on = "clip" })
      text, code = converse(server, GET)
      assert.equal(104, code)
      assert.is_true(#text < 2000)
    end)

    it("sends chunks without a length", function()
      server:fault({ name = "chunked", on = "clip" })
      local head = converse(server, GET):match("^(.-)\r\n\r\n")
      assert.matches("transfer%-encoding: chunked", head)
      assert.not_matches("content%-length", head)
    end)
  end)

  it("trickles and delays", function()
    server:fault({ name = "trickle", bytes = 20000, seconds = 0.02, on = "clip" })
    local started = cqueues.monotime()
    local _, bytes = ask(server, "GET", "/clip.mp4")
    assert.is_true(cqueues.monotime() - started >= math.floor(#bytes / 20000) * 0.02)
    server:fault({ name = "delay", seconds = 0.2, on = "clip" })
    started = cqueues.monotime()
    ask(server, "GET", "/clip.mp4")
    assert.is_true(cqueues.monotime() - started >= 0.2)
  end)

  it("answers others while it makes media and while it delays", function()
    server:fault({ name = "delay", seconds = 1, on = "list" })
    local slow, quick
    local loop = cqueues.new()
    loop:wrap(function()
      ask(server, "GET", ENDPOINT)
      slow = cqueues.monotime()
    end)
    loop:wrap(function()
      create(server, { video_url = clip_url(), bgm_prompt = "never heard before" })
      for _ = 1, 10 do
        ask(server, "GET", ENDPOINT .. "/1")
      end
      quick = cqueues.monotime()
    end)
    assert(loop:loop())
    assert.is_true(quick < slow)
  end)

  it("refuses bad control requests and says why", function()
    assert.error_matches(function() server:fault({ name = "cutt" }) end, "did you mean 'cut'")
    assert.error_matches(function() server:variant("wraped") end, "did you mean 'wrapped'")
    assert.error_matches(function() server:advance(-1) end, "not negative")
    assert.error_matches(function() server:life({ submited = 1 }) end, "submitted")
    assert.equal(404, (ask(server, "GET", "/_emulator/nothing")))
    assert.equal(400, (ask(server, "POST", "/_emulator/fault", "[[[")))
    assert.equal(400, (ask(server, "POST", "/_emulator/fault", '"x"')))
  end)

  it("tells connections apart in its log", function()
    converse(server, "GET /clip.mp4 HTTP/1.1\r\nHost: h\r\n\r\n"
      .. "GET /clip.mp4 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    ask(server, "GET", "/clip.mp4")
    local log = server:log()
    assert.equal(log[1].connection, log[2].connection)
    assert.is_not.equal(log[2].connection, log[3].connection)
  end)

  it("survives clients that are no clients", function()
    for _, bytes in ipairs({ "\22\3\1 what", "GET\r\n\r\n", "\0\0\0\0\0\0\0\0",
                             "POST " .. ENDPOINT .. " HTTP/1.1\r\nContent-Length: 99\r\n\r\nx" }) do
      local host, port = server.url:match("^http://([^:]+):(%d+)")
      local socket = cqueues_socket.connect({ host = host, port = tonumber(port) })
      socket:setmode("bn", "bn")
      assert(socket:write(bytes))
      socket:close()
    end
    assert.equal(200, (ask(server, "GET", "/clip.mp4")))
  end)

  it("has room for many tasks at once", function()
    local loop, done = cqueues.new(), 0
    for i = 1, 60 do
      loop:wrap(function()
        create(server, { video_url = clip_url(), external_task_id = "many-" .. i })
        done = done + 1
      end)
    end
    assert(loop:loop())
    assert.equal(60, done)
    server:advance(5)
    for _, task in ipairs(server:tasks()) do
      assert.equal("succeed", task.state, task.message)
    end
    assert.equal(60, #server:ledger())
  end)
end)

describe("emulator server with other options", function()
  local server

  after_each(function()
    server:stop()
  end)

  it("speaks HTTP/2 over TLS, and fetches clips from itself", function()
    server = emulator.start({ tls = true, clock = "manual" })
    assert.matches("^https://127.0.0.1:", server.url)
    local status, _, _, version = ask(server, "GET", "/clip.mp4")
    assert.same({ 200, 2 }, { status, version })
    local data = finished(server, { video_url = server.url .. "/clip.mp4" })
    assert.equal("succeed", data.task_status)
    assert.matches("^https://", data.task_result.videos[1].url)
  end)

  it("speaks HTTP/1.1 alone when told to", function()
    server = emulator.start({ tls = true, http2 = false })
    local status, _, _, version = ask(server, "GET", "/clip.mp4")
    assert.same({ 200, 1.1 }, { status, version })
  end)

  it("does without ffmpeg", function()
    server = emulator.start({ clock = "manual" })
    local data = finished(server, { video_url = server.url .. "/clip.mp4" })
    local _, mp3 = ask(server, "GET", data.task_result.audios[1].url_mp3)
    assert.equal(139 * 144, #mp3) -- five seconds of tone.mp3
    local _, clip = ask(server, "GET", "/clip.mp4")
    local _, dubbed = ask(server, "GET", data.task_result.videos[1].url)
    assert.is_true(clip == dubbed)
  end)

  it("runs on a real clock", function()
    server = emulator.start({ life = { submitted = 0.1, processing = 0.2 } })
    local id = create(server, { video_url = server.url .. "/clip.mp4" })
    local deadline = cqueues.monotime() + 20
    local state
    repeat
      state = query(server, id).task_status
    until state == "succeed" or cqueues.monotime() > deadline
    assert.equal("succeed", state)
  end)

  it("takes cap, key, prefix, variants and faults from its start", function()
    server = emulator.start({ cap = 0, api_key = "key", prefix = "/p", variants = { "wrapped" },
                              faults = { { name = "too_fast", on = "list" } } })
    local status, text = ask(server, "POST", "/p" .. ENDPOINT, '{"video_url":"http://h/c"}')
    assert.equal(429, status)
    assert.matches('"code":1303', text)
    assert.equal(429, (ask(server, "GET", "/p" .. ENDPOINT)))
    assert.equal(200, (ask(server, "GET", "/p" .. ENDPOINT)))
    assert.equal(401, (ask(server, "GET", "/p" .. ENDPOINT, nil, { authorization = "Bearer no" })))
  end)

  it("runs inside any cqueues program", function()
    server = require("kling.emulator").new({ clock = "manual", ffmpeg = false })
    assert(server:listen())
    server.stop = server.close
    local address = { url = server:url() }
    local loop, state = cqueues.new(), nil
    loop:wrap(function()
      create(address, { video_url = address.url .. "/clip.mp4" })
      server:advance(5)
      state = server:tasks()[1].state
    end)
    while not state do
      assert(loop:step(0))
      assert(server:step(0.01))
    end
    assert.equal("succeed", state)
  end)

  it("says why it does not start", function()
    server = emulator.start({})
    local port = server.url:match(":(%d+)$")
    assert.error_matches(function()
      emulator.start({ port = tonumber(port) })
    end, "did not start: .*in use")
  end)

  it("ends with the one who started it, and takes its files along", function()
    server = emulator.start({ tls = true })
    local ca = server.ca
    assert(io.open(ca)):close()
    server:stop()
    assert.is_nil(io.open(ca))
  end)
end)
