--- Downloads of more than one turn takes in: libcurl keeps what comes after a turn's end.

local core = require "kling.core"
local gzip = require "kling.emulator.gzip"
local parts = require "kling_parts"
local quick = require "spec.support.quick"
local raw_server = require "spec.support.raw_server"
local scratch = require "spec.support.scratch"

local BYTES = 6e6
local CHUNK = 5e5
local ATTEMPTS = 20 -- now and then nothing comes that takes longer than a turn

-- No two places of it are alike, nor are two of them.
local function big(seed)
  local lines = {}
  for i = 1, BYTES / 16 do
    lines[i] = ("%015d\n"):format(i * 7 + seed)
  end
  return table.concat(lines)
end

local BIG = big(1)

local function reply(headers, body)
  return ("HTTP/1.1 200 OK\r\n%s\r\n\r\n%s"):format(headers, body)
end

local function plain(body)
  return reply("Content-Length: " .. #body, body)
end

local function chunked(body)
  local chunks = {}
  for at = 1, #body, CHUNK do
    local chunk = body:sub(at, at + CHUNK - 1)
    chunks[#chunks + 1] = ("%x\r\n%s\r\n"):format(#chunk, chunk)
  end
  return reply("Transfer-Encoding: chunked", table.concat(chunks) .. "0\r\n\r\n")
end

local function packed(body)
  body = gzip.wrap(body)
  return reply("Content-Encoding: gzip\r\nContent-Length: " .. #body, body)
end

describe("a save of big files", function()
  local folder, server, replies, saves

  before_each(function()
    folder = scratch.new()
    replies, saves = {}, 0
    server = raw_server.start(function(connection)
      local head = raw_server.read_request(connection)
      connection:xwrite(replies[tonumber(head:match "^GET /(%d)")], "bn")
    end)
  end)

  after_each(function()
    quick.close_all()
    server:stop()
    scratch.remove(folder)
  end)

  local function save(options, loop)
    saves = saves + 1
    local result = { task_id = tostring(saves), videos = {}, audios = {} }
    for i = 1, #replies do
      result.audios[i] = { mp3 = { url = server.url .. "/" .. i } }
    end
    options.timeout, options.verify = quick.PATIENCE, false
    return quick.client(server, { loop = loop or server.loop }):save(result, folder, options)
  end

  local function assert_saved(bodies)
    local files = assert(save {})
    for i, body in ipairs(bodies) do
      assert.same({ #body, core.sha256(body) }, { files[i].bytes, files[i].sha256 })
      assert.is_true(body == quick.read(files[i].path))
    end
  end

  it("takes turns, and mixes nothing up", function()
    local bodies = {}
    for i = 1, 4 do
      bodies[i] = big(i)
      replies[i] = plain(bodies[i])
    end
    assert_saved(bodies)
  end)

  for name, make in pairs { ["in chunks"] = chunked, ["encoded"] = packed } do
    it("takes one that comes " .. name, function()
      local body = BIG:sub(1, 2 * CHUNK + 1) -- to pack it takes Lua long
      replies[1] = make(body)
      assert_saved { body }
    end)
  end

  it("comes back at once for what is kept", function()
    local done, least = 0, math.huge
    local loop = { pause = function(client, seconds, most)
      if done > 0 and done < BYTES then
        least = math.min(least, seconds)
      end
      server.loop.pause(client, seconds, most)
    end }
    replies[1] = plain(BIG)
    repeat
      done = 0
      assert(save({ on_progress = function(bytes)
        done = bytes
      end }, loop))
    until least == 0 or saves == ATTEMPTS
    assert.equal(0, least)
  end)

  it("ends when the disk is full in the midst", function()
    replies[1], replies[2] = plain(BIG), plain(BIG)
    parts.limit_file_size(BYTES / 2)
    finally(function()
      parts.limit_file_size(nil)
    end)
    local files, _, failure = save {}
    parts.limit_file_size(nil)
    assert.is_nil(files)
    assert.equal("io", failure.code)
    assert.same({}, scratch.names(folder))
  end)
end)
