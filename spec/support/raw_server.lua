--- A bare socket server in this process, for what no HTTP server does.
--
--     local server = raw_server.start(function(socket) ... end)
--     local client = kling.new { base_url = server.url, loop = server.loop }
--
-- It runs whenever a client that has `loop` waits, and whenever `step` is called.

local cqueues = require "cqueues"
local http_util = require "http.util" -- Lua 5.1 cannot yield across its own pcall
local socket = require "cqueues.socket"

local TICK = 0.005 -- seconds: client and server take turns
local SECONDS = 20 -- for a request to arrive

local Server = {}
Server.__index = Server

local M = {}

local function serve(self, connection)
  self.connections = self.connections + 1
  local handled, message = http_util.yieldable_pcall(self.handle, connection, self.connections)
  connection:close()
  if not handled then
    self.trouble = message
  end
end

local function accept_all(self)
  while true do
    local connection = self.socket:accept()
    if connection then
      connection:setmode("bn", "bn")
      connection:onerror(function(_, _, why)
        return why -- a client that breaks off is no error here
      end)
      self.cq:wrap(serve, self, connection)
    end
  end
end

--- Let the server do what it can now.
function Server:step()
  assert(self.cq:step(0))
  assert(not self.trouble, self.trouble)
end

function Server:stop()
  self.socket:close()
  self.cq:close()
end

--- One request: its head and its body; nil when the connection ended first.
function M.read_request(connection)
  local lines = {}
  repeat
    local line = connection:xread("*L", "bn", SECONDS)
    if not line then
      return nil
    end
    lines[#lines + 1] = line
  until line:match "^\r?\n$"
  local head = table.concat(lines)
  local length = tonumber(head:lower():match "content%-length: *(%d+)") or 0
  return head, length > 0 and connection:xread(length, "bn", SECONDS) or ""
end

--- A whole reply with this body.
function M.reply(body, status)
  return ("HTTP/1.1 %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"):format(
    status or "200 OK", #body, body)
end

--- Listen on a free port of this machine. `handle(connection, number)` is called in a coroutine
--- for each connection, which is closed when it returns.
function M.start(handle, scheme)
  local self = setmetatable({ handle = handle, connections = 0 }, Server)
  self.cq = cqueues.new()
  self.socket = assert(socket.listen { host = "127.0.0.1", port = 0 })
  assert(self.socket:listen())
  local _, _, port = self.socket:localname()
  self.port = port
  self.url = ("%s://127.0.0.1:%d"):format(scheme or "http", port)
  self.cq:wrap(accept_all, self)
  self.loop = {
    pause = function(client, seconds)
      self:step()
      client:step(math.min(seconds, TICK))
    end,
  }
  return self
end

return M
