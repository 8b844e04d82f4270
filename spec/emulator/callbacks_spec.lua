--- How the emulator sends callbacks, without sockets: bodies, order, and what its rules do.

local cjson = require("cjson")

local emulator = require("kling.emulator")

local START = 1785000000
local ENDPOINT = "/kling/v1/audio/video-to-audio"
local MEDIA = { duration = 5.25, mp3 = "a", wav = "b", video = "c" }
local SECRET = "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI="
local HERE = "http://127.0.0.1:9/callback/mine/token"

describe("the emulator's callbacks", function()
  local service, posts, threads

  -- In place of a cqueue: coroutines that are resumed when there is news.
  local function run_all()
    for _, thread in ipairs(threads) do
      if coroutine.status(thread) == "suspended" then
        assert(coroutine.resume(thread))
      end
    end
  end

  local function make(rules)
    service = emulator.new({ clock = "manual", start = START, callbacks = rules })
    posts, threads = {}, {}
    service.sender:open({
      cq = {
        wrap = function(_, run, ...)
          local arguments = { ... }
          threads[#threads + 1] = coroutine.create(function()
            run(arguments[1], arguments[2])
          end)
        end,
      },
      news = { wait = coroutine.yield, signal = function() end },
      post = function(target, headers, body)
        posts[#posts + 1] = { target = target, headers = headers, body = cjson.decode(body) }
        return 204
      end,
    })
  end

  local function create(callback_url)
    service:request({
      method = "POST", path = ENDPOINT, headers = { authorization = "Bearer key" },
      body = ('{"video_url":"http://h/c.mp4","external_task_id":"mine","callback_url":"%s"}')
        :format(callback_url or HERE),
    })
    local task = service.service.tasks[1]
    service.sender:follow(task)
    run_all()
    return task
  end

  local function finish(task)
    service.service:finish(task, MEDIA)
    service:advance(10)
    run_all()
  end

  local function words()
    local found = {}
    for i, post in ipairs(posts) do
      found[i] = post.body.task_status or post.body.status
    end
    return found
  end

  it("are sent on each change, as the task alone", function()
    make()
    local task = create()
    assert.same({ "submitted" }, words())
    service:advance(1)
    run_all()
    assert.same({ "submitted", "processing" }, words())
    finish(task)
    assert.same({ "submitted", "processing", "succeed" }, words())
    local body = posts[3].body
    assert.same({ task.id, "mine", START * 1000 },
      { body.task_id, body.task_info.external_task_id, body.created_at })
    assert.matches("/files/", body.task_result.audios[1].url_mp3)
    assert.is_nil(body.data)
    assert.equal(HERE, posts[3].target)
    assert.equal("application/json; charset=utf-8", posts[3].headers["content-type"])
    assert.is_nil(posts[3].headers["webhook-id"])
  end)

  it("have the newer generation's names when told", function()
    make({ generation = "new" })
    local task = create()
    finish(task)
    assert.same({ "submitted", "processing", "succeeded" }, words())
    local body = posts[3].body
    assert.same({ task.id, "mine", "audio", "5.25" },
      { body.id, body.external_id, body.outputs[1].type, body.outputs[1].mp3_duration })
    assert.same({}, posts[1].body.outputs)
  end)

  it("say why a task failed", function()
    make()
    local task = create()
    service.service:fail(task, "Image pixel is invalid")
    service:advance(10)
    run_all()
    assert.same({ "failed", "Image pixel is invalid" },
      { posts[3].body.task_status, posts[3].body.task_status_msg })
  end)

  it("are signed with a secret, each repetition with the same id", function()
    make({ secret = SECRET, times = 2 })
    create()
    assert.equal(2, #posts)
    assert.equal(posts[1].headers["webhook-id"], posts[2].headers["webhook-id"])
    assert.matches("^v1,%S+$", posts[1].headers["webhook-signature"])
    assert.equal(tostring(START), posts[1].headers["webhook-timestamp"])
    service:advance(1)
    run_all()
    assert.not_equal(posts[1].headers["webhook-id"], posts[3].headers["webhook-id"])
  end)

  it("come out of order, late, forged or not at all when told", function()
    make({ reversed = true })
    finish(create())
    assert.same({ "succeed", "processing", "submitted" }, words())

    make({ late = 5 })
    create()
    assert.same({}, words())
    service:advance(5)
    run_all()
    assert.same({ "submitted" }, words())

    make({ forge = "state" })
    finish(create())
    assert.same({ "succeed" }, words())

    make({ forge = "token" })
    create()
    assert.matches("/callback/mine/0+$", posts[1].target)

    make({ lost = true })
    finish(create())
    assert.same({}, words())
    assert.equal("lost", service:log()[2].fault)
  end)

  it("are sent early as soon as the task is accepted, and once", function()
    make({ early = true })
    finish(create())
    assert.same({ "submitted", "processing", "succeed" }, words())
    assert.equal("early", service:log()[2].fault)
  end)

  it("are in the log, and go to this machine alone", function()
    make()
    create("https://me.example/callback?x=1")
    assert.same({}, posts)
    local entry = service:log()[2]
    assert.same({ "callback", "POST", "/callback", 0, "not on this machine" },
      { entry.request, entry.method, entry.path, entry.status, entry.fault })
    make()
    create()
    assert.same({ 204, nil }, { service:log()[2].status, service:log()[2].fault })
  end)

  it("end when all tasks are gone", function()
    make()
    create()
    service:reset()
    run_all()
    assert.equal("dead", coroutine.status(threads[1]))
    assert.equal(1, #posts)
  end)

  it("go back to how it was made by reset", function()
    make({ generation = "new" })
    service:callbacks({ lost = true })
    service:reset()
    create()
    assert.equal("submitted", posts[1].body.status)
  end)

  for text, rules in pairs({
    ["did you mean 'generation'"] = { generatoin = "new" },
    ["legacy or new expected"] = { generation = "newest" },
    ["state or token expected"] = { forge = "body" },
    ["times: at least 1"] = { times = 0 },
    ["secret: whsec_"] = { secret = "x" },
  }) do
    it("refuse a rule: " .. text, function()
      make()
      local fine, message = pcall(service.callbacks, service, rules)
      assert.is_false(fine)
      assert.matches(text, message, 1, true)
    end)
  end
end)
