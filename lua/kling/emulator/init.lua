--- The service on this machine: stateful, with a clock, a ledger and faults.
--
--     local emulator = require "kling.emulator"
--     local service = emulator.new { life = { submitted = 1, processing = 3 } }
--     assert(service:listen())
--     print(service:url())        -- http://127.0.0.1:34567
--     assert(service:loop())      -- or, in a cqueues program, cq:wrap(service.loop, service)
--
-- Without `listen` it needs no sockets: `service:request { method = "GET", path = "/..." }`.

---@class kling.emulator.Options
---@field host? string default "127.0.0.1"
---@field port? integer default 0: any free one
---@field tls? boolean default false; certificates are made at the start, see `ca`
---@field http2? boolean offer HTTP/2; default true
---@field clock? "real"|"manual" a manual one moves only by `advance`; default "real"
---@field start? number a manual clock's first moment, Unix seconds; default: now
---@field life? { submitted: number?, processing: number?, fail: string? } seconds tasks spend in
--- each state (1, 3), and the text they fail with, if they shall
---@field cap? integer tasks running at once; one more is refused with 1303; default: no limit
---@field api_key? string the only key that is let in; default: any
---@field prefix? string what comes before /kling in the paths; default ""
---@field clip? string path of the clip served as /clip.mp4's folder mate; default: the one shipped
---@field folder? string folder whose files are served by name; default: the clip's
---@field link_seconds? number how long links to results are good for; default 30 days
---@field ffmpeg? string|false the program, or false for none; default: whatever is installed
---@field variants? string[] names of variants to begin with
---@field faults? table[] fault scripts to begin with
---@field callbacks? table how callbacks are sent, see `callbacks`

---@class kling.emulator.Emulator
---@field fault fun(self, script: table) add a fault: `{ name, on?, times?, after?, ... }`
---@field variant fun(self, name: string) choose a shape for replies; "default": all defaults
---@field advance fun(self, seconds: number) move the clock ahead, until due work is done
---@field life fun(self, life: table) how long tasks made from now on stay in each state
---@field cap fun(self, tasks?: integer) how many tasks may run at once
---@field callbacks fun(self, rules: table) how callbacks are sent from now on: `{ generation,
--- secret, lost, times, late, reversed, early, forge }`, see callbacks.lua; {}: well
---@field reset fun(self) back to how it was made: no tasks, no ledger, no log

local actions = require("kling.emulator.actions")
local callbacks = require("kling.emulator.callbacks")
local clock = require("kling.emulator.clock")
local faults = require("kling.emulator.faults")
local links = require("kling.emulator.links")
local media = require("kling.emulator.media")
local router = require("kling.emulator.router")
local service = require("kling.emulator.service")
local shapes = require("kling.emulator.shapes")
local variants = require("kling.emulator.variants")
local check = require("kling.options").check

local function check_clock(name)
  if name ~= "real" and name ~= "manual" then
    return ("'real' or 'manual' expected, got '%s'"):format(name)
  end
end

local OPTIONS = {
  host = { type = "string" },
  port = { type = "number", min = 0, max = 65535, integer = true },
  tls = { type = "boolean" },
  http2 = { type = "boolean" },
  clock = { type = "string", check = check_clock },
  start = { type = "number" },
  life = { type = "table" },
  cap = { type = "number", min = 0, integer = true },
  api_key = { type = "string" },
  prefix = { type = "string" },
  clip = { type = "string" },
  folder = { type = "string" },
  link_seconds = { type = "number", min = 0 },
  ffmpeg = { type = "string or boolean" },
  variants = { type = "table" },
  faults = { type = "table" },
  callbacks = { type = "table" },
}

local Emulator = {}
Emulator.__index = Emulator

local emulator = {
  --- Names of all faults and what they do, one line each.
  faults = faults.about,
  --- Names of all variants and what they look like, one line each.
  variants = variants.about,
  --- The id that `video_id` may have from the start; it stands for the shipped clip.
  sample_video_id = service.sample_video_id,
}

-- cqueues is there whenever there are sockets; without it whole seconds do.
local function tick()
  local loaded, cqueues = pcall(require, "cqueues")
  return loaded and cqueues.monotime or nil
end

local function make_clock(options)
  if options.clock == "manual" then
    return clock.manual(options.start)
  end
  return clock.real(tick())
end

local function clip_of(options)
  if options.clip then
    local folder = options.clip:match("^(.*)/[^/]*$") or "."
    return options.folder or folder, options.clip
  end
  local folder, name = media.default_clip()
  return options.folder or folder, folder and folder .. "/" .. name
end

local function assemble(self, options)
  self.clock = make_clock(options)
  self.variants = variants.new()
  self.faults = faults.new()
  self.links = links.new()
  self.folder, self.clip = clip_of(options)
  self.service = service.new({
    clock = self.clock, variants = self.variants, life = options.life, cap = options.cap,
  })
  self.shapes = shapes.new({
    service = self.service, variants = self.variants, links = self.links, clock = self.clock,
    link_seconds = options.link_seconds,
    origin = function()
      return self:url()
    end,
  })
  self.router = router.new({
    service = self.service, shapes = self.shapes, faults = self.faults, links = self.links,
    variants = self.variants, clock = self.clock, prefix = options.prefix,
    key = options.api_key, folder = self.folder,
    on_accept = function(task)
      if self.worker then
        self.worker:start(task)
        self.sender:follow(task)
      end
    end,
  })
  self.sender = callbacks.new({
    service = self.service, shapes = self.shapes, clock = self.clock,
    log = function(entry)
      table.insert(self.router.entries, entry)
    end,
  })
end

--- Make an emulator. Opens no sockets.
---@param options? kling.emulator.Options
---@return kling.emulator.Emulator
function emulator.new(options)
  options = check(options, OPTIONS, "kling.emulator.new")
  options.life = check(options.life, service.life_rules, "kling.emulator.new: life")
  local self = setmetatable({ options = options }, Emulator)
  assemble(self, options)
  local fine, message = actions.reset(self)
  if not fine then
    error("kling.emulator.new: " .. message, 2)
  end
  return self
end

-- Wrong use raises and blames the caller's line.
for name, act in pairs(actions) do
  Emulator[name] = function(self, argument)
    local done, message = act(self, argument)
    if not done then
      error(message, 2)
    end
  end
end

--- Answer a request without sockets: `{ method, path, query, headers, body }`.
---@return table reply `{ status, headers, body | file, transfer }`
function Emulator:request(request)
  request.headers = request.headers or {}
  return self.router:handle(request)
end

local function make_folder()
  local pipe = assert(io.popen("mktemp -d"))
  local folder = pipe:read("*l")
  pipe:close()
  return assert(folder, "mktemp made no folder")
end

local function write_ca(self)
  local path = self.temporary .. "/ca.pem"
  local file = assert(io.open(path, "w"))
  file:write(self.server.ca:toPEM())
  file:close()
  return path
end

local function open_sender(self)
  local post = require("kling.emulator.post")
  local worker = self.worker
  self.sender:open({
    cq = self.cq,
    news = worker.news,
    post = function(target, headers, body)
      return post(target, headers, body, worker.context)
    end,
  })
end

local function open_server(self)
  local options = self.options
  local control = require("kling.emulator.control")
  return require("kling.emulator.server").listen({
    cq = self.cq,
    host = options.host or "127.0.0.1",
    port = options.port or 0,
    tls = options.tls == true,
    http2 = options.http2 ~= false,
    handle = function(request)
      return control.handle(self, request) or self.router:handle(request)
    end,
  })
end

--- Open the port.
---@return boolean|nil listening
---@return string? message
function Emulator:listen()
  self.cq = require("cqueues").new()
  local message
  self.server, message = open_server(self)
  if not self.server then
    return nil, message
  end
  self.temporary = make_folder()
  self.ca_path = self.server.ca and write_ca(self)
  self.worker = require("kling.emulator.worker").new({
    cq = self.cq,
    service = self.service,
    folder = self.temporary,
    clip = self.clip,
    ffmpeg = self.options.ffmpeg,
    own_ca = self.server.ca,
  })
  open_sender(self)
  return true
end

--- Where it listens: "http://127.0.0.1:34567".
function Emulator:url()
  return self.server and self.server.url or "http://127.0.0.1"
end

--- Path of the PEM file a client must trust; nil without TLS.
function Emulator:ca()
  return self.ca_path
end

--- What was billed: `{ task_id, external_task_id, units, at, refunded }`, oldest first.
function Emulator:ledger()
  return self.service:bills()
end

--- What was asked and answered, oldest first; control requests are not in it.
function Emulator:log()
  return self.router.entries
end

--- All tasks: `{ task_id, external_task_id, state, message, created_at, updated_at, fields }`.
function Emulator:tasks()
  local tasks = {}
  for i, task in ipairs(self.service.tasks) do
    local look = self.service:look(task)
    tasks[i] = {
      task_id = task.id,
      external_task_id = task.fields.external_task_id,
      state = look.state,
      message = look.message,
      created_at = task.created_at,
      updated_at = look.updated_at,
      fields = task.fields,
    }
  end
  return tasks
end

--- Serve, at most so long; for ever without a number. Inside cqueues it lets others run.
---@param seconds? number
function Emulator:loop(seconds)
  return self.cq:loop(seconds)
end

--- Serve what is due and wait at most `seconds` for more.
function Emulator:step(seconds)
  return self.cq:step(seconds)
end

--- With `events` and `timeout`: what a cqueues program can poll before `step(0)`.
function Emulator:pollfd()
  return self.cq:pollfd()
end

function Emulator:events()
  return self.cq:events()
end

function Emulator:timeout()
  return self.cq:timeout()
end

--- Close the port and remove what was made.
function Emulator:close()
  if self.server then
    self.server:close()
    self.server, self.worker = nil, nil
    os.execute("rm -rf '" .. self.temporary .. "'")
  end
end

return emulator
