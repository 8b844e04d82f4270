--- Starts nginx with nginx_server.conf for specs and figures, and asks it things.

local core = require "kling.core"
local cqueues = require "cqueues"
local http_request = require "http.request"
local free_port = require "spec.support.free_port"

local PATIENCE = 60 -- seconds; busy machines are slow

local Process = {}
Process.__index = Process

local M = {}

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

local COMMAND = [[
unset MAKEFLAGS MFLAGS
eval "$(make -s --no-print-directory env LUA=luajit)"
sed 's/:8080 /:%d /' spec/hosts/nginx_server.conf >%s/nginx.conf
export COMETAPI_KEY=key COMETAPI_BASE_URL=%s
nginx -p %s -c nginx.conf -e error.log </dev/null >/dev/null 2>&1 &
echo $!; wait $!; echo $?]]

--- One request: status, body, and the seconds it took; nil when no answer came.
function Process:ask(path)
  local request = http_request.new_from_uri(self.url .. path)
  local started = core.now()
  local headers, stream = request:go(PATIENCE)
  if not headers then
    return nil, stream
  end
  local body = stream:get_body_as_string(PATIENCE)
  local seconds = core.now() - started
  stream:shutdown()
  return tonumber(headers:get ":status"), body, seconds
end

--- Ask so many times at once. A function that lets this go on for at most so many seconds, true
--- once all have been answered; and the answers: lists of what `ask` returns.
function Process:ask_at_once(path, times)
  local loop = cqueues.new()
  local answers = {}
  for _ = 1, times do
    loop:wrap(function()
      local status, body, seconds = self:ask(path)
      answers[#answers + 1] = { status, body, seconds }
    end)
  end
  local function go_on(seconds)
    assert(loop:loop(seconds))
    return loop:empty()
  end
  return go_on, answers
end

function Process:signal(name)
  os.execute(("kill -%s %s"):format(name, self.pid))
end

--- The lines of error.log that tell of trouble.
function Process:complaints()
  local found = {}
  for line in read(self.folder .. "/error.log"):gmatch "[^\n]+" do
    if not line:find("[notice]", 1, true) then
      found[#found + 1] = line
    end
  end
  return found
end

--- Wait for the end, which a signal must have brought about: the exit status.
function Process:join()
  if self.pipe then
    self.status = tonumber(self.pipe:read "*l")
    self.pipe:close()
    self.pipe = nil
  end
  return self.status
end

--- End it if it has not ended, and clean up.
function Process:stop()
  if self.pipe then
    self:signal "TERM"
    self:join()
  end
  os.execute("rm -rf '" .. self.folder .. "'")
end

--- Start nginx for the emulator at this URL.
function M.start(emulator_url)
  local port = free_port()
  local folder = output_of "mktemp -d"
  local self = setmetatable({
    folder = folder,
    url = ("http://127.0.0.1:%d"):format(port),
    pipe = assert(io.popen(COMMAND:format(port, folder, emulator_url, folder))),
  }, Process)
  self.pid = self.pipe:read "*l"
  local deadline = core.now() + PATIENCE
  while not self:ask "/at_once" do
    if core.now() > deadline then
      local log = read(folder .. "/error.log")
      self:stop()
      error("nginx did not start: " .. log, 2)
    end
    cqueues.sleep(0.02)
  end
  return self
end

return M
