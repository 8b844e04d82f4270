--- What is measured in a host that must not stall: the phases of a task's life, over TLS, one
--- after the other. `show` prints, for each, the longest that anything else had to wait.

local core = require "kling.core"
local emulator = require "spec.support.emulator"
local kling = require "kling"
local long_clip = require "spec.support.long_clip"

local IDLE = 2 -- seconds
local LIFE = { submitted = 0.5, processing = 1.5 }
local BYTES = 5e6 -- of the download

local M = {}

local ORDER = { "idle", "submit and TLS", "wait", "download of 5 MB" }

--- Start what is needed; `stop` ends it.
function M.start()
  local self = { longest = {}, phase = nil }
  local pipe = assert(io.popen "mktemp -d")
  self.folder = pipe:read "*l"
  pipe:close()
  long_clip(self.folder .. "/clip.mp4", BYTES)
  self.server = emulator.start {
    tls = true, life = LIFE, clip = self.folder .. "/clip.mp4",
  }
  return setmetatable(self, { __index = M })
end

function M:stop()
  self.server:stop()
  os.execute("rm -rf '" .. self.folder .. "'")
end

--- To be told of every gap in which nothing else had its turn.
function M:count(seconds)
  local phase = self.phase
  if phase then
    self.longest[phase] = math.max(self.longest[phase] or 0, seconds)
  end
end

--- In a coroutine of the host's: go through the phases. `sleep` is the host's.
function M:run(sleep)
  self.phase = "idle"
  sleep(IDLE)
  local client = assert(kling.new {
    api_key = "key", base_url = self.server.url, ca = self.server.ca,
    first_poll = 0.1, poll_interval = 0.1, max_poll_interval = 0.1,
  })
  self.phase = "submit and TLS"
  local job = client:submit { video_url = self.server.url .. "/clip.mp4" }
  repeat
    sleep(0)
  until client:poll(job) == "submitted"
  self.phase = "wait"
  local result = assert(client:wait(job, 60))
  self.phase = "download of 5 MB"
  local files = assert(client:save(result, self.folder, { formats = { "video" } }))
  self.phase = nil
  assert(files[1].bytes == BYTES, "not what was to be downloaded")
  client:close()
end

--- One line for each phase.
function M:show(host, what)
  for _, phase in ipairs(ORDER) do
    local longest = assert(self.longest[phase], "nothing was measured: " .. phase)
    -- Not print: in Neovim that is a message, which does not end its line.
    io.write(("%s: %s, %-18s %.1f ms at most\n"):format(host, what, phase .. ":", longest * 1000))
  end
end

--- Time since the last call.
function M.stopwatch()
  local last = core.now()
  return function()
    local before = last
    last = core.now()
    return last - before
  end
end

return M
