--- Does a task's work beside the server: fetches the clip, looks at it, makes the files.

local cqueues = require("cqueues")
local condition = require("cqueues.condition")
local digest = require("openssl.digest")
local http_util = require("http.util")
local socket = require("cqueues.socket")

local checks = require("kling.emulator.checks")
local core = require("kling.core")
local fetch = require("kling.emulator.fetch")
local media = require("kling.emulator.media")
local service = require("kling.emulator.service")

local MAX_MAKING = 2 -- files made at once: more only slow each other down
local MAX_FETCHING = 16 -- clips fetched at once: each may need three descriptors of this process

local Worker = {}
Worker.__index = Worker

local worker = {}

---@param options table `cq`, `service`, `folder` (for files), `clip` (path), `ffmpeg` (false:
--- none, or a path), `own_ca`
function worker.new(options)
  return setmetatable({
    cq = options.cq,
    service = options.service,
    folder = options.folder,
    clip = options.clip,
    ffmpeg = options.ffmpeg,
    context = fetch.tls_context(options.own_ca),
    made = {}, -- media by what they were made from
    busy = { making = 0, fetching = 0 },
    files = 0,
    news = condition.new(), -- a task's work, or one set of files, has ended
  }, Worker)
end

local function new_path(self, extension)
  self.files = self.files + 1
  return ("%s/%d%s"):format(self.folder, self.files, extension or "")
end

-- The pipe becomes readable when the command has ended: nothing is asked again and again.
local function run(command)
  local pipe = assert(io.popen(command .. "; echo $?"))
  local end_of_pipe = socket.dup(pipe)
  cqueues.poll({ pollfd = end_of_pipe:pollfd(), events = "r" })
  end_of_pipe:close()
  local status = pipe:read("*l")
  pipe:close()
  return status == "0"
end

local function pause()
  cqueues.sleep(0)
end

-- nil asks for whatever is installed, found out once.
local function find_ffmpeg(self)
  if self.ffmpeg == nil then
    self.ffmpeg = run("command -v ffmpeg >/dev/null 2>&1") and "ffmpeg" or false
  end
  return self.ffmpeg
end

local function local_clip(self, id)
  if id == service.sample_video_id then
    return self.clip, "This emulator has no clip of its own"
  end
  return self.service.videos[id].task.media.video
end

local function enter(self, room, most)
  while self.busy[room] >= most do
    self.news:wait()
  end
  self.busy[room] = self.busy[room] + 1
end

local function leave(self, room)
  self.busy[room] = self.busy[room] - 1
  self.news:signal()
end

local function get_clip(self, fields)
  if fields.video_id then
    return local_clip(self, fields.video_id)
  end
  local path = new_path(self)
  enter(self, "fetching", MAX_FETCHING)
  local bytes, message = fetch.to_file(fields.video_url, path, checks.max_clip_bytes, self.context)
  leave(self, "fetching")
  if not bytes then
    os.remove(path)
    return nil, message
  end
  return path
end

local function digest_of(path)
  local sum, size = digest.new("sha256"), 0
  local file = assert(io.open(path, "rb"))
  for block in function() return file:read(65536) end do
    sum:update(block)
    size = size + #block
  end
  file:close()
  return sum:final(), size
end

local function make(self, path, duration, fields)
  enter(self, "making", MAX_MAKING)
  local fine, made = http_util.yieldable_pcall(media.make, {
    clip = path,
    duration = duration,
    fields = fields,
    base = new_path(self, "-media"),
    ffmpeg = find_ffmpeg(self),
    run = run,
    pause = pause,
  })
  leave(self, "making")
  return fine and made or nil, made
end

-- Tasks with the same clip and prompts share their files.
local function media_for(self, path, fields)
  local sum, bytes = digest_of(path)
  local clip, message = core.inspect_clip(path)
  if not clip then
    return nil, "Video format is not supported: " .. message
  end
  local fine, why = checks.clip(clip, bytes)
  if not fine then
    return nil, why
  end
  local key = table.concat({ sum, fields.sound_effect_prompt or "", fields.bgm_prompt or "",
                             tostring(fields.asmr_mode) }, "\0")
  while self.made[key] == "being made" do
    self.news:wait()
  end
  if not self.made[key] then
    self.made[key] = "being made"
    self.made[key], message = make(self, path, clip.duration, fields)
    self.news:signal()
  end
  return self.made[key], message
end

local function work(self, task)
  local path, message = get_clip(self, task.fields)
  local made
  if path then
    made, message = media_for(self, path, task.fields)
    if task.fields.video_url then
      os.remove(path)
    end
  end
  if made then
    self.service:finish(task, made)
  else
    self.service:fail(task, message)
  end
  self.news:signal()
end

--- Begin a task's work.
function Worker:start(task)
  self.cq:wrap(function()
    local fine, message = http_util.yieldable_pcall(work, self, task)
    if not fine then
      self.service:fail(task, "Internal error: " .. tostring(message))
      self.news:signal()
    end
  end)
end

local function is_late(self, task)
  local over = task.created_at + task.life.submitted + task.life.processing
  return not task.outcome and self.service.clock:now() >= over
end

--- Wait until no task whose life is over is still being worked on, at most so long.
function Worker:settle(seconds)
  local deadline = cqueues.monotime() + seconds
  for _, task in ipairs(self.service.tasks) do
    while is_late(self, task) and cqueues.monotime() < deadline do
      self.news:wait(deadline - cqueues.monotime())
    end
  end
end

return worker
