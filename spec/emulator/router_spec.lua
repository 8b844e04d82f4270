--- Requests and replies of the emulator, without sockets.

local cjson = require("cjson")

local emulator = require("kling.emulator")
local json = require("kling.emulator.json")

local ENDPOINT = "/kling/v1/audio/video-to-audio"
local START = 1785000000
local MEDIA = { duration = 5, mp3 = "examples/clip.mp4", wav = "examples/clip.mp4",
                video = "examples/clip.mp4" }

describe("emulator", function()
  local service

  before_each(function()
    service = emulator.new({
      clock = "manual", start = START, life = { submitted = 1, processing = 3 },
    })
  end)

  local function ask(method, path, body, headers)
    local before, query = path:match("^([^?]*)%??(.*)$")
    local reply = service:request({
      method = method, path = before, query = query, body = body,
      headers = headers or { authorization = "Bearer key" },
    })
    local is_json = reply.body and reply.body:match("^[{%[]")
    return reply.status, is_json and cjson.decode(reply.body) or reply.body, reply
  end

  local function create(fields)
    fields = fields or { video_url = "http://h/clip.mp4" }
    return ask("POST", ENDPOINT, json.encode(fields))
  end

  local function finished_task(fields)
    create(fields)
    local task = service.service.tasks[#service.service.tasks]
    service.service:finish(task, MEDIA)
    service:advance(4)
    return task
  end

  local function query(task)
    local _, body, reply = ask("GET", ENDPOINT .. "/" .. task.id)
    return body, reply
  end

  local function header(reply, name)
    for _, pair in ipairs(reply.headers) do
      if pair[1] == name then
        return pair[2]
      end
    end
  end

  describe("create", function()
    it("answers as the service does", function()
      local status, body = create({ video_url = "http://h/c.mp4", external_task_id = "mine" })
      assert.equal(200, status)
      assert.equal(0, body.code)
      assert.equal("SUCCEED", body.message)
      assert.is_string(body.request_id)
      assert.same({
        task_id = service:tasks()[1].task_id, task_status = "submitted",
        task_info = { external_task_id = "mine" },
        created_at = START * 1000, updated_at = START * 1000,
      }, body.data)
    end)

    it("takes empty strings and nulls for no value", function()
      local status = ask("POST", ENDPOINT, '{"video_id":"","video_url":"http://h/c.mp4",'
        .. '"external_task_id":"","callback_url":null,"asmr_mode":true}')
      assert.equal(200, status)
      assert.same({ video_url = "http://h/c.mp4", asmr_mode = true }, service:tasks()[1].fields)
    end)

    it("refuses what the contract refuses, and bills nothing for it", function()
      local url = "http://h/c.mp4"
      local wrong = {
        {}, { video_url = url, video_id = "1" }, { video_url = 7 }, { video_url = "ftp://h/c" },
        { video_url = "http://" }, { video_id = "unknown" },
        { video_url = url, asmr_mode = 1 }, { video_url = url, bgm_prompt = ("x"):rep(201) },
        { video_url = url, sound_effect_prompt = ("é"):rep(201) },
        { video_url = url, bgm_prompt = "\255" }, { video_url = url, callback_url = "nowhere" },
      }
      for i, fields in ipairs(wrong) do
        local status, body = create(fields)
        assert.same({ i, 400, 1201 }, { i, status, body.code })
        assert.is_string(body.message)
      end
      for _, text in ipairs({ "", "nonsense", "7", '"x"' }) do
        local status, body = ask("POST", ENDPOINT, text)
        assert.same({ 400, 1200 }, { status, body.code })
      end
      assert.same({}, service:ledger())
    end)

    it("counts 200 characters as code points", function()
      local status = create({ video_url = "http://h/c.mp4", bgm_prompt = ("é"):rep(200) })
      assert.equal(200, status)
    end)

    it("refuses an external id that was used", function()
      local fields = { video_url = "http://h/c.mp4", external_task_id = "mine" }
      create(fields)
      local status, body = create(fields)
      assert.same({ 400, 1201, "External_task_id mine already exists" },
        { status, body.code, body.message })
    end)
  end)

  it("lets nobody in without a key, and only the right one when there is one", function()
    for _, headers in ipairs({ {}, { authorization = "" }, { authorization = "Bearer " },
                               { authorization = "Basic eDp5" } }) do
      local status, body = ask("GET", ENDPOINT .. "/1", nil, headers)
      assert.equal(401, status)
      assert.equal("comet_api_error", body.error.type)
    end
    service = emulator.new({ api_key = "right" })
    assert.equal(401, (ask("GET", ENDPOINT .. "/1", nil, { authorization = "Bearer wrong" })))
    assert.equal(400, (ask("GET", ENDPOINT .. "/1", nil, { authorization = "Bearer right" })))
  end)

  it("answers under a prefix when told to", function()
    service = emulator.new({ prefix = "/v9" })
    local reply = service:request({
      method = "POST", path = "/v9" .. ENDPOINT, headers = { authorization = "Bearer k" },
      body = '{"video_url":"http://h/c.mp4"}',
    })
    assert.equal(200, reply.status)
    assert.equal(301, (ask("GET", ENDPOINT)))
  end)

  it("finds a percent-encoded external id", function()
    create({ video_url = "http://h/c.mp4", external_task_id = "a b/c" })
    assert.equal(200, (ask("GET", ENDPOINT .. "/a%20b%2Fc")))
  end)

  it("refuses other methods with 1202", function()
    local status, body = ask("DELETE", ENDPOINT .. "/1")
    assert.same({ 404, 1202 }, { status, body.code })
  end)

  it("lists tasks, and none as an empty array", function()
    assert.matches('"data":%[%]', select(3, ask("GET", ENDPOINT)).body)
    create()
    local task = finished_task()
    local _, body = ask("GET", ENDPOINT .. "?pageNum=1&pageSize=1")
    assert.equal(1, #body.data)
    assert.equal(task.id, body.data[1].task_id)
    assert.equal("succeed", body.data[1].task_status)
    assert.equal(400, (ask("GET", ENDPOINT .. "?pageNum=0")))
  end)

  describe("downloads", function()
    local function links_of(task)
      local result = query(task).data.task_result
      return result.audios[1].url_mp3:match("^http://127.0.0.1(/.*)$")
    end

    it("need a good signature and no key", function()
      local path = links_of(finished_task())
      local status, _, reply = ask("GET", path, nil, {})
      assert.equal(200, status)
      assert.equal("video/mp4", header(reply, "content-type"))
      assert.equal("bytes", header(reply, "accept-ranges"))
      assert.equal(403, (ask("GET", (path:gsub("Signature=%x", "Signature=g")))))
      assert.equal(403, (ask("GET", (path:gsub("Expires=1", "Expires=2")))))
      assert.equal(403, (ask("GET", (path:match("^[^?]*")))))
    end)

    it("end 30 days after the task did", function()
      local path = links_of(finished_task())
      service:advance(30 * 24 * 3600 - 1)
      assert.equal(200, (ask("GET", path)))
      service:advance(1)
      local status, body = ask("GET", path)
      assert.equal(403, status)
      assert.matches("RequestExpired", body)
    end)

    it("can be had anew from a query when links are fresh", function()
      service = emulator.new({ clock = "manual", start = START, link_seconds = 10,
                               variants = { "links_fresh" } })
      local task = finished_task()
      local old = links_of(task)
      service:advance(20)
      assert.equal(403, (ask("GET", old)))
      assert.equal(200, (ask("GET", links_of(task))))
    end)

    it("give ranges, if the tag is still the same", function()
      local path = links_of(finished_task())
      local _, _, whole = ask("GET", path, nil, {})
      local etag, size = header(whole, "etag"), whole.file.size
      local function range(text, condition)
        local status, _, reply = ask("GET", path, nil, { range = text, ["if-range"] = condition })
        return { status, reply.file and reply.file.from, reply.file and reply.file.size,
                 header(reply, "content-range") }
      end
      local total = ("/%d"):format(size)
      assert.same({ 206, 0, 10, "bytes 0-9" .. total }, range("bytes=0-9"))
      assert.same({ 206, 100, size - 100, ("bytes 100-%d/%d"):format(size - 1, size) },
        range("bytes=100-", etag))
      assert.same({ 206, size - 5, 5, ("bytes %d-%d/%d"):format(size - 5, size - 1, size) },
        range("bytes=-5"))
      assert.same({ 200, 0, size }, range("bytes=100-", '"other"'))
      assert.same({ 200, 0, size }, range("bytes=0-1,5-6"))
      assert.equal(416, range("bytes=" .. size .. "-")[1])
    end)
  end)

  it("serves clips by name and nothing outside of their folder", function()
    local status, _, reply = ask("GET", "/clip.mp4", nil, {})
    assert.equal(200, status)
    assert.equal("video/mp4", header(reply, "content-type"))
    assert.equal(404, (ask("GET", "/nothing.mp4", nil, {})))
    for _, path in ipairs({ "/../Makefile", "/..", "/%2e%2e/Makefile", "//etc/passwd" }) do
      assert.is_not.equal(200, (ask("GET", path, nil, {})))
    end
  end)

  it("logs what was asked and what was answered", function()
    create()
    ask("GET", "/clip.mp4", nil, { ["user-agent"] = "me", range = "bytes=0-1" })
    local log = service:log()
    assert.equal(2, #log)
    assert.same({ "create", "POST", ENDPOINT, true, 200 }, { log[1].request, log[1].method,
      log[1].path, log[1].has_authorization, log[1].status })
    assert.same({ "clip", false, 206, "me", "bytes=0-1" }, { log[2].request,
      log[2].has_authorization, log[2].status, log[2].user_agent, log[2].range })
  end)

  it("raises for options, faults and variants it does not know", function()
    local _, message = pcall(function() emulator.new({ clok = "real" }) end)
    assert.matches("router_spec.lua:%d+: .* unknown field 'clok'; did you mean 'clock'", message)
    _, message = pcall(function() service:variant("wraped") end)
    assert.matches("router_spec.lua:%d+: unknown variant", message)
    assert.error_matches(function() emulator.new({ clock = "fast" }) end, "'real' or 'manual'")
    assert.error_matches(function() emulator.new({ life = { procesing = 1 } }) end, "processing")
    assert.error_matches(function() emulator.new({ variants = { "wraped" } }) end, "wrapped")
    assert.error_matches(function() service:variant("wraped") end, "did you mean 'wrapped'")
    assert.error_matches(function() service:fault({ name = "ct" }) end, "did you mean 'cut'")
    assert.error_matches(function() service:advance("1") end, "a number")
    assert.error_matches(function() service:cap(-1) end, "a number")
    assert.error_matches(function() service:life({ fail = 1 }) end, "string expected")
  end)

  it("begins again as it was made after a reset", function()
    service = emulator.new({ clock = "manual", variants = { "wrapped" },
                             faults = { { name = "too_fast" } } })
    assert.equal(429, (create()))
    local task = finished_task()
    service:variant("bare")
    service:reset()
    assert.same({ {}, {}, {} }, { service:tasks(), service:ledger(), service:log() })
    assert.equal(429, (create()))
    assert.equal(400, (ask("GET", ENDPOINT .. "/" .. task.id)))
    assert.equal("success", query(finished_task()).code)
  end)
end)
