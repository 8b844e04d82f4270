--- Faults by script: which request goes wrong, how often, after how many, and how.
--
-- A fault is data, never code: `{ name = "cut", on = "download", bytes = 1000, times = 2 }`.

local files = require("kling.emulator.files")
local gzip = require("kling.emulator.gzip")
local options = require("kling.options")

local TARGETS = {
  create = true, query = true, list = true, download = true, clip = true, any = true,
}

local function check_target(name)
  if not TARGETS[name] then
    return ("'%s' is no kind of request%s"):format(name, options.hint(name, TARGETS))
  end
end

local text = { type = "string" }
local yes_or_no = { type = "boolean" }
local amount = { type = "number", min = 0 }
local count = { type = "number", min = 0, integer = true }

-- Fields of every fault.
local COMMON = {
  name = text,
  on = { type = "string", check = check_target }, -- which request; default any
  path = text, -- only requests whose path, with what follows its question mark, contains this
  sent = text, -- only requests whose body contains this
  times = count, -- how often; default 1
  forever = yes_or_no,
  after = count, -- let so many pass first; default 0
  accepted = yes_or_no, -- carry the request out before answering something else
  retry_after = { type = "number or string" }, -- the header: seconds, or any text
  retry_after_date = { type = "number" }, -- the header, as a date so many seconds from now
}

local function text_reply(status, kind, body)
  return { status = status, headers = { { "content-type", kind } }, body = body, transfer = {} }
end

local function service_code(code)
  return function(_, context)
    return context.refuse({ code = code })
  end
end

local function transfer(name, default)
  return function(fault, reply)
    reply.transfer[name] = fault[default.field] or default.value
  end
end

-- `instead` makes another reply and the request is not carried out (unless `accepted`);
-- `change` changes the true reply.
local kinds = {
  status = {
    about = "any status, with any body and headers",
    fields = { status = count, body = text, headers = { type = "table" } },
    instead = function(fault)
      local reply = text_reply(fault.status or 500, "application/json", fault.body or "")
      for name, value in pairs(fault.headers or {}) do
        reply.headers[#reply.headers + 1] = { tostring(name):lower(), tostring(value) }
      end
      return reply
    end,
  },
  service_code = {
    about = "any of the service's codes, with the HTTP status that goes with it",
    fields = { code = count, message = text, status = count },
    instead = function(fault, context)
      return context.refuse({
        code = fault.code or 5000, message = fault.message, status = fault.status,
      })
    end,
  },
  too_fast = { about = "429 with code 1302, may be tried again", instead = service_code(1302) },
  too_many = { about = "429 with code 1303, may be tried again", instead = service_code(1303) },
  account_exception = { about = "429 with code 1100, permanent", instead = service_code(1100) },
  arrears = { about = "429 with code 1101, permanent", instead = service_code(1101) },
  no_balance = { about = "429 with code 1102, permanent", instead = service_code(1102) },
  ip_refused = { about = "429 with code 1304, permanent", instead = service_code(1304) },
  html = {
    about = "an HTML page, as edges send it (502)",
    fields = { status = count },
    instead = function(fault, context)
      return text_reply(fault.status or 502, "text/html", context.html("502 Bad Gateway"))
    end,
  },
  redirect = {
    about = "301 to `location`",
    fields = { location = text, status = count },
    instead = function(fault)
      local reply = text_reply(fault.status or 301, "text/html", "")
      reply.headers[2] = { "location", fault.location or "/" }
      return reply
    end,
  },
  raw = {
    about = "exactly these bytes on the socket, then close (HTTP/1.1 only)",
    fields = { text = text },
    instead = function(fault)
      local reply = text_reply(0, "", "")
      reply.transfer.raw = fault.text or ""
      return reply
    end,
  },
  drop_before = {
    about = "the connection closes and the request was not carried out",
    instead = function()
      local reply = text_reply(0, "", "")
      reply.transfer.drop = true
      return reply
    end,
  },
  drop_after = {
    about = "the request is carried out, then the connection closes without a reply",
    change = function(_, reply)
      reply.status = 0
      reply.transfer.drop = true
    end,
  },
  delay = {
    about = "the reply comes `seconds` late (default 1)",
    fields = { seconds = amount },
    change = transfer("delay", { field = "seconds", value = 1 }),
  },
  cut = {
    about = "the body ends after `bytes` (default 0), though more was announced",
    fields = { bytes = count },
    change = transfer("cut", { field = "bytes", value = 0 }),
  },
  reset = {
    about = "the connection is reset after `bytes` of the body; without, before the reply",
    fields = { bytes = count },
    change = transfer("reset", { field = "bytes", value = -1 }),
  },
  stall = {
    about = "nothing more comes for `seconds` (default 60) after `bytes` (default 1) of the body",
    fields = { bytes = count, seconds = amount },
    change = function(fault, reply)
      reply.transfer.stall = {
        bytes = math.max(fault.bytes or 1, 1), seconds = fault.seconds or 60,
      }
    end,
  },
  trickle = {
    about = "the body comes `bytes` (default 1) at a time, every `seconds` (default 0.05)",
    fields = { bytes = count, seconds = amount },
    change = function(fault, reply)
      reply.transfer.trickle = { bytes = fault.bytes or 1, seconds = fault.seconds or 0.05 }
    end,
  },
  empty = {
    about = "the true status with an empty body",
    fields = { status = count },
    change = function(fault, reply)
      reply.status = fault.status or reply.status
      reply.body, reply.file = "", nil
    end,
  },
  pad = {
    about = "blanks after the body, so that it has `bytes` in all (default 4 MiB)",
    fields = { bytes = count },
    change = function(fault, reply, context)
      local body = context.body_of(reply)
      reply.body, reply.file = body .. (" "):rep((fault.bytes or 4 * 1024 * 1024) - #body), nil
    end,
  },
  truncated_json = {
    about = "the first half of the body, announced as if it were all",
    change = function(_, reply, context)
      local body = context.body_of(reply)
      reply.body, reply.file = body:sub(1, math.floor(#body / 2)), nil
    end,
  },
  gzip = {
    about = "the body as gzip, whatever the client accepts",
    change = function(_, reply, context)
      reply.body, reply.file = gzip.wrap(context.body_of(reply)), nil
      reply.headers[#reply.headers + 1] = { "content-encoding", "gzip" }
    end,
  },
  chunked = {
    about = "the body in chunks, its length not announced",
    change = function(_, reply)
      reply.transfer.chunked = true
    end,
  },
  changed = {
    about = "a file that is another version of itself: same length, other tag, some other bytes",
    change = function(_, reply, context)
      if reply.file then
        reply.body, reply.file = files.change(context.body_of(reply), reply.file), nil
      end
    end,
  },
  ignored_range = {
    about = "a file is sent whole, whatever part of it is asked for",
  },
  stale = {
    about = "a query or a list is answered as it would have been `seconds` (default 5) ago",
    fields = { seconds = amount },
  },
}

local Faults = {}
Faults.__index = Faults

local faults = {
  --- name -> one line
  about = {},
}

for name, kind in pairs(kinds) do
  faults.about[name] = kind.about
end

function faults.new()
  return setmetatable({ scripts = {} }, Faults)
end

local function fields_of(kind)
  local rules = {}
  for name, rule in pairs(COMMON) do
    rules[name] = rule
  end
  for name, rule in pairs(kind.fields or {}) do
    rules[name] = rule
  end
  return rules
end

local function check(script)
  local kind = kinds[script.name]
  if not kind then
    local name = tostring(script.name)
    error(("unknown fault '%s'%s"):format(name, options.hint(name, kinds)), 0)
  end
  return options.check(script, fields_of(kind), "fault " .. script.name, 0)
end

--- Add a script. Scripts are looked at in the order of their adding.
---@return boolean|nil added
---@return string? message
function Faults:add(script)
  local fine, checked = pcall(check, script)
  if not fine then
    return nil, checked
  end
  checked.kind = kinds[checked.name]
  checked.left = checked.forever and math.huge or checked.times or 1
  checked.skip = checked.after or 0
  self.scripts[#self.scripts + 1] = checked
  return true
end

function Faults:reset()
  self.scripts = {}
end

local function contains(whole, part)
  return part == nil or whole:find(part, 1, true) ~= nil
end

local function concerns(script, target, request)
  local on = script.on or "any"
  return (on == "any" or on == target)
    and contains(request.path .. "?" .. (request.query or ""), script.path)
    and contains(request.body or "", script.sent)
end

--- The fault this request meets, if any; each meeting counts.
function Faults:take(target, request)
  for i, script in ipairs(self.scripts) do
    if concerns(script, target, request) then
      if script.skip > 0 then
        script.skip = script.skip - 1
      elseif script.left > 0 then
        script.left = script.left - 1
        if script.left == 0 then
          table.remove(self.scripts, i)
        end
        return script
      end
    end
  end
end

local function add_retry_after(fault, reply, now)
  local value = fault.retry_after
  if fault.retry_after_date then
    local at = math.floor(now + fault.retry_after_date)
    value = os.date("!%a, %d %b %Y %H:%M:%S GMT", at)
  end
  if value then
    reply.headers[#reply.headers + 1] = { "retry-after", tostring(value) }
  end
end

--- The reply that goes out when `fault` strikes.
---@param fault table as take returned it
---@param context table `answer(at, twist)` carries the request out, `refuse(problem)`,
--- `html(title)`, `body_of(reply)`, `now`
function faults.strike(fault, context)
  local reply
  if fault.kind.instead then
    if fault.accepted then
      context.answer()
    end
    reply = fault.kind.instead(fault, context)
  elseif fault.name == "stale" then
    reply = context.answer(context.now - (fault.seconds or 5))
  elseif fault.name == "changed" or fault.name == "ignored_range" then
    reply = context.answer(nil, fault.name)
  else
    reply = context.answer()
  end
  if fault.kind.change then
    fault.kind.change(fault, reply, context)
  end
  add_retry_after(fault, reply, context.now)
  return reply
end

return faults
