--- Ends a lua-http stream whose body did not arrive whole.
--
-- stream:shutdown() reads the rest first, and lua-http 0.4 takes the end of the connection inside a
-- body of known length for progress: it would spin for ever. Without its socket it cannot.

--- Let the stream go, if there is still something to read.
return function(stream)
  local connection = stream.connection
  local unread = stream.state == "open" or stream.state == "half closed (local)"
  if unread and connection.version ~= 2 then
    local socket = connection:take_socket()
    if socket then
      socket:close()
    end
  end
end
