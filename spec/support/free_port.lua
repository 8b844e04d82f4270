--- A port of 127.0.0.1 that nobody listens on, for servers that cannot choose one by themselves.

local socket = require "cqueues.socket"

return function()
  local listener = assert(socket.listen("127.0.0.1", 0))
  assert(listener:listen())
  local _, _, port = listener:localname()
  listener:close()
  return port
end
