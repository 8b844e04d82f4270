--- Fetches a clip over HTTP into a file, without blocking the emulator.

local http_request = require("http.request")
local http_tls = require("http.tls")
local x509_store = require("openssl.x509.store")

local abandon = require("kling.emulator.abandon")

local fetch = {}

local SECONDS = 60 -- for the reply to begin, and between its parts
local BROKEN = "Failed to download the video: the connection broke"

--- A TLS context that trusts what the machine trusts, and the emulator's own certificates.
---@param own_ca? table x509
function fetch.tls_context(own_ca)
  local context = http_tls.new_client_context()
  local store = x509_store.new()
  store:addDefaults()
  if own_ca then
    store:add(own_ca)
  end
  context:setStore(store)
  return context
end

-- No `for chunk in stream:each_chunk()`: an iterator cannot yield in Lua 5.1.
local function copy(stream, file, limit)
  local bytes = 0
  while true do
    local chunk, message = stream:get_next_chunk(SECONDS)
    if not chunk then
      return not message and bytes or nil, BROKEN
    end
    bytes = bytes + #chunk
    if bytes > limit then
      return nil, "Video size cannot exceed 100MB"
    end
    file:write(chunk)
  end
end

--- Write what `url` holds to `path`.
---@param url string
---@param path string
---@param limit integer bytes at most
---@param context table as tls_context made it: making one takes long
---@return integer|nil bytes
---@return string? message
function fetch.to_file(url, path, limit, context)
  local parsed, request = pcall(http_request.new_from_uri, url)
  if not parsed then
    return nil, "Failed to download the video: the URL cannot be read"
  end
  request.ctx = context
  local headers, stream = request:go(SECONDS)
  if not headers then
    return nil, "Failed to download the video: " .. tostring(stream)
  elseif headers:get(":status") ~= "200" then
    abandon(stream)
    stream:shutdown()
    return nil, "Failed to download the video: HTTP status " .. headers:get(":status")
  end
  local file = assert(io.open(path, "wb"))
  local bytes, message = copy(stream, file, limit)
  file:close()
  abandon(stream)
  stream:shutdown()
  local announced = tonumber(headers:get("content-length"))
  if bytes and announced and announced ~= bytes then
    return nil, BROKEN
  end
  return bytes, message
end

return fetch
