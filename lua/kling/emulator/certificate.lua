--- A certificate authority of the emulator's own, and a certificate for this machine's loopback.

local altname = require("openssl.x509.altname")
local bignum = require("openssl.bignum")
local http_tls = require("http.tls")
local pkey = require("openssl.pkey")
local rand = require("openssl.rand")
local x509 = require("openssl.x509")
local x509_name = require("openssl.x509.name")

local certificate = {}

local DAYS = 30

local function new_certificate(common_name, key)
  local name = x509_name.new()
  name:add("CN", common_name)
  local crt = x509.new()
  crt:setVersion(3)
  crt:setSerial(bignum.fromBinary("\1" .. rand.bytes(15)))
  crt:setSubject(name)
  -- An hour back, for clocks that do not agree.
  crt:setLifetime(os.time() - 3600, os.time() + DAYS * 24 * 3600)
  crt:setPublicKey(key)
  return crt
end

local function new_key()
  return pkey.new({ type = "EC", curve = "prime256v1" })
end

local function new_authority()
  local key = new_key()
  local crt = new_certificate("kling emulator CA", key)
  crt:setIssuer(crt:getSubject())
  crt:setBasicConstraints({ CA = true, pathLen = 0 })
  crt:setBasicConstraintsCritical(true)
  crt:sign(key)
  return crt, key
end

local function new_leaf(ca, ca_key)
  local key = new_key()
  local names = altname.new()
  names:add("DNS", "localhost")
  names:add("IP", "127.0.0.1")
  names:add("IP", "::1")
  local crt = new_certificate("localhost", key)
  crt:setIssuer(ca:getSubject())
  crt:setSubjectAlt(names)
  crt:setBasicConstraints({ CA = false })
  crt:sign(ca_key)
  return crt, key
end

-- HTTP/2 when the client offers it, unless it is switched off.
local function select_protocol(_, offered, http2)
  local has = {}
  for _, name in ipairs(offered) do
    has[name] = true
  end
  if http2 and has["h2"] then
    return "h2"
  end
  return has["http/1.1"] and "http/1.1" or nil
end

--- What a TLS server on this machine needs.
---@param http2 boolean offer HTTP/2
---@return table context for the server
---@return table ca x509 certificate that clients must trust
function certificate.new(http2)
  local ca, ca_key = new_authority()
  local crt, key = new_leaf(ca, ca_key)
  local context = http_tls.new_server_context()
  context:setCertificate(crt)
  context:setPrivateKey(key)
  context:setAlpnSelect(select_protocol, http2)
  return context, ca
end

return certificate
