--- Starts examples/openresty for its specs, and talks to it as browsers do.

local assert = require "luassert"
local busted = require "busted" -- a module does not see what busted gives to spec files
local cjson = require "cjson.safe"
local cqueues = require "cqueues"
local http_request = require "http.request"
local free_port = require "spec.support.free_port"

local emulator = require "spec.support.emulator"

local PATIENCE = 60 -- seconds; busy machines are slow

local Site = {}
Site.__index = Site

-- Seconds. The site looks at a task after 3, and then every 3.
local LIFE = { submitted = 1, processing = 1 }

local M = {
  KEY = "sk-0123456789-never-to-be-shown",
  --- The first look finds such a task processing.
  LONG_LIFE = { submitted = 1, processing = 3 },
}

local function quote(text)
  return "'" .. tostring(text):gsub("'", "'\\''") .. "'"
end

local function read(path)
  local file = io.open(path)
  local text = file and file:read "*a" or ""
  if file then
    file:close()
  end
  return text
end

local function output_of(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*l"
  pipe:close()
  return text
end

local function environment(variables)
  local words = { "env -u MAKEFLAGS -u MFLAGS -u LUA -u KLING_CALLBACK_URL" }
  for name, value in pairs(variables) do
    words[#words + 1] = name .. "=" .. quote(value)
  end
  return table.concat(words, " ")
end

--- Ask for a path: status, body and headers. `with`: `method`, `headers`, `body`.
function Site:ask(path, with)
  with = with or {}
  local request = http_request.new_from_uri(self.url)
  request.headers:upsert(":path", path)
  request.headers:upsert(":method", with.method or (with.body and "POST" or "GET"))
  for name, value in pairs(with.headers or {}) do
    request.headers:upsert(name, value)
  end
  if with.body then
    request:set_body(with.body)
  end
  local headers, stream = request:go(PATIENCE)
  if not headers then
    return nil, stream
  end
  local body = assert(stream:get_body_as_string(PATIENCE))
  stream:shutdown()
  return tonumber(headers:get ":status"), body, headers
end

--- Submit a clip as the page does: status and the answer.
function Site:submit(fields)
  local status, body = self:ask("/clips", {
    headers = { ["content-type"] = "application/json" },
    body = cjson.encode(fields),
  })
  return status, cjson.decode(body)
end

--- All events of these clips, until the stream ends.
function Site:follow(...)
  local status, body, headers = self:ask("/events?clip=" .. table.concat({ ... }, "&clip="))
  assert(status == 200 and headers:get "content-type" == "text/event-stream", body)
  local events = {}
  for text in body:gmatch "data: ([^\n]+)\n\n" do
    events[#events + 1] = assert(cjson.decode(text))
  end
  return events
end

--- What became of a clip.
function Site:outcome(id)
  local events = self:follow(id)
  return events[#events].clip
end

-- What nginx complained of, other than its visitors; and the key, wherever it was shown.
local function complaints_of(self)
  local found = {}
  for line in read(self.folder .. "/error.log"):gmatch "[^\n]+" do
    local is_harmless = line:find("[notice]", 1, true) or line:find("too large body", 1, true)
    if not is_harmless or line:find(M.KEY, 1, true) then
      found[#found + 1] = line
    end
  end
  return found
end

function Site:signal(name)
  assert(os.execute(("kill -%s %s"):format(name, self.pid)))
end

-- Does not wait for clips that are being worked on. The exit status, and what nginx complained of.
local function stop(self)
  os.execute(("kill -TERM %s 2>/dev/null"):format(self.pid))
  local status = tonumber(self.pipe:read "*l")
  self.pipe:close()
  local complaints = complaints_of(self)
  os.execute("rm -rf " .. quote(self.folder))
  return status, complaints
end

local function wait_until_up(self)
  local deadline = cqueues.monotime() + PATIENCE
  repeat
    local status = self:ask "/"
    if status then
      return
    end
    cqueues.sleep(0.02)
  until cqueues.monotime() > deadline
  local output = read(self.folder .. "/output")
  stop(self)
  error("the site did not start: " .. output, 3)
end

local function start(server, callbacks)
  local port = free_port()
  local folder = output_of "mktemp -d"
  local self = setmetatable({ folder = folder, url = "http://127.0.0.1:" .. port }, Site)
  self.pipe = assert(io.popen(("%s sh examples/openresty/run.sh %s >%s/output 2>&1 </dev/null &"
    .. " echo $!; wait $!; echo $?"):format(environment {
    COMETAPI_KEY = M.KEY,
    COMETAPI_BASE_URL = server.url,
    PORT = port,
    KLING_CALLBACK_URL = callbacks and self.url .. "/callback" or nil,
  }, folder, folder)))
  self.pid = self.pipe:read "*l"
  wait_until_up(self)
  return self
end

--- A site of these specs' own, with its emulator and the address of a clip; they end without a word
--- of complaint. Options:
--- `callbacks`, whether the site asks for them; `folder` of clips.
function M.set_up(options)
  local own = {}

  busted.lazy_setup(function()
    own.server = emulator.start { life = LIFE, folder = options and options.folder }
    own.site = start(own.server, options and options.callbacks)
    own.clip = { video_url = own.server.url .. "/clip.mp4", sound_effect_prompt = "rain" }
  end)

  busted.before_each(function()
    own.server:reset()
  end)

  busted.lazy_teardown(function()
    local status, complaints = stop(own.site)
    own.server:stop()
    assert.equal(0, status)
    assert.same({}, complaints)
  end)

  return own
end

return M
