--- Starts the emulator as a process of its own and scripts it over HTTP.
--
--     local server = require("spec.support.emulator").start { clock = "manual" }
--     server:fault { name = "too_fast", on = "create", times = 2 }
--     server:stop()
--
-- The process ends with ours: it watches its standard input, and we hold the other end.

local cjson = require("cjson.safe")
local cqueues = require("cqueues")
local http_request = require("http.request")
local http_tls = require("http.tls")
local x509 = require("openssl.x509")
local x509_store = require("openssl.x509.store")

local json = require("kling.emulator.json")

local START_SECONDS = 30 -- valgrind and busy machines are slow
local REQUEST_SECONDS = 90 -- advance waits for media to be made

local HERE = debug.getinfo(1, "S").source:match("^@(.*)/[^/]*$") or "."
local ROOT = HERE .. "/../.."

local Server = {}
Server.__index = Server

local function quote(text)
  return "'" .. tostring(text):gsub("'", "'\\''") .. "'"
end

local FLAGS = {
  tls = "--tls",
  host = "--host", port = "--port", clock = "--clock", cap = "--cap", api_key = "--api-key",
  prefix = "--prefix", clip = "--clip", folder = "--folder", link_seconds = "--link-seconds",
}

local function life_flags(life)
  local words = {}
  for _, name in ipairs({ "submitted", "processing" }) do
    if life[name] then
      words[#words + 1] = ("--%s %s"):format(name, life[name])
    end
  end
  return table.concat(words, " ")
end

local SPECIAL = {
  life = life_flags,
  http2 = function(wanted)
    return wanted and "" or "--no-http2"
  end,
  ffmpeg = function()
    return "" -- see `command`
  end,
  variants = function(names)
    return "--variant " .. table.concat(names, " --variant ")
  end,
  faults = function(scripts)
    local words = {}
    for i, script in ipairs(scripts) do
      words[i] = "--fault " .. quote(json.encode(script))
    end
    return table.concat(words, " ")
  end,
}

local function flag(name, value)
  if SPECIAL[name] then
    return SPECIAL[name](value)
  end
  local word = assert(FLAGS[name], "no such option: " .. name)
  if type(value) == "boolean" then
    return value and word or ""
  end
  return word .. " " .. quote(value)
end

-- One interpreter for all specs: what is tested is the client, under whichever Lua runs it.
local function command(options, ready, output)
  local lua = os.getenv("KLING_EMULATOR_LUA") or "lua5.4"
  local words = { options.ffmpeg and "" or "--ffmpeg none" }
  for name, value in pairs(options) do
    words[#words + 1] = flag(name, value)
  end
  return table.concat({
    -- Sanitizers preloaded for the specs are not meant for the emulator.
    "unset LD_PRELOAD; cd", quote(ROOT), "&&",
    ('eval "$(make -s --no-print-directory env LUA=%s)"'):format(lua), "&&",
    "exec", lua, "spec/support/emulate.lua", "--until-stdin-closes --ready-file", quote(ready),
    table.concat(words, " "), ">", quote(output), "2>&1",
  }, " ")
end

local function read(path)
  local file = io.open(path)
  local text = file and file:read("*a") or ""
  if file then
    file:close()
  end
  return text
end

local function wait_until_ready(ready, output)
  local deadline = cqueues.monotime() + START_SECONDS
  repeat
    local url, ca = read(ready):match("^(%S+)\n([^\n]*)\n")
    if url then
      return url, ca ~= "" and ca or nil
    end
    cqueues.sleep(0.01)
  until cqueues.monotime() > deadline or read(output):find("kling emulate:", 1, true)
  return nil, "the emulator did not start: " .. read(output)
end

local function tls_context(ca)
  local context = http_tls.new_client_context()
  local store = x509_store.new()
  store:add(x509.new(read(ca), "PEM"))
  context:setStore(store)
  return context
end

local function ask(self, method, name, body)
  local request = http_request.new_from_uri(self.url .. "/_emulator/" .. name)
  request.headers:upsert(":method", method)
  request.ctx = self.context
  if body then
    request.headers:upsert("content-type", "application/json")
    request:set_body(json.encode(body))
  end
  local headers, stream = assert(request:go(REQUEST_SECONDS))
  local text = assert(stream:get_body_as_string(REQUEST_SECONDS))
  stream:shutdown()
  local answer = assert(cjson.decode(text))
  if headers:get(":status") ~= "200" then
    error(("emulator: %s: %s"):format(name, tostring(answer.error)), 3)
  end
  return answer
end

--- Add a fault script.
function Server:fault(script)
  ask(self, "POST", "fault", script)
end

--- Choose a variant by name, or "default".
function Server:variant(name)
  ask(self, "POST", "variant", { name = name })
end

--- Move the clock ahead; returns when work that has fallen due is done.
function Server:advance(seconds)
  ask(self, "POST", "advance", { seconds = seconds })
end

--- `{ submitted, processing, fail }` for tasks made from now on.
function Server:life(life)
  ask(self, "POST", "life", life)
end

--- At most so many running tasks; nil: no limit.
function Server:cap(tasks)
  ask(self, "POST", "cap", { tasks = tasks })
end

--- How callbacks are sent from now on; see lua/kling/emulator/callbacks.lua.
function Server:callbacks(rules)
  ask(self, "POST", "callbacks", rules)
end

function Server:reset()
  ask(self, "POST", "reset", {})
end

function Server:ledger()
  return ask(self, "GET", "ledger")
end

function Server:log()
  return ask(self, "GET", "log")
end

function Server:tasks()
  return ask(self, "GET", "tasks")
end

-- What the emulator complained of while it ran would otherwise be lost with its output.
local function show_complaints(self)
  for line in read(self.output):gmatch("[^\n]+") do
    local expected = not self.url or line:find(self.url, 1, true)
      or self.ca and line:find(self.ca, 1, true)
    if not expected then
      io.stderr:write(line, "\n")
    end
  end
end

--- End the process and wait for it. Safe twice.
function Server:stop()
  if self.pipe then
    self.pipe:close()
    self.pipe = nil
    show_complaints(self)
    os.remove(self.output)
  end
end

local emulator = {}

--- Start an emulator; options as for `kling.emulator`'s new, but ffmpeg, whose work few specs need,
--- has a part in it only when `ffmpeg` is true.
---@return table server with `url` and, for TLS, `ca`
function emulator.start(options)
  local self = setmetatable({ ready = os.tmpname(), output = os.tmpname() }, Server)
  self.pipe = assert(io.popen(command(options or {}, self.ready, self.output), "w"))
  local url, ca = wait_until_ready(self.ready, self.output)
  os.remove(self.ready)
  if not url then
    self:stop()
    error(ca, 2)
  end
  self.url, self.ca = url, ca
  self.context = ca and tls_context(ca)
  return self
end

return emulator
