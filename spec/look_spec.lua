--- Looks at a task: nothing but the service's own word ends it; all else is ridden out, and told.

local core = require "kling.core"
local quick = require "spec.support.quick"
local raw_server = require "spec.support.raw_server"

local raw = core.raw
local PATIENCE = quick.PATIENCE
local TASK, OTHER, EXTERNAL = "878000000000000001", "878000000000000002", "mine-1"
local DONE = '{"audios":[{"id":"1","url_mp3":"https://cdn.example.com/1.mp3"}],"videos":[]}'

local function body(fields)
  return ('{"code":0,"message":"SUCCEED","data":{"task_id":"%s","task_status":"%s","task_info":%s,'
    .. '"task_status_msg":"%s","updated_at":%d,"task_result":%s}}'):format(
    fields.id or TASK, fields.status or "processing", fields.info or "{}", fields.message or "",
    fields.updated or 1777385363321, fields.result or "{}")
end

local function reply(fields)
  return raw_server.reply(body(fields))
end

local function page(status, headers)
  local text = "<html><title>Please sign in</title></html>"
  return ("HTTP/1.1 %s\r\ncontent-type: text/html\r\n%scontent-length: %d\r\n\r\n%s"):format(
    status, headers or "", #text, text)
end

local function refusal(status, code, message)
  return raw_server.reply(('{"code":%d,"message":"%s","request_id":"r"}'):format(code, message),
    status)
end

local CUT = "HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{"
local CREATED = reply { status = "submitted" }
local SUCCEEDED = reply { status = "succeed", result = DONE, updated = 1777385369000 }

local server, script, asked

-- Answer the create, then each look with the next of `replies`; after the last with a success.
local function answer(replies)
  script, asked = replies, 0
  server = raw_server.start(function(connection)
    while true do
      local head = raw_server.read_request(connection)
      if not head then
        return
      end
      local text = CREATED
      if head:match "^GET" then
        asked = asked + 1
        text = script[asked] or script.forever or SUCCEEDED
      end
      connection:xwrite(text, "bn")
      if text == CUT then
        return
      end
    end
  end)
end

local function client_of(options)
  local merged = { loop = server.loop }
  for name, value in pairs(options or {}) do
    merged[name] = value
  end
  return quick.client(server, merged)
end

local function submit(client)
  return client:submit { video_id = quick.CLIP.video_id, external_task_id = EXTERNAL }
end

after_each(function()
  quick.close_all()
  server:stop()
end)

-- name -> { replies, what the attempts say }
local ridden_out = {
  ["a 502 page"] = { page "502 Bad Gateway", "HTTP 502" },
  ["a 511 page"] = { page "511 Network Authentication Required", "HTTP 511" },
  ["a captive portal's page"] = { page "200 OK", "HTTP 200" },
  ["a captive portal's 302"] = { page("302 Found", "location: http://portal/\r\n"), "HTTP 302" },
  ["a captive portal's 307"] = { page("307 Moved", "location: http://portal/\r\n"), "HTTP 307" },
  ["a page with 403"] = { page "403 Forbidden", "HTTP 403" },
  ["JSON of something else"] = { raw_server.reply '{"status":"login"}', "another task" },
  ["another task's success"] =
    { reply { id = OTHER, status = "succeed", result = DONE }, "another task" },
  ["another task's failure"] = { reply { id = OTHER, status = "failed" }, "another task" },
  ["a reply that breaks off"] = { CUT, "" },
  ["an empty reply"] = { raw_server.reply "", "HTTP 200" },
  ["a success without a result"] = { reply { status = "succeed" }, "without a result" },
  ["1302"] = { refusal("429 Too Many Requests", 1302, "slow down"), "1302" },
  ["5000"] = { refusal("500 Internal Server Error", 5000, "oops"), "5000" },
}

-- The same, once a look has seen the task.
local ridden_out_when_seen = {
  ["not found"] = { refusal("400 Bad Request", 1201, "Task not found by id"), "Task not found" },
  ["a 404"] = { refusal("404 Not Found", 1203, "no such resource"), "HTTP 404" },
  ["a path that is gone"] = {
    raw_server.reply('{"error":{"message":"Invalid URL (GET /kling)"}}', "404 Not Found"),
    "Invalid URL",
  },
  ["a refusal nobody knows"] = { refusal("400 Bad Request", 7777, "what?"), "7777" },
  ["an older state"] = { reply { status = "submitted", updated = 1777385360000 }, "older" },
  ["an older failure"] = { reply { status = "failed", updated = 1777385360000 }, "older" },
}

local function rides_out(case, is_seen)
  local seen = reply {}
  answer(is_seen and { seen, case[1], case[1], seen, case[1] } or { case[1], case[1], case[1] })
  local told = 0 -- how often on_change heard of it
  local client = client_of {
    on_change = function(_, state, info)
      assert(state ~= "failed")
      told = told + (state ~= "succeeded" and info.failure and 1 or 0)
    end,
  }
  local job = submit(client)
  local result = assert(client:wait(job, PATIENCE))
  assert.equal(TASK, result.task_id)
  assert.is_true(told >= 3)
end

-- The attempts of a wait that was too short.
local function tells(case, is_seen)
  answer { is_seen and reply {} or case[1], forever = case[1] }
  local client = client_of()
  local job = submit(client)
  quick.drive(client, function()
    server:step()
    local failure = select(2, client:poll(job)).failure
    return failure and #failure.attempts >= (is_seen and 1 or 2)
  end)
  local result, _, failure = client:wait(job, 0)
  assert.is_nil(result)
  assert.equal("timeout", failure.code)
  assert.equal("query", failure.attempts[1].request)
  assert.matches(case[2], failure.attempts[1].outcome, 1, true)
end

describe("a look", function()
  for name, case in pairs(ridden_out) do
    it("rides out " .. name, function()
      rides_out(case, false)
    end)

    it("tells of " .. name, function()
      tells(case, false)
    end)
  end

  for name, case in pairs(ridden_out_when_seen) do
    it("rides out " .. name .. " for a task that was seen", function()
      rides_out(case, true)
    end)

    it("tells of " .. name .. " for a task that was seen", function()
      tells(case, true)
    end)
  end

  it("never takes another task for the one that was created", function()
    local others = {}
    for i = 1, 10 do
      others[i] = reply { id = OTHER, status = "succeed", result = DONE }
    end
    answer(others)
    local client = client_of()
    assert.equal(TASK, assert(client:wait(submit(client), PATIENCE)).raw.data.task_id)
    assert.equal(11, asked)
  end)

  it("knows its task by the external id, under whatever task id", function()
    local info = ('{"external_task_id":"%s"}'):format(EXTERNAL)
    answer { reply { id = OTHER, status = "succeed", result = DONE, info = info } }
    local client = client_of()
    assert(client:wait(submit(client), PATIENCE))
    assert.equal(1, asked)
  end)

  it("believes in the end that an attached task is called something else", function()
    local other = reply { id = OTHER, status = "succeed", result = DONE }
    answer { other, other, other, other }
    local client = client_of()
    assert(client:wait(client:attach "by-external-id", PATIENCE))
    assert.equal(4, asked)
  end)

  it("believes an end that stays older than what was seen before", function()
    answer { reply {}, forever = reply { status = "failed", updated = 1777385360000 } }
    local client = client_of()
    local result, _, failure = client:wait(submit(client), PATIENCE)
    assert.is_nil(result)
    assert.equal("failed", failure.code)
    assert.equal(5, asked)
  end)

  it("forgives not found for a while when the task is remembered from its create", function()
    local missing = refusal("400 Bad Request", 1201, "Task not found by id")
    answer { missing, missing }
    local client = client_of()
    assert(client:wait(raw.attach(client, TASK, EXTERNAL), PATIENCE))
    assert.equal(3, asked)
  end)
end)

-- What ends a task at once: it does not pass, or it is the end.
local ends = {
  ["401"] = { refusal("401 Unauthorized", 1002, "bad key"), "auth" },
  ["403"] = { refusal("403 Forbidden", 1103, "no right"), "auth" },
  ["1100"] = { refusal("429 Too Many Requests", 1100, "account"), "quota" },
  ["1101"] = { refusal("429 Too Many Requests", 1101, "arrears"), "quota" },
  ["1102"] = { refusal("429 Too Many Requests", 1102, "balance"), "quota" },
  ["1304"] = { refusal("429 Too Many Requests", 1304, "address"), "auth" },
  ["a failure"] = { reply { status = "failed", message = "Image pixel is invalid" }, "failed" },
}

describe("a look ends at once with", function()
  for name, case in pairs(ends) do
    for _, is_seen in ipairs { false, true } do
      it(name .. (is_seen and " for a task that was seen" or ""), function()
        answer(is_seen and { reply {}, case[1] } or { case[1] })
        local client = client_of()
        local result, _, failure = client:wait(submit(client), PATIENCE)
        assert.is_nil(result)
        assert.equal(case[2], failure.code)
        assert.equal("exists", failure.task_state)
        assert.equal(is_seen and 2 or 1, asked)
      end)
    end
  end
end)
