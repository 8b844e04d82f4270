--- From a request to a reply: which part answers, and which fault strikes. No sockets.
--
-- A request is `{ method, path, query, headers, body }`; a reply is
-- `{ status, headers = { { name, value } }, body | file = { path, from, size }, transfer }`,
-- where `transfer` says how the bytes go out (see faults.lua).

local cjson = require("cjson.safe")

local checks = require("kling.emulator.checks")
local faults = require("kling.emulator.faults")
local files = require("kling.emulator.files")
local json = require("kling.emulator.json")
local shapes = require("kling.emulator.shapes")

local ENDPOINT = "/kling/v1/audio/video-to-audio" -- C-v2a, C-iq
local LOGGED_BODY = 4096 -- bytes of a request body that the log keeps

local codec = cjson.new()

local Router = {}
Router.__index = Router

local router = {}

---@param options table `service`, `shapes`, `faults`, `variants`, `links`, `clock`, `prefix`,
--- `key`, `folder` (of clips), `on_accept` (called with each new task)
function router.new(options)
  local self = setmetatable({}, Router)
  for name, value in pairs(options) do
    self[name] = value
  end
  self.endpoint = (options.prefix or "") .. ENDPOINT
  self.entries = {}
  return self
end

local function json_reply(status, body)
  return {
    status = status,
    headers = { { "content-type", "application/json; charset=utf-8" } },
    body = json.encode(body),
    transfer = {},
  }
end

local function page_reply(status, page)
  return {
    status = status,
    headers = { { "content-type", "text/html; charset=utf-8" } },
    body = page,
    transfer = {},
  }
end

local function refuse(self, problem)
  local status, body, page = self.shapes:refused(problem)
  if page then
    return page_reply(status, page)
  end
  return json_reply(status, body)
end

local function unescape(text)
  return (text:gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

local function parse_query(text)
  local fields = {}
  for name, value in (text or ""):gmatch("([^&=]+)=([^&]*)") do
    fields[unescape(name)] = unescape(value)
  end
  return fields
end

-- The key is CometAPI's, so it is CometAPI that refuses it (C-err).
local function check_key(self, headers)
  local header = headers["authorization"]
  local key = header and header:match("^[Bb]earer +(%S+)$")
  if key and (not self.key or key == self.key) then
    return nil
  end
  local problem = { code = header and 1002 or 1001, envelope = "errors_comet" }
  problem.word = "invalid_api_key"
  return problem
end

local function create(self, request)
  local body = codec.decode(request.body or "")
  if type(body) ~= "table" then
    return refuse(self, { code = 1200, message = "The request body is not a JSON object" })
  end
  local fields, problem = checks.create(body, cjson.null)
  local task
  if fields then
    task, problem = self.service:create(fields)
  end
  if not task then
    return refuse(self, problem)
  end
  if self.on_accept then
    self.on_accept(task)
  end
  return json_reply(200, self.shapes:created(task))
end

local function query(self, request, at)
  local id = unescape(request.path:sub(#self.endpoint + 2))
  local task, problem = self.service:find(id)
  if not task then
    return refuse(self, problem)
  end
  return json_reply(200, self.shapes:queried(task, at))
end

local function wrong_path(self, request)
  if self.variants:is("wrong_path_html") then
    return page_reply(200, shapes.html("Welcome"))
  elseif self.variants:is("wrong_path_404") then
    return json_reply(404, { error = {
      message = ("Invalid URL (%s %s)"):format(request.method, request.path),
      type = "invalid_request_error", param = "", code = "" } })
  end
  local reply = page_reply(301, "")
  reply.headers[2] = { "location", "/" }
  return reply
end

local function list(self, request, at)
  if self.variants:is("list_off") then
    return wrong_path(self, request)
  end
  local fields = parse_query(request.query)
  local tasks, problem = self.service:list(fields.pageNum, fields.pageSize)
  if not tasks then
    return refuse(self, problem)
  end
  return json_reply(200, self.shapes:listed(tasks, at))
end

local function media_of(task, name)
  if not task or not task.media then
    return nil
  end
  local known = {
    [task.audio_id .. ".mp3"] = task.media.mp3,
    [task.audio_id .. ".wav"] = task.media.wav,
    [task.video_id .. ".mp4"] = task.media.video,
  }
  return known[name]
end

-- What a CDN says to a link that is dead: 403 and XML (C-blog; the text is ours).
local function forbidden(why)
  return {
    status = 403,
    headers = { { "content-type", "application/xml" } },
    body = ("<?xml version=\"1.0\"?>\n<Error><Code>%s</Code></Error>\n"):format(why),
    transfer = {},
  }
end

local function download(self, request, _, twist)
  local valid, why = self.links:check(request.path, request.query or "", self.clock:now())
  if not valid then
    return forbidden(why)
  end
  local id, name = request.path:match("^/files/([^/]+)/([^/]+)$")
  local media = media_of(id and self.service.by_id[id], name)
  if not media then
    return forbidden("NoSuchKey")
  end
  return files.reply(media, name, request.headers, twist)
end

-- Names only, no folders: nothing outside of the clips' folder can be asked for.
local function clip(self, request, _, twist)
  local name = request.path:match("^/([%w_-][%w._-]*)$")
  return files.reply(self.folder .. "/" .. name, "clip", request.headers, twist)
end

local answers = {
  create = create,
  query = query,
  list = list,
  download = download,
  clip = clip,
  other = wrong_path,
}

local NEEDS_KEY = { create = true, query = true, list = true, method = true }

function answers.method(self)
  return refuse(self, { code = 1202 })
end

local function read_target(self, path)
  if path:match("^/files/") then
    return "download"
  elseif self.folder and path:match("^/[%w_-][%w._-]*%.%w+$") then
    return "clip"
  end
  return "other"
end

local function api_target(self, method, path)
  if path == self.endpoint then
    return ({ POST = "create", GET = "list" })[method] or "method"
  elseif path:sub(1, #self.endpoint + 1) == self.endpoint .. "/"
    and path:match("^[^/]+$", #self.endpoint + 2) then
    return method == "GET" and "query" or "method"
  end
end

--- Which part a request is for: create, query, list, download, clip, method or other.
function Router:target(request)
  local method, path = request.method, request.path
  local target = api_target(self, method, path)
  if target then
    return target
  elseif method == "GET" or method == "HEAD" then
    return read_target(self, path)
  end
  return "other"
end

local function answer(self, target, request, at, twist)
  local problem = NEEDS_KEY[target] and check_key(self, request.headers)
  if problem then
    return refuse(self, problem)
  end
  return answers[target](self, request, at, twist)
end

local function strike(self, fault, target, request)
  return faults.strike(fault, {
    answer = function(at, twist)
      return answer(self, target, request, at, twist)
    end,
    refuse = function(problem)
      return refuse(self, problem)
    end,
    html = shapes.html,
    body_of = files.body_of,
    now = self.clock:now(),
  })
end

local function log(self, target, request, reply, fault)
  local entry = {
    at = self.clock:now(),
    request = target,
    method = request.method,
    path = request.path,
    query = request.query,
    version = request.version,
    connection = request.connection,
    has_authorization = request.headers["authorization"] ~= nil,
    user_agent = request.headers["user-agent"],
    accept = request.headers["accept"],
    content_type = request.headers["content-type"],
    range = request.headers["range"],
    if_range = request.headers["if-range"],
    body = request.body and request.body:sub(1, LOGGED_BODY),
    status = reply.status, -- 0: none was sent
    fault = fault and fault.name,
    sent = 0, -- bytes of the body that went out
  }
  self.entries[#self.entries + 1] = entry
  reply.entry = entry
end

--- Answer a request.
---@return table reply
function Router:handle(request)
  local target = self:target(request)
  local fault = self.faults:take(target, request)
  local reply
  if fault then
    reply = strike(self, fault, target, request)
  else
    reply = answer(self, target, request)
  end
  log(self, target, request, reply, fault)
  return reply
end

return router
