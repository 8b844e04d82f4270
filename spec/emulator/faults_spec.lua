--- Which request a fault strikes, and what it does to the reply; without sockets.

local emulator = require("kling.emulator")
local files = require("kling.emulator.files")
local gzip = require("kling.emulator.gzip")

local ENDPOINT = "/kling/v1/audio/video-to-audio"

describe("emulator fault", function()
  local service

  before_each(function()
    service = emulator.new({ clock = "manual", start = 1785000000 })
  end)

  local function ask(method, path, body)
    return service:request({
      method = method, path = path, body = body, headers = { authorization = "Bearer key" },
    })
  end

  local function create()
    return ask("POST", ENDPOINT, '{"video_url":"http://h/c.mp4"}')
  end

  local function header(reply, name)
    for _, pair in ipairs(reply.headers) do
      if pair[1] == name then
        return pair[2]
      end
    end
  end

  local function billed()
    return #service:ledger()
  end

  -- name -> the script's own fields, whether a create under it is carried out, and what must hold.
  local cases = {
    status = { { status = 524, body = "late", headers = { ["X-A"] = "b" } }, false, function(r)
      assert.same({ 524, "late", "b" }, { r.status, r.body, header(r, "x-a") })
    end },
    service_code = { { code = 5001 }, false, function(r)
      assert.equal(503, r.status)
      assert.matches('"code":5001', r.body)
    end },
    html = { {}, false, function(r)
      assert.equal(502, r.status)
      assert.matches("^<!DOCTYPE", r.body)
    end },
    redirect = { { location = "http://elsewhere/" }, false, function(r)
      assert.same({ 301, "http://elsewhere/" }, { r.status, header(r, "location") })
    end },
    raw = { { text = "\0raw" }, false, function(r)
      assert.equal("\0raw", r.transfer.raw)
    end },
    drop_before = { {}, false, function(r)
      assert.is_true(r.transfer.drop)
    end },
    drop_after = { {}, true, function(r)
      assert.is_true(r.transfer.drop)
    end },
    delay = { { seconds = 7 }, true, function(r)
      assert.equal(7, r.transfer.delay)
    end },
    cut = { { bytes = 10 }, true, function(r)
      assert.equal(10, r.transfer.cut)
      assert.is_true(#r.body > 10)
    end },
    reset = { {}, true, function(r)
      assert.equal(-1, r.transfer.reset)
    end },
    trickle = { { bytes = 2 }, true, function(r)
      assert.same({ bytes = 2, seconds = 0.05 }, r.transfer.trickle)
    end },
    empty = { {}, true, function(r)
      assert.same({ 200, "" }, { r.status, r.body })
    end },
    pad = { { bytes = 5000 }, true, function(r)
      assert.equal(5000, #r.body)
      assert.matches("^{.*} +$", r.body)
    end },
    truncated_json = { {}, true, function(r)
      assert.matches('^{"code":0,', r.body)
      assert.not_matches("}$", r.body)
    end },
    gzip = { {}, true, function(r)
      assert.equal("gzip", header(r, "content-encoding"))
      assert.equal("\31\139", r.body:sub(1, 2))
    end },
    chunked = { {}, true, function(r)
      assert.is_true(r.transfer.chunked)
    end },
    stall = { { bytes = 7 }, true, function(r)
      assert.same({ bytes = 7, seconds = 60 }, r.transfer.stall)
    end },
  }
  -- These change nothing of a create.
  local harmless = { stale = true, changed = true, ignored_range = true }
  for name in pairs(harmless) do
    cases[name] = { {}, true, function(r)
      assert.equal(200, r.status)
    end }
  end

  local refusals = {
    too_fast = 1302, too_many = 1303, account_exception = 1100, arrears = 1101, no_balance = 1102,
    ip_refused = 1304,
  }
  for name, code in pairs(refusals) do
    cases[name] = { {}, false, function(r)
      assert.equal(429, r.status)
      assert.matches(('"code":%d,'):format(code), r.body)
    end }
  end

  for name in pairs(emulator.faults) do
    it(name .. " does what it says, once", function()
      local case = assert(cases[name], "no case")
      local script = { name = name, on = "create" }
      for field, value in pairs(case[1]) do
        script[field] = value
      end
      service:fault(script)
      case[3](create())
      assert.equal(case[2] and 1 or 0, billed())
      assert.equal(name, service:log()[1].fault)
      assert.is_false(pcall(case[3], create()) and not harmless[name], "it struck twice")
    end)
  end

  describe("of a file", function()
    local function get(headers)
      return service:request({ method = "GET", path = "/clip.mp4", headers = headers })
    end

    local function bytes_of(reply)
      return files.body_of(reply)
    end

    it("makes it another version, as a whole and in parts", function()
      local whole = get({})
      service:fault({ name = "changed", on = "clip", times = 3 })
      local changed, range = get({}), { range = "bytes=1000-" }
      local etag = header(changed, "etag")
      assert.not_equal(header(whole, "etag"), etag)
      assert.equal(#bytes_of(whole), #bytes_of(changed))
      assert.not_equal(bytes_of(whole), bytes_of(changed))
      range["if-range"] = header(whole, "etag")
      assert.same({ 200, bytes_of(changed) }, { get(range).status, bytes_of(changed) })
      range["if-range"] = etag
      local part = get(range)
      assert.same({ 206, bytes_of(changed):sub(1001) }, { part.status, part.body })
    end)

    it("sends all of it, whatever is asked for", function()
      service:fault({ name = "ignored_range", on = "clip" })
      local range = { range = "bytes=1000-" }
      assert.same({ 200, 206 }, { get(range).status, get(range).status })
    end)
  end)

  it("strikes so often, after so many, and only the request it is for", function()
    service:fault({ name = "html", on = "create", after = 1, times = 2 })
    assert.equal(400, ask("GET", ENDPOINT .. "/1").status)
    local statuses = {}
    for i = 1, 4 do
      statuses[i] = create().status
    end
    assert.same({ 200, 502, 502, 200 }, statuses)
  end)

  it("strikes for ever when told to, and until a reset", function()
    service:fault({ name = "html", forever = true })
    for _ = 1, 50 do
      assert.equal(502, create().status)
    end
    service:reset()
    assert.equal(200, create().status)
  end)

  it("can be for a part of the path", function()
    service:fault({ name = "html", path = "/77" })
    assert.equal(400, ask("GET", ENDPOINT .. "/66").status)
    assert.equal(502, ask("GET", ENDPOINT .. "/77").status)
  end)

  it("can be for a part of the query, or of the body", function()
    service:fault({ name = "html", path = "pageNum=7&" })
    service:fault({ name = "html", sent = "/c.mp4" })
    assert.equal(502, create().status)
    local statuses = {}
    for i, query in ipairs({ "pageNum=77&pageSize=1", "pageNum=7&pageSize=1" }) do
      statuses[i] = service:request({
        method = "GET", path = ENDPOINT, query = query, headers = { authorization = "Bearer key" },
      }).status
    end
    assert.same({ 200, 502 }, statuses)
  end)

  it("follow one another in the order of their adding", function()
    service:fault({ name = "too_fast" })
    service:fault({ name = "html" })
    assert.same({ 429, 502, 200 }, { create().status, create().status, create().status })
  end)

  it("can strike after the request was carried out", function()
    service:fault({ name = "html", on = "create", accepted = true })
    assert.equal(502, create().status)
    assert.equal(1, billed())
  end)

  it("can carry Retry-After in both its forms", function()
    service:fault({ name = "too_fast", retry_after = 7 })
    service:fault({ name = "too_fast", retry_after_date = 60 })
    assert.equal("7", header(create(), "retry-after"))
    assert.equal("Sat, 25 Jul 2026 17:21:00 GMT", header(create(), "retry-after"))
  end)

  it("stale shows an older state of the task", function()
    create()
    local task = service.service.tasks[1]
    service.service:finish(task, { duration = 5, mp3 = "a", wav = "b", video = "c" })
    service:advance(4)
    service:fault({ name = "stale", seconds = 2 })
    service:fault({ name = "stale", seconds = 100 })
    local states = {}
    for i = 1, 3 do
      states[i] = ask("GET", ENDPOINT .. "/" .. task.id).body:match('"task_status":"(%w+)"')
    end
    assert.same({ "processing", "submitted", "succeed" }, states)
    service:fault({ name = "stale", on = "list", seconds = 2 })
    assert.matches('"task_status":"processing"', ask("GET", ENDPOINT).body, 1, true)
    assert.matches('"task_status":"succeed"', ask("GET", ENDPOINT).body, 1, true)
  end)

  it("is refused when it makes no sense", function()
    local wrong = {
      { "unknown fault 'ct'; did you mean 'cut'?", { name = "ct" } },
      { "unknown fault 'nil'", {} },
      { "unknown field 'byte'; did you mean 'bytes'?", { name = "cut", byte = 1 } },
      { "bytes: number expected, got string", { name = "cut", bytes = "1" } },
      { "times: at least 0 expected, got -1", { name = "cut", times = -1 } },
      { "on: 'creat' is no kind of request; did you mean 'create'?",
        { name = "cut", on = "creat" } },
    }
    for _, case in ipairs(wrong) do
      local _, message = pcall(service.fault, service, case[2])
      assert.is_truthy(message:find(case[1], 1, true), message)
    end
    assert.equal(200, create().status)
  end)

  it("gzip is what gzip -d takes", function()
    local path = os.tmpname()
    for _, text in ipairs({ "", "hello", ("0123456789"):rep(20000) }) do
      local file = assert(io.open(path, "wb"))
      file:write(gzip.wrap(text))
      file:close()
      local pipe = assert(io.popen("gzip -dc < " .. path))
      assert.equal(text, pipe:read("*a"))
      pipe:close()
    end
    os.remove(path)
  end)
end)
