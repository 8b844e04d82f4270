--- Makes callback URLs that nobody can guess, and takes what is posted to them.

local core = require "kling.core"
local refusal = require "kling.webhook.refusal"
local request = require "kling.request"
local signature = require "kling.webhook.signature"
local url = require "kling.url"

local raw = core.raw

local Receiver = {}
Receiver.__index = Receiver

local M = {}

--- Why callbacks cannot go there, or nil.
M.check_url = url.check_base

--- The same, in view of what the client may do.
function M.check_scheme(client, callback_url)
  if not callback_url then
    return "expected"
  end
  local may_be_http = url.is_loopback(callback_url) or raw.private(client).allow_http
  if url.scheme(callback_url) == "http" and not may_be_http then
    return "https expected; http:// needs a client with insecure_http = true"
  end
end

--- An event, or nil, message, failure.
function M.parse(body)
  if type(body) ~= "string" then
    error("parse: a string expected, got " .. type(body), 2)
  end
  local event = core.read_task(body)
  if not event then
    return refusal("unreadable", "it is not a JSON object")
  elseif not (event.status and (event.task_id or event.external_task_id)) then
    return refusal("unreadable", "it names no task or no status")
  end
  event.state = event.state or "processing" -- an unknown word is not an end
  return event
end

--- `options` as webhook.receiver has checked them.
function M.new(client, options)
  local self = setmetatable(options, Receiver)
  self.client = client
  self.seen = {}
  self.url = self.url:gsub("/+$", "")
  local private = raw.private(client)
  private.callback_urls = private.callback_urls or {}
  private.callback_urls[self.url] = true -- submit asks: these tasks need few looks
  return self
end

local function hex(bytes)
  return (bytes:gsub(".", function(byte)
    return ("%02x"):format(byte:byte())
  end))
end

local function token_for(self, external_id)
  return hex(core.hmac_sha256(self.key, external_id))
end

local function escape(text)
  return (text:gsub("[^A-Za-z0-9._~-]", function(byte)
    return ("%%%02X"):format(byte:byte())
  end))
end

local function unescape(text)
  return (text:gsub("%%(%x%x)", function(digits)
    return string.char(tonumber(digits, 16))
  end))
end

local function check_external_id(id)
  if type(id) ~= "string" then
    return "string expected, got " .. type(id)
  end
  return request.check_id(id)
end

function Receiver:request(fields)
  if type(fields) ~= "table" then
    error("request: table expected, got " .. type(fields), 2)
  elseif fields.callback_url ~= nil and fields.callback_url ~= "" then
    error("request: callback_url: none expected, the receiver makes it", 2)
  end
  local copy = {}
  for name, value in pairs(fields) do
    copy[name] = value
  end
  if copy.external_task_id == nil or copy.external_task_id == "" then
    copy.external_task_id = core.uuid()
  end
  local id = copy.external_task_id
  local problem = check_external_id(id)
  if problem then
    error("request: external_task_id: " .. problem, 2)
  end
  copy.callback_url = ("%s/%s/%s"):format(self.url, escape(id), token_for(self, id))
  return copy
end

-- Only the path's end is looked at: what stands before it is up to proxies.
local function task_of(self, path)
  local id, token = path:gsub("[?#].*$", ""):match "([^/]+)/([^/]+)$"
  id = id and unescape(id)
  return id and core.equal(token_for(self, id), token) and id or nil
end

-- What a verified signature adds: `true` and the callback's id. Without secrets nothing is known.
local function verify(self, headers, body)
  if not self.secrets then
    return nil
  end
  local id, problem = signature.check(headers, body, self)
  return id ~= nil, id, problem
end

-- The path's id alone is ours; the task's may be another gateway's (contract, section 4.4).
local function hint(self, event)
  if not raw.is_open(self.client) then
    return false
  end
  local known = raw.hint(self.client, event.task_id, event.external_task_id)
  local loop = raw.private(self.client).loop
  if known and loop and loop.wake then
    loop.wake(self.client) -- who sleeps until the next look sleeps too long now
  end
  return known
end

-- The event of a body whose path is that of a task of ours.
local function read_event(body, external_id)
  local event, message, failure = M.parse(body)
  if event and event.external_task_id and event.external_task_id ~= external_id then
    return refusal("forged", "it names another task than its path")
  elseif event then
    event.external_task_id = external_id
  end
  return event, message, failure
end

function Receiver:receive(path, headers, body)
  local external_id = task_of(self, path)
  if not body or #body > self.max_body then
    return refusal("too_large", ("it has more than %d bytes"):format(self.max_body))
  elseif not external_id then
    return refusal("forged", "its path has no valid token")
  end
  local verified, callback_id, problem = verify(self, headers, body)
  if problem then
    return refusal("forged", problem)
  end
  local event, message, failure = read_event(body, external_id)
  if event then
    event.verified = verified
    event.repeated = callback_id and signature.is_repeated(self.seen, callback_id) or nil
    event.known = not event.repeated and hint(self, event)
  end
  return event, message, failure
end

function Receiver:openresty()
  return require "kling.webhook.openresty"(self)
end

function Receiver:lua_http()
  return require "kling.webhook.lua_http"(self)
end

M.Receiver = Receiver -- for the spec that compares with meta.lua

return M
