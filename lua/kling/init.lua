--- kling for Lua: gives a silent clip its sound through CometAPI's Kling API.
-- Documentation: meta.lua.

local adapters = require "kling.adapters"
local Client = require "kling.client"
local core = require "kling.core"
local failure = require "kling.failure"
local gather = require "kling.gather"
local guard = require "kling.guard"
local options = require "kling.options"
local recovery = require "kling.recovery"
local url = require "kling.url"

require "kling.eta"
require "kling.job"
require "kling.map"
require "kling.news"
require "kling.save"
require "kling.warm"

local raw = core.raw

local kling = { version = core.version, errors = core.errors, gather = gather.all }

local DAY = 86400 -- seconds

local function check_header(text)
  return text:find "[^\32-\126]" and "printable ASCII expected" or nil
end

local function check_key(text)
  return (text == "" and "a key expected, got a blank") or check_header(text)
end

local policies = { query = true, resubmit = true, never = true }

local function check_policy(name)
  return not policies[name] and ("'query', 'resubmit' or 'never' expected, got '%s'"):format(name)
    or nil
end

local function check_store(text)
  return require("kling.store").check_url(text) -- loaded for those who want one
end

local rules = {
  api_key = { type = "string", check = check_key },
  base_url = { type = "string", check = url.check_base, default = url.SERVICE },
  first_poll = { type = "number", min = 0, max = DAY, default = 3 },
  poll_interval = { type = "number", above = 0, max = DAY, default = 3 },
  max_poll_interval = { type = "number", above = 0, max = DAY, default = 15 },
  patience = { type = "number", min = 0, max = DAY, default = 0.5 },
  connect_timeout = { type = "number", above = 0, max = DAY, default = 10 },
  request_timeout = { type = "number", above = 0, max = DAY, default = 30 },
  stall_timeout = { type = "number", above = 0, max = DAY, default = 30 },
  submit_timeout = { type = "number", min = 0, default = 300 },
  resolve = { type = "string", check = check_policy, default = "query" },
  resolve_timeout = { type = "number", min = 0, max = DAY, default = 60 },
  max_running = { type = "number", integer = true, min = 1, max = 1e6 },
  max_requests = { type = "number", integer = true, min = 1, max = 1000, default = 16 },
  max_submits = {
    type = "number or table", integer = true, min = 0, max = 1e9, check = guard.check_limit,
  },
  duplicate_window = { type = "number", min = 0, default = 600 },
  dry_run = { type = "boolean", default = false },
  store = { type = "string", check = check_store },
  lease = { type = "number", above = 0, max = DAY, default = 60 },
  ca = { type = "string" },
  ca_path = { type = "string" },
  proxy = { type = "string" },
  user_agent = { type = "string", check = check_header },
  loop = { type = "string or table", check = adapters.check },
  on_change = { type = "function" },
  insecure_http = { type = "boolean", default = false },
  allow_private_hosts = { type = "boolean", default = false },
}

local function trim(value)
  return type(value) == "string" and value:match "^%s*(.-)%s*$" or value
end

-- An environment variable that is set but blank is a mistake, and not the same as unset.
local function from_environment(given, name, variable)
  if given[name] == nil then
    given[name] = os.getenv(variable)
  end
  given[name] = trim(given[name])
end

local function gather_options(given)
  if given ~= nil and type(given) ~= "table" then
    error(("kling.new: table expected, got %s"):format(type(given)), 3)
  end
  local merged = {}
  for name, value in pairs(given or {}) do
    merged[name] = value
  end
  from_environment(merged, "api_key", "COMETAPI_KEY")
  from_environment(merged, "base_url", "COMETAPI_BASE_URL")
  return merged
end

function kling.new(given)
  local checked = options.check(gather_options(given), rules, "kling.new")
  if checked.api_key == nil then
    error("kling.new: no API key: set COMETAPI_KEY or pass api_key", 2)
  end
  local is_loopback = url.is_loopback(checked.base_url)
  if url.scheme(checked.base_url) == "http" and not (is_loopback or checked.insecure_http) then
    error("kling.new: base_url: https expected; http:// needs insecure_http = true", 2)
  end
  checked.gated = checked.store ~= nil -- no create leaves that is not written down
  local client, code = raw.new(checked)
  if not client then
    local facts = { code = code, operation = "new", task_state = "not-created", billed = "no" }
    return failure.give(facts)
  end
  Client.set_up(client, {
    loop = adapters.find(checked.loop),
    on_change = checked.on_change,
    allow_http = checked.insecure_http,
    is_loopback = is_loopback,
    request_timeout = checked.request_timeout,
    guard = guard.new(checked),
  })
  if checked.store then
    local opened, message, why = recovery.open(client, checked)
    if not opened then
      client:close()
      return nil, message, why
    end
  end
  return client
end

return kling
