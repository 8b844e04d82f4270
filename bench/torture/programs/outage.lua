--- A task whose way to the service is lost for ten minutes, at a chosen moment, in every way.
-- Usage: lua bench/torture/programs/outage.lua MOMENT FOLDER     MOMENT: see `moments`
--
-- The emulator and what leads to it run in this process, on the same moved clock. Prints the
-- outcome; the seconds it took, and from the end of the outage on; the failed requests that
-- on_change was told of; the bills; and what was said of it.

local core = require "kling.core"
local cqueues = require "cqueues"
local emulator = require "kling.emulator"
local kling = require "kling"

local gateway = require "bench.torture.gateway"

local moment, folder = arg[1], arg[2]

local OUTAGE, DEADLINE = 600, 900 -- seconds
local LIFE = { submitted = 30, processing = 70 }

-- What the outage is made of: how names are resolved (see resolver.c), and what becomes of the way.
local WAYS = {
  { "down", "refused" }, { "silent", "refused" }, { "up", "refused" }, { "up", "dropped" },
  { "up", "silent" }, { "up", "page" },
}

local service = emulator.new { http2 = false, ffmpeg = false, life = LIFE }
assert(service:listen())
local cq = cqueues.new()
local way = gateway.open(cq, tonumber(service:url():match ":(%d+)$"))
local over_at -- when the outage was over

-- Links to files lead the same way.
function service.url()
  return "http://torture.example:" .. way.port
end

local function resolver(state)
  local file = assert(io.open(os.getenv "RESOLVER", "w"))
  file:write(state)
  file:close()
end

local function outage()
  for _, lost in ipairs(WAYS) do
    resolver(lost[1])
    way:become(lost[2])
    cqueues.sleep(OUTAGE / #WAYS)
  end
  resolver "up"
  way:become "up"
  over_at = core.now()
end

local function sent(kind)
  for _, entry in ipairs(service:log()) do
    if entry.request == kind then
      return true
    end
  end
end

-- When the outage begins.
local moments = {
  ["before the create"] = function()
    return true
  end,
  ["during the create"] = function()
    return sent "create"
  end,
  ["during the wait"] = function()
    return sent "query"
  end,
  ["during the download"] = function()
    return sent "download"
  end,
}

local begins = assert(moments[moment], "no such moment")
if moment == "during the create" then
  service:fault { name = "delay", on = "create", seconds = 20 }
elseif moment == "during the download" then
  service:fault { name = "trickle", on = "download", bytes = 1000, seconds = 10 }
end

local function bring(client, job)
  local result, message, failure = client:wait(job, DEADLINE)
  if result and moment == "during the download" then
    return client:save(job, folder, { formats = { "mp3" }, timeout = DEADLINE })
  end
  return result, message, failure
end

local function run_task()
  local troubles = 0
  local client = assert(kling.new {
    api_key = "key", base_url = service.url(), loop = "cqueues", insecure_http = true,
    allow_private_hosts = true, submit_timeout = DEADLINE, resolve = "resubmit",
    on_change = function(_, _, info)
      troubles = info.failure and math.max(troubles, #info.failure.attempts) or troubles
    end,
  })
  local started = core.now()
  local job = client:submit { video_id = emulator.sample_video_id }
  local brought, message, failure = bring(client, job)
  local ended = core.now()
  print(("%s %.1f %.1f %d %d %s"):format(brought and "ok" or failure.code, ended - started,
    over_at and ended - over_at or 0, troubles, #service:ledger(), brought and "" or message))
  client:close()
end

local running = true
cq:wrap(function()
  while running do
    cqueues.poll(service, 1)
    assert(service:step(0))
  end
end)
cq:wrap(function()
  while not begins() do
    cqueues.sleep(1)
  end
  outage()
end)
resolver "up"
cq:wrap(function()
  run_task()
  os.remove(os.getenv "RESOLVER")
  os.exit(0) -- an outage that is not over has sleepers left
end)
assert(cq:loop())
