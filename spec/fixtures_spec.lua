--- Every fixture, played to a real client over a socket, byte for byte.

local core = require "kling.core"
local emulator = require "spec.support.emulator"
local fixture = require "spec.support.fixture"
local kling = require "kling"

local TASK = "878106242831892487"
local CLIP = "https://example.com/clip.mp4"
local PATIENCE = 20 -- seconds; valgrind is slow
local NEVER = 3600 -- seconds; one look at a task tells all there is to tell

-- These break off before they end, so nobody gets to read them.
local CUT = { ["error-200-cut"] = true, ["error-200-cut-chunked"] = true }

local function link(name, duration)
  local url = "https://cdn.example.com/%s/%s?Expires=1779977401&Signature=c2lnbmVkLWhlcmU"
  return { url = url:format(TASK, name), duration = duration }
end

local function video(id, name)
  local made = link(name, 5)
  made.id = id
  return made
end

local MP3, WAV = link("sound.mp3", 5.041), link("sound.wav", 5)
local AUDIO_ID = "878106250473914444"
local AUDIOS = { { id = AUDIO_ID, mp3 = MP3, wav = WAV } }
local VIDEOS = { video("878106250473914445", "clip.mp4") }
local ONLY_MP3 = { { id = AUDIO_ID, mp3 = MP3 } }

-- What is not named here has the audios and videos above.
local audios = {
  ["query-succeed-videos-only"] = {},
  ["query-wrapped-omni"] = {},
  ["query-succeed-mp3-only"] = ONLY_MP3,
  ["query-succeed-plain-audio"] = ONLY_MP3,
  ["query-succeed-numeric-ids"] = { { id = "878106250473914443", mp3 = MP3, wav = WAV } },
  ["query-succeed-two-audios"] = {
    AUDIOS[1],
    { id = "878106250473914446", mp3 = link("sound2.mp3", 5.041), wav = link("sound2.wav", 5) },
  },
}
local videos = {
  ["query-succeed-mp3-only"] = {},
  ["query-succeed-plain-audio"] = {},
  ["query-succeed-url-mp3"] = {},
  ["query-succeed-two-audios"] = { VIDEOS[1], video("878106250473914447", "clip2.mp4") },
}

-- The same bytes from another host.
local function moved(value)
  if type(value) == "table" then
    local copy = {}
    for name, part in pairs(value) do
      copy[name] = moved(part)
    end
    return copy
  end
  return type(value) == "string" and value:gsub("cdn%.example%.com", "cdn.klingai.com") or value
end
audios["query-succeed-cdn-klingai"] = moved(AUDIOS)
videos["query-succeed-cdn-klingai"] = moved(VIDEOS)

local server, client

local function play(name, operation)
  local raw = fixture.load(name).raw
  server:fault { name = "raw", on = operation, text = raw, forever = true }
  client = assert(kling.new {
    api_key = "key",
    base_url = server.url,
    first_poll = NEVER,
    poll_interval = NEVER,
    max_poll_interval = NEVER,
    resolve = "never",
  })
end

local function drive(job, is_answered)
  local deadline = core.now() + PATIENCE
  repeat
    client:step(0.1)
    local state, info = client:poll(job)
    if info.failure or is_answered(state, info) then
      return state, info
    end
  until core.now() > deadline
  error("no answer in time")
end

local function each(operation, test)
  local expected = fixture.expected()
  for _, name in ipairs(fixture.names()) do
    local facts = expected[name][operation]
    if facts then
      it("takes " .. name, function()
        play(name, operation)
        test(facts, name)
      end)
    end
  end
end

local function code_of(facts, name)
  return CUT[name] and "network" or facts.code
end

local function assert_words(facts, failure, name)
  if facts.kind == "error" then
    assert.equal(facts.service_code, failure.service_code)
    assert.equal(facts.service_message, failure.service_message)
    assert.equal(facts.request_id, failure.request_id)
    assert.equal(fixture.load(name).status, failure.http_status)
  end
end

local function assert_failure(facts, failure, task_state, billed, name)
  assert.is_table(failure)
  assert.same(
    { code = code_of(facts, name), task_state = task_state, billed = billed },
    { code = failure.code, task_state = failure.task_state, billed = failure.billed }
  )
  assert.truthy(#failure.message > 0 and failure.message == tostring(failure))
  assert_words(facts, failure, name)
end

local function assert_result(result, facts, name)
  assert.equal(facts.task_id, result.task_id)
  assert.equal(facts.external_task_id, result.external_task_id)
  assert.same(audios[name] or AUDIOS, result.audios)
  assert.same(videos[name] or VIDEOS, result.videos)
  assert.is_table(result.raw)
end

describe("a client that is answered with a fixture", function()
  setup(function()
    server = emulator.start {}
  end)

  teardown(function()
    server:stop()
  end)

  after_each(function()
    client:close()
    server:reset()
  end)

  describe("after a create", function()
    local at_service = {
      refused = { "not-created", "no" },
      missing = { "not-created", "no" },
      busy = { "not-created", "no" },
      exists = { "exists", "no" },
      trouble = { "may-exist", "maybe" },
    }

    local function creates()
      local count = 0
      for _, entry in ipairs(server:log()) do
        count = count + (entry.request == "create" and 1 or 0)
      end
      return count
    end

    each("create", function(facts, name)
      local job = client:submit { video_url = CLIP }
      local state, info = drive(job, function(state)
        return state ~= "queued" and state ~= "submitting"
      end)
      if facts.verdict == "ok" then
        assert.equal(facts.state or "submitted", state)
        assert.equal(facts.task_id, info.task_id)
        assert.is_nil(info.failure)
      else
        local known = at_service[facts.verdict]
        assert.equal(facts.verdict == "busy", state ~= "failed")
        assert_failure(facts, info.failure, known[1], known[2], name)
      end
      if facts.verdict ~= "busy" then
        assert.equal(1, creates()) -- nothing sends a create twice, and no redirect is followed
      end
    end)
  end)

  describe("after a look at a task", function()
    -- A reply that ends nothing: the task is looked at again.
    local function assert_running(state, info, facts, name)
      assert.truthy(state == "submitted" or state == "processing")
      if facts.verdict ~= "ok" then
        assert.equal(code_of(facts, name), info.failure.code)
        assert_words(facts, info.failure, name)
      elseif facts.state == "succeeded" then
        assert.equal("protocol", info.failure.code)
      else
        assert.equal(facts.state or "submitted", state)
        assert.equal(facts.status, info.status)
        assert.equal(facts.state == nil, info.warning ~= nil)
      end
    end

    local function is_end(facts)
      return facts.state == "failed"
        or facts.state == "succeeded" and facts.result
        or facts.verdict == "refused"
        or facts.verdict == "missing"
    end

    local function assert_ended(job, facts, name)
      local result, message, failure = client:wait(job, PATIENCE)
      if facts.result then
        assert_result(assert(result, message), facts, name)
      elseif facts.state == "failed" then
        local outcome = { kind = "task", code = "failed" }
        assert_failure(outcome, failure, "exists", "maybe", name)
        assert.equal(facts.status_message, failure.service_message)
        assert.is_nil(message:find("SUCCEED", 1, true))
      else
        assert_failure(facts, failure, "may-exist", "maybe", name)
      end
    end

    each("query", function(facts, name)
      local job = client:attach(facts.task_id or TASK)
      if is_end(facts) then
        assert_ended(job, facts, name)
      else
        local state, info = drive(job, function(_, info)
          return info.status ~= nil
        end)
        assert_running(state, info, facts, name)
      end
    end)
  end)

  describe("after one status request", function()
    each("query", function(facts, name)
      local task, _, failure = client:query(facts.task_id or TASK)
      if facts.verdict ~= "ok" then
        assert.is_nil(task)
        return assert_failure(facts, failure, "may-exist", "maybe", name)
      end
      assert.same(
        {
          facts.task_id,
          facts.external_task_id or false,
          facts.state or "processing", -- a word nobody knows is not an end
          facts.status,
          facts.status_message or false,
        },
        {
          task.task_id,
          task.external_task_id or false,
          task.state,
          task.status,
          task.status_message or false,
        }
      )
      assert.equal(facts.state == "succeeded", task.result ~= nil)
      if facts.result then
        assert_result(task.result, facts, name)
      elseif task.result then
        assert.same({ {}, {} }, { task.result.audios, task.result.videos })
      end
    end)
  end)

  describe("after a list request", function()
    each("list", function(facts, name)
      local tasks, _, failure = client:list()
      if facts.verdict ~= "ok" then
        assert.is_nil(tasks)
        assert.equal(code_of(facts, name), failure.code)
        return assert_words(facts, failure, name)
      end
      assert.equal(facts.items, #tasks)
      for _, task in ipairs(tasks) do
        assert.truthy(task.task_id:match "^%d+$" and #task.task_id >= 18)
        assert.is_string(task.state)
      end
    end)
  end)
end)
