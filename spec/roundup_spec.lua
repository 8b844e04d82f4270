--- Many looks by one page of the list: what that saves, and that nothing depends on it.

local core = require "kling.core"
local list_server = require "spec.support.list_server"
local quick = require "spec.support.quick"
local raw_server = require "spec.support.raw_server"

local raw = core.raw
local PATIENCE = quick.PATIENCE

local service

local function client_of(options)
  local merged = {
    loop = service.loop, first_poll = 0, poll_interval = 0.2, max_poll_interval = 0.6,
  }
  for name, value in pairs(options or {}) do
    merged[name] = value
  end
  return quick.client(service, merged)
end

-- For what must not happen to be asked for by itself because this machine was busy.
local PATIENT = { max_poll_interval = 6 }

local function attach_all(client)
  local jobs = {}
  for i, task in ipairs(service.tasks) do
    jobs[i] = client:attach(task.id)
  end
  return jobs
end

local function drive(client, is_done)
  return quick.drive(client, function()
    service.server:step()
    return is_done()
  end)
end

local function until_all_are(client, jobs, wanted)
  drive(client, function()
    for _, job in ipairs(jobs) do
      if client:poll(job) ~= wanted then
        return false
      end
    end
    return true
  end)
end

-- A client that knows of the list, and all tasks, each looked at once.
local function follow(count, options, fact)
  service:add(count)
  local client = client_of(options)
  raw.learn(client, { roundup = fact or "works" })
  local jobs = attach_all(client)
  until_all_are(client, jobs, "processing")
  return client, jobs
end

local function assert_results(client, jobs)
  for i, job in ipairs(jobs) do
    local result = assert(client:wait(job, PATIENCE))
    assert.equal(service.tasks[i].id, result.task_id)
    assert.matches(service.tasks[i].id, result.audios[1].mp3.url, 1, true)
  end
end

before_each(function()
  service = list_server.start()
end)

after_each(function()
  quick.close_all()
  service:stop()
end)

describe("many looks", function()
  it("at 1000 tasks take two pages and not a query each", function()
    local client, jobs = follow(1000, PATIENT)
    assert.same({ 2, 0 }, { service.lists, service.queries })
    assert.same({ 500, 500 }, service.sizes)
    service:turn "succeed"
    assert_results(client, jobs)
    assert.is_true(service.lists <= 6, service.lists)
    assert.is_true(service.queries <= 20, service.queries)
  end)

  it("where the list does not work take a query each", function()
    local client, jobs = follow(1000, nil, "fails")
    service:turn "succeed"
    assert_results(client, jobs)
    assert.equal(0, service.lists)
    assert.is_true(service.queries >= 2000, service.queries)
  end)

  it("are asked for on a page that is not larger than need be", function()
    follow(40)
    assert.equal(50, service.sizes[1])
  end)

  it("are made one by one when there are few", function()
    follow(7)
    assert.same({ 0, 7 }, { service.lists, service.queries })
  end)

  it("bring the same as a query each", function()
    local client, jobs = follow(100, PATIENT)
    service:turn "succeed"
    assert_results(client, jobs)
    local i = 1
    while service.asked[service.tasks[i].id] do -- a few answer for themselves
      i = i + 1
    end
    local other = client_of()
    local asked = assert(other:wait(other:attach(service.tasks[i].id), PATIENCE))
    assert.same(asked, assert(client:wait(jobs[i], 0)))
  end)

  it("learn of failures and of all that is between", function()
    local client, jobs = follow(20)
    service.tasks[3].state, service.tasks[3].age = "failed", 51000
    local failure = quick.failure(client, jobs[3])
    assert.same({ "failed", "exists" }, { failure.code, failure.task_state })
    assert.matches("Image pixel is invalid", failure.message, 1, true)
    assert.equal("processing", client:poll(jobs[4]))
  end)

  it("pass over tasks of others", function()
    service:add(300, "failed")
    local others = service.tasks
    service.tasks = {}
    service:add(100)
    for i, task in ipairs(service.tasks) do
      task.id = list_server.id(1000 + i)
      service.by_id[task.id] = task
    end
    local client = client_of()
    raw.learn(client, { roundup = "works" })
    local jobs = attach_all(client)
    local ours = service.tasks
    service.tasks = {}
    for i = 1, 300 do
      service.tasks[i] = i % 3 == 0 and ours[i / 3] or others[i]
    end
    until_all_are(client, jobs, "processing")
    assert.is_true(service.lists >= 2 and service.queries < 20, service.queries)
  end)

  it("go on one by one for those the list does not show", function()
    service:add(20)
    local shown = service.tasks
    service.tasks = {}
    for i = 1, 12 do
      service.tasks[i] = shown[i]
    end
    local client = client_of { poll_interval = 3, max_poll_interval = 3 }
    raw.learn(client, { roundup = "works" })
    local jobs = {}
    for i = 1, 20 do
      jobs[i] = client:attach(shown[i].id)
    end
    until_all_are(client, jobs, "processing")
    assert.equal(8, service.queries)
    for i = 13, 20 do
      assert.equal(1, service.asked[shown[i].id])
    end
  end)

  it("do not make a look of its own wait that was asked for", function()
    local client, jobs = follow(40)
    service:turn "succeed"
    service:count_anew()
    raw.hint(client, service.tasks[7].id)
    drive(client, function()
      return client:poll(jobs[7]) == "succeeded"
    end)
    assert.equal(1, service.asked[service.tasks[7].id])
  end)
end)

-- name -> what a list says instead
local faults = {
  ["a refusal"] = raw_server.reply('{"code":1202,"message":"no such method"}', "404 Not Found"),
  ["a page"] = raw_server.reply "<html><title>Welcome</title></html>",
  ["a redirect"] = "HTTP/1.1 301 Moved\r\nlocation: /\r\ncontent-length: 0\r\n\r\n",
  ["a refused key"] = raw_server.reply('{"code":1002,"message":"no"}', "401 Unauthorized"),
  ["too many requests"] = raw_server.reply('{"code":1302,"message":"slow"}', "429 Too Many"),
  ["trouble"] = raw_server.reply('{"code":5000,"message":"oops"}', "500 Internal Server Error"),
  ["half a page"] = raw_server.reply '{"code":0,"data":[{"task_id":"8780',
  ["an empty list"] = raw_server.reply '{"code":0,"data":[]}',
  ["no list"] = raw_server.reply '{"code":0,"data":{"task_id":"1","task_status":"processing"}}',
  ["things that are no tasks"] = raw_server.reply '{"code":0,"data":[1,null,"x",[],{},{"a":{}}]}',
  ["a reply that breaks off"] = "HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n{",
}

describe("a list that answers with", function()
  for name, reply in pairs(faults) do
    it(name .. " changes nothing, and is left alone for a while", function()
      service.instead = reply
      local client, jobs = follow(50, { poll_interval = 0.1, request_timeout = 1 })
      service:turn "succeed"
      assert_results(client, jobs)
      assert.equal(1, service.lists)
      assert.is_true(service.queries >= 100)
    end)
  end

  it("nothing for long makes no look wait for longer than max_poll_interval", function()
    local silent = true
    local list = service.show
    service.show = function(task)
      while silent do
        require("cqueues").sleep(0.01)
      end
      return list(task)
    end
    service:add(20)
    local client = client_of { max_poll_interval = 0.3, poll_interval = 0.2 }
    raw.learn(client, { roundup = "works" })
    local jobs = attach_all(client)
    until_all_are(client, jobs, "processing")
    silent = false
    assert.equal(1, service.lists)
    assert.is_true(service.queries >= 20)
  end)
end)

describe("what a list says is not believed", function()
  -- The list shows what `say` makes of each task; all end, and must be seen to.
  local function ends_all_the_same(say)
    local client, jobs = follow(30)
    service:turn "succeed"
    service.show = say
    assert_results(client, jobs)
    for i = 1, 30 do
      assert.is_true(service.asked[service.tasks[i].id] >= 1)
    end
  end

  it("when it is older than what was seen", function()
    ends_all_the_same(function(task)
      return list_server.shown({ id = task.id, state = "failed", age = 1000 })
    end)
  end)

  it("of a success without a result", function()
    ends_all_the_same(function(task)
      return ('{"task_id":"%s","task_status":"succeed"}'):format(task.id)
    end)
  end)

  it("of a failure without a reason", function()
    ends_all_the_same(function(task)
      return ('{"task_id":"%s","task_status":"failed"}'):format(task.id)
    end)
  end)

  it("when there is far more around the tasks than in them", function()
    local client, jobs = follow(30)
    service:turn "succeed"
    local items = {}
    for i, task in ipairs(service.tasks) do
      items[i] = list_server.shown(task)
    end
    service.instead = raw_server.reply(('{"code":0,"data":[%s],"more":"%s"}')
      :format(table.concat(items, ","), ("x"):rep(5000)))
    assert_results(client, jobs)
    assert.is_true(service.queries >= 30)
  end)
end)

-- The list as it was when the tasks were made.
local function lag_behind()
  service.show = function(task)
    return list_server.shown({ id = task.id, state = "processing", age = 50000 })
  end
end

describe("a list", function()
  local function fact_of(client)
    return raw.gateway(client).roundup
  end

  it("is tried with a short page, and believed when a query of one task says the same", function()
    local client, jobs = follow(40, PATIENT, "unknown")
    drive(client, function()
      return fact_of(client) == "works"
    end)
    assert.equal(30, service.sizes[1])
    assert.is_true(service.queries >= 40)
    service:turn "succeed"
    service:count_anew()
    assert_results(client, jobs)
    assert.is_true(service.lists > 0 and service.queries < 40)
  end)

  it("is tried with tasks that no query has seen yet when it shows no others", function()
    local client = follow(200, nil, "unknown")
    drive(client, function()
      return fact_of(client) == "works"
    end)
    assert.equal(30, service.sizes[1])
  end)

  it("is not tried for few tasks", function()
    local client, jobs = follow(31, nil, "unknown")
    service:turn "succeed"
    assert_results(client, jobs)
    assert.same({ 0, "unknown" }, { service.lists, fact_of(client) })
  end)

  local function fails(client, jobs)
    service:turn "succeed"
    assert_results(client, jobs)
    assert.equal("fails", fact_of(client))
    assert.equal(1, service.lists)
  end

  it("is not believed when it does not show what queries do", function()
    service.show = function(task)
      return list_server.shown({ id = task.id, state = "submitted", age = 50000 })
    end
    fails(follow(40, nil, "unknown"))
  end)

  it("is not believed when it lags behind", function()
    lag_behind()
    fails(follow(40, nil, "unknown"))
  end)

  it("of others' tasks is not asked for again", function()
    service.instead = raw_server.reply '{"code":0,"data":[{"task_id":"1","task_status":"failed"}]}'
    fails(follow(40, nil, "unknown"))
  end)

  it("that is none is not asked for again", function()
    service.instead = faults["a page"]
    fails(follow(40, nil, "unknown"))
  end)

  it("that begins to lag behind is found out", function()
    local client, jobs = follow(100, PATIENT)
    assert.equal("works", fact_of(client))
    assert.is_true(service.lists > 0)
    lag_behind()
    service:turn "succeed"
    assert_results(client, jobs)
    assert.equal("fails", fact_of(client))
  end)
end)
