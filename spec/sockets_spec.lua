--- What libcurl's sockets are watched for.

local parts = require "kling_parts"
local quick = require "spec.support.quick"
local raw_server = require "spec.support.raw_server"

local REPLY = raw_server.reply '{"code":0,"message":"","request_id":"r","data":[]}'
local is_epoll = parts.poller_name == "epoll"

describe("a connection", function()
  local raw, client

  local function start(handle)
    raw = raw_server.start(handle)
    client = quick.client(raw, { loop = raw.loop })
  end

  after_each(function()
    quick.close_all()
    raw:stop()
  end)

  local function answer(connection)
    local asked = raw_server.read_request(connection)
    if asked then
      connection:xwrite(REPLY, "bn", quick.PATIENCE)
    end
    return asked
  end

  local function ask()
    assert.same({}, (assert(client:list())))
  end

  -- How many sockets are in the set; the timer is no socket.
  local function watched()
    local file = assert(io.open("/proc/self/fdinfo/" .. client:pollfd()))
    local _, count = file:read("*a"):gsub("tfd:", "")
    file:close()
    return count - 1
  end

  if is_epoll then
    it("stays watched between two requests", function()
      start(function(connection)
        while answer(connection) do
        end
      end)
      for _ = 1, 3 do
        ask()
        assert.equal(1, watched())
      end
      assert.equal(1, raw.connections)
    end)
  end

  for name, text in pairs { ["was closed"] = "", ["says something"] = "HTTP/1.1 408 " } do
    it(("that %s while nobody asks is left alone, and another is made"):format(name), function()
      start(function(connection)
        answer(connection)
        connection:xwrite(text, "bn", quick.PATIENCE)
        if text ~= "" then
          connection:xread(1, "bn", quick.PATIENCE)
        end
      end)
      ask()
      if is_epoll then
        quick.drive(client, function()
          raw:step()
          return watched() == 0
        end)
        assert.is_false(parts.is_readable(client:pollfd(), 0))
      end
      ask()
      assert.equal(2, raw.connections)
    end)
  end

  it("is watched though another with its descriptor's number was", function()
    start(answer) -- and closes
    for i = 1, 10 do
      ask()
      assert.equal(i, raw.connections)
    end
  end)
end)
