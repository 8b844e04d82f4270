--- Links to results: signed, and dead after a while (contract 6; source: K-docs, K-live).

local hmac = require("openssl.hmac")
local rand = require("openssl.rand")

local Links = {}
Links.__index = Links

local links = {}

--- Makes and checks links with a key of its own.
function links.new()
  return setmetatable({ key = rand.bytes(32) }, Links)
end

local function signature(self, path, expires)
  local digest = hmac.new(self.key, "sha256"):final(path .. "\n" .. expires)
  return (digest:gsub(".", function(char)
    return ("%02x"):format(char:byte())
  end))
end

--- The path with its signature, valid until `expires` (Unix seconds).
function Links:sign(path, expires)
  local at = ("%.0f"):format(expires)
  return ("%s?Expires=%s&Signature=%s"):format(path, at, signature(self, path, at))
end

--- May this be served now? `query` is what follows the question mark.
---@return boolean|nil valid
---@return string? why
function Links:check(path, query, now)
  local at = query:match("Expires=(%d+)")
  local given = query:match("Signature=(%x+)")
  if not at or given ~= signature(self, path, at) then
    return nil, "SignatureDoesNotMatch"
  end
  if now >= tonumber(at) then
    return nil, "RequestExpired"
  end
  return true
end

return links
