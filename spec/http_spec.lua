--- API requests as they are on the wire, replies as they come, and where the key does not go.

local core = require "kling.core"
local emulator = require "spec.support.emulator"
local kling = require "kling"
local quick = require "spec.support.quick"
local raw_server = require "spec.support.raw_server"

local CLIP, KEY, PATIENCE = quick.CLIP, quick.KEY, quick.PATIENCE
local CEILING = 4 * 1024 * 1024 -- bytes of a reply

local function task_reply(padding)
  return ('{"code":0,"data":{"task_id":"1","task_status":"processing"},"x":"%s"}'):format(padding)
end

describe("an API request", function()
  local server

  setup(function()
    server = emulator.start { clock = "manual" }
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    server:reset()
  end)

  after_each(quick.close_all)

  it("says who asks, and carries the key and the body's type", function()
    local client = quick.client(server, { user_agent = "my-game/1.0" })
    quick.until_state(client, client:submit(CLIP), "submitted")
    local entry = quick.logged(server, "create")[1]
    assert.equal("my-game/1.0 kling-lua/" .. kling.version, entry.user_agent)
    assert.is_true(entry.has_authorization)
    assert.equal("application/json", entry.content_type)
    assert.equal("/kling/v1/audio/video-to-audio", entry.path)
  end)

  it("says kling-lua without a user_agent", function()
    local client = quick.client(server)
    assert(client:list())
    assert.matches("^kling%-lua/", quick.logged(server, "list")[1].user_agent)
  end)

  for _, status in ipairs { 301, 302, 307, 308 } do
    it(("follows no redirect: %d"):format(status), function()
      local redirect = { name = "redirect", status = status, location = "/elsewhere" }
      redirect.forever = true
      server:fault(redirect)
      local client = quick.client(server)
      local failure = quick.failure(client, client:submit(CLIP))
      assert.same({ "protocol", status, "not-created" },
        { failure.code, failure.http_status, failure.task_state })
      local tasks, _, why = client:list()
      assert.is_nil(tasks)
      assert.equal("protocol", why.code)
      assert.equal(2, #server:log())
    end)
  end

  for name, fault in pairs {
    gzip = { name = "gzip" },
    chunked = { name = "chunked" },
    ["one byte at a time"] = { name = "trickle", bytes = 1, seconds = 0 },
  } do
    it("reads a reply that comes " .. name, function()
      fault.on, fault.forever = "any", true
      server:fault(fault)
      local client = quick.client(server)
      local info = quick.until_state(client, client:submit(CLIP), "submitted")
      local task = assert(client:query(info.task_id))
      assert.equal(info.task_id, task.task_id)
    end)
  end

  it("ends with request_timeout when the reply trickles", function()
    server:fault { name = "trickle", on = "list", bytes = 1, seconds = 0.05 }
    local client = quick.client(server, { request_timeout = 0.3 })
    local started = core.now()
    local tasks, _, failure = client:list { timeout = PATIENCE }
    assert.is_nil(tasks)
    assert.same({ "timeout", "list", true },
      { failure.code, failure.operation, failure.retryable })
    assert.is_true(core.now() - started < 2)
  end)

  for _, case in ipairs {
    { "exactly the ceiling", CEILING, true },
    { "one byte over the ceiling", CEILING + 1, false },
  } do
    it("whose reply has " .. case[1] .. (case[3] and " is read" or " fails"), function()
      local body = task_reply(("x"):rep(case[2] - #task_reply ""))
      assert.equal(case[2], #body)
      local raw = raw_server.start(function(connection)
        raw_server.read_request(connection)
        connection:xwrite(raw_server.reply(body), "bn")
      end)
      local client = quick.client(raw, { loop = raw.loop })
      local task, _, failure = client:query("1", PATIENCE)
      if case[3] then
        assert.equal("1", task.task_id)
      else
        assert.is_nil(task)
        assert.same({ "protocol", "query" }, { failure.code, failure.operation })
      end
      client:close()
      raw:stop()
    end)
  end

  it("whose reply is a small gzip of a huge body fails", function()
    local raw = raw_server.start(function(connection)
      raw_server.read_request(connection)
      local pipe = io.popen("head -c 20000000 /dev/zero | gzip -9 | od -An -v -tx1")
      local bytes = pipe:read("*a"):gsub("%s", ""):gsub("%x%x", function(hex)
        return string.char(tonumber(hex, 16))
      end)
      pipe:close()
      connection:xwrite(("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n")
        :format(#bytes) .. bytes, "bn")
    end)
    local client = quick.client(raw, { loop = raw.loop })
    local task, _, failure = client:query("1", PATIENCE)
    assert.is_nil(task)
    assert.equal("protocol", failure.code)
    client:close()
    raw:stop()
  end)

  it("puts an id into the path as one segment, whatever it holds", function()
    local client = quick.client(server)
    for id, path in pairs {
      ["a/b"] = "a%2Fb",
      ["../list"] = "..%2Flist",
      ["a b?c#d%e"] = "a%20b%3Fc%23d%25e",
      ["f\195\188r"] = "f%C3%BCr",
      ["-._~x"] = "-._~x",
    } do
      local task, _, failure = client:query(id)
      assert.is_nil(task)
      assert.equal("not_found", failure.code)
      local log = quick.logged(server, "query")
      -- whether A to F are large or small is the same (RFC 3986, 2.1)
      local asked = log[#log].path:gsub("%%%x%x", string.upper)
      assert.equal("/kling/v1/audio/video-to-audio/" .. path, asked)
    end
  end)

  it("keeps base_url's path in front", function()
    local prefixed = emulator.start { clock = "manual", prefix = "/relay/v2" }
    finally(function()
      prefixed:stop()
    end)
    for _, slash in ipairs { "", "/" } do
      local client = quick.client({ url = prefixed.url .. "/relay/v2" .. slash })
      assert(client:list())
    end
  end)

  it("uses one connection for many requests", function()
    local raw = raw_server.start(function(connection)
      while raw_server.read_request(connection) do
        connection:xwrite(raw_server.reply '{"code":0,"data":[]}', "bn")
      end
    end)
    local client = quick.client(raw, { loop = raw.loop })
    for _ = 1, 5 do
      assert(client:list())
    end
    assert.equal(1, raw.connections)
    client:close()
    raw:stop()
  end)
end)

describe("the key", function()
  local server

  setup(function()
    server = emulator.start { clock = "manual", http2 = false }
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    server:reset()
  end)

  after_each(quick.close_all)

  local function assert_absent(value, seen)
    seen = seen or {}
    if type(value) == "table" and not seen[value] then
      seen[value] = true
      for name, part in pairs(value) do
        assert_absent(name, seen)
        assert_absent(part, seen)
      end
    elseif type(value) == "string" then
      assert.is_nil(value:find(KEY, 1, true), value)
      assert.is_nil(value:find(KEY:sub(1, 12), 1, true), value)
    end
  end

  local function refuse_with(body)
    server:fault { name = "status", on = "create", status = 401, body = body }
    local client = quick.client(server)
    local job = client:submit(CLIP)
    local failure = quick.failure(client, job)
    assert_absent(failure)
    assert_absent(select(2, client:poll(job)))
    assert_absent { tostring(client), tostring(job), tostring(failure) }
    return failure
  end

  it("is blotted out of the service's message", function()
    local body = '{"code":1002,"message":"Invalid key %s given (%s)","request_id":"r"}'
    local failure = refuse_with(body:format(KEY, KEY))
    assert.matches("Invalid key %*+ given %(%*+%)", failure.service_message)
    assert.equal("auth", failure.code)
  end)

  it("is blotted out when it is escaped in JSON", function()
    local body = '{"error":{"message":"Invalid key \\u0073%s","code":"invalid_api_key"}}'
    assert.matches("Invalid key %*+$", refuse_with(body:format(KEY:sub(2))).service_message)
  end)

  it("is blotted out of the codes and ids around the message", function()
    local body = '{"code":"%s","message":"no","request_id":"%s"}'
    refuse_with(body:format(KEY, KEY))
    refuse_with(('{"code":"1002","message":"no (request id: %s)"}'):format(KEY))
  end)

  it("is no task's id", function()
    server:fault { name = "status", on = "create", status = 200,
      body = ('{"code":0,"data":{"task_id":"%s"}}'):format(KEY) }
    local client = quick.client(server, { resolve = "never" })
    local job = client:submit(CLIP)
    local failure = quick.failure(client, job)
    assert_absent { failure, select(2, client:poll(job)), tostring(job) }
    assert.same({ "protocol", "may-exist" }, { failure.code, failure.task_state })
  end)

  it("is blotted out where the message is cut off in its midst", function()
    local most = #refuse_with(('{"code":1002,"message":"%s"}'):format(("x"):rep(2000)))
      .service_message
    assert.is_true(most < 2000)
    for cut = most - #KEY, most do
      refuse_with(('{"code":1002,"message":"%s%s"}'):format(("x"):rep(cut), KEY))
    end
  end)

  it("is blotted out of a status, its warning and a task's reason", function()
    local client = quick.client(server)
    local job = client:submit(CLIP)
    local info = quick.until_state(client, job, "submitted")
    local body = '{"code":0,"data":{"task_id":"%s","task_status":"odd %s"}}'
    server:fault { name = "status", on = "query", status = 200,
      body = body:format(info.task_id, KEY), times = 1 }
    info = quick.drive(client, function()
      info = select(2, client:poll(job))
      return info.warning and info
    end)
    assert_absent(info)
    body = '{"code":0,"data":{"task_id":"%s","task_status":"failed","task_status_msg":"bad %s"}}'
    server:fault { name = "status", on = "query", status = 200,
      body = body:format(info.task_id, KEY) }
    local failure = quick.failure(client, job)
    assert_absent(failure)
    assert.matches("bad %*+", failure.service_message)
  end)

  -- What a status request, a list and a wait bring of replies that say this.
  local function hear(words)
    local client = quick.client(server)
    local job = client:submit(CLIP)
    local id = quick.until_state(client, job, "submitted").task_id
    local task = ('{"task_id":"%s","task_status":"succeed","task_status_msg":"by %s",'
      .. '"task_result":{"videos":[{"id":"%s","url":"https://a/b"}]}}'):format(id, words, words)
    local function answer(on, data)
      server:fault { name = "status", on = on, status = 200, forever = true,
        body = ('{"code":0,"data":%s}'):format(data) }
    end
    answer("query", task)
    answer("list", "[" .. task .. "]")
    local found = { assert(client:query(id)), assert(client:list()),
      assert(client:wait(job, PATIENCE)) }
    server:reset()
    return found
  end

  it("is blotted out of what a status request, a list and a result bring", function()
    local found = hear(KEY)
    assert_absent(found)
    assert.matches("^by %*+$", found[1].status_message)
  end)

  it("is blotted out of them however it is escaped", function()
    local function hexed(digits)
      return (KEY:gsub(".", function(c)
        return digits:format(c:byte())
      end))
    end
    for _, words in ipairs { hexed "\\u%04x", hexed "\\u%04X", (KEY:gsub("-", "\\u002D")) } do
      local found = hear(words)
      assert_absent(found)
      assert.matches("^by %*+$", found[1].status_message)
      assert.matches("^by %*+$", found[3].raw.data.task_status_msg)
    end
    local nested = hear '{\\"message\\":\\"sk\\\\u002d0123456789-never-to-be-shown\\"}'
    assert.matches('^by {"message":"%*+"}$', nested[1].status_message)
  end)

  it("is blotted out of them without making them no JSON", function()
    local escaped = quick.client(server, { api_key = "nine/lives/of/a/key" })
    local job = escaped:submit(CLIP)
    local id = quick.until_state(escaped, job, "submitted").task_id
    escaped:cancel(job) -- its looks would take what the queries below are to get
    local body = '{"code":0,"data":{"task_id":"%s","task_status":"processing",'
      .. '"task_status_msg":"%s"}}'
    for _, words in ipairs { "\\nine/lives/of/a/key", "nine\\/lives\\/of\\/a\\/key" } do
      server:fault { name = "status", on = "query", status = 200, body = body:format(id, words) }
      assert.matches("^%*+$", assert(escaped:query(id)).raw.data.task_status_msg)
    end
    local odd = quick.client(server, { api_key = "0041-is-not-a-letter" })
    server:fault { name = "status", on = "query", status = 200,
      body = body:format(id, "by \\u0041-is-not-a-letter") }
    assert.matches("^by %*+$", assert(odd:query(id)).raw.data.task_status_msg)
  end)

  it("is left in replies where it is a word of theirs and no secret", function()
    local client = quick.client(server, { api_key = "task" })
    local job = client:submit(CLIP)
    quick.until_state(client, job, "submitted")
    server:advance(10)
    local result = assert(client:wait(job, PATIENCE))
    assert.equal(1, #result.audios)
  end)

  it("is not sent to where the files are", function()
    local client = quick.client(server)
    local job = client:submit(CLIP)
    quick.until_state(client, job, "submitted")
    server:advance(10)
    local folder, remove = quick.folder()
    finally(remove)
    assert.equal(3, #assert(client:save(job, folder, { timeout = PATIENCE })))
    for _, entry in ipairs(server:log()) do
      assert.equal(entry.request ~= "download", entry.has_authorization)
    end
    assert.equal(3, #quick.logged(server, "download"))
  end)
end)
