--- The emulator's sockets: lua-http, HTTP/1.1 and HTTP/2, plain or TLS.

local cqueues = require("cqueues")
local http_server = require("http.server")

local abandon = require("kling.emulator.abandon")
local certificate = require("kling.emulator.certificate")
local transmit = require("kling.emulator.transmit")

local MAX_BODY = 1024 * 1024 -- bytes of a request body that are read
local SECONDS = 30 -- for a request to arrive
local IDLE = 120 -- a kept-alive connection without a request

local Server = {}
Server.__index = Server

local server = {}

local function is_local(stream)
  local _, host = stream:peername()
  host = tostring(host):gsub("^::ffff:", "")
  return host == "::1" or host:match("^127%.") ~= nil
end

local function lower_case_fields(headers)
  local fields = {}
  for name, value in headers:each() do
    fields[name] = value
  end
  return fields
end

local function has_body(stream, headers)
  local length = tonumber(headers:get("content-length") or "")
  if length or stream.connection.version ~= 2 then
    return headers:has("transfer-encoding") or (length or 0) > 0, length
  end
  return true -- HTTP/2 need not announce one
end

-- The body, if there is one, and whether it is all there.
local function read_body(stream, headers)
  local expected, length = has_body(stream, headers)
  if not expected then
    return nil, true
  elseif headers:get("expect") == "100-continue" then
    stream:write_continue(SECONDS)
  end
  local body, message = stream:get_body_chars(MAX_BODY, SECONDS)
  local size = body and #body or 0
  return body, not message and size >= math.min(length or 0, MAX_BODY)
end

-- Numbers connections for the log, which can then tell reused ones from new ones.
local connections = setmetatable({ count = 0 }, { __mode = "k" })

local function connection_number(connection)
  if not connections[connection] then
    connections.count = connections.count + 1
    connections[connection] = connections.count
  end
  return connections[connection]
end

local function read_request(stream)
  local headers = stream:get_headers(SECONDS)
  if not headers then
    return nil
  end
  local body, is_whole = read_body(stream, headers)
  if not is_whole then
    return nil
  end
  local path, query = (headers:get(":path") or ""):match("^([^?]*)%??(.*)$")
  return {
    method = headers:get(":method"),
    path = path,
    query = query ~= "" and query or nil,
    headers = lower_case_fields(headers),
    version = stream.connection.version,
    connection = connection_number(stream.connection),
    is_local = is_local(stream),
    body = body,
  }
end

local function on_stream(handle)
  return function(_, stream)
    local request = read_request(stream)
    if request then
      transmit.send(stream, request, handle(request))
    end
    abandon(stream)
  end
end

-- A client that breaks off is everyday life here; an error of ours is not.
local function on_error(_, _, operation, message)
  if operation == "onstream" then
    io.stderr:write("kling emulator: ", tostring(message), "\n")
  end
end

local function url_of(self, host)
  local _, _, port = self.http:localname()
  local name = host:find(":", 1, true) and "[" .. host .. "]" or host
  return ("%s://%s:%d"):format(self.ca and "https" or "http", name, port)
end

--- Listen.
---@param options table `cq`, `host`, `port`, `tls`, `http2`, `handle` (request -> reply)
---@return table|nil server
---@return string? message
function server.listen(options)
  local self = setmetatable({ cq = options.cq }, Server)
  local context
  if options.tls then
    context, self.ca = certificate.new(options.http2)
  end
  local message
  self.http, message = http_server.listen({
    cq = options.cq,
    host = options.host,
    port = options.port,
    reuseaddr = true,
    tls = options.tls,
    ctx = context,
    version = not options.http2 and 1.1 or nil,
    onstream = on_stream(options.handle),
    onerror = on_error,
    intra_stream_timeout = IDLE,
  })
  if not self.http then
    return nil, message
  end
  local listening
  listening, message = self.http:listen()
  if not listening then
    return nil, message
  end
  self.url = url_of(self, options.host)
  return self
end

function Server:close()
  self.http:close()
  cqueues.cancel(self.cq:pollfd())
end

return server
