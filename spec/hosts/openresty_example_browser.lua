--- Drives a headless Chromium, over its debugging protocol.

local base64 = require "kling.base64"
local cjson = require "cjson.safe"
local cqueues = require "cqueues"
local http_request = require "http.request"
local websocket = require "http.websocket"

local PATIENCE = 60 -- seconds; busy machines are slow

local FLAGS = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run"
  .. " --disable-background-networking --disable-component-update --disable-sync"
  .. " --disable-dev-shm-usage --hide-scrollbars --mute-audio --remote-debugging-port=0"

local COMMAND = "exec chromium %s --user-data-dir=%s about:blank 2>%s/output </dev/null"

local Browser = {}
Browser.__index = Browser

local M = {}

local function read(path)
  local file = io.open(path)
  local text = file and file:read "*a" or ""
  if file then
    file:close()
  end
  return text
end

--- What `look()` returns as soon as that is something.
local function wait_for(what, look)
  local deadline = cqueues.monotime() + PATIENCE
  repeat
    local found = look()
    if found then
      return found
    end
    cqueues.sleep(0.05)
  until cqueues.monotime() > deadline
  error(what .. ": it did not happen in time", 3)
end

local function page_address(folder)
  local port = wait_for("the browser's start", function()
    return read(folder .. "/DevToolsActivePort"):match "^(%d+)\n"
  end)
  local address = ("http://127.0.0.1:%s/json/new?about:blank"):format(port)
  local request = http_request.new_from_uri(address)
  request.headers:upsert(":method", "PUT")
  local _, stream = assert(request:go(PATIENCE))
  local page = assert(cjson.decode(stream:get_body_as_string(PATIENCE)))
  stream:shutdown()
  return page.webSocketDebuggerUrl
end

--- Do what the protocol calls `method`; its result.
function Browser:call(method, parameters)
  self.serial = self.serial + 1
  local message = { id = self.serial, method = method, params = parameters }
  assert(self.socket:send(cjson.encode(message)))
  while true do
    local text = assert(self.socket:receive(PATIENCE))
    local answer = assert(cjson.decode(text))
    if answer.id == self.serial then
      return answer.result or error(method .. ": " .. answer.error.message, 2)
    end
  end
end

--- The value of a JavaScript expression; a promise's when it is kept.
function Browser:evaluate(expression)
  local answer = self:call("Runtime.evaluate", {
    expression = expression,
    awaitPromise = true,
    returnByValue = true,
    userGesture = true,
  })
  if answer.exceptionDetails then
    error(cjson.encode(answer.exceptionDetails), 2)
  end
  return answer.result.value
end

--- Return once an expression is true.
function Browser:wait_until(expression)
  wait_for(expression, function()
    return self:evaluate(expression) == true
  end)
end

function Browser:open(url)
  self:call("Page.navigate", { url = url })
  self:wait_until(("location.href.startsWith('%s')"):format(url))
  self:wait_until "document.readyState === 'complete'"
end

--- Type into whatever has the focus.
function Browser:write(text)
  self:call("Input.insertText", { text = text })
end

local KEYS = {
  Tab = { windowsVirtualKeyCode = 9 },
  Enter = { windowsVirtualKeyCode = 13, text = "\r" },
  Space = { windowsVirtualKeyCode = 32, text = " ", key = " " },
}

function Browser:press(name)
  local key = KEYS[name]
  local event = { key = key.key or name, code = name, text = key.text }
  event.windowsVirtualKeyCode = key.windowsVirtualKeyCode
  for _, kind in ipairs { key.text and "keyDown" or "rawKeyDown", "keyUp" } do
    event.type = kind
    self:call("Input.dispatchKeyEvent", event)
  end
end

--- The size of the window, in CSS pixels.
function Browser:resize(width, height, is_phone)
  self:call("Emulation.setDeviceMetricsOverride", {
    width = width,
    height = height,
    deviceScaleFactor = 1,
    mobile = is_phone == true,
  })
end

--- Write a PNG of what is seen.
function Browser:photograph(path)
  local file = assert(io.open(path, "wb"))
  file:write(assert(base64.decode(self:call("Page.captureScreenshot", { format = "png" }).data)))
  file:close()
end

function Browser:stop()
  self:call "Browser.close"
  self.socket:close()
  self.pipe:read "*a" -- until it is gone
  self.pipe:close()
  os.execute("rm -rf '" .. self.folder .. "'")
end

local function make_folder()
  local pipe = assert(io.popen "mktemp -d")
  local folder = pipe:read "*l"
  pipe:close()
  return folder
end

--- Start one, with nothing of an earlier one.
function M.start()
  local folder = make_folder()
  local pipe = assert(io.popen(COMMAND:format(FLAGS, folder, folder)))
  local self = setmetatable({ folder = folder, pipe = pipe, serial = 0 }, Browser)
  self.socket = websocket.new_from_uri(page_address(folder))
  assert(self.socket:connect(PATIENCE))
  return self
end

return M
