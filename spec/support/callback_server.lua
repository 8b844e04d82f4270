--- A lua-http server in this process that takes callbacks while a client waits or is driven.
--
--     local inbox = callback_server.start()
--     local client = quick.client(server, { loop = inbox.loop })
--     inbox.onstream = receiver:lua_http()

local core = require "kling.core"
local cqueues = require "cqueues"
local http_server = require "http.server"

local TICK = 0.005 -- seconds: client and server take turns
local PATIENCE = 20 -- seconds; valgrind is slow

local Server = {}
Server.__index = Server

local M = {}

--- Let the server do what it can now.
function Server:step()
  assert(self.cq:step(0))
  assert(not self.trouble, self.trouble)
end

--- Let client and server take turns until `is_done()`; what it returned.
function Server:drive(client, is_done)
  local deadline = core.now() + PATIENCE
  repeat
    local done = is_done()
    if done then
      return done
    end
    self.loop.pause(client, TICK)
    client:dispatch()
  until core.now() > deadline
  error("it did not happen in time", 2)
end

--- Let them take so many turns, for what must not happen.
function Server:idle(client, turns)
  for _ = 1, turns do
    self.loop.pause(client, TICK)
    client:dispatch()
  end
end

function Server:stop()
  self.http:close()
  self.cq:close()
end

--- Listen on a free port of this machine.
function M.start()
  local self = setmetatable({ cq = cqueues.new(), wakes = 0 }, Server)
  self.http = assert(http_server.listen {
    cq = self.cq,
    host = "127.0.0.1",
    port = 0,
    onstream = function(...)
      return self.onstream(...)
    end,
    onerror = function(_, _, operation, message)
      if operation == "onstream" then -- a sender that breaks off is no error here
        self.trouble = message
      end
    end,
  })
  assert(self.http:listen())
  local _, _, port = self.http:localname()
  self.port = port
  self.url = ("http://127.0.0.1:%d"):format(port)
  self.loop = {
    pause = function(client, seconds)
      self:step()
      client:step(math.min(seconds, TICK))
    end,
    wake = function()
      self.wakes = self.wakes + 1
    end,
  }
  return self
end

return M
