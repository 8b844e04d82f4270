--- What the lives of tasks teach their client, and when it says they will end.

local core = require "kling.core"
local parts = require "kling_parts"
local quick = require "spec.support.quick"
local raw_server = require "spec.support.raw_server"

local raw = core.raw
local PATIENCE = quick.PATIENCE
local TASK = "878000000000000001"
local DONE = '{"audios":[{"id":"1","url_mp3":"https://cdn.example.com/1.mp3"}],"videos":[]}'
local NOTHING = "d1 0"
local NEARLY = 0.01 -- seconds: time goes on between two calls

local function reply(status, times, result)
  return raw_server.reply(([[{"code":0,"message":"SUCCEED","data":{"task_id":"%s",
    "task_status":"%s","task_info":{},"task_result":%s%s}}]]):format(TASK, status, result or "{}",
    times or ""))
end

local function created(seconds_ago)
  return (',"created_at":%.0f'):format((os.time() - seconds_ago) * 1000)
end

local SUBMITTED, RUNNING = reply "submitted", reply "processing"
local SUCCEEDED, FAILED = reply("succeed", "", DONE), reply "failed"

local server

-- Answer creates, and each look with the next of `replies`; after the last with `forever`.
local function answer(replies, forever)
  local asked = 0
  server = raw_server.start(function(connection)
    local head = raw_server.read_request(connection)
    while head do
      local text = SUBMITTED
      if head:match "^GET" then
        asked = asked + 1
        text = replies[asked] or forever
      end
      connection:xwrite(text, "bn")
      head = raw_server.read_request(connection)
    end
  end)
end

local function client_of(options)
  local merged = { loop = server.loop, duplicate_window = 0 }
  for name, value in pairs(options or {}) do
    merged[name] = value
  end
  return quick.client(server, merged)
end

local function until_state(client, job, wanted)
  return quick.drive(client, function()
    server:step()
    return (client:poll(job)) == wanted
  end)
end

-- How many ends were learned from.
local function learned(client)
  return tonumber(raw.cadence(client):match "^d1 (%d+)")
end

-- What a client knows whose tasks take 75 to 105 seconds.
local function text_of_90()
  local cadence = parts.cadence(3, 3, 15, 0.5)
  for i = 1, 300 do
    cadence:survive(0, 75 + i % 30)
    cadence:finish(75 + i % 30, 76 + i % 30)
  end
  return cadence:write()
end

after_each(function()
  quick.close_all()
  server:stop()
end)

describe("a client learns", function()
  it("from a success, and from a failure at the service", function()
    for _, ended in ipairs { SUCCEEDED, FAILED } do
      answer({ RUNNING }, ended)
      local client = client_of()
      assert.equal(NOTHING, raw.cadence(client))
      client:wait(client:submit(quick.CLIP), PATIENCE)
      assert.equal(1, learned(client))
      quick.close_all()
      server:stop()
    end
  end)

  it("from a task attached in mid-life whose beginning the service tells", function()
    answer({ reply("processing", created(50)) }, SUCCEEDED)
    local client = client_of()
    assert(client:wait(client:attach(TASK), PATIENCE))
    assert.equal(1, learned(client))
  end)

  it("nothing from one whose beginning is not known, or makes no sense", function()
    for _, times in ipairs { "", created(-3600), created(9 * 86400), ',"created_at":"soon"' } do
      answer({ reply("processing", times), reply("processing", times) }, SUCCEEDED)
      local client = client_of()
      local job = client:attach(TASK)
      until_state(client, job, "processing")
      assert.is_nil(client:eta(job))
      assert(client:wait(job, PATIENCE))
      assert.equal(NOTHING, raw.cadence(client))
      quick.close_all()
      server:stop()
    end
  end)

  it("nothing from one that had ended when it was attached", function()
    answer({}, reply("succeed", created(50), DONE))
    local client = client_of()
    assert(client:wait(client:attach(TASK), PATIENCE))
    assert.equal(NOTHING, raw.cadence(client))
  end)

  it("no end from what was only stopped here", function()
    answer({}, RUNNING)
    local client = client_of()
    local job = client:submit(quick.CLIP)
    until_state(client, job, "processing")
    client:cancel(job)
    assert.equal(0, learned(client))
  end)

  it("from what an earlier client wrote, and from nothing else", function()
    answer({}, RUNNING)
    local client = client_of()
    for _, text in ipairs { "", "garbage", "d1 1 1", "d2 1 1/1" } do
      assert.is_false(raw.learn_cadence(client, text))
    end
    assert.equal(NOTHING, raw.cadence(client))
    assert.is_true(raw.learn_cadence(client, text_of_90()))
    assert.equal(300, learned(client))
    assert.equal(text_of_90(), raw.cadence(client))
  end)
end)

describe("a client that knows how long tasks take", function()
  local function submitted(options)
    answer({}, RUNNING)
    local client = client_of(options)
    raw.learn_cadence(client, text_of_90())
    local job = client:submit(quick.CLIP)
    until_state(client, job, options and "submitted" or "processing")
    return client, job
  end

  it("looks first when the first tasks end", function()
    local client = submitted { first_poll = 3, poll_interval = 3, max_poll_interval = 15 }
    assert.is_true(client:timeout() > 40 and client:timeout() <= 66)
  end)

  it("says when a job will probably end", function()
    local client, job = submitted()
    local eta = client:eta(job)
    assert.is_true(60 < eta.low and eta.low < eta.seconds and eta.seconds < eta.high)
    assert.is_true(80 < eta.seconds and eta.seconds < 100 and eta.high < 120)
    assert.near(eta.seconds, job:eta().seconds, 5)
    assert.near(eta.seconds, select(2, client:poll(job)).eta, 5)
  end)

  it("says nothing of a job that was not accepted yet, or has ended", function()
    local client, job = submitted()
    assert.is_nil(client:eta(client:submit(quick.CLIP)))
    client:cancel(job)
    assert.is_nil(client:eta(job))
    assert.is_nil(select(2, client:poll(job)).eta)
  end)

  it("blames who asks for the eta of something else", function()
    local client = submitted()
    local done, message = pcall(function()
      client:eta "job"
    end)
    assert.is_false(done)
    assert.matches("lifespan_spec.lua:%d+: eta: a job expected, got string", message)
  end)
end)

describe("the end of a task", function()
  setup(function()
    server = { stop = function() end }
  end)

  -- The median after one end, seen at the age of 100 s.
  local function median(survived, created_at, updated_at)
    return parts.lifespan_end(100, survived, created_at, updated_at)
  end

  it("is when the service says, when that agrees with the looks", function()
    assert.is_true(median(60, 1000, 1065) < median(60, -1, -1))
    assert.is_true(median(60, 1000, 1095) > median(60, -1, -1))
  end)

  it("is between the looks when the service says something else", function()
    for _, times in ipairs {
      { 1000, 1000 }, { 1000, 1050 }, { 1000, 1100 }, { 1000, 5000 }, { 1000, -1 }, { -1, 1065 },
      { 1000, 900 },
    } do
      assert.near(median(60, -1, -1), median(60, times[1], times[2]), NEARLY)
    end
  end)

  it("is anywhere before the first look when that has found it", function()
    assert.near(median(0, -1, -1), median(0, 1000, 1065), NEARLY)
  end)
end)
