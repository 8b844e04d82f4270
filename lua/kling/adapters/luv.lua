--- luv: coroutines that wait in libuv's loop.

local uv = require "luv"

local function block(client, seconds)
  client:step(seconds)
  return true
end

local function resume_at_once(go_on)
  go_on()
end

return require("kling.adapters.uv").new(uv, block, resume_at_once)
