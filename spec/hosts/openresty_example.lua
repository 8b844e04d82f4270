--- examples/openresty, as programs see it. Run by name: it needs nginx and LuaJIT.
--
--     make test LUA=lua5.4 SPEC=spec/hosts/openresty_example.lua

local cjson = require "cjson.safe"
local core = require "kling.core"
local cqueues = require "cqueues"

local sites = require "spec.hosts.openresty_example_site"

local JSON = { ["content-type"] = "application/json" }

local function states_of(clip)
  local states = {}
  for i, change in ipairs(clip.changes) do
    states[i] = change.state
  end
  return states
end

local function count(entries, kind)
  local found = 0
  for _, entry in ipairs(entries) do
    found = found + (entry.request == kind and 1 or 0)
  end
  return found
end

describe("examples/openresty", function()
  local own = sites.set_up()

  it("serves the page, and nothing else of its folder", function()
    local status, body, headers = own.site:ask "/"
    assert.equal(200, status)
    assert.truthy(body:find("<form", 1, true))
    assert.equal("text/html; charset=utf-8", headers:get "content-type")
    assert.equal("default-src 'self'", headers:get "content-security-policy")
    for _, path in ipairs {
      "/error.log", "/nginx.conf", "/lua/tasks.lua", "/files/", "/files/../error.log",
      "/files/%2e%2e/error.log", "/page/../nginx.conf",
    } do
      assert.equal(404, own.site:ask(path), path)
    end
  end)

  local wrong = {
    { "no JSON", { body = "video_url=x" }, 415, "application/json expected" },
    { "broken JSON", { headers = JSON, body = "{" }, 400, "a JSON object expected" },
    { "no body", { headers = JSON, method = "POST" }, 400, "a JSON object expected" },
    { "no object", { headers = JSON, body = "7" }, 400, "a JSON object expected" },
    { "no clip", { headers = JSON, body = "{}" }, 400, "exactly one of video_url and video_id" },
    { "no URL", { headers = JSON, body = '{"video_url":"/etc/passwd"}' }, 400, "URL expected" },
    { "a wrong type", { headers = JSON, body = '{"video_url":7}' }, 400, "string expected" },
    { "a field not for users", { headers = JSON, body = '{"callback_url":"http://a/"}' }, 400,
      "unknown field 'callback_url'" },
    { "a long prompt", { headers = JSON, body = cjson.encode {
      video_id = "1", bgm_prompt = ("a"):rep(201),
    } }, 400, "at most 200 characters" },
    { "a long body", { headers = JSON, body = (" "):rep(20000) }, 413, "too long" },
    { "another method", { headers = JSON }, 405, "POST expected" },
  }
  for _, case in ipairs(wrong) do
    it("refuses " .. case[1] .. ", as JSON", function()
      local status, body, headers = own.site:ask("/clips", case[2])
      assert.equal(case[3], status)
      assert.equal("application/json", headers:get "content-type")
      local problem = cjson.decode(body).error
      assert.equal("invalid", problem.code)
      assert.truthy(problem.message:find(case[4], 1, true), problem.message)
      assert.is_nil(body:find("%.lua"), body)
      assert.equal(0, count(own.server:log(), "create"))
    end)
  end

  it("tells a clip's states as they come, and serves its files", function()
    own.server:life(sites.LONG_LIFE)
    local status, answer = own.site:submit(own.clip)
    assert.equal(202, status)
    local events = own.site:follow(answer.id)
    local last = events[#events].clip
    assert.same(
      { "queued", "submitting", "submitted", "processing", "saving", "ready" }, states_of(last))
    assert.is_true(#events >= 3) -- and not all of it at the end
    assert.equal(own.server:tasks()[1].task_id, last.task_id)
    assert.equal(3, #last.files)
    for _, file in ipairs(last.files) do
      local found, body = own.site:ask(file.url)
      assert.equal(200, found)
      assert.equal(file.bytes, #body)
      assert.equal(file.sha256, core.sha256(body))
    end
    local range = { range = "bytes=2-9" }
    local part, body, headers = own.site:ask(last.files[1].url, { headers = range })
    assert.equal(206, part)
    assert.equal(8, #body)
    assert.equal("audio/mpeg", headers:get "content-type")
  end)

  it("serves five users at once", function()
    local loop = cqueues.new()
    local ready = {}
    for _ = 1, 5 do
      loop:wrap(function()
        local _, answer = own.site:submit(own.clip)
        local clip = own.site:outcome(answer.id)
        assert.equal("ready", clip.state)
        ready[clip.task_id] = true
      end)
    end
    assert(loop:loop())
    local last_start, first_end = 0, math.huge
    assert.equal(5, #own.server:ledger())
    for _, task in ipairs(own.server:tasks()) do
      assert.is_true(ready[task.task_id])
      last_start = math.max(last_start, task.created_at)
      first_end = math.min(first_end, task.updated_at)
    end
    assert.is_true(last_start < first_end) -- nobody waited for another
  end)

  it("tells of several clips in one stream, also of one it does not know", function()
    local unknown = ("0"):rep(32)
    local _, first = own.site:submit(own.clip)
    local _, second = own.site:submit(own.clip)
    local last = {}
    for _, event in ipairs(own.site:follow(first.id, second.id, unknown)) do
      last[event.id] = event.clip
    end
    assert.equal("ready", last[first.id].state)
    assert.equal("ready", last[second.id].state)
    assert.equal(cjson.null, last[unknown])
    assert.equal(400, (own.site:ask "/events"))
    assert.equal(400, (own.site:ask "/events?clip&clip=.."))
  end)

  it("tells why a task failed", function()
    own.server:life { submitted = 0, processing = 0, fail = "Image pixel is invalid" }
    local _, answer = own.site:submit(own.clip)
    local clip = own.site:outcome(answer.id)
    assert.equal("failed", clip.state)
    assert.equal("failed", clip.failure.code)
    assert.truthy(clip.failure.message:find("Image pixel is invalid", 1, true))
    assert.truthy(#clip.failure.hint > 0)
    assert.equal(clip.task_id, clip.failure.task_id)
  end)

  it("tells that the key was refused, and not which key that was", function()
    own.server:fault { name = "service_code", code = 1002, on = "create" }
    local _, answer = own.site:submit(own.clip)
    local clip = own.site:outcome(answer.id)
    assert.equal("auth", clip.failure.code)
    assert.equal("no", clip.failure.billed)
    assert.is_nil(cjson.encode(clip):find(sites.KEY, 1, true))
  end)

  it("finishes what it has begun when it is reloaded", function()
    local _, answer = own.site:submit(own.clip)
    own.site:signal "HUP"
    local clip
    repeat -- the stream ends with its worker; a browser comes back
      clip = own.site:outcome(answer.id)
    until clip.state == "ready" or clip.state == "failed"
    assert.equal("ready", clip.state)
    assert.equal(1, #own.server:ledger())
  end)

  it("takes no callbacks when it asks for none", function()
    assert.equal(404, (own.site:ask("/callback/id/token", { body = "{}" })))
    local _, answer = own.site:submit(own.clip)
    own.site:outcome(answer.id)
    assert.is_nil(own.server:tasks()[1].fields.callback_url)
  end)
end)

describe("examples/openresty, called back", function()
  local own = sites.set_up { callbacks = true }

  -- Without a callback the first look is after max_poll_interval: 15 s.
  local function assert_quick(clip)
    assert.equal("ready", clip.state)
    assert.is_true(clip.changes[#clip.changes].at - clip.created < 10)
  end

  it("looks as soon as the service says so, whichever worker hears of it", function()
    local loop = cqueues.new()
    for _ = 1, 6 do
      loop:wrap(function()
        local _, answer = own.site:submit(own.clip)
        assert_quick(own.site:outcome(answer.id))
      end)
    end
    assert(loop:loop())
    for _, entry in ipairs(own.server:log()) do
      assert.is_true(entry.request ~= "callback" or entry.status == 204, entry.status)
    end
  end)

  local function submitted_task()
    own.server:callbacks { lost = true }
    local _, answer = own.site:submit(own.clip)
    local tasks
    repeat
      tasks = own.server:tasks()
    until tasks[1]
    return answer.id, tasks[1]
  end

  local function post(url, body)
    local path = url:match "^%a+://[^/]+(.*)$"
    return (own.site:ask(path, { headers = JSON, body = body }))
  end

  it("refuses forged and senseless callbacks", function()
    local _, task = submitted_task()
    local url = task.fields.callback_url
    local body = cjson.encode { task_id = task.task_id, task_status = "succeed" }
    assert.equal(401, post(url:gsub("%x$", "g"), body))
    assert.equal(400, post(url, "no JSON"))
    assert.equal(413, post(url, (" "):rep(70000)))
    assert.equal(405, (own.site:ask(url:match "^%a+://[^/]+(.*)$")))
    assert.equal(204, post(url, body))
  end)

  it("believes no callback", function()
    local id, task = submitted_task()
    assert.equal(204, post(task.fields.callback_url,
      cjson.encode { task_id = task.task_id, task_status = "failed" }))
    assert.equal("ready", own.site:outcome(id).state)
  end)
end)
