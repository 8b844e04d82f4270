--- The drop-in handlers: lua-http's over a socket, OpenResty's against a stand-in for ngx.

local callback_server = require "spec.support.callback_server"
local cqueues = require "cqueues"
local kling = require "kling"
local socket = require "cqueues.socket"
local webhook = require "kling.webhook"

local SECONDS = 10
local BODY = '{"task_id":"1","task_status":"processing"}'

local client, receiver, path

local function make_receiver()
  client = assert(kling.new { api_key = "key" })
  receiver = webhook.receiver(client, { url = "https://me.example/callback", max_body = 1000 })
  local request = receiver:request { video_url = "https://example.com/clip.mp4" }
  client:submit(request)
  path = request.callback_url:match "^%a+://[^/]+(.*)$"
end

describe("the handler for lua-http", function()
  local inbox

  setup(function()
    inbox = callback_server.start()
  end)

  teardown(function()
    inbox:stop()
  end)

  before_each(function()
    make_receiver()
    inbox.onstream = receiver:lua_http()
  end)

  after_each(function()
    client:close()
  end)

  -- The status of the reply to these bytes, after which we send no more; nil when there was none.
  local function exchange(bytes)
    local status
    local is_over = false
    inbox.cq:wrap(function()
      local connection = socket.connect("127.0.0.1", inbox.port)
      connection:onerror(function(_, _, why)
        return why -- the end of the connection is one of the answers
      end)
      connection:xwrite(bytes, "bn", SECONDS)
      connection:shutdown "w"
      local line = connection:xread("*l", "bn", SECONDS)
      status = line and tonumber(line:match "^HTTP/1.1 (%d+)")
      connection:close()
      is_over = true
    end)
    local deadline = cqueues.monotime() + SECONDS
    while not is_over and cqueues.monotime() < deadline do
      assert(inbox.cq:step(0.1))
    end
    assert(is_over, "the exchange did not end")
    inbox:step()
    return status
  end

  local function post(to, body, fields)
    return exchange(("POST %s HTTP/1.1\r\nhost: me\r\n%s\r\n%s"):format(to,
      fields or ("content-length: %d\r\n"):format(#body), body))
  end

  it("takes a callback", function()
    assert.equal(204, post(path, BODY))
  end)

  it("takes one in chunks, and one whose sender waits to be asked for it", function()
    local chunked = ("%x\r\n%s\r\n0\r\n\r\n"):format(#BODY, BODY)
    assert.equal(204, post(path, chunked, "transfer-encoding: chunked\r\n"))
    assert.equal(100, post(path, BODY,
      ("expect: 100-continue\r\ncontent-length: %d\r\n"):format(#BODY)))
  end)

  it("turns away what is forged, makes no sense, is too long or is no POST", function()
    assert.equal(401, post(path .. "0", BODY))
    assert.equal(400, post(path, "mumble"))
    assert.equal(400, post(path, "", ""))
    assert.equal(413, post(path, (" "):rep(1001)))
    assert.equal(413, post(path, "", "content-length: 1000000\r\n"))
    local chunked = ("%x\r\n%s\r\n0\r\n\r\n"):format(5000, (" "):rep(5000))
    assert.equal(413, post(path, chunked, "transfer-encoding: chunked\r\n"))
    assert.equal(405, exchange(("GET %s HTTP/1.1\r\nhost: me\r\n\r\n"):format(path)))
  end)

  it("lets go of one that breaks off, and takes the next", function()
    assert.is_nil(post(path, BODY:sub(1, 10), ("content-length: %d\r\n"):format(#BODY)))
    assert.is_nil(post(path, "ff\r\nhalf", "transfer-encoding: chunked\r\n"))
    assert.is_nil(exchange "POST /")
    assert.equal(204, post(path, BODY))
  end)
end)

describe("the handler for OpenResty", function()
  local before = rawget(_G, "ngx")
  local nginx, temporary

  before_each(function()
    make_receiver()
    temporary = os.tmpname()
    nginx = { answers = {} }
    nginx.var = { request_uri = path, http_content_length = tostring(#BODY) }
    nginx.eof = function()
      nginx.answers[#nginx.answers + 1] = nginx.status
    end
    nginx.req = {
      get_method = function() return nginx.method or "POST" end,
      get_headers = function() return { host = "me" } end,
      read_body = function() nginx.was_read = true end,
      get_body_data = function() return nginx.body end,
      get_body_file = function() return nginx.file end,
    }
    rawset(_G, "ngx", nginx)
    package.loaded["kling.webhook.openresty"] = nil
  end)

  after_each(function()
    rawset(_G, "ngx", before)
    package.loaded["kling.webhook.openresty"] = nil
    os.remove(temporary)
    client:close()
  end)

  it("takes a callback, answers 204 and says what it was", function()
    nginx.body = BODY
    local event = assert(receiver:openresty())
    assert.same({ "processing", true }, { event.state, event.known })
    assert.same({ 204 }, nginx.answers)
  end)

  it("takes one that nginx has put into a file", function()
    local file = assert(io.open(temporary, "w"))
    file:write(BODY)
    file:close()
    nginx.file = temporary
    assert.is_truthy(receiver:openresty())
    assert.same({ 204 }, nginx.answers)
  end)

  local function assert_turned_away(status, code)
    local event, _, failure = receiver:openresty()
    assert.is_nil(event)
    assert.equal(code, failure and failure.code)
    assert.same({ status }, nginx.answers)
  end

  it("turns away what is forged", function()
    nginx.body, nginx.var.request_uri = BODY, path .. "0"
    assert_turned_away(401, "auth")
  end)

  it("turns away what makes no sense", function()
    assert_turned_away(400, "protocol")
  end)

  it("does not read what is announced as too long", function()
    nginx.var.http_content_length = "1001"
    assert_turned_away(413, "protocol")
    assert.is_nil(nginx.was_read)
  end)

  it("turns away what turns out to be too long", function()
    nginx.var.http_content_length = nil
    local file = assert(io.open(temporary, "w"))
    file:write((" "):rep(5000))
    file:close()
    nginx.file = temporary
    assert_turned_away(413, "protocol")
  end)

  it("takes nothing but a POST", function()
    nginx.method = "GET"
    assert_turned_away(405, nil)
    assert.is_nil(nginx.was_read)
  end)
end)
