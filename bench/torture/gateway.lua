--- A way to the emulator that can be lost in every way: a proxy in this process.
--
-- Its states: "up"; "refused": nobody listens; "dropped": connections close at once; "silent":
-- they are taken and never answered; "page": an HTML page with 502 whatever is asked.

local socket = require "cqueues.socket"

local Gateway = {}
Gateway.__index = Gateway

local M = {}

local BLOCK = 65536
local TURN = 1 -- seconds
local BODY = "<!DOCTYPE html><title>502 Bad Gateway</title>"
local PAGE = ("HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\ncontent-length: %d\r\n\r\n%s")
  :format(#BODY, BODY)

local function quiet(connection)
  connection:setmode("bn", "bn")
  connection:onerror(function(_, _, why)
    return why -- a peer that breaks off is no error here
  end)
  return connection
end

local function pump(self, from, to)
  local age = self.age
  repeat
    local bytes = from:read(-BLOCK)
  until not bytes or age == self.age and not (to:write(bytes) and to:flush())
  to:shutdown "w"
end

local answers = {}

function answers.up(self, connection)
  local upstream = quiet(socket.connect { host = "127.0.0.1", port = self.upstream_port })
  self.open[upstream] = true
  self.cq:wrap(pump, self, upstream, connection)
  pump(self, connection, upstream)
end

function answers.dropped(_, connection)
  connection:shutdown "rw"
end

answers.refused = answers.dropped

function answers.silent(_, connection)
  repeat
    local bytes = connection:read(-BLOCK)
  until not bytes
end

function answers.page(_, connection)
  repeat
    local line = connection:read "*L"
  until not line or line:match "^\r?\n$"
  connection:write(PAGE)
  connection:flush()
  connection:shutdown "w"
end

local function serve(self, connection)
  quiet(connection)
  self.open[connection] = true
  answers[self.state](self, connection)
end

local function listen(self)
  local listener = assert(socket.listen {
    host = "127.0.0.1", port = self.port or 0, reuseaddr = true,
  })
  assert(listener:listen())
  local _, _, port = listener:localname()
  self.listener, self.port = listener, port
  self.cq:wrap(function()
    while self.listener == listener do
      local connection = listener:accept(TURN)
      if connection then
        self.cq:wrap(serve, self, connection)
      end
    end
    listener:close()
  end)
end

--- From now on the way is in this state; what is open breaks off.
function Gateway:become(state)
  self.state = state
  for connection in pairs(self.open) do
    connection:shutdown "rw"
  end
  self.open = {}
  if state == "refused" then
    self.listener = nil -- its coroutine closes it, a turn later
  elseif not self.listener then
    listen(self)
  end
end

--- What is open leads nowhere from now on, and nobody is told: a router has forgotten it.
function Gateway:forget()
  self.age = self.age + 1
end

--- Open it, on a free port (`port`), in the cqueues controller `cq`.
function M.open(cq, upstream_port)
  local self = setmetatable({ cq = cq, upstream_port = upstream_port, open = {}, age = 0 },
    Gateway)
  self:become "up"
  return self
end

return M
