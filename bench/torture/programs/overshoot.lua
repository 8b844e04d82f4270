--- How much later than its deadline a call returns when nobody ever answers.
-- Usage: lua bench/torture/programs/overshoot.lua CALL HOST TIMES
--
-- A server of this process takes connections, but nobody reads from them; HOST says how it is
-- called, so that the resolver can be what never answers. Prints, in milliseconds: the largest
-- overshoot, the median, and how long closing the client took.

local core = require "kling.core"
local kling = require "kling"
local socket = require "cqueues.socket"

local call, host, times = arg[1], arg[2], tonumber(arg[3])

local DEADLINE = 0.05 -- seconds

local listener = assert(socket.listen { host = "127.0.0.1", port = 0 })
assert(listener:listen())
local _, _, port = listener:localname()
local url = ("http://%s:%d"):format(host, port)

local client = assert(kling.new {
  api_key = "key", base_url = url, loop = "blocking", insecure_http = true,
  allow_private_hosts = true,
})

local function found()
  return { task_id = core.uuid(), audios = { { mp3 = { url = url .. "/a.mp3" } } }, videos = {} }
end

-- Each makes what it needs and returns what is to be measured.
local calls = {
  wait = function()
    local job = client:submit { video_id = "1", external_task_id = core.uuid() }
    return function()
      return client:wait(job, DEADLINE)
    end
  end,
  ["wait, attached"] = function()
    local job = client:attach(core.uuid())
    return function()
      return client:wait(job, DEADLINE)
    end
  end,
  query = function()
    return function()
      return client:query("1", DEADLINE)
    end
  end,
  list = function()
    return function()
      return client:list { timeout = DEADLINE }
    end
  end,
  save = function()
    local result = found()
    return function()
      return client:save(result, os.getenv "FOLDER", { timeout = DEADLINE })
    end
  end,
}

local late = {}
for i = 1, times do
  local measured = calls[call]()
  local started = core.now()
  local brought, _, failure = measured()
  late[i] = (core.now() - started - DEADLINE) * 1000
  assert(not brought and failure.code == "timeout", tostring(failure))
  assert(late[i] >= 0, "it returned before its time")
end
table.sort(late)
local started = core.now()
client:close()
local closing = (core.now() - started) * 1000
print(("%.1f %.1f %.1f"):format(late[#late], late[math.ceil(#late / 2)], closing))
