--- A copas program, for the contract. Version 1 cannot sleep: there a sleeper waits for a datagram.

local copas = require "copas"
local core = require "kling.core"
local coxpcall = require "coxpcall"
local socket = require "socket"

local TURN = 0.005 -- seconds

local sleepers = {} -- udp socket -> when to wake it
local trouble

local function wake_sleepers()
  local now = core.now()
  for sleeper, due in pairs(sleepers) do
    if due <= now then
      sleepers[sleeper] = nil
      local sender = socket.udp()
      sender:sendto("wake up", sleeper:getsockname())
      sender:close()
    end
  end
end

local function sleep_on_a_socket(seconds)
  local sleeper = assert(socket.udp())
  assert(sleeper:setsockname("127.0.0.1", 0))
  sleeper:settimeout(0)
  sleepers[sleeper] = core.now() + seconds
  copas.receivefrom(sleeper)
  sleeper:close()
end

return {
  name = "copas",
  loop = "copas",
  pcall = coxpcall.pcall,
  sleep = copas.pause or sleep_on_a_socket,
  start = function(f)
    copas.addthread(function()
      copas.setErrorHandler(function(problem)
        trouble = trouble or problem
      end)
      f()
    end)
  end,
  turn = function()
    copas.step(TURN)
    wake_sleepers()
    if trouble then
      local raised = trouble
      trouble = nil
      error(raised, 0)
    end
  end,
}
