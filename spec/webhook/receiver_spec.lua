--- Reading callbacks, and the receiver's paths: without a network.

local kling = require "kling"
local webhook = require "kling.webhook"

local URL = "https://me.example/kling/callback"
local KEY = "a key of sixteen bytes, or more"
local CLIP = { video_url = "https://example.com/clip.mp4" }
local BODY = '{"task_id":"878106242831892487","task_status":"processing"}'

-- Source of the fields: K-docs (docs/contract.md, section 4.1); the values are ours.
local LEGACY = [[{
  "task_id": "878106242831892487", "task_status": "failed",
  "task_status_msg": "Image pixel is invalid",
  "created_at": 1777385361501, "updated_at": 1777385363321, "final_unit_deduction": "0.25",
  "final_balance_deduction": { "quota": "0", "list_price": "0" },
  "task_info": { "parent_video": { "id": "1", "url": "https://h/v.mp4", "duration": "5.0" },
                 "external_task_id": "mine" },
  "task_result": { "images": [], "videos": [] } }]]
local NEW = [[{
  "id": "878106242831892487", "status": "succeeded", "message": "",
  "create_time": 1777385361501, "update_time": 1777385363321, "external_id": "mine",
  "outputs": [ { "type": "audio", "id": "7", "mp3_url": "https://h/a", "mp3_duration": "5.0" } ],
  "billing": [] }]]

local function assert_refused(code, status, pattern, event, message, failure)
  assert.is_nil(event)
  assert.matches(pattern, message)
  assert.same({ code, status, "receive", message },
    { failure.code, failure.http_status, failure.operation, tostring(failure) })
end

local function assert_raises(pattern, call)
  local fine, message = pcall(call)
  assert.is_false(fine)
  assert.matches(pattern, message)
  assert.matches("receiver_spec.lua:%d+: ", message)
end

describe("webhook.parse", function()
  it("reads the older generation", function()
    local event = assert(webhook.parse(LEGACY))
    assert.same({
      task_id = "878106242831892487", external_task_id = "mine", state = "failed",
      status = "failed", status_message = "Image pixel is invalid",
    }, { task_id = event.task_id, external_task_id = event.external_task_id, state = event.state,
      status = event.status, status_message = event.status_message })
    assert.is_true(math.abs(event.created_at - 1777385361.501) < 0.0005)
    assert.is_true(math.abs(event.updated_at - 1777385363.321) < 0.0005)
  end)

  it("reads the newer generation", function()
    local event = assert(webhook.parse(NEW))
    assert.same({
      task_id = "878106242831892487", external_task_id = "mine", state = "succeeded",
      status = "succeeded",
    }, { task_id = event.task_id, external_task_id = event.external_task_id, state = event.state,
      status = event.status, status_message = event.status_message })
    assert.is_true(math.abs(event.updated_at - 1777385363.321) < 0.0005)
  end)

  it("keeps every digit of an id that is a bare number", function()
    assert.equal("98878106242831892487",
      webhook.parse('{"task_id":98878106242831892487,"task_status":"succeed"}').task_id)
  end)

  it("takes a status it does not know for no end", function()
    local event = assert(webhook.parse '{"task_id":"1","task_status":"reviewing"}')
    assert.same({ "processing", "reviewing" }, { event.state, event.status })
  end)

  for _, body in ipairs { "", "{", "null", "[]", '"text"', "<!DOCTYPE html>", "{}",
    '{"task_id":"1"}', '{"task_status":"succeed"}', '{"task_id":{},"task_status":"succeed"}',
    '{"task_id":"1","task_status":null}', '{"task_id":"","task_status":"succeed"}',
    BODY .. "x", ("["):rep(100000) } do
    it(("refuses %s"):format(body:sub(1, 40)), function()
      assert_refused("protocol", 400, "callback not taken", webhook.parse(body))
    end)
  end

  it("raises for what is no text", function()
    assert_raises("a string expected, got nil", function()
      local event = webhook.parse(nil)
      return event
    end)
  end)
end)

describe("a receiver", function()
  local client

  before_each(function()
    client = assert(kling.new { api_key = "key" })
  end)

  after_each(function()
    client:close()
  end)

  local function make(options)
    local merged = { url = URL, key = KEY }
    for name, value in pairs(options or {}) do
      merged[name] = value or nil
    end
    return webhook.receiver(client, merged)
  end

  local function path_of(request)
    return request.callback_url:match "^%a+://[^/]+(.*)$"
  end

  it("adds an external id and a URL to a copy of a request", function()
    local request = make():request(CLIP)
    assert.is_nil(CLIP.callback_url)
    assert.equal(CLIP.video_url, request.video_url)
    assert.equal(36, #request.external_task_id)
    local id, token = request.callback_url:match("^" .. URL .. "/([^/]+)/(%x+)$")
    assert.equal(request.external_task_id, id)
    assert.equal(64, #token)
    assert.is_truthy(client:submit(request))
  end)

  it("makes other ids and tokens each time, and the same token for the same id and key", function()
    local first, second = make():request(CLIP), make():request(CLIP)
    assert.not_equal(first.external_task_id, second.external_task_id)
    local same = { video_url = CLIP.video_url, external_task_id = "mine", callback_url = "" }
    assert.equal(make():request(same).callback_url, make():request(same).callback_url)
    assert.not_equal(make():request(same).callback_url,
      make({ key = KEY .. "!" }):request(same).callback_url)
    assert.not_equal(make({ key = false }):request(same).callback_url,
      make({ key = false }):request(same).callback_url)
  end)

  it("takes what another one with the same key sent out, whatever its path begins with", function()
    local request = make():request(CLIP)
    local id_and_token = path_of(request):match "([^/]+/[^/]+)$"
    for _, before in ipairs { "/kling/callback/", "/", "", "/some/proxy/" } do
      local event = assert(make():receive(before .. id_and_token, {}, BODY))
      assert.equal(request.external_task_id, event.external_task_id)
      assert.is_false(event.known)
    end
    assert.is_truthy(make():receive("/" .. id_and_token .. "?from=proxy", {}, BODY))
  end)

  for _, id in ipairs { "a b", "a/b", "50%", "%2F", "?x=1#y", "café", "..%2e", "a.b~c_d-e" } do
    it(("finds the task '%s' in its path again"):format(id), function()
      local receiver = make()
      local request = receiver:request { video_url = CLIP.video_url, external_task_id = id }
      assert.is_nil(request.callback_url:find "[%s#?]")
      assert.equal(id, assert(receiver:receive(path_of(request), {}, BODY)).external_task_id)
    end)
  end

  it("takes no path with a token that is not its own", function()
    local receiver = make()
    local path = path_of(receiver:request(CLIP))
    local others = path_of(receiver:request(CLIP))
    local changed = path:gsub("%x$", function(last)
      return last == "0" and "1" or "0"
    end)
    for _, wrong in ipairs { "", "/", "//", "/x", "/x/y", changed, path:sub(1, -2), path .. "0",
      path .. "/", path:upper(), path:match "^(.*)/[^/]+$", path:match "[^/]+$",
      path:match "^(.*/)[^/]+$" .. others:match "[^/]+$" } do
      assert_refused("auth", 401, "no valid token", receiver:receive(wrong, {}, BODY))
    end
    assert_refused("auth", 401, "no valid token",
      make({ key = KEY .. "!" }):receive(path, {}, BODY))
  end)

  it("takes no body that names another task than its path", function()
    local receiver = make()
    local path = path_of(receiver:request(CLIP))
    assert_refused("auth", 401, "another task", receiver:receive(path, {}, LEGACY))
    assert_refused("auth", 401, "another task", receiver:receive(path, {}, NEW))
  end)

  it("takes no body that is too long, or makes no sense", function()
    local receiver = make { max_body = #BODY }
    local path = path_of(receiver:request(CLIP))
    assert.is_truthy(receiver:receive(path, {}, BODY))
    assert_refused("protocol", 413, "more than", receiver:receive(path, {}, BODY .. " "))
    assert_refused("protocol", 413, "more than", receiver:receive(path, {}, nil))
    assert_refused("protocol", 400, "not a JSON", receiver:receive(path, {}, "mumble"))
    local _, message = make():receive(path, {}, (" "):rep(65537))
    assert.matches("65536", message)
  end)

  it("knows the tasks of its client by either id", function()
    local receiver = make()
    local request = receiver:request(CLIP)
    client:submit(request)
    assert.is_true(receiver:receive(path_of(request), {}, BODY).known)
    assert.is_false(receiver:receive(path_of(receiver:request(CLIP)), {}, BODY).known)
    client:attach "878106242831892487"
    assert.is_true(receiver:receive(path_of(receiver:request(CLIP)), {}, BODY).known)
  end)

  it("is collected with its client", function()
    local watched = setmetatable({}, { __mode = "v" })
    do
      local other = assert(kling.new { api_key = "key" })
      watched[1] = webhook.receiver(other, { url = URL })
    end
    collectgarbage()
    collectgarbage()
    assert.is_nil(watched[1])
  end)

  describe("raises for", function()
    local wrong_options = {
      ["url: expected"] = { url = false },
      ["https expected; http:// needs"] = { url = "http://me.example/x" },
      ["url: "] = { url = "https://me.example/x?y" },
      ["key: at least 16 bytes"] = { key = "short" },
      ["secrets: whsec_"] = { secrets = { "x" } },
      ["did you mean 'secrets'"] = { secret = "x" },
      ["max_body: at least 1"] = { max_body = 0 },
    }
    for text, options in pairs(wrong_options) do
      it("an option: " .. text, function()
        local merged = { url = URL }
        for name, value in pairs(options) do
          merged[name] = value or nil
        end
        assert_raises(text:gsub("%p", "%%%0"), function()
          local receiver = webhook.receiver(client, merged)
          return receiver
        end)
      end)
    end

    it("what is no client", function()
      for _, value in ipairs { 5, {}, io.stdout } do
        assert_raises("a client expected", function()
          local receiver = webhook.receiver(value, { url = URL })
          return receiver
        end)
      end
    end)

    local wrong_requests = {
      ["callback_url: none expected"] = { callback_url = "https://elsewhere.example/" },
      ["external_task_id: string expected"] = { external_task_id = 5 },
      ["external_task_id: an id expected"] = { external_task_id = ".." },
    }
    for text, request in pairs(wrong_requests) do
      it("a request: " .. text, function()
        local receiver = make()
        assert_raises(text, function()
          local made = receiver:request(request)
          return made
        end)
      end)
    end

    it("a request that is no table", function()
      local receiver = make()
      assert_raises("table expected, got nil", function()
        local made = receiver:request(nil)
        return made
      end)
    end)
  end)

  it("may be behind http on this machine, or where the client may use http", function()
    assert.is_truthy(make { url = "http://127.0.0.1:8080/x/" })
    local careless = assert(kling.new { api_key = "key", insecure_http = true })
    assert.is_truthy(webhook.receiver(careless, { url = "http://me.example" }))
    careless:close()
  end)
end)

describe("the public surface of callbacks", function()
  local function documented(owner, separator)
    local file = assert(io.open "lua/kling/webhook/meta.lua")
    local text = file:read "*a"
    file:close()
    local names = {}
    for found, mark, name in text:gmatch "\nfunction (%w+)([.:])([%w_]+)%(" do
      if found == owner and mark == separator then
        names[name] = true
      end
    end
    return names
  end

  local function keys(t)
    local names = {}
    for name, value in pairs(t) do
      names[name] = type(value) == "function" or nil
    end
    return names
  end

  it("documents each function, and only those", function()
    assert.same(documented("webhook", "."), keys(webhook))
    local Receiver = require("kling.webhook.receiver").Receiver
    Receiver.__index = nil
    assert.same(documented("Receiver", ":"), keys(Receiver))
    Receiver.__index = Receiver
  end)
end)
