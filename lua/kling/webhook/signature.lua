--- Signatures after Standard Webhooks, as Kling describes them (docs/contract.md, section 4.3).

local base64 = require "kling.base64"
local core = require "kling.core"

local M = {
  TOLERANCE = 300, -- seconds a callback's time may be off. Source: K-docs
}

local PREFIX = "whsec_"
local REMEMBERED = 10000 -- ids; between so many and twice as many are kept

--- Why this cannot be a secret, or nil.
function M.check_secret(secret)
  local key = type(secret) == "string" and secret:sub(1, #PREFIX) == PREFIX
    and base64.decode(secret:sub(#PREFIX + 1))
  return (not key or key == "") and PREFIX .. "... expected" or nil
end

--- One secret or several; why they cannot be, or nil.
function M.check_secrets(secrets)
  if type(secrets) == "string" then
    return M.check_secret(secrets)
  elseif #secrets == 0 then
    return "at least one secret expected"
  end
  for _, secret in ipairs(secrets) do
    local problem = M.check_secret(secret)
    if problem then
      return problem
    end
  end
end

--- The value of the signature header.
function M.sign(secret, id, timestamp, body)
  local key = base64.decode(secret:sub(#PREFIX + 1))
  local signed = ("%s.%s.%s"):format(id, timestamp, body)
  return "v1," .. base64.encode(core.hmac_sha256(key, signed))
end

-- Tables with names in any case, and lua-http's own.
local function header_of(headers, wanted)
  if type(headers.get) == "function" then
    return headers:get(wanted)
  end
  for name, value in pairs(headers) do
    if type(name) == "string" and name:lower() == wanted and type(value) == "string" then
      return value
    end
  end
end

local function off_by(timestamp, now)
  local at = timestamp:match "^%d+$" and tonumber(timestamp)
  return at and math.abs(at - now) or math.huge
end

-- All are compared, also after one that fits: how long this takes tells nothing.
local function fits(signatures, secrets, id, timestamp, body)
  local found = false
  for _, secret in ipairs(type(secrets) == "string" and { secrets } or secrets) do
    local expected = M.sign(secret, id, timestamp, body)
    for signature in signatures:gmatch "%S+" do
      found = core.equal(expected, signature) or found
    end
  end
  return found
end

--- The callback's id; or nil and what is wrong with its signature.
---@param options table `secrets`, `tolerance`, `now` (a function)
function M.check(headers, body, options)
  local id = header_of(headers, "webhook-id")
  local timestamp = header_of(headers, "webhook-timestamp")
  local signatures = header_of(headers, "webhook-signature")
  if not (id and timestamp and signatures) then
    return nil, "it is not signed"
  elseif off_by(timestamp, options.now()) > options.tolerance then
    return nil, "its time is too far off"
  elseif not fits(signatures, options.secrets, id, timestamp, body) then
    return nil, "its signature does not fit"
  end
  return id
end

--- Is this id among those remembered in `seen`? It is from now on. Two generations bound the
--- memory without a clock: when the younger is full, the older is forgotten.
function M.is_repeated(seen, id)
  if (seen.young and seen.young[id]) or (seen.old and seen.old[id]) then
    return true
  elseif not seen.young or seen.count >= REMEMBERED then
    seen.young, seen.old, seen.count = {}, seen.young, 0
  end
  seen.young[id] = true
  seen.count = seen.count + 1
  return false
end

return M
