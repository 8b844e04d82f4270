--- `kling doctor`: what this installation is made of, and whether it works.

local arguments = require "kling.cli.arguments"
local core = require "kling.core"
local kling = require "kling"
local memory = require "kling.cli.memory"
local report = require "kling.cli.report"
local session = require "kling.cli.session"

local doctor = {}

function doctor.configure(parser)
  parser:description("Show versions, settings and the store's state; with --online, ask the "
    .. "service too.")
  arguments.store(parser)
  parser:flag("--online", "ask the service for a task that does not exist: free of charge")
  arguments.service(parser)
end

local function lua_version()
  return rawget(_G, "jit") and rawget(_G, "jit").version or _VERSION
end

local function key_state()
  local key = os.getenv "COMETAPI_KEY"
  return key and (key:find "%S" and "present" or "blank") or "missing"
end

local function count_pending(store)
  local pending, message, failure = store:pending()
  if not pending then
    return nil, message, failure
  end
  local found = { pending = #pending, unresolved = 0 }
  for _, record in ipairs(pending) do
    found.unresolved = found.unresolved + (record.state == "unresolved" and 1 or 0)
  end
  return found
end

local function look_into_store(args)
  local store, _, failure = memory.open(args, args.store)
  if not store then
    return nil, failure
  end
  local found, gateway
  found, _, failure = count_pending(store)
  if found then
    gateway, _, failure = store:gateway()
  end
  store:close()
  if not gateway then
    return nil, failure
  end
  found.name = store.name -- without a password
  found.gateway = {
    external_query = gateway.external_query, list = gateway.list, roundup = gateway.roundup,
  }
  return found
end

local NOBODY = "kling-doctor" -- no task has this id

-- Without a create, this shows all there is to a request: name, TLS, and whether the key is let in.
local function ask_service(args)
  local started = core.now()
  local failure = session.run(args, function(self)
    return self:query(NOBODY)
  end).failure
  local seconds = core.now() - started
  if failure and failure.code ~= "not_found" then
    return nil, failure
  end
  return { seconds = seconds }
end

local function examine(args)
  local outcome = {
    kling = kling.version,
    lua = lua_version(),
    curl = core.curl,
    key = key_state(),
    base_url = memory.base_url(args),
  }
  local failure
  if args.store then
    outcome.store, failure = look_into_store(args)
    args.store = nil -- a client that only asks has nothing to remember
  end
  if args.online and not failure then
    outcome.online, failure = ask_service(args)
  end
  outcome.failure = failure
  return outcome
end

local function show(name, text)
  report.line(("%-8s  %s"):format(name, text))
end

local function show_store(found)
  show("store", ("%s: %d tasks pending, %d of them unresolved"):format(found.name, found.pending,
    found.unresolved))
  show("gateway", ("asking by external id: %s; list of tasks: %s; looks by list: %s"):format(
    found.gateway.external_query, found.gateway.list, found.gateway.roundup))
end

function doctor.run(args)
  return report.finish(args, examine(args), function(outcome)
    show("kling", outcome.kling)
    show("lua", outcome.lua)
    show("curl", outcome.curl)
    show("key", outcome.key .. " (COMETAPI_KEY)")
    show("service", outcome.base_url)
    if outcome.store then
      show_store(outcome.store)
    end
    if outcome.online then
      show("online", ("answered in %.2f s; the key is let in"):format(outcome.online.seconds))
    end
  end)
end

return doctor
