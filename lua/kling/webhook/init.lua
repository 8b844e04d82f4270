--- Callbacks: what the service posts to a task's callback_url, and what that may be used for.
--
-- A callback is a hint to look now, and never the truth: behind CometAPI the account that could
-- check its signature is not ours (docs/contract.md, section 4.4). Documentation: meta.lua.

local core = require "kling.core"
local options = require "kling.options"
local receiver = require "kling.webhook.receiver"
local refusal = require "kling.webhook.refusal"
local signature = require "kling.webhook.signature"

local M = { parse = receiver.parse }

local verify_rules = {
  secrets = { type = "string or table", check = signature.check_secrets },
  tolerance = { type = "number", min = 0, default = signature.TOLERANCE },
  now = { type = "function", default = os.time },
  seen = { type = "table" },
}

function M.verify(headers, body, given)
  local checked = options.check(given, verify_rules, "verify")
  if not checked.secrets then
    error("verify: secrets expected", 2)
  end
  local id, problem = signature.check(headers, body, checked)
  if id and checked.seen and signature.is_repeated(checked.seen, id) then
    problem = "it came before"
  end
  if problem then
    return refusal("forged", problem)
  end
  return true
end

local MIN_KEY = 16 -- bytes; a shorter one can be guessed
local MAX_BODY = 65536 -- bytes; the longest documented payload is far below

local function check_key(key)
  return #key < MIN_KEY and ("at least %d bytes expected"):format(MIN_KEY) or nil
end

local receiver_rules = {
  url = { type = "string", check = receiver.check_url },
  key = { type = "string", check = check_key },
  secrets = { type = "string or table", check = signature.check_secrets },
  tolerance = { type = "number", min = 0, default = signature.TOLERANCE },
  now = { type = "function", default = os.time },
  max_body = { type = "number", integer = true, min = 1, default = MAX_BODY },
}

local function is_client(value)
  local meta = type(value) == "userdata" and getmetatable(value)
  return type(meta) == "table" and meta.__index == core.Client
end

function M.receiver(client, given)
  if not is_client(client) then
    error("receiver: a client expected, got " .. type(client), 2)
  end
  local checked = options.check(given, receiver_rules, "receiver")
  local problem = receiver.check_scheme(client, checked.url)
  if problem then
    error("receiver: url: " .. problem, 2)
  end
  checked.key = checked.key or core.uuid() .. core.uuid()
  return receiver.new(client, checked)
end

return M
